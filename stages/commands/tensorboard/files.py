"""Event files: what TensorBoard reads. Needs `pip install 'cifar-pipeline[tensorboard]'`.

tensorboardX has the messages and the framing of records. Its writer with a thread is not used: on a
full disk that thread dies, and whoever waits for it waits for ever.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.literals import flag_text

NAME = "events.out.tfevents"


def expect_tensorboard() -> None:
    """Raise `ConfigError` where what writes event files is not installed."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise ConfigError(
            "--tensorboard: expected the package tensorboardX, found that it is not installed; "
            "install it with: pip install 'cifar-pipeline[tensorboard]'"
        ) from None


class EventFile:
    """A file of events, written through to the disk with each call.

    What other files of its folder say of the steps from `first` on is taken back by it: a training
    that is taken up again repeats some epochs, and TensorBoard should show them once.
    """

    def __init__(self, path: Path, first: int, wall_time: float) -> None:
        from tensorboardX.proto.event_pb2 import Event, SessionLog
        from tensorboardX.record_writer import RecordWriter

        self._writer, self._event = RecordWriter(str(path)), Event
        start = SessionLog(status=SessionLog.START)
        try:
            self._write(Event(wall_time=wall_time, file_version="brain.Event:2"))
            self._write(Event(wall_time=wall_time, step=first, session_log=start))
            self._writer.flush()
        except OSError:
            self._writer.close()
            raise

    def scalars(self, figures: Mapping[str, float], step: int, wall_time: float) -> None:
        """Points of several curves, by tag."""
        from tensorboardX.summary import scalar

        for tag, value in figures.items():
            self._write(self._event(wall_time=wall_time, step=step, summary=scalar(tag, value)))
        self._writer.flush()

    def hyperparameters(
        self, values: Mapping[str, Any], tags: Iterable[str], wall_time: float, ended: bool
    ) -> None:
        """The table of hyperparameters: what this training had, and which curves measure it."""
        from tensorboardX.summary import hparams

        plain = {name: value if _is_plain(value) else flag_text(value)
                 for name, value in values.items()}  # fmt: skip
        experiment, start, end = hparams(plain, dict.fromkeys(tags, 0.0))
        for summary in (experiment, start, *([end] if ended else [])):
            self._write(self._event(wall_time=wall_time, summary=summary))
        self._writer.flush()

    def close(self) -> None:
        """Close the file; what was written is there."""
        self._writer.close()

    def _write(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())


def new_name() -> str:
    """The name of a new file: TensorBoard reads those of a folder in their order."""
    return f"{NAME}.{time.time_ns() // 1000}.{os.getpid()}"


def event_files(folder: Path) -> list[Path]:
    """The event files of a folder."""
    return sorted(folder.glob(f"{NAME}.*"))


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)
