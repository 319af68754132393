"""References to files, wherever they may lie."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

from pipeline.store.files import Files, identify
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import TEXTS, any_value, damaged_json, json_bytes


def make_reference(rng: Random) -> bytes:
    """A reference to files, wherever they may lie."""
    real = identify(Path(__file__)).to_json()
    paths = [
        *TEXTS,
        "/",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/mem",
        "/proc/kmsg",
        "@PIPE@",
        "@DIR@",
    ]
    paths += ["/" + "x" * 5000, "/a\ud800", "/\udcff", "/../.." + __file__, "@SECRET@", "/dev/tty"]
    way = rng.random()
    if way < 0.5:
        real["files"][0]["path"] = rng.choice(paths)
    else:
        real = damaged_json(rng, real)
    if way > 0.9:
        real = any_value(rng)
    return json_bytes(rng, real)


def read_reference(data: bytes, folder: Path) -> bool:
    pipe = folder / "pipe"
    if not pipe.exists():
        os.mkfifo(pipe)
    for mark, path in (("PIPE", pipe), ("DIR", folder), ("SECRET", folder.parent / "secret.txt")):
        data = data.replace(f"@{mark}@".encode(), str(path).encode())
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    files = Files.from_json(value)
    assert Files.from_json(files.to_json()) == files
    assert len(files.digest()) == 64
    return files.check() is None


DECODERS = {
    "file reference": Decoder(make_reference, read_reference, 60, (ValueError,), True),
}
