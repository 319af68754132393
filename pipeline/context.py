"""Context: what a running stage may use beside its inputs, and nothing that changes its result.

A stage that reports progress, or that is long enough to be worth resuming, takes `context`. The
runner passes it in; without a runner (`QUIET`) a stage is a plain function that reports to nobody
and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


class Progress(Protocol):
    """A task under way."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Say that `amount` more units are done; `note` is shown beside the count."""


class Context:
    """The quiet context: each method says what the runner's own does instead."""

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        """Open a task of `total` units (None: unknown) and close it with the `with` block."""
        return nullcontext(_Silent())

    def info(self, message: str) -> None:
        """Report something worth a line."""

    def warn(self, message: str) -> None:
        """Report something that must not be missed."""

    def check_free_space(self, size: int) -> None:
        """Say that outputs of `size` bytes are to come: a full disk is reported before the work."""

    def metrics(self, line: str = "", /, **figures: Any) -> None:
        """Report figures as they come, such as the loss of an epoch, to whoever follows the run.

        Programs get the figures, people `line` in their place.
        """

    def note(self, **figures: Any) -> None:
        """Keep figures of this run, such as timings, in the manifest: no part of the result."""

    def made_with(self, library: str) -> None:
        """Say that the last bits depend on a library beside NumPy, which is "numba".

        The manifest keeps its version, and a state that another one saved is none.
        """

    def path(self, output: str, suffix: str = "") -> Path:
        """Where the stage writes a file or a folder that is this output, which it returns then.

        It lies inside the store, and nothing is there yet; without a runner, in a new temporary
        folder. `suffix` (".csv") is what the file's name ends with.
        """
        import tempfile
        from pathlib import Path

        return Path(tempfile.mkdtemp()) / f"{output}{suffix}"

    def load_state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The arrays and the record last saved for this very computation, or None."""
        return None

    def save_state(self, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Keep what is needed to resume from here, atomically, in place of what was kept before."""


class _Silent:
    def advance(self, amount: int = 1, note: str = "") -> None:
        pass


QUIET = Context()
