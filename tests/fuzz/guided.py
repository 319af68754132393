"""Guided by coverage: libFuzzer makes the choices that a seeded generator makes otherwise.

    pip install atheris
    python -m tests.fuzz.guided 'model file' -max_total_time=60

Every decoder's `make` asks a generator for numbers. Here the numbers are the fuzzer's bytes, so an
input that reaches new lines is kept and its choices are changed a little, without a word about any
format. Slower per input than a campaign, and useful where a campaign finds nothing more.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random


class Choices(Random):
    """A generator whose numbers are those in `data`, and seeded ones when they are used up."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data, self._at = data, 0

    def getrandbits(self, bits: int) -> int:
        count = -(-bits // 8)
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            return super().getrandbits(bits)
        self._at += count
        return int.from_bytes(piece, "little") >> (8 * count - bits)

    def random(self) -> float:
        return self.getrandbits(53) / (1 << 53)


def main() -> None:
    """Run one decoder under libFuzzer, whose flags follow its name."""
    import atheris

    with atheris.instrument_imports(include=["pipeline", "stages", "PIL"]):
        from tests.fuzz.decoders import load
        from tests.fuzz.guard import Guard

        decoders = load()
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in decoders:
        sys.exit(f"expected a decoder ({', '.join(decoders)}), found {name!r}")
    decoder, guard = decoders[name], Guard(Path(tempfile.mkdtemp()))
    guard.settle(memory=None)

    def read_one(data: bytes) -> None:
        case = decoder.make(Choices(data))
        try:
            with guard.watch(decoder.reads_anywhere):
                decoder.read(case, guard.folder)
        except decoder.declared:
            pass
        assert not guard.offences, guard.offences

    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
