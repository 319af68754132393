"""What commands print in our pages, pasted from a run: python -m tests.pasted ARCHIVE [--write].

A block that begins with `$ pipeline` is a session. The commands of a page are run again, in their
order, in a new folder with ARCHIVE as `cifar.tar.gz`. Each line of the page must be one that the
command printed, in the order in which it printed them; only where the page has `…` may lines be
left out. Figures may differ between two machines and two datasets, and so may what plots look like;
words may not. A run that a command names (`compare 1a2b3c4d …`) is the one that stands in its place
now. With --write the lines of a page become those that were printed now.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "stages" / "README.md")
ARCHIVE = "cifar.tar.gz"
LEFT_OUT = "…"
BLOCK = re.compile(r"```text\n(\$ pipeline .*?)```", re.DOTALL)
Run = Callable[[list[str]], str]
# What differs between two runs of the same command: digests, times, then all other figures but
# counts such as 3/10; a star beside an epoch; and how many spaces align it all.
NAME = re.compile(r"\b[0-9a-f]{8,}\b")
FIGURES = (
    (re.compile(r"^ *[\d.]* *[┤│└].*", re.MULTILINE), "a line of a plot"),
    (NAME, "#"),
    (re.compile(r"(\d+ (h|min) )*\d+(\.\d+)? s\b"), "TIME"),
    (re.compile(r"(?<![\w/.])\d[\d,]*(\.\d+)?(?![\d/])"), "0"),
    (re.compile(r" \* "), " "),
    (re.compile(r"\s+"), " "),
)

PROGRESS = re.compile(r"\d%, .* left")  # which only a slow machine prints


def alike(line: str) -> str:
    """A line without what may differ."""
    for pattern, put in FIGURES:
        line = pattern.sub(put, line)
    return line.strip()


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a session as it was typed, and the lines below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        typed, _, shown = part.partition("\n")
        yield typed, shown.splitlines()


def renewed(shown: list[str], printed: str) -> list[str]:
    """The lines of a page as they were printed now. Raises `ValueError` for one that was not."""
    lines = [one for one in printed.rstrip().splitlines() if not PROGRESS.search(one)]
    found, rest, skips = [], iter(lines), False
    for line in shown:
        if line == LEFT_OUT:
            found.append(line)
            skips = True
            continue
        now = next((one for one in rest if not skips or alike(one) == alike(line)), None)
        if now is None or alike(now) != alike(line):
            raise ValueError(f"expected a line like {line!r}, found {now!r}, in:\n{printed}")
        found.append(now.rstrip())
        skips = False
    if not skips and (more := next(rest, None)) is not None:
        raise ValueError(f"expected the end of what is printed, found {more!r}")
    return found


def pasted(page: str, run: Run) -> str:
    """The page with what its commands print now. Raises `ValueError` as `renewed` does."""

    names: dict[str, str] = {}  # of runs, as they stood on the page → as they are called now

    def session(block: re.Match[str]) -> str:
        lines = []
        for typed, shown in commands(block[1]):
            typed = NAME.sub(lambda found: names.get(found[0], found[0]), typed)
            now = renewed(shown, run(shlex.split(typed)[1:]))
            lines += [f"$ {typed}", *now]
            for old, new in zip(shown, now, strict=True):
                names.update(zip(NAME.findall(old), NAME.findall(new), strict=False))
        return "```text\n" + "".join(f"{line}\n" for line in lines) + "```"

    return BLOCK.sub(session, page)


@click.command(help=__doc__)
@click.argument("archive", type=click.Path(exists=True, path_type=Path))
@click.option("--write", is_flag=True, help="change the pages")
def main(archive: Path, write: bool) -> None:
    """Run the sessions of all pages, and compare or write what they print."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ARCHIVE).symlink_to(archive.resolve())
            text = page.read_text("utf-8")
            try:
                now = pasted(text, in_folder(folder))
            except ValueError as error:
                raise click.ClickException(f"{page}: {error}") from None
        if write:
            page.write_text(now, "utf-8")
        what = "written" if write and now != text else "every line is what is printed"
        click.echo(f"{page.relative_to(ROOT)}: {what}")


def in_folder(folder: str) -> Run:
    """What runs a command there, and gives what it prints."""

    def run(arguments: list[str]) -> str:
        words = [sys.executable, "-m", "stages", *arguments]
        place = {"cwd": folder, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
        done = subprocess.run(words, **place, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        return done.stdout

    return run


if __name__ == "__main__":
    main()
