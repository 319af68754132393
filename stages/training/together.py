"""Together: what options of different groups have to agree on; each group knows its own."""

from collections.abc import Mapping
from typing import Any

from pipeline.errors import ConfigError


def check_training(values: Mapping[str, Any]) -> None:
    """Raise `ConfigError` where parameters of different groups do not go together."""
    if values["patience"] and not values["val_fraction"]:
        raise ConfigError(
            f"--patience {values['patience']}: expected validation images to stop by, found "
            "--val-fraction 0; give --val-fraction 0.2, or --patience 0"
        )
    check_steps(values)
    refined = ("rotate", "zoom", "jitter", "cutout", "mixup")
    if values["refine"] and not any(values[name] for name in refined):
        raise ConfigError(
            f"--refine {values['refine']}: expected one of --{', --'.join(refined)} to leave out "
            "at the end, found none; add one of them, or --refine 0"
        )


def check_steps(values: Mapping[str, Any]) -> None:
    """Raise `ConfigError` where no step can be carried out, of a training or of a range test."""
    if values["batchnorm"] and values["batch"] == 1:
        raise ConfigError(
            "--batchnorm: expected --batch 2 or more, of which it can take a variance, found "
            "--batch 1; choose a larger one, or --layernorm"
        )
