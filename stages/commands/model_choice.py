"""Which model predicts: what is said where none is named, and where it stands among the images."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.cli.session import Session
from pipeline.decisions import CACHED
from pipeline.errors import ConfigError


def announce_training(session: Session) -> None:
    """Who has a model file, and does not name it, should not wait for another in silence."""
    train = next((one for one in session.plan() if one.stage.name == "train"), None)
    if train is not None and train.status != CACHED:
        session.reporter.warn(
            "predict: no model is given, so the network of these flags is trained first; "
            "--load MODEL.json takes a saved one"
        )


def expect_no_model(images: Sequence[str]) -> None:
    """A model file among the images was meant for --load."""
    model = next((name for name in images if name.lower().endswith(".json")), None)
    if model is not None:
        raise ConfigError(
            f"predict: expected image files, found {model!r:.80}; did you mean --load {model:.80}?"
        )
