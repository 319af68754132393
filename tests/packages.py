"""The wheel and the sdist, each in an empty environment, with each Python that can be had.

    python -m tests.packages dist            the folder that holds both
    python -m tests.packages dist 3.12       with this Python

What was installed trains, predicts and exports in a folder of its own, where no source lies; what
belongs into a package (recipes, the schema, styles, `py.typed`) is looked for. Ends with status 1
where a package fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.versions import PYTHONS, interpreter

SMALL = ("--quiet", "--source", "synthetic", "--synthetic-size", "200", "--batch", "50")
COMMANDS = (
    ("--version",),
    ("run", *SMALL, "--epochs", "1", "--save", "model.json"),
    ("run", *SMALL, "--epochs", "2", "--recipe", "fast", "--components", "40"),
    ("export", "--load", "model.json", "--to", "python", "--output", "model.py"),
    ("predict", *SMALL, "--load", "model.json", "--save-samples", "3"),
)
FILES = """
import pipeline, stages
from pathlib import Path
for package, names in (
    (pipeline, ["py.typed"]),
    (stages, ["py.typed", "recipes/fast.toml", "modelfile/schema.json", "notebooks/first_look.py"]),
):
    folder = Path(package.__file__).parent
    assert "site-packages" in str(folder), folder
    for name in names:
        assert (folder / name).is_file(), folder / name
assert list((Path(stages.__file__).parent / "commands/report").glob("*.css"))
"""


def tried(package: Path, python: str, folder: Path) -> str:
    """Install a package and use it: "" where all went well, else what did not."""
    own = folder / "environment"
    bin = own / "bin"
    steps = [
        [python, "-m", "venv", "--clear", str(own)],
        [str(bin / "pip"), "install", "--quiet", "--disable-pip-version-check",
         f"{package}[pictures]"],
        [str(bin / "python"), "-c", FILES],
        *([str(bin / "pipeline"), *command] for command in COMMANDS),
    ]  # fmt: skip
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    for step in steps:
        done = subprocess.run(step, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode:
            return f"{' '.join(step[:4])}: {(done.stderr or done.stdout)[-1000:]}"
    return ""


def main(arguments: list[str]) -> int:
    """Try each package with each Python; a line for each."""
    place, *versions = arguments
    packages = sorted(path.absolute() for path in Path(place).iterdir())
    wanted = (".whl", ".tar.gz")
    failed = [f"no {suffix} in {place}" for suffix in wanted
              if not any(path.name.endswith(suffix) for path in packages)]  # fmt: skip
    for version in versions or PYTHONS:
        python = interpreter(version)
        for package in packages if python else ():
            with tempfile.TemporaryDirectory() as folder:
                trouble = tried(package, python, Path(folder))
            print(f"Python {version}, {package.name}: {trouble or 'works'}", flush=True)
            failed += [trouble] if trouble else []
        if python is None:
            print(f"Python {version}: not here")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
