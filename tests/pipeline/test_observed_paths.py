"""What a stage asks of paths in other ways than by opening them, and of modules by computed names:
it is seen, whichever way the path is given, and nothing else makes the stage run again."""

import contextlib
import importlib
import importlib.util
import linecache
import os
import pkgutil
import shutil
from importlib import resources
from pathlib import Path

import pytest

from pipeline import Pipeline, plan, run, stage


def opened_in(folder, name="a.txt"):
    """Read a file by a number of its folder."""
    number = os.open(folder, os.O_RDONLY)
    file = os.open(name, os.O_RDONLY, dir_fd=number)
    try:
        return os.read(file, 9).decode()
    finally:
        os.close(file)
        os.close(number)


def asked_in(folder, ask):
    """Go to a folder, and ask there."""
    with contextlib.chdir(folder):
        return ask()


def write(path, text="1"):
    Path(path).write_text(text)


def link(path, target):
    Path(path).unlink(missing_ok=True)
    os.symlink(target, path)


def module_there(name):
    try:
        return importlib.import_module(name).VALUE
    except ImportError:
        return None


FOLDERS = {
    "readlink": (lambda: os.readlink("link"), lambda: link("link", "b")),
    "resolve": (lambda: Path("link").resolve().name, lambda: link("link", "b")),
    "is_symlink": (lambda: Path("b/one").is_symlink(), lambda: link("b/one", "two")),
    "samefile": (lambda: os.path.samefile("link", "a"), lambda: link("link", "b")),
    "mode": (lambda: os.stat("a/a.txt").st_mode & 0o100, lambda: os.chmod("a/a.txt", 0o700)),
    "access": (lambda: os.access("a/a.txt", os.W_OK), lambda: os.unlink("a/a.txt")),
    "which": (lambda: shutil.which("x", path="b"), lambda: (write("b/x"), os.chmod("b/x", 0o755))),
    "copytree": (
        lambda: sorted(os.listdir(shutil.copytree("a", "copy", dirs_exist_ok=True))),
        lambda: write("a/b.txt"),
    ),
    "iter_modules": (
        lambda: sorted(one.name for one in pkgutil.iter_modules(["a"])),
        lambda: write("a/added.py"),
    ),
    "resources": (
        lambda: sorted(p.name for p in resources.files("observed_package").iterdir()),
        lambda: write("observed_package/data.txt"),
    ),
    "linecache": (lambda: linecache.getline("b/late.txt", 1), lambda: write("b/late.txt", "1\n")),
    "chdir, open": (lambda: asked_in("a", Path("a.txt").read_text), lambda: write("a/a.txt", "2")),
    "chdir, exists": (lambda: asked_in("a", Path("b.txt").exists), lambda: write("a/b.txt")),
    "chdir, listdir": (lambda: asked_in("a", os.listdir), lambda: write("a/b.txt")),
    "dir_fd": (lambda: opened_in("a"), lambda: write("a/a.txt", "2")),
    "fwalk": (lambda: [names for _, _, names, _ in os.fwalk("a")], lambda: write("a/b.txt")),
    "kinds": (
        lambda: [one.is_dir() for one in os.scandir("b")],
        lambda: (os.unlink("b/one"), os.mkdir("b/one")),
    ),
    "import in vain": (
        lambda: module_there("_".join(["observed", "late"])),
        lambda: (write("observed_late.py", "VALUE = 2"), importlib.invalidate_caches()),
    ),
    "find_spec": (
        lambda: importlib.util.find_spec("_".join(["observed", "found"])) is not None,
        lambda: (write("observed_found.py"), importlib.invalidate_caches()),
    ),
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, with some files, that modules are imported from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("a/a.txt", "b/one", "observed_package/__init__.py"):
        Path(name).parent.mkdir(exist_ok=True)
        write(name)
    link("link", "a")
    linecache.clearcache()
    return tmp_path


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_asked_of_paths_and_modules_is_seen(name, place):
    ask, edit = FOLDERS[name]

    @stage(outputs=("out",))
    def look():
        return repr(ask())

    pipeline = Pipeline(look)
    before = run(pipeline, store=place / "store")["out"]
    shutil.rmtree("copy", ignore_errors=True)
    assert plan(pipeline, store=place / "store")[0].status == "cached"
    edit()
    linecache.clearcache()
    (decision,) = plan(pipeline, store=place / "store")
    assert len(decision.reasons) == 1, decision.reasons
    assert run(pipeline, store=place / "store")["out"] == repr(ask()) != before


def test_a_link_that_stays_costs_nothing(place):
    link("dangling", "nowhere")

    @stage(outputs=("out",))
    def look():
        asked = [Path("link").resolve().name, os.path.islink("link"), os.path.lexists("dangling")]
        return [*asked, os.access("dangling", os.R_OK), [names for _, _, names in os.walk("b")]]

    pipeline = Pipeline(look)
    run(pipeline, store=place / "store")
    assert plan(pipeline, store=place / "store")[0].status == "cached"


def test_a_link_that_leads_nowhere_does_not_hide_the_other_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("listed")
    os.symlink("loop", "listed/loop")

    @stage(outputs=("count",))
    def count() -> int:
        return len(os.listdir("listed"))

    flow = Pipeline(count)
    assert run(flow, store="store", executor="serial")["count"] == 1
    assert plan(flow, store="store")[0].status == "cached"
    write("listed/new")
    assert run(flow, store="store", executor="serial")["count"] == 2
