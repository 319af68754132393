"""Images from and to files. Needs Pillow: `pip install 'cifar-pipeline[pictures]'`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, DataError

MAX_PIXELS = 64_000_000


def read_image(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """An image file of any size and mode → uint8 (3, height, width) of the given shape.

    Transparency is laid on white; the image is turned as its EXIF orientation says, and resized
    without regard to its proportions. Raises `DataError` where the file holds no image.
    """
    Image = _pillow("Image")
    ImageOps = _pillow("ImageOps")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the pixels are what counts
            with Image.open(path) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise DataError(
                        f"{path}: expected at most {MAX_PIXELS:,} pixels, "
                        f"found {image.width} × {image.height}"
                    )
                image = ImageOps.exif_transpose(image)
                if image.mode.startswith("I;16"):
                    image = image.point(lambda value: value / 256, "L")
                if image.has_transparency_data:
                    image = image.convert("RGBA")
                    white = Image.new("RGBA", image.size, "white")
                    image = Image.alpha_composite(white, image)
                image = image.convert("RGB")
                if image.size != (shape[2], shape[1]):
                    image = image.resize((shape[2], shape[1]), Image.Resampling.LANCZOS)
                return np.asarray(image, np.uint8).transpose(2, 0, 1)
    except FileNotFoundError:
        raise DataError(f"{path}: expected an image file, found nothing there") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"{path}: expected an image file, found none: {reason}") from None


def write_png(path: Path, image: np.ndarray) -> None:
    """Write a uint8 image (3, height, width) as a PNG file."""
    _pillow("Image").fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).save(path, "PNG")


def _pillow(module: str) -> Any:
    try:
        return getattr(__import__("PIL", fromlist=[module]), module)
    except ImportError:
        raise ConfigError(
            "images need Pillow, which is not installed; "
            "install it with: pip install 'cifar-pipeline[pictures]'"
        ) from None
