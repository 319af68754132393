"""What stored trainings came to, remembered: a search of 10,000 that are there takes a second.

A training is known by what its trials have in common (a digest of all that identifies it, but for
what is searched) and by the values that are searched. What is remembered counts as long as the
manifest of the training is the file that it was.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from pipeline.parameters import Parameter
from pipeline.planner import Decision
from pipeline.store.cache import read_cache, write_cache
from pipeline.store.digests import digest_fields
from pipeline.store.manifest import MANIFEST
from pipeline.store.store import Key, Store
from stages.commands.search.trial import Result

FILE = ".trials.json"
MOST = 100_000  # trainings


class Recorded:
    """The results of stored trainings, by what is searched. `save` writes down what is new."""

    def __init__(self, store: Store) -> None:
        self._store, self._path = store, store.root / FILE
        self._root = f"{store.root}/"
        found = read_cache(self._path)
        whole = found if isinstance(found, dict) else {}
        self._known: dict[str, Any] = {k: v for k, v in whole.items() if isinstance(v, dict)}
        self._changed = False

    def common(
        self, last: Decision, searched: Collection[str], parameters: Mapping[str, Parameter]
    ) -> str:
        """What trainings like `last` have in common, but for the parameters that are searched.

        "" where nothing can be remembered: inputs are not known yet, or one of the parameters is a
        text of the user's, such as the name of a file, whose content may be another one tomorrow.
        """
        kinds = [parameters[name] for name in searched]
        if last.fields is None or any(p.kind is str and not p.option.choices for p in kinds):
            return ""
        counted = {k: v for k, v in last.fields["parameters"].items() if k not in searched}
        fields = {k: v for k, v in last.fields.items() if k != "code"}
        return digest_fields({**fields, "parameters": counted})[:32]

    def find(self, common: str, values: Mapping[str, Any]) -> Result | None:
        """What the training with these values came to, where that is remembered. They are in the
        order of their names."""
        entry = self._known.get(common, {}).get(f"{values}")
        if entry is None:
            return None
        try:
            fingerprint, folder, stamp, (accuracy, loss, epoch, seconds) = entry
            place = f"{self._root}{folder}"
            if _stamp(f"{place}/{MANIFEST}") != stamp:
                return None
        except (OSError, TypeError, ValueError):  # it is gone, or another version has written this
            return None
        with suppress(OSError):
            os.utime(place)  # it was used now, as `gc` has it (Store.touch)
        return Result(accuracy, loss, epoch, seconds, cached=True, fingerprint=fingerprint)

    def put(
        self, common: str, values: Mapping[str, Any], decision: Decision, result: Result
    ) -> None:
        """Remember what a stored training came to."""
        key: Key | None = decision.key
        observed = (decision.manifest or {}).get("observed")
        if not common or key is None or observed or result.failure:
            return
        with suppress(OSError):
            stamp = _stamp(f"{self._root}{key}/{MANIFEST}")
            figures = [result.accuracy, result.loss, result.epoch, result.seconds]
            of_common = self._known.setdefault(common, {})
            of_common[f"{values}"] = [result.fingerprint, f"{key}", stamp, figures]
            self._changed = True

    def save(self) -> None:
        """Write down what is new; of much, what was remembered last."""
        if not self._changed:
            return
        kept: dict[str, Any] = {}
        room = MOST
        for common, known in reversed(self._known.items()):
            if room:
                kept[common] = dict(list(known.items())[-room:])
                room -= len(kept[common])
        write_cache(self._path, dict(reversed(kept.items())))
        self._changed = False


def _stamp(path: str) -> list[int]:
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns, status.st_ino]
