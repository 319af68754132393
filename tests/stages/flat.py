"""A stage called as the runner calls it: with parameters by name, the others at their defaults."""

from __future__ import annotations

from typing import Any

from pipeline.stage import Stage


def call(stage: Stage, *inputs: Any, context: Any = None, **values: Any) -> Any:
    """What the stage makes of `inputs`; `values` are parameters, in groups or alone."""
    if unknown := values.keys() - stage.parameters.keys():
        raise TypeError(f"{stage.name} has no parameters {sorted(unknown)}")
    defaults = {name: parameter.default for name, parameter in stage.parameters.items()}
    reported = {} if context is None else {"context": context}
    return stage(*inputs, **stage.arguments(defaults | values), **reported)
