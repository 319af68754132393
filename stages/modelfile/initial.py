"""Init: a saved model to begin a training with (--init).

A network can go on only from what it was trained to read: so the model's standardization and
whitening come with its parameters, in place of constants fitted anew, and its other preprocessing
and its layers must be those that the flags ask for. What may differ is what leaves no trace in a
prediction (dropout), the precision, and all that concerns the training itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.parameters import Option
from pipeline.store.files import Files, identify
from stages import neuralnet as nn
from stages.dataset.forms import other_white, unlike
from stages.modelfile.model import Model
from stages.modelfile.reader import read_model
from stages.options import InputOptions

Init = Annotated[
    str | None,
    Option(
        "begin with the parameters of this saved model, and with its standardization and whitening",
        metavar="MODEL.json",
        section="Network",
    ),
]


def init_by_content(*, init: str | None, **others: Any) -> dict[str, Any]:
    """The model file is an input like any other: what counts is its content."""
    return {"init": identify(Path(init)) if init is not None else None, **others}


def identified(file: str | Files) -> Files:
    """The model file that a stage is given in place of its path: its `resolve` has looked at it."""
    assert isinstance(file, Files), f"{file} has not been resolved"
    return file


def expect_same_form(init: str | Files, dataset: dict[str, Any]) -> None:
    """ConfigError unless the model is of images as large, or of a table with the same columns, and
    of arrays whose pixels were scaled as these are."""
    file = identified(init)
    model = read_model(file.files[0].path)
    if words := unlike(dataset, model.columns, model.shape):
        raise _unfit(file, f"the form of this dataset, {words[0]}", words[1])
    if whites := other_white(dataset, model.pixels):
        raise ConfigError(f"--init {file.files[0].path.name}: {whites}")


def initial_constants(
    init: str | Files, name: str, inputs: InputOptions, rows: int, flag: str, columns: int
) -> np.ndarray:
    """The model's `name` (standardization, whitening). ConfigError unless it is (rows, columns)."""
    file = identified(init)
    found: np.ndarray = getattr(_read(file, inputs), name)
    if found.shape != (rows, columns):
        raise _unfit(file, f"{name} {(rows, columns)}, as {flag} says", f"{name} {found.shape}")
    return found


def initialize(network: nn.Network, init: Files, inputs: InputOptions) -> None:
    """Give a network the model's parameters. ConfigError unless it has the same layers."""
    model = _read(init, inputs)
    if _described(network) != _described(model.network):
        expected, found = _difference(network, model.network)
        raise _unfit(init, f"{expected}, as the flags say", found)
    with np.errstate(over="ignore"):  # reported here, in our own words
        parameters = model.network.parameters.astype(network.dtype)
    if not np.isfinite(parameters).all():
        raise _unfit(init, f"parameters within the range of {network.dtype}", "larger ones")
    network.assign(parameters)


def _read(init: Files, inputs: InputOptions) -> Model:
    """The model. ConfigError unless pixels become its features as `inputs` says."""
    model = read_model(init.files[0].path)
    for name, value in vars(inputs).items():
        own = getattr(model, name)
        if own != value:
            raise _unfit(init, f"{name} {_shown(value)}, as the flags say", _shown(own))
    return model


def _unfit(init: Files, expected: str, found: str) -> ConfigError:
    return ConfigError(
        f"--init {init.files[0].path.name}: expected a model with {expected}, found {found}; give "
        "the flags that it was trained with, or another model"
    )


def _described(network: nn.Network) -> tuple[Any, ...]:
    layers = [
        {key: value for key, value in layer.items() if key != "dropout"} for layer in network.layers
    ]
    return network.members, layers


def _difference(network: nn.Network, other: nn.Network) -> tuple[str, str]:
    """How networks that are not alike differ, in words: the whole of them, or the first field."""
    if _words(network) != _words(other):
        return f"the network {_words(network)}", _words(other)
    (_, layers), (_, others) = _described(network), _described(other)
    pairs = enumerate(zip(layers, others, strict=True))  # as many, or the words were others
    number, own, found = next((n, *pair) for n, pair in pairs if pair[0] != pair[1])
    name = next(name for name in {**own, **found} if own.get(name) != found.get(name))
    return f"{name} {own.get(name)} in layers[{number}]", f"{name} {found.get(name)}"


def _words(network: nn.Network) -> str:
    """1024-512-256-10, relu, batch normalisation, 2 members."""
    widths = [network.inputs, *(layer.outputs for layer in network.structure)]
    parts = ["-".join(map(str, widths))]
    parts += dict.fromkeys(layer.activation for layer in network.structure[:-1])
    norms = dict.fromkeys(layer.norm for layer in network.structure[:-1] if layer.norm != "none")
    parts += [f"{norm} normalisation" for norm in norms]
    parts += [f"{network.members} members"] if network.members > 1 else []
    return ", ".join(parts)


def _shown(value: Any) -> str:
    return str(value).lower()
