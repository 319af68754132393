"""Pages of real trainings in a real browser: python -m tests.page [--screenshots FOLDER].

Trains small networks on drawn images, writes the pages of a run, of a comparison and of a search,
and large and hostile ones from records, and checks each (checks.py). Exit status 1 where one fails;
where Chromium is not there, nothing is checked, and that is said. With --axe FILE (axe-core's
axe.min.js) accessibility is checked too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from stages.commands.report.comparison import comparison_page
from stages.commands.report.page import run_page
from stages.commands.report.searched import search_page
from tests.page.checks import check
from tests.page.chromium import Page, browser, find
from tests.stages.commands.report.records import HOSTILE, record, search

TRAINED = "--source synthetic --synthetic-size 2000 --epochs 4 --batch 50 --quiet"
OTHER = "--hidden 32 --whiten pca --components 60 --flip random --tta"


def pages(folder: Path) -> Iterator[Path]:
    """The files to check."""

    def run(words: str) -> str:
        command = [sys.executable, "-m", "stages", *words.split()]
        command += ["--artifacts-dir", str(folder / "artifacts"), "--data-dir", str(folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    first = json.loads(run(f"run {TRAINED} --json"))["report"]
    second = json.loads(run(f"run {TRAINED} {OTHER} --json"))["report"]
    yield from (Path(first), Path(second))
    names = f"{Path(first).stem} {Path(second).stem}"
    both = ["report", *names.split(), "--artifacts-dir", str(folder / "artifacts")]
    subprocess.run([sys.executable, "-m", "stages", *both, "--output", str(folder / "both.html")],
                   check=True, capture_output=True)  # fmt: skip
    yield folder / "both.html"
    found = json.loads(run(f"search lr=0.01,0.1 hidden=8/16 {TRAINED} --json"))
    made = {
        "search": search_page(found),
        "large": run_page(record(100, 10_000, 300)),
        "large search": search_page(search(10_000)),
        "many runs": comparison_page([record(name=f"{n:08x}", seed=n // 4) for n in range(8)]),
        "hostile": run_page(record(names=HOSTILE, dataset=HOSTILE[1])),
        "hostile runs": comparison_page(
            [record(names=HOSTILE, name=name, dataset=name) for name in HOSTILE[:2]]
        ),
        "one image": run_page(record(2, 1, 1)),
    }
    for name, page in made.items():
        place = folder / f"{name}.html"
        place.write_text(page, "utf-8")
        yield place


def shoot(page: Page, path: Path, folder: Path) -> None:
    """Screenshots: desktop in light and dark, phone, and the page as it is printed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, scheme in (("light", 1440, "light"), ("dark", 1440, "dark"),
                                ("phone", 360, "light")):  # fmt: skip
        page.media("screen", scheme)
        page.resize(width, scale=2 if width == 360 else 1)
        page.open(path)
        page.screenshot(folder / f"{path.stem} {name}.png")
    page.media("", "light")
    page.pdf(folder / f"{path.stem}.pdf")


@click.command(help=__doc__)
@click.option("--axe", type=click.Path(path_type=Path), help="axe-core's axe.min.js")
@click.option("--screenshots", type=click.Path(path_type=Path), help="where to put pictures")
def main(axe: Path | None, screenshots: Path | None) -> None:
    """Check all pages and print a line for each."""
    program = find()
    if program is None:
        click.echo("skipped: no Chromium is there; install it with: apt-get install chromium")
        return
    source = axe.read_text("utf-8") if axe and axe.is_file() else None
    if source is None:
        click.echo("accessibility is not checked: no axe-core is there; npm install axe-core")
    bad = 0
    with tempfile.TemporaryDirectory() as folder, browser(program) as page:
        for path in pages(Path(folder)):
            found = list(check(page, path, source))
            bad += bool(found)
            click.echo(f"{'FAILED' if found else 'ok':7} {path.name} ({path.stat().st_size:,} B)")
            click.echo("".join(f"        {line}\n" for line in found), nl=False)
            if screenshots:
                shoot(page, path, screenshots)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
