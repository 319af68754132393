"""Other formats that a model can be written in, so that other programs can use it.

    pipeline export --load model.json --to onnx --output model.onnx

Each module named here has a function `write(model, file)`, which returns what a user may want to
know of the file; a format, and what it needs, is imported only where it is used. All but gon's are
made of the same list of steps (steps.py), so that no two differ in what a model does.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from stages.modelfile.model import Model


class Format(NamedTuple):
    """A format: the suffix of its files, the module that writes it, and what it is for."""

    suffix: str
    module: str
    words: str


FORMATS = {
    "onnx": Format(".onnx", "onnx_graph", "for ONNX Runtime and others, from raw pixels"),
    "python": Format(".py", "python_source", "one readable program that needs NumPy alone"),
    "npz": Format(".npz", "arrays", "all arrays by name"),
    "gon": Format(".json", "gon", "as the program gon saves it"),
}
JSON = FORMATS["gon"].suffix
# Suffixes of files with models in them that no JSON document should have.
FOREIGN = {
    *(form.suffix for form in FORMATS.values() if form.suffix != JSON),
    *(".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5", ".keras", ".pb", ".tflite"),
    *(".pkl", ".pickle", ".joblib", ".npy", ".mat", ".mlmodel", ".mlpackage", ".pmml", ".gguf"),
}


def write(model: Model, to: str, file: BinaryIO) -> dict[str, Any]:
    """Write the model to a binary file in the format named `to`, a key of `FORMATS`.

    Raises `ConfigError` where the format cannot hold this model, or needs what is not installed.
    """
    found: dict[str, Any] = import_module(f"{__name__}.{FORMATS[to].module}").write(model, file)
    return found


def expect_suffix(place: Path, to: str) -> None:
    """Raise `ConfigError` where the name of a file says that it is of another format than `to`."""
    suffix, own = place.suffix.lower(), FORMATS[to].suffix
    if suffix in FOREIGN | {JSON} and suffix != own:
        raise ConfigError(
            f"--output {place}: expected a name that ends in {own}, for that is what --to {to} "
            f"writes, found {suffix}; choose another name, or another format with --to"
        )


def expect_document(place: Path, flag: str) -> None:
    """Raise `ConfigError` where the name of a JSON document says that it is of another format."""
    suffix = place.suffix.lower()
    if suffix in FOREIGN:
        formats = {form.suffix: name for name, form in FORMATS.items()}
        end = f" --output {place}" if suffix in formats else ""
        to = formats.get(suffix) or "|".join(FORMATS)
        raise ConfigError(
            f"{flag} {place}: expected the name of a JSON file, found {suffix}; save the model as "
            f"model.json, then use: pipeline export --load model.json --to {to}{end}"
        )
