"""Labels: tags and a note that people give to runs. They identify nothing, and change no result.

artifacts/.labels.json     fingerprint of a training → {"tags": [...], "note": "..."}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, DataError
from pipeline.store.durable import replacing
from pipeline.store.files import open_file
from pipeline.store.locks import file_lock
from pipeline.store.troubles import storage_errors

FILE = ".labels.json"
MOST = 16 << 20  # bytes
LONGEST = 2_000  # characters of a note
_TAG = re.compile(r"[^\W_][\w.+-]{0,39}")


@dataclass(frozen=True)
class Label:
    """What people call a run."""

    tags: tuple[str, ...] = ()
    note: str = ""


NO_LABEL = Label()


def read_labels(root: Path) -> dict[str, Label]:
    """The labels of a store by fingerprint. `DataError` where the file is not what it should be."""
    path = root / FILE
    if not path.exists():
        return {}
    try:
        with open_file(path) as stream:
            found = json.loads(stream.read(MOST))
        return {
            key: Label(tuple(map(str, one["tags"])), str(one["note"])) for key, one in found.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(
            f"{path}: expected the tags and notes of runs, found a damaged file; repair it or "
            "delete it"
        ) from None


def tagged(root: Path) -> set[str]:
    """The fingerprints of the runs that have a tag: `gc` keeps them."""
    return {key for key, label in read_labels(root).items() if label.tags}


def change_label(
    root: Path, fingerprint: str, add: Iterable[str], remove: Iterable[str], note: str | None
) -> Label:
    """Add tags to a run, take some away, set its note (None: leave it); the label it has now."""
    add, remove = list(add), set(remove)
    for tag in add:
        if not _TAG.fullmatch(tag):
            raise ConfigError(
                f"tag: expected a tag of letters, digits, '.', '-', '+' and '_', at most 40, "
                f"found {tag!r:.60}"
            )
    if note is not None and (len(note) > LONGEST or not note.isprintable()):
        raise ConfigError(
            f"--note: expected a line of at most {LONGEST:,} characters, found {note!r:.60}"
        )
    with storage_errors(root), file_lock(root / ".labels.lock", lambda holder: None):
        labels = read_labels(root)
        old = labels.get(fingerprint, NO_LABEL)
        if missing := sorted(remove - set(old.tags)):
            have = ", ".join(old.tags) or "none"
            raise ConfigError(
                f"--remove: expected a tag that the run has ({have}), found {missing[0]!r}"
            )
        tags = tuple(tag for tag in dict.fromkeys([*old.tags, *add]) if tag not in remove)
        label = Label(tags, old.note if note is None else note)
        labels[fingerprint] = label
        _write(root, {key: one for key, one in labels.items() if one != NO_LABEL})
    return label


def _write(root: Path, labels: Mapping[str, Label]) -> None:
    plain = {key: {"tags": list(one.tags), "note": one.note} for key, one in labels.items()}
    with replacing(root / FILE) as file:
        file.write(json.dumps(plain, indent=1, ensure_ascii=False).encode())
