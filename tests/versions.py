"""The suite with other versions: of Python, and of what it depends on.

    python -m tests.versions lowest      the lowest that pyproject.toml allows, on Python 3.11
    python -m tests.versions newest      the newest, on each Python from 3.11 on that can be had
    python -m tests.versions newest 3.13 the newest, on this one

Each has an environment of its own below .venv/, kept for the next time. What follows `--` goes to
pytest. Ends with status 1 where a suite failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.imports import ROOT

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def lowest() -> list[str]:
    """The lower bound of each dependency, of the core and of its tests: numpy==1.26."""
    needed = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    bounds: dict[str, str] = {}
    for line in needed:
        name, bound = re.fullmatch(r"([\w-]+)>=([\w.]+)(?:[,;].*)?", line).groups()
        bounds[name] = f"{name}=={bound}"
    return list(bounds.values())


def interpreter(version: str) -> str | None:
    """A Python of this version: on the path, or where pyenv or uv keep theirs."""
    homes = [Path.home() / ".pyenv" / "versions", Path.home() / ".local/share/uv/python"]
    names = [f"{home}/{name}/bin/python{version}" for home in homes for name in _folders(home)]
    for name in (f"python{version}", *sorted(names, reverse=True)):
        found = shutil.which(name)
        if found and _says(found) == version:
            return found
    return None


def _folders(home: Path) -> list[str]:
    return os.listdir(home) if home.is_dir() else []


def _says(python: str) -> str:
    code = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip()


def environment(python: str, name: str, constraints: list[str]) -> Path:
    """An environment with the project and its tests; made, or brought up to date."""
    home = ROOT / ".venv" / name
    if not (home / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", str(home)], check=True)
    file = home / "constraints.txt"
    file.write_text("".join(f"{line}\n" for line in constraints))
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade"]
    pip += ["--disable-pip-version-check", "--constraint", str(file)]
    subprocess.run([*pip, "-e", f"{ROOT}[test]"], check=True)
    return home


def suite(home: Path, arguments: list[str]) -> int:
    """Run the tests in an environment: pytest's exit status."""
    python = str(home / "bin" / "python")
    subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True)
    command = [python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command += ["-m", "not long", *arguments]
    return subprocess.run(command, cwd=ROOT).returncode


def main(arguments: list[str]) -> int:
    """Carry out what the command line asks for."""
    here = arguments.index("--") if "--" in arguments else len(arguments)
    (kind, *versions), rest = arguments[:here], arguments[here + 1 :]
    constraints = lowest() if kind == "lowest" else []
    found = {}
    for version in versions or (PYTHONS[:1] if kind == "lowest" else PYTHONS):
        python = interpreter(version)
        if python is None:
            found[version] = "not here"
            continue
        print(f"Python {version}, {kind} versions: {python}", flush=True)
        home = environment(python, f"{kind}-{version}", constraints)
        found[version] = "failed" if suite(home, rest) else "passed"
    for version, word in found.items():
        print(f"Python {version}, {kind} versions: {word}")
    return 1 if "failed" in found.values() or "passed" not in found.values() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
