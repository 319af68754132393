"""Images as data URIs: PNG files written with the standard library alone.

PNG (Portable Network Graphics), third edition, W3C 2025: a signature, then chunks of length, name,
data and CRC-32; the rows of the image, each after the number of its filter, deflated.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

SIDE = 64  # of an image in a page, at most: larger ones are averaged down
GREY, COLOUR = 0, 2  # PNG's colour types


def png(image: np.ndarray) -> bytes:
    """A PNG file of a uint8 image (channels, height, width) of one channel or three."""
    channels, height, width = image.shape
    kind = GREY if channels == 1 else COLOUR
    rows = np.ascontiguousarray(image.transpose(1, 2, 0)).reshape(height, -1)
    filtered = np.zeros((height, 1 + rows.shape[1]), np.uint8)  # filter 0: as they are
    filtered[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def data_uri(image: np.ndarray) -> str:
    """The PNG of a uint8 image (channels, height, width) as the address of an <img>."""
    return "data:image/png;base64," + base64.b64encode(png(thumbnail(image))).decode("ascii")


def thumbnail(image: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A uint8 image (channels, height, width) with no side above `side`: means of squares."""
    channels, height, width = image.shape
    if channels not in (1, 3):
        image, channels = image[:1], 1
    factor = -(-max(height, width) // side)
    if factor == 1:
        return image
    rows, columns = -(-height // factor), -(-width // factor)
    edges = ((0, 0), (0, rows * factor - height), (0, columns * factor - width))
    padded = np.pad(image, edges, mode="edge")
    blocks = padded.reshape(channels, rows, factor, columns, factor)
    means: np.ndarray = blocks.mean(axis=(2, 4))
    return np.asarray(np.rint(means), np.uint8)
