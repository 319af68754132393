"""Image files, as `predict` meets them."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, features

from stages.dataset.formats.images import MAX_PIXELS, read_image
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import damaged, noise

SHAPE = (3, 8, 6)
WRITERS = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK", "YCbCr"),
    "GIF": ("1", "L", "P", "RGBA"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB"),
    "PPM": ("1", "L", "RGB", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "AVIF": ("RGB",),
}
OTHERS = ("EPS", "PDF", "ICO", "TGA", "PCX", "SGI", "DDS", "MSP", "XBM", "SPIDER", "JPEG2000")


@functools.cache
def pictures() -> tuple[bytes, ...]:
    """Small image files of every format and mode that is read, and of some that are not."""
    found = []
    rng = np.random.default_rng(3)
    for form, modes in WRITERS.items():
        for mode in modes:
            for size in ((1, 1), (9, 7)):
                pixels = rng.integers(0, 255, (size[1], size[0], 3), np.uint8)
                found += _saved(Image.fromarray(pixels).convert("L" if ";" in mode else mode), form)
    rgb = Image.new("RGB", (9, 7), "red")
    for form in OTHERS:
        found += _saved(rgb, form) or _saved(rgb.convert("1"), form)
    exif = Image.Exif()
    exif[0x0112] = 6
    found += _saved(rgb, "JPEG", exif=exif) + _saved(rgb, "PNG", exif=exif)
    found += _saved(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)] * 3)
    found += _saved(rgb.convert("P"), "PNG", transparency=0)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        found += _saved(rgb, "TIFF", compression=compression)
    return tuple(found)


def _saved(image: Image.Image, form: str, **options: object) -> list[bytes]:
    buffer = io.BytesIO()
    try:
        image.save(buffer, form, **options)
    except (OSError, KeyError, ValueError):  # not in this build of Pillow, or not of this mode
        return []
    return [buffer.getvalue()]


@functools.cache
def bombs() -> tuple[bytes, ...]:
    """PNG files whose few bytes stand for as many pixels as are read, and for far more."""
    found = []
    for width, height in ((8000, MAX_PIXELS // 8000), (60_000, 60_000), (1, 2**31 - 1), (0, 0)):
        rows = min(height, 8000)
        data = zlib.compress(bytes((width + 1) * 100) * min(rows // 100 + 1, 80), 9)
        parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
        parts += [(b"IDAT", data), (b"IEND", b"")]
        found.append(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(body))
                + kind
                + body
                + struct.pack(">I", zlib.crc32(kind + body))
                for kind, body in parts
            )
        )
    return tuple(found)


def make(rng: Random) -> bytes:
    if rng.random() < 0.02:
        return noise(rng)
    if rng.random() < 0.0005:
        return rng.choice(bombs())
    data = rng.choice(pictures())
    way = rng.random()
    if way < 0.35 and data.startswith(b"\x89PNG"):
        return _mended(damaged(rng, data))
    return damaged(rng, data, 6) if way < 0.95 else data + noise(rng)


def _mended(data: bytes) -> bytes:
    """A PNG whose parts have the checksums they should have: the damage gets further in."""
    found, at = bytearray(data), 8
    while at + 12 <= len(found):
        length = int.from_bytes(found[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(found):
            break
        found[end : end + 4] = struct.pack(">I", zlib.crc32(found[at + 4 : end]))
        at = end + 4
    return bytes(found)


def read(data: bytes, folder: Path) -> bool:
    path = folder / "image"
    path.write_bytes(data)
    image = read_image(path, SHAPE)
    assert image.shape == SHAPE
    assert image.dtype == np.uint8
    return True


assert features.check("zlib")  # else no PNG, and half of these inputs would test nothing
DECODERS = {"image": Decoder(make, read, 120)}
