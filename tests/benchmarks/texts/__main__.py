"""The same flow, texts → tokens → TF-IDF, in other libraries: what a change costs, what goes wrong.

    python -m tests.benchmarks.texts LIBRARY=PYTHON… [--texts 40]

PYTHON is one where the library is installed. Beside the seconds of each step (by the clock, and
those of the processor) there is how many texts were tokenized again, and whether the result is
right.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
AWAY = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")  # not what a user has
LIBRARIES = {
    "ours": (["ours.py"], "{python} ours.py"),
    "hamilton": (["with_hamilton.py"], "{python} with_hamilton.py"),
    "pipefunc": (["with_pipefunc.py"], "{python} with_pipefunc.py"),
    "redun": (["with_redun.py"], "{python} with_redun.py"),
    "snakemake": (
        ["with_snakemake.smk"],
        "{bin}/snakemake -s with_snakemake.smk -c1 -q all total >&2 && cat total",
    ),
    "dvc": (
        ["with_dvc.py", "dvc.yaml"],
        "([ -d .dvc ] || {bin}/dvc init --no-scm -q) && {bin}/dvc repro -q >&2 && cat total",
    ),
}


class Flow:
    """A library's flow in a folder of its own."""

    def __init__(self, library: str, python: str, folder: Path, texts: int) -> None:
        self.folder, self.python = folder, python
        names, self._command = LIBRARIES[library]
        self.sources = [folder / name for name in names]
        self._log, self._log2 = folder / "log", False
        shutil.copytree(HERE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__*"))
        words, draw = [f"word{n}" for n in range(2000)], random.Random(0)
        (folder / "texts").mkdir()
        for number in range(texts):
            text = " ".join(draw.choices(words, k=500))
            (folder / f"texts/{number:04}.txt").write_text(text)

    def change(self) -> None:
        """Change one text."""
        (self.folder / "texts/0001.txt").write_text("another text " * 50)

    def touch(self) -> None:
        """Nothing but the time of a text."""
        (self.folder / "texts/0002.txt").touch()

    def replace(self) -> None:
        """Other words, the size and time of before: as from a backup."""
        path = self.folder / "texts/0003.txt"
        status = path.stat()
        path.write_text(path.read_text().replace("word1", "word2"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def comment(self) -> None:
        """A comment more where texts are tokenized."""
        self._edit("split()", "split()  # by blanks")

    def code(self) -> None:
        """Another logarithm, in a function that a stage calls."""
        self._edit("math.log(", "math.log2(")
        self._log2 = True

    def take(self) -> None:
        """One text less."""
        (self.folder / "texts/0004.txt").unlink()

    def _edit(self, old: str, new: str) -> None:
        for path in self.sources:
            path.write_text(path.read_text().replace(old, new))

    def run(self) -> str:
        """Run it, and say what came of it."""
        self._log.write_text("")
        place = str(Path(self.python).parent)
        path = {"PATH": f"{place}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        if self.sources[0].name != "ours.py":  # the others are installed
            del path["PYTHONPATH"]
        began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            self._command.format(python=self.python, bin=place),
            shell=True,
            cwd=self.folder,
            env={k: v for k, v in os.environ.items() if k not in AWAY} | path,
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        took, again = time.perf_counter() - began, len(self._log.read_text().split())
        if done.returncode:
            verdict = f"failed: {(done.stderr or done.stdout).strip().splitlines()[-1][:70]}"
        else:
            found = float(done.stdout.strip().splitlines()[-1])
            verdict = "right" if math.isclose(found, self._expected(), rel_tol=1e-9) else "WRONG"
        return f"{took:7.2f} s {busy:7.2f} s  {again:4} again  {verdict}"

    def _expected(self) -> float:
        texts = [path.read_text().split() for path in (self.folder / "texts").iterdir()]
        known = Counter(word for words in texts for word in set(words))
        log = math.log2 if self._log2 else math.log
        return sum(log(len(texts) / known[word]) for words in texts for word in words)


STEPS: dict[str, Callable[[Flow], None]] = {
    "first": lambda flow: None,
    "nothing": lambda flow: None,
    "one changed": Flow.change,
    "one touched": Flow.touch,
    "size and time as before": Flow.replace,
    "a comment": Flow.comment,
    "a helper": Flow.code,
    "one taken away": Flow.take,
}


def main() -> int:
    """Carry out all steps with each library; print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="+", metavar="LIBRARY=PYTHON")
    parser.add_argument("--texts", type=int, default=40)
    given = parser.parse_args()
    for library, _, python in (one.partition("=") for one in given.libraries):
        with tempfile.TemporaryDirectory() as name:
            flow = Flow(library, os.path.abspath(python), Path(name), given.texts)
            lines = sum(len(path.read_text().splitlines()) for path in flow.sources)
            print(f"{library}: {lines} lines")
            for step, change in STEPS.items():
                change(flow)
                print(f"  {step:<24} {flow.run()}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
