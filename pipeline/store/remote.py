"""Remote: results that machines share without a folder in common, behind fsspec: S3 and the like.

    <address>/objects/<2 digits>/<SHA-256>       the files of results, by their content
    <address>/results/<stage>/<fingerprint>.json the manifest of a result, and which objects it has
    <address>/items/<stage>/<common>/<group>.json the same of a group of items (groups.py)

An object is sent once, whoever needs it. What names them goes last, so a result is whole or not
there, and who sends the same one at the same time sends the same bytes. Whatever is fetched is
verified; an object that is damaged counts as none, and who makes the result anew sends it again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from pipeline.errors import CorruptArtifact
from pipeline.store.adoption import files_of
from pipeline.store.file_place import FilePlace
from pipeline.store.key import Key
from pipeline.store.manifest import MANIFEST
from pipeline.store.reach import RemoteError
from pipeline.store.remote_records import Found, document_of, parse

__all__ = ["Remote", "RemoteError"]
BLOCK = 1 << 20
_IS_GROUP = re.compile("[0-9a-f]{32}")


class Remote:
    """A place for results behind fsspec. `address` is what `--remote` takes.

    Raises `ConfigError` where the address has no meaning, or a package for it is missing.
    """

    def __init__(self, address: str) -> None:
        self.address, self.place = address, FilePlace(address)
        self._root = self.place.root
        self._damaged: set[str] = set()

    def look(self, key: Key) -> Found | None:
        """A result that is there: its manifest, its objects by file ([SHA-256, bytes]), and the
        manifest's text; None where there is none, or a damaged one. `RemoteError`: out of reach."""
        return self._look(self._result(key), key.digest, key.digest[:32])

    def look_at_group(self, place: str) -> Found | None:
        """The same of a group of items; `place` is its folder's, from the root of its store."""
        return self._look(self._group(place), None, place.rpartition("/")[2])

    def groups(self, place: str) -> list[str]:
        """The names of the groups that are there, of those that lie in a folder of a store."""
        folder = self._group(place).removesuffix(".json")
        try:
            found = self.place.ask("ls", folder, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = (path.rpartition("/")[2].removesuffix(".json") for path in found)
        return sorted(name for name in names if _IS_GROUP.fullmatch(name))

    def _look(self, path: str, digest: str | None, folder: str) -> Found | None:
        if path in self._damaged:
            return None
        try:
            data = self.place.ask("cat_file", path)
            return parse(data, digest, folder, path)
        except FileNotFoundError:
            return None
        except CorruptArtifact:
            self._damaged.add(path)
            return None

    def fetch(self, sha256: str, size: int, place: Path) -> None:
        """Write an object to `place`. `CorruptArtifact` where it is missing or damaged."""
        path = self._object(sha256)
        part = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
        try:
            self.place.fetch(path, part)
            if part.stat().st_size != size or _sha256(part) != sha256:
                raise CorruptArtifact(f"{path}: expected other bytes")
            part.replace(place)
        except (FileNotFoundError, CorruptArtifact) as error:
            self._damaged.add(path)
            raise CorruptArtifact(f"{self.address}: an object is missing or damaged") from error
        finally:
            part.unlink(missing_ok=True)

    def forget(self, key: Key) -> None:
        """Count a result as none: what was fetched of it was not what it says."""
        self._damaged.add(self._result(key))

    def push(self, key: Key, folder: Path) -> int:
        """Send a result that lies in `folder`: what is not there yet. Returns the bytes sent."""
        return self._push(self._result(key), folder, key.digest)

    def push_group(self, place: str, folder: Path) -> int:
        """The same of a group of items. It goes before the results that refer to it."""
        return self._push(self._group(place), folder)

    def _push(self, path: str, folder: Path, digest: str | None = None) -> int:
        sent, objects = 0, {}
        if self._is_whole(path, digest, folder.name):
            return 0
        text = (folder / MANIFEST).read_text("utf-8", "surrogatepass")
        for name, file in files_of(folder):
            if name == MANIFEST:
                continue
            sha256, size = _sha256(file), file.stat().st_size
            objects[name] = [sha256, size]
            place = self._object(sha256)
            if place in self._damaged or not self._has(place, size):
                self.place.put(place, file)
                self._damaged.discard(place)
                sent += size
        document = document_of(text, objects)
        self.place.put(path, document)
        self._damaged.discard(path)
        return sent + len(document)

    def _is_whole(self, path: str, digest: str | None, folder: str) -> bool:
        """Whether a manifest is there, and all objects that it names, by their sizes: somebody may
        have removed some, and not every place writes a file whole or not at all."""
        found = self._look(path, digest, folder)
        return found is not None and all(
            (place := self._object(sha256)) not in self._damaged and self._has(place, size)
            for sha256, size in found[1].values()
        )

    def _result(self, key: Key) -> str:
        return f"{self._root}/results/{key}.json"

    def _group(self, place: str) -> str:
        return f"{self._root}/{place.removeprefix('.')}.json"

    def _object(self, sha256: str) -> str:
        return f"{self._root}/objects/{sha256[:2]}/{sha256}"

    def _has(self, path: str, size: int | None = None) -> bool:
        try:
            found = self.place.ask("info", path)
        except FileNotFoundError:
            return False
        return size is None or found.get("size") == size


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
