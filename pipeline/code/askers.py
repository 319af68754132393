"""Who asks: a stage, or a library on its own account, known by the frames below a hook or a wrap.

The depths are those at which wraps.py and audit_events.py call: a function put between changes
them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

# Modules that ask on their own account.
ON_THEIR_OWN = {
    *("tempfile", "subprocess", "multiprocessing", "threading", "concurrent", "logging", "asyncio"),
    *("warnings", "traceback", "locale", "argparse", "optparse", "getopt", "webbrowser", "tqdm"),
    *("click", "filelock", "threadpoolctl", "ssl", "pipeline", "random", "inspect", "importlib"),
    *("sysconfig", "site", "zipimport", "pdb", "coverage", "_pytest", "pytest", "numpy"),
    *("pydoc", "getpass", "runpy", "platform", "ctypes", "socket", "http", "secrets", "codecs"),
}
_PASSING_ON = {"os", "_collections_abc", "collections.abc", "genericpath", "pathlib", "posixpath"}
_PASSING_ON |= {"ntpath", "pathlib._local", "pathlib._abc", "glob", "fnmatch", "string"}
# Modules of which only whether something is there matters, to whoever calls them.
_HELPING = {"shutil", "pkgutil", "linecache", "gettext", "importlib.resources", "importlib.readers"}
_OURS = {"pipeline.code.wraps", "pipeline.code.path_wraps", __name__}
_PASSING_ON |= _OURS
_FROZEN = {"importlib._bootstrap", "importlib._bootstrap_external"}
_COMPILERS = {"numba", "llvmlite"}
KINDS = {"exists", "isfile", "isdir", "is_file", "is_dir", "lexists", "islink", "is_symlink"}
KINDS |= {
    "which",
    "ismount",
    "samefile",
    "mkdir",
    "makedirs",
    "resolve",
    "realpath",
    "rglob",
    "glob",
    "walk",
}


def asker_of(depth: int = 3) -> tuple[str, str]:
    """The package that asks, and the method of `os` or `pathlib` that it asks by."""
    frame: Any = sys._getframe(depth)
    method = ""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name in _HELPING or name.startswith("importlib.resources."):
            method = "which"
        elif name not in _PASSING_ON:
            return name.partition(".")[0], method
        elif name not in _OURS and (not method or frame.f_code.co_name in KINDS):
            method = frame.f_code.co_name
        frame = frame.f_back
    return "", method


def asks_on_its_own() -> bool:
    """Whether who raised the event that is looked at is no part of a stage: a library, say, that
    looks through folders to import modules, or to sweep what dead processes left."""
    name = sys._getframe(3).f_globals.get("__name__")
    return name in _FROZEN or asker_of(depth=4)[0] in ON_THEIR_OWN


def compiles() -> bool:
    """Whether numba asks, when it is imported, compiles or finds what it compiled before; not what
    code of a project asks that it calls meanwhile."""
    frame: Any = sys._getframe(3) if "numba" in sys.modules else None
    while frame is not None:
        name, file = frame.f_globals.get("__name__", ""), frame.f_code.co_filename
        if name.partition(".")[0] in _COMPILERS:
            return True
        python = file.startswith((os.path.dirname(os.__file__), "<frozen "))
        if not python and "site-packages" not in file and not name.startswith("pipeline.code."):
            return False
        frame = frame.f_back
    return False


def is_project(package: str) -> bool:
    """Whether a package is neither installed nor of Python itself."""
    module = sys.modules.get(package)
    file = getattr(module, "__file__", None) or ""
    return "site-packages" not in file and not file.startswith(os.path.dirname(os.__file__))
