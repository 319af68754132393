"""An open group: values of items, read one by one from the packs of their group."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.digest_cache import DigestCache
from pipeline.store.files import Files
from pipeline.store.group_records import read_group
from pipeline.store.payloads import decoded
from pipeline.store.troubles import is_of_reader
from pipeline.store.values import read_value


class OpenGroup:
    """A group that is open, and the packs in it that are mapped."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._manifest = folder, read_group(folder)
        self._packs: dict[str, memoryview] = {}

    def value(self, place: int, output: str) -> Any:
        """An output of the item of this number in the group. Raises as `read_value`."""
        try:
            record = self._manifest["items"][place]["outputs"][output]
            if "entry" in record:
                return read_value(self._folder, self._manifest["outputs"][record["entry"]])
            start = record["offset"]
            return decoded(record, self._pack(output)[start : start + record["size"]])
        except (ValueError, LookupError, RecursionError, OSError) as error:
            if isinstance(error, OSError) and is_of_reader(error):
                raise
            for path in self._folder.iterdir():  # the next command reads all of it before
                os.utime(path)
            raise CorruptArtifact(f"{self._folder}: {output} is damaged ({error})") from error

    def check(self, output: str, cache: DigestCache | None) -> str | None:
        """Why files outside the store that values refer to are not what they were."""
        for place, item in enumerate(self._manifest["items"]):
            refers = item["outputs"][output]["kind"] == "files"
            if refers:
                files: Files = self.value(place, output)
                if reason := files.check(cache):
                    return reason
        return None

    def _pack(self, output: str) -> memoryview:
        if output not in self._packs:
            with open(self._folder / f"{output}.pack", "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != self._manifest["outputs"][output]["size"]:
                    raise ValueError(f"expected another size than {size}")
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
                self._packs[output] = memoryview(mapped)
        return self._packs[output]
