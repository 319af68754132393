"""What our pages show of commands is what they print."""

from __future__ import annotations

import re

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests import sources
from tests.pasted import ARCHIVE, BLOCK, PAGES, ROOT, alike, pasted, renewed
from tests.stages.datasets import files, gz, tar, write

BY_NAME = {str(page.relative_to(ROOT)): page for page in PAGES}


MANY = pytest.param("stages/README.md", marks=pytest.mark.long)  # sessions


@pytest.mark.parametrize("name", [MANY if n == "stages/README.md" else n for n in BY_NAME])
def test_every_output_on_a_page_is_what_is_printed(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    sources.known_here(monkeypatch)
    write(tmp_path / ARCHIVE, gz(tar(files(train=5, count=60))))
    group = add_to(make_cli(PROGRAM), PROGRAM)

    def run(arguments: list[str]) -> str:
        assert run_cli(group, arguments) == 0, capfd.readouterr().err
        printed = capfd.readouterr()
        return printed.err + printed.out

    page = BY_NAME[name].read_text("utf-8")
    assert len(BLOCK.findall(page)) >= 2
    assert alike(pasted(page, run)) == alike(page)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_block_with_an_output_is_a_session(name):
    for block in re.findall(r"```text\n(.*?)```", BY_NAME[name].read_text("utf-8"), re.DOTALL):
        typed = [line.startswith("$ ") for line in block.splitlines()]
        assert not any(typed) or all(typed) or block.startswith("$ pipeline "), block


def test_figures_are_pasted():
    shown = ["train        ran        11.62 s", "…", "test  5,000  41.82%"]
    printed = "train  9%, 4/400 images, 3 s left\ntrain  ran  1 min 02 s\nother\ntest  60  7.00%\n"
    assert renewed(shown, printed) == ["train  ran  1 min 02 s", "…", "test  60  7.00%"]


def test_a_run_is_called_what_it_is_called_now():
    page = "```text\n$ pipeline runs\naaaaaaaa  61%\n$ pipeline compare aaaaaaaa\ntest  61%\n```"
    printed = {"runs": "bbbbbbbb  62%\n", "compare bbbbbbbb": "test  62%\n"}
    now = pasted(page, lambda arguments: printed[" ".join(arguments)])
    assert now == page.replace("aaaaaaaa", "bbbbbbbb").replace("61", "62")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["trained in 1 s"], "train ran 1 s"),  # other words
        (["one"], "one\ntwo"),  # more than is shown
        (["one", "two"], "one"),  # less
        (["one", "three"], "one\ntwo\nthree"),  # a line that is left out in silence
        (["…", "two", "one"], "one\ntwo"),  # another order
        (["epoch 3/10"], "epoch 2/10"),
    ],
)
def test_what_is_not_printed_is_seen(shown, printed):
    with pytest.raises(ValueError, match="expected"):
        renewed(shown, printed)
