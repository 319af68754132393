"""Files that Polars, PyArrow and others open in code of their own: Python raises no audit event.

While a stage runs, their functions that read are replaced by ones that tell first which files are
asked for: in modules that are there, and in those that the stage imports. A name that another
module has taken from them before (`from polars import scan_csv`) stays what it was.
"""

from __future__ import annotations

import glob
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from types import FunctionType
from typing import Any

from pipeline.code.native_plans import PLANS, derived, scanned
from pipeline.code.recorder import Recorder

_ARROW = ("memory_map", "OSFile", "input_stream")
_PARQUET = ("read_table", "read_pandas", "read_schema", "read_metadata", "ParquetFile")
READERS = {
    "polars": (
        *("scan_csv", "scan_parquet", "scan_ipc", "scan_ndjson", "read_csv", "read_parquet"),
        *("read_csv_batched", "read_ipc", "read_ipc_stream", "read_ndjson", "read_json"),
        *("read_avro", "read_parquet_schema", "read_parquet_metadata", "read_ipc_schema"),
    ),
    "pyarrow": _ARROW,
    "pyarrow.lib": _ARROW,
    "pyarrow.parquet": (*_PARQUET, "ParquetDataset"),
    "pyarrow.parquet.core": (*_PARQUET, "ParquetDataset"),
    "pyarrow.ipc": ("open_file", "open_stream"),
    "pyarrow.csv": ("read_csv", "open_csv"),
    "pyarrow.json": ("read_json", "open_json"),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.orc": ("read_table",),
    "pyarrow.dataset": ("dataset", "parquet_dataset"),
    "onnxruntime": ("InferenceSession",),
    "PIL.ImageFont": ("truetype",),
    "h5py": ("File",),
    "cv2": ("imread", "imreadmulti", "VideoCapture", "CascadeClassifier", "FileStorage"),
}
_NAMED: tuple[str, ...] = (
    "source",
    "path",
    "where",
    "path_or_paths",
    "input_file",
    "name",
    "metadata_path",
)
_NAMED += ("path_or_bytes", "font", "filename")
_MAGIC = frozenset("*?[")

Replace = Callable[[Any, str, Any], None]


class NativeReads:
    """Tells the recorders of files that such functions are asked for; `look` replaces them."""

    def __init__(self, recorders: Callable[[], list[Recorder]], replace: Replace) -> None:
        self._recorders, self._replace = recorders, replace
        self._left = dict(READERS)
        self._known = 0  # how many modules there were
        self._over, self._looking = False, threading.Lock()

    def look(self) -> None:
        """Replace the functions of modules that have been imported since."""
        if len(sys.modules) == self._known:
            return
        with self._looking:
            self._known = len(sys.modules)
            for name in [] if self._over else [name for name in self._left if name in sys.modules]:
                module = sys.modules[name]
                if getattr(getattr(module, "__spec__", None), "_initializing", False):
                    self._known = 0  # it is being imported
                    continue
                for function in self._left.pop(name):
                    self._watch(module, function)
                if name == "polars":
                    self._watch_plans(module)

    def end(self) -> None:
        """Replace no more: an import in a thread may end after the stage."""
        with self._looking:
            self._over = True

    def _watch(self, module: Any, name: str) -> None:
        original = vars(module).get(name)
        if isinstance(original, type):
            if isinstance(vars(original).get("__init__"), FunctionType):
                self._replace(original, "__init__", self._telling(original.__init__, 1))  # type: ignore[misc]
                return
            with suppress(TypeError):  # of an extension, which nobody may derive from
                self._replace(module, name, derived(original, self._telling(original.__new__, 1)))
        elif callable(original):
            self._replace(module, name, self._telling(original, 0))

    def _telling(self, original: Callable[..., Any], place: int) -> Callable[..., Any]:
        @wraps(original)
        def replacement(*given: Any, **named: Any) -> Any:
            with suppress(Exception):
                (mode,) = given[place + 1 : place + 2] or (named.get("mode"),)
                if not (isinstance(mode, str) and mode[:1] in "wxa"):
                    self._tell([*given[place : place + 1], *map(named.get, _NAMED)])
            return original(*given, **named)

        return replacement

    def _tell(self, sources: list[Any]) -> None:
        for recorder in self._recorders():
            for source in sources:
                for one in source if isinstance(source, list | tuple) else (source,):
                    if isinstance(one, str | os.PathLike) and "://" not in os.fspath(one):
                        _read(recorder, os.path.expanduser(os.fsdecode(one)))

    def _watch_plans(self, polars: Any) -> None:
        for name in PLANS:
            if original := vars(polars.LazyFrame).get(name):
                self._replace(polars.LazyFrame, name, self._carrying_out(original))
        for name in ("collect_all", "collect_all_async"):
            self._replace(polars, name, self._carrying_out(getattr(polars, name)))

    def _carrying_out(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def replacement(frames: Any, *given: Any, **named: Any) -> Any:
            with suppress(Exception):
                for frame in frames if isinstance(frames, list | tuple) else [frames]:
                    self._tell_plan(frame)
            return original(frames, *given, **named)

        return replacement

    def _tell_plan(self, frame: Any) -> None:
        """Tell of the files that a plan scans, and of their folders where it scans several, for
        these may have been found there."""
        for paths in scanned(frame._ldf):
            for recorder in self._recorders():
                for path in paths:
                    if path not in recorder.opened:
                        _read(recorder, path)
                        if len(paths) > 1 and (
                            folder := recorder.path(os.path.dirname(path) or ".")
                        ):
                            recorder.note("listed", folder)


def _read(recorder: Recorder, path: str) -> None:
    """Note a file, or all that a folder holds or a pattern fits, but for what came meanwhile: the
    stage may have written it with such code, too."""
    for file, is_folder in _meant(path):
        if not _is_newer(recorder, file):
            if found := recorder.path(file):
                recorder.note("listed" if is_folder else "native", found)
            if not is_folder:
                recorder.read(file)


def _is_newer(recorder: Recorder, path: str) -> bool:
    with suppress(OSError):
        return os.stat(path).st_ctime_ns > recorder.begun  # which nobody can set
    return False


def _meant(path: str) -> Iterator[tuple[str, bool]]:
    """The files of a path, and the folders, whose content decides which there are."""
    if os.path.isdir(path):
        for folder, _, files in os.walk(path):
            yield folder, True
            yield from ((os.path.join(folder, file), False) for file in files)
    elif _MAGIC & {*path} and not os.path.exists(path):
        head = path
        while _MAGIC & {*head}:
            head = os.path.dirname(head)
        yield head or ".", True
        for found in glob.glob(path, recursive=True):
            yield os.path.dirname(found) or ".", True
            yield found, False
    else:
        yield path, False
