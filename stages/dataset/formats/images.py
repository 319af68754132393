"""Images from and to files. Needs Pillow: `pip install 'cifar-pipeline[pictures]'`."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import open_file
from stages.dataset.formats.bounded import BoundedReader

MAX_PIXELS = 64_000_000  # at 4 bytes each, and up to twice in memory
# Pillow reads many more; one of them (EPS) starts a program on what the file says.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")


def read_image(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """An image file of any size and mode → uint8 (3, height, width) of the given shape.

    Transparency is laid on white; the image is turned as its EXIF orientation says, and resized
    without regard to its proportions. Of several frames or pages the first counts. Grey levels of
    more than 8 bits go from 0 to 65,535; those in floating point from 0 to 1, or to 255 where any
    is above 1. Raises `DataError` where the file holds no image.
    """
    Image = _pillow("Image")
    bounded = None
    with open_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata; the pixels are what counts
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            bounded = BoundedReader(file)
            with Image.open(bounded, formats=_known_formats(Image)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise DataError(
                        f"{path}: expected at most {MAX_PIXELS:,} pixels, "
                        f"found {image.width} × {image.height}; make it smaller"
                    )
                image.load()
                with suppress(Exception):  # damaged metadata: the pixels are there all the same
                    _pillow("ImageOps").exif_transpose(image, in_place=True)
                pixels = _pixels(image, (shape[2], shape[1]))
                return np.ascontiguousarray(pixels.transpose(2, 0, 1))
        except DataError:
            raise
        except Exception as error:  # its many decoders raise whatever a damaged file leads them to
            words = str(error).replace(f" file {bounded!r}", " file")
            reason = words.replace(repr(bounded), "the file") or type(error).__name__
            raise DataError(
                f"{path}: expected an image file ({', '.join(FORMATS)}), found none that can be "
                f"read: {reason}"
            ) from error


def write_png(path: Path, image: np.ndarray) -> None:
    """Write a uint8 image (3, height, width) as a PNG file."""
    _pillow("Image").fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(path, "PNG")


def _pixels(image: Any, size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width, 3) of an image of any mode."""
    Image = _pillow("Image")
    if image.mode[0] in "IF":
        return _grey_levels(image, size)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        image = image.convert(mode)  # else later, when it is small
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
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
            size, _pillow("Image").Resampling.LANCZOS, reducing_gap=3.0
        )
    levels = np.nan_to_num(np.asarray(image, np.float64)) * (255 / white)
    return np.repeat(np.rint(levels).clip(0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


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
