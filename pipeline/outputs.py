"""Outputs: what a stage returns, yields or streams, on its way into the store."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from pipeline.context import Progress
from pipeline.errors import OutputError
from pipeline.events.reporter import Reporter
from pipeline.executors.endings import staying
from pipeline.prefetch import prefetched
from pipeline.stage import Stage
from pipeline.store.item_writer import ItemWriter
from pipeline.store.outputs import check_blocks, check_value, copied
from pipeline.store.writer import Writer

Writers = Writer | ItemWriter


@contextmanager
def returning(stage: Stage) -> Iterator[None]:
    """Call the function of `stage` and write what it gives; what is wrong with that names it.

    A stage that ends the program (`sys.exit`, `os._exit`) is an `OutputError`, too: others may run
    beside it, and what comes after it would be lost without a word."""
    with staying():
        try:
            yield
        except OutputError as error:
            raise OutputError(f"stage {stage.name}: {error}") from None
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit, or one that ends a coroutine or a generator
            words = f"{type(error).__name__}({error})"
            raise OutputError(
                f"stage {stage.name}: expected it to return what it has made, found that it ended "
                f"the program: {words}; raise an error that says what is wrong"
            ) from error


def write_outputs(value: Any, stage: Stage, writer: Writers, reporter: Reporter) -> None:
    """Write what the function of `stage` gave. Raises `OutputError` unless that is its outputs.

    It may be the one output, a dict of all, a `Stream`, or a generator of blocks.
    """
    from pipeline.stream import Stream

    if isinstance(value, Stream):
        with reporter.progress(stage.name, len(value), "blocks") as progress:
            _append(_followed(value, progress), stage.outputs, writer)
        value = {}
    elif inspect.isgenerator(value):
        value = _append(value, stage.outputs, writer)
    elif len(stage.outputs) == 1:
        value = {stage.outputs[0]: value}
    if not isinstance(value, dict):
        raise OutputError(
            f"expected a dict of the outputs {', '.join(stage.outputs)}, "
            f"found {type(value).__name__}"
        )
    for name, whole in value.items():
        if name not in stage.outputs:  # and not after it has been written, whatever its name
            raise OutputError(f"expected the outputs {', '.join(stage.outputs)}, found {name!r}")
        check_value(name, whole)
        writer.put(name, whole)
    writer.expect(stage.outputs)


def _followed(stream: Any, progress: Progress) -> Iterator[Any]:
    for item in stream:
        yield item
        progress.advance()


def _append(blocks: Any, outputs: tuple[str, ...], writer: Writers) -> dict[str, Any]:
    """Append what a generator yields; give back what it returns.

    The generator runs in a thread, a block ahead: the next one is made while this one is hashed and
    written. So each is copied before the generator goes on, which may use its memory again.
    """
    rest: dict[str, Any] = {}

    def to_the_end() -> Iterator[Any]:
        try:
            while True:
                yield copied(next(blocks))
        except StopIteration as end:
            rest.update(end.value or {})

    names = None
    with closing(prefetched(to_the_end(), 1)) as made:
        for block in made:
            together = block if isinstance(block, dict) else {outputs[0]: block}
            names = check_blocks(together, names)
            for name, rows in together.items():
                writer.append(name, rows)
    return rest
