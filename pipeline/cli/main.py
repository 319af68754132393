"""From a click group to an exit status: 0 done, 2 the caller's mistake, 130 interrupted, 1 else.

A mistake is reported in one line on stderr, and so are a stored result that turns out to be damaged
and a disk that refuses or fails. A bug keeps its traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from pipeline.cli.output import echo, occupy_streams, plain_streams
from pipeline.cli.signals import ending_as_interrupted
from pipeline.errors import CorruptArtifact, Interrupted, MissingArtifact, UserError
from pipeline.events.console import Console
from pipeline.events.fitting import folded
from pipeline.store.troubles import LESS, explained

DONE, MISTAKE, INTERRUPTED, DAMAGE, BROKEN_PIPE = 0, 2, 130, 1, 1


def run_cli(group: click.Group, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; nothing but a bug is raised."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # Stages run BLAS on one thread anyway; and where it may start none, OpenBLAS raises SIGINT.
    if "numpy" not in sys.modules:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    occupy_streams()
    plain_streams()
    try:
        if not given and f"_{group.name}_COMPLETE".replace("-", "_").upper() not in os.environ:
            with click.Context(group, info_name=group.name) as context:
                echo(group.get_help(context), error=True)
            return MISTAKE
        with ending_as_interrupted():
            try:
                result = group.main(given, prog_name=group.name, standalone_mode=False)
            except Exception as error:
                if _is_of_interrupt(error):
                    raise Interrupted from error
                raise
        if sys.stdout is not None:  # as where the caller has closed it
            sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except SystemExit as request:
        return request.code if isinstance(request.code, int) else DONE
    except UserError as error:
        return _complain(str(error), MISTAKE)
    except (CorruptArtifact, MissingArtifact) as error:  # the second: it was deleted meanwhile
        return _complain(f"{error}; run the same command again: it is made anew", DAMAGE)
    except MemoryError as error:
        reason = str(error) or "none is left"
        words = f"expected memory for what was asked, found too little ({reason}); ask for less"
        return _complain(words, MISTAKE)
    except click.ClickException as error:
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = f" (see '{error.ctx.command_path} --help')"
        return _complain(error.format_message() + hint, MISTAKE)
    except (Interrupted, KeyboardInterrupt, click.Abort) as end:
        if isinstance(end.__cause__, EOFError):  # of a server of processes that could start none
            return _complain(f"expected to be let start a process, found a limit; {LESS}", MISTAKE)
        return _complain("interrupted; run the same command again to go on from here", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone: nobody is left to report to
        _let_output_go()
        return BROKEN_PIPE
    except (OSError, RuntimeError) as error:
        line, mendable = explained(error) or ("", False)
        if not line:
            raise
        if line.startswith("stdout"):
            _let_output_go()
        return _complain(line, MISTAKE if mendable else DAMAGE)


def _is_of_interrupt(error: BaseException) -> bool:
    """Whether an error arose while an interrupt was taking the program apart, at any line: what
    that finds half made, and reports, is no news."""
    before = error.__context__
    while before is not None and not isinstance(before, KeyboardInterrupt):
        before = before.__context__
    return before is not None


def _let_output_go() -> None:
    """Let the interpreter's last flush of stdout, at its exit, go nowhere."""
    with suppress(OSError, ValueError):  # as where the caller has given us no real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, status: int) -> int:
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(message.split()))
    line = line if status == INTERRUPTED else f"error: {line}"
    console = Console(sys.stderr)
    with suppress(OSError):  # nobody can be told: the status says it
        echo(folded(console.fitting(line), console.width), error=True)
    return status
