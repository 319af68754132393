"""Some parameters of every kind, and what settings make of them."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.parameters import Option, Parameter
from pipeline.settings import resolve


def parameter(name: str, kind: type, default: Any, optional: bool = False, **about: Any):
    return Parameter(name, kind, optional, default, Option("a help", **about))


PARAMETERS = {
    each.name: each
    for each in (
        parameter("lr", float, 0.01, above=0),
        parameter("epochs", int, 10, minimum=1),
        parameter("hidden", tuple, (512, 256), minimum=1),
        parameter("color", bool, False, formerly=("colour",)),
        parameter("activation", str, "relu", choices=("relu", "tanh")),
        parameter("val_fraction", float, 0.2, above=0, below=1),
        parameter("patience", int, None, optional=True),
        parameter("save", str, "model.json"),
        parameter("warmup", float, 0.0, minimum=0, scales_with="epochs"),
        parameter("refine", int, 0, minimum=0, scales_with="epochs"),
        parameter("every", int, 10, minimum=1, scales_with="epochs"),
    )
}


def values(**layers: Any) -> dict[str, Any]:
    """The value of each parameter."""
    return {name: setting.value for name, setting in resolve(PARAMETERS, **layers).items()}


def refusal(**layers: Any) -> str:
    """The one line of a refusal."""
    with pytest.raises(ConfigError) as caught:
        resolve(PARAMETERS, **layers)
    (line,) = str(caught.value).splitlines()
    return line
