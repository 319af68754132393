"""What raises no audit event, made visible while a stage runs.

Environment variables are read through the methods of `os.environ`; whether a file is there, through
`os.stat` and its like (path_wraps.py); a module by a computed name, through `importlib`
(import_wraps.py). Each is replaced by a
function that records and then does the same, and put back when no stage runs any more.

`os.environ` gets another class meanwhile. To replace the methods of its own does not do: a class
has 1,000 versions in CPython 3.13, and once they are used up (after 200 stages) `environ.get` goes
on calling the `__getitem__` that it called before.

What libraries ask for on their own account does not count: where temporary files go, how wide the
terminal is, whether a lock is there (askers.py).
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from pipeline.code.askers import ON_THEIR_OWN, asker_of, is_project
from pipeline.code.import_wraps import ImportRecords
from pipeline.code.native_reads import NativeReads
from pipeline.code.path_wraps import PathRecords
from pipeline.code.workers import watch_worker

# Variables that say where and how a program runs. Only the project's own code may mean them.
_VOLATILE = {
    *("COLUMNS", "LINES", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "PWD", "OLDPWD", "SHLVL"),
    *("_", "TMPDIR", "TEMP", "TMP", "HOME", "USER", "LOGNAME", "HOSTNAME", "DISPLAY", "PATH"),
    *("PYTHONPATH", "PYTHONHASHSEED", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
}
OWN = {"KMP_DUPLICATE_LIB_OK"}  # which threadpoolctl sets


class Wraps:
    """The replacements. `start` and `stop` are called with no stage running before and after."""

    def __init__(self) -> None:
        self._recorders: Callable[[], list[Any]] = list
        self._before: list[tuple[Any, str, Any]] = []
        self._environments: list[tuple[Any, type]] = []  # and their own classes
        self._natives: NativeReads | None = None
        own: Any = type(os.environ)
        methods = {
            name: _recording(getattr(own, name), self._variable)
            for name in ("__getitem__", "__contains__")  # whoever iterates asks for each by name
        }
        for name in ("__iter__", "__len__"):  # and for which there are
            methods[name] = _recording(getattr(own, name), self._variables)
        named = {"__module__": own.__module__, "__qualname__": own.__qualname__}
        self._recording_class: Any = type(own.__name__, (own,), named | methods)
        self.seconds = 0.0  # that recording has taken

    def start(self, recorders: Callable[[], list[Any]]) -> None:
        """Put the replacements in place; what they see goes to `recorders()`."""
        self._recorders = recorders
        from multiprocessing.process import BaseProcess

        bootstrap, start = importlib._bootstrap, BaseProcess.start
        self._natives = natives = NativeReads(recorders, self._replace)
        paths, imports = PathRecords(recorders), ImportRecords(recorders, natives.look)

        def starting(process: Any) -> Any:
            """Start a process that reports what it sees."""
            watch_worker(process, recorders())
            return start(process)

        self._replace(BaseProcess, "start", starting)
        self._watch_variables()
        for owner, name, record in (
            (os, "stat", paths.asked),
            (os, "lstat", paths.asked_of_link),
            (os, "readlink", paths.followed),
            (os, "access", paths.accessed),
            (os, "open", paths.opened),
            (importlib.util, "_find_spec", imports.looked_for),
            (bootstrap, "_gcd_import", imports.imported),
            (builtins, "__import__", imports.called),
        ):
            if hasattr(owner, name):
                original = getattr(owner, name)
                self._replace(owner, name, _recording(original, record))
                for able in _ABLE:  # shutil asks these sets whether a function can do something
                    if original in able:
                        able.add(getattr(owner, name))
        natives.look()

    def _replace(self, owner: Any, name: str, replacement: Any) -> None:
        if not isinstance(owner, type):  # so that it is pickled by its name
            replacement.__module__, replacement.__qualname__ = owner.__name__, name
        before = vars(owner).get(name)
        setattr(owner, name, replacement)
        self._before.append((owner, name, before))

    def _watch_variables(self) -> None:
        """Let both kinds of `os.environ` be of a class that records."""
        for environment in filter(None, (os.environ, getattr(os, "environb", None))):
            self._environments.append((environment, type(environment)))
            environment.__class__ = self._recording_class

    def stop(self) -> None:
        """Put back what was there."""
        if self._natives is not None:
            self._natives.end()
        while self._environments:
            environment, own = self._environments.pop()
            environment.__class__ = own
        while self._before:
            owner, name, original = self._before.pop()
            for able in _ABLE:
                able.discard(getattr(owner, name) if original else None)
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)

    def _variable(self, _: Any, environment: Any, name: Any) -> None:
        asker, method = asker_of()
        if asker in ON_THEIR_OWN or method in ("expanduser", "which"):
            return
        name = os.fsdecode(name)
        if name in OWN or (name in _VOLATILE and (method == "__iter__" or not is_project(asker))):
            return
        if asker == "urllib" and not name.lower().endswith("_proxy"):
            return  # it looks through all of them for those
        for recorder in self._recorders():
            if name not in recorder.set_variables:
                recorder.note("environment", name, value_of(name))

    def _variables(self, *_: Any) -> None:
        asker, _method = asker_of()
        if asker not in ON_THEIR_OWN and asker != "urllib":
            for recorder in self._recorders():
                recorder.note("environment", "", names_of_variables(recorder.set_variables))


def _recording(original: Callable[..., Any], record: Callable[..., None]) -> Callable[..., Any]:
    def replacement(*arguments: Any, **keywords: Any) -> Any:
        answer, error = None, None
        try:
            answer = original(*arguments, **keywords)
        except BaseException as raised:
            error = raised
        started = time.perf_counter()
        with suppress(Exception):
            record(answer, *arguments, **keywords)
        wrapped.seconds += time.perf_counter() - started
        if error is not None:
            try:
                raise error
            finally:
                del error
        return answer

    return replacement


def value_of(name: str) -> str | None:
    """The value of an environment variable, read in a way that is not recorded; of "", which there
    are."""
    if not name:
        return names_of_variables()
    values: Mapping[Any, Any] = vars(os.environ)["_data"]
    value = values.get(os.environ.encodekey(name))
    return None if value is None else os.fsdecode(value)


def names_of_variables(without: Collection[str] = ()) -> str:
    """Which variables there are, but for those that say where and how a program runs."""
    names = map(os.fsdecode, vars(os.environ)["_data"])
    return "\0".join(sorted({*names} - _VOLATILE - OWN - {*without}))


_ABLE = (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids)
wrapped = Wraps()
