"""Other formats that a model can be written in, so that other programs can use it.

    pipeline export --load model.json --to onnx --output model.onnx

Each module here has a function `write(model, file)`; the table below is all that the command knows
of them, so that a format, and what it needs, is imported only where it is used. A format is written
from the same list of steps (steps.py): none of them has an idea of its own of what a model does.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.errors import ConfigError
from stages.modelfile.model import Model


class Format(NamedTuple):
    """A format: its usual suffix, the module that writes it, and what it is, in a line."""

    suffix: str
    module: str
    words: str


FORMATS = {
    "onnx": Format(
        ".onnx", "onnx_graph", "for ONNX Runtime and others; images in, probabilities out"
    ),
    "python": Format(".py", "python_source", "one readable program that needs NumPy alone"),
    "npz": Format(".npz", "arrays", "all arrays by name, for numpy.load"),
    "gon": Format(".json", "gon", "as gon saves it, where gon knows all that is in the model"),
}


def write(model: Model, to: str, file: BinaryIO) -> None:
    """Write the model to a binary file in the format named `to`, a key of `FORMATS`.

    Raises `ConfigError` where the format cannot hold this model, or needs what is not installed.
    """
    import_module(f"{__name__}.{FORMATS[to].module}").write(model, file)


def expect_suffix(place: Path, to: str) -> None:
    """Raise `ConfigError` where the name of the file says that it is of another format."""
    suffix = place.suffix.lower()
    others = {form.suffix for form in FORMATS.values()} - {FORMATS[to].suffix}
    if suffix in others:
        raise ConfigError(
            f"--output {place}: expected a name that ends in {FORMATS[to].suffix}, as --to {to} "
            f"writes it, found {suffix}; choose another name or another --to"
        )
