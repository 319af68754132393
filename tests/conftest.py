"""What every test starts from, wherever it is started.

Signals do what they do in a terminal (`nohup` and shells turn some off for what runs in the
background). Programs that tests start keep their compiled modules: without, each of them would
compile the whole project anew; and none outlives a test that failed. Temporary folders lie in
memory where there is room: the store calls fsync many times a result, and no test asks what the
disk makes of it. Property tests draw the same examples each time, many more of them in
`make test-long`, and none has a deadline: how busy a machine is makes no test fail.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports import MIRRORS

HERE = Path(__file__).parent
EVERYDAY = (*MIRRORS, "test_architecture.py")  # any other folder or file is marked `whole`
SOME_EVERYDAY = ("end_to_end",)  # of these, what is marked `everyday` is not
HEAVY = ("sklearn.model_selection", "pandas", "polars", "pyarrow.parquet", "distributed")
IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; containers often have 64 MiB

for profile, examples in (("everyday", 25), ("long", 300)):
    settings.register_profile(
        profile,
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("everyday")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
if "PYTEST_XDIST_WORKER" not in os.environ:  # a cache for all processes of this run, and no other
    os.environ.setdefault("MPLCONFIGDIR", os.path.expanduser("~/.cache/matplotlib"))  # its fonts
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) == signal.SIG_IGN:
        handler = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, handler)

pytest_plugins = ["tests.tracing"]


def pytest_configure(config: pytest.Config) -> None:
    """Who names files runs what is in them, for every day or not. Processes that run tests beside
    each other import what is heavy before coverage begins."""
    if config.args_source == config.ArgsSource.ARGS and is_everyday(config):
        config.option.markexpr = "not long"
    for name in HEAVY if hasattr(config, "workerinput") else ():
        with suppress(ImportError):
            importlib.import_module(name)


def is_everyday(config: pytest.Config) -> bool:
    """Whether this is `make test`, as pyproject.toml has it."""
    return "everyday" in config.option.markexpr


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is not for every day need not be imported, then."""
    is_whole = collection_path.parent == HERE and collection_path.is_dir()
    wanted = (*EVERYDAY, *SOME_EVERYDAY)
    return True if is_whole and collection_path.name not in wanted and is_everyday(config) else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there by now stays: to look through it for garbage, again and again, takes time.

    Before its first example, Hypothesis asks who refers to its generator. Of what stays, nobody
    can be found: old ones warn then, and do without it from there on."""
    given(st.none())(lambda _: None)()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What mirrors no code runs the whole program, or a sample of a campaign: `make test-long`."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] not in EVERYDAY:
            item.add_marker("whole")


@pytest.fixture(autouse=True, scope="session")
def sources_are_known(request: pytest.FixtureRequest) -> None:
    """What is known of the project's sources is known in this process, too; where several run
    tests, it is brought up to date before."""
    from tests import sources  # here: what is imported before the first test is not traced

    if hasattr(request.config, "workerinput"):
        sources.index()  # outside of tests, which are traced
    sources.known()


@pytest.fixture(autouse=True)
def what_stages_of_other_tests_have_left_does_not_count() -> None:
    """Caches of modules that they may have filled: here each test stands for a process."""
    if kept := sys.modules.get("pipeline.code.kept"):
        kept._LEFT.clear()
        kept._FIRST.clear()


@pytest.fixture(autouse=True)
def no_program_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the programs that a test has started and not waited for, with their groups."""
    started: list[subprocess.Popen] = []
    begin = subprocess.Popen.__init__

    def recording(self: subprocess.Popen, *arguments: object, **named: object) -> None:
        begin(self, *arguments, **named)
        started.append(self)

    monkeypatch.setattr(subprocess.Popen, "__init__", recording)
    yield
    for process in started:
        if process.poll() is None:
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.communicate()
