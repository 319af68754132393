"""Images from and to files. Needs Pillow: `pip install 'cifar-pipeline[pictures]'`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import open_file
from stages.dataset.formats.bounded import BoundedBytes

FILE = 1 << 28  # bytes
TOO_LARGE = f"expected an image file of at most {FILE:,} bytes, found more"
GAP = 2  # as in `Image.thumbnail`: what is more than twice as large is first halved by averaging
ORIENTATION = 0x0112  # the EXIF tag
MAX_PIXELS = 64_000_000  # at 4 bytes each, and up to twice in memory
# Pillow reads many more; one of them (EPS) starts a program on what the file says.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")


class Transient(DataError):
    """What is wrong with a file now, and says nothing of its bytes: none is left out for it."""


def read_image(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """An image file of any size and mode → uint8 (channels, height, width) of the given shape.

    Raises `DataError` where the file holds no image; how it is read: see `decode_image`.
    """
    _pillow("Image")  # first of all, since without it nothing can be read
    with open_file(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            if size > FILE:
                raise DataError(f"{path}: {TOO_LARGE}")
            data = file.read(size + 1)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        with quiet():
            return decode_image(data, shape)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Where images are decoded: no warnings of odd metadata, and none of bombs but as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the pixels are what counts
        warnings.simplefilter("error", _pillow("Image").DecompressionBombWarning)
        yield


def decode_image(data: bytes, shape: tuple[int, int, int]) -> np.ndarray:
    """The bytes of an image file → uint8 (channels, height, width) of the given shape.

    Three channels are red, green and blue; one is grey. Transparency is laid on white; the image
    is turned as its EXIF orientation says, and resized without regard to its proportions. Of
    several frames or pages the first counts. Grey levels of more than 8 bits go from 0 to 65,535;
    those in floating point from 0 to 1, or to 255 where any is above 1. A JPEG is decoded at the
    eighth, quarter or half of its size that is still twice what is asked for. Raises `DataError`
    where the bytes are no image. To be called in `quiet`, once for many images.
    """
    Image = _pillow("Image")
    if len(data) > FILE:
        raise DataError(TOO_LARGE)
    bounded = BoundedBytes(data)
    try:
        with Image.open(bounded, formats=_known_formats(Image)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DataError(
                    f"expected at most {MAX_PIXELS:,} pixels, "
                    f"found {image.width} × {image.height}; make it smaller"
                )
            if image.format == "JPEG":
                image.draft(None, (GAP * shape[2], GAP * shape[1]))
            image.load()
            with suppress(Exception):  # damaged metadata: the pixels are there all the same
                if image.getexif().get(ORIENTATION, 1) != 1:
                    _pillow("ImageOps").exif_transpose(image, in_place=True)
            pixels = _pixels(image, (shape[2], shape[1]))
    except DataError:
        raise
    except MemoryError as error:
        raise Transient("expected memory for its pixels, found too little") from error
    except Exception as error:  # its many decoders raise whatever a damaged file leads them to
        words = str(error).replace(f" file {bounded!r}", " file")
        reason = words.replace(repr(bounded), "the file") or type(error).__name__
        raise DataError(
            f"expected an image file ({', '.join(FORMATS)}), found none that can be read: {reason}"
        ) from error
    if shape[0] == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., np.newaxis]
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def pillow_version() -> str:
    """Pillow's version. Raises `ConfigError` where it is not installed."""
    _pillow("Image")
    return str(__import__("PIL").__version__)


def write_png(path: Path, image: np.ndarray) -> None:
    """Write a uint8 image (1 or 3, height, width) as a PNG file."""
    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    _pillow("Image").fromarray(np.ascontiguousarray(pixels)).save(path, "PNG")


def _pixels(image: Any, size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width, 3) of an image of any mode."""
    Image = _pillow("Image")
    if image.mode[0] in "IF":
        return _grey_levels(image, size)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        image = image.convert(mode)  # else later, when it is small
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=GAP)
    if mode == "RGBA":
        white = Image.new("RGBA", size, "white")
        image = Image.alpha_composite(white, image.convert(mode))
    image = image.convert("RGB")
    return np.asarray(image)


def _grey_levels(image: Any, size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width, 3) of a grey image of more than 8 bits."""
    whole = image.mode[0] == "I"
    white = 65_535 if whole else 255
    if not whole and image.getextrema()[1] <= 1:
        white = 1
    image = image.convert("I") if whole else image
    if image.size != size:
        image = image.convert("F").resize(
            size, _pillow("Image").Resampling.LANCZOS, reducing_gap=GAP
        )
    levels = np.nan_to_num(np.asarray(image, np.float64)) * (255 / white)
    return np.repeat(np.rint(levels).clip(0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


@cache
def _known_formats(Image: Any) -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _pillow(module: str) -> Any:
    try:
        return getattr(__import__("PIL", fromlist=[module]), module)
    except ImportError:
        raise ConfigError(
            "images need Pillow, which is not installed; "
            "install it with: pip install 'cifar-pipeline[pictures]'"
        ) from None
