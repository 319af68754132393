"""Where the program starts: `pipeline` on the command line, or `python -m stages`."""

import gc
import sys

from pipeline.deferred import defer

# Where everything is up to date, nothing of these is used.
DEFERRED = (
    *("numpy", "stages.neuralnet", "shutil", "secrets", "difflib", "csv", "tempfile"),
    *("filecmp", "array", "unicodedata"),
    *("stages.commands.runs.record", "stages.commands.runs.labels"),
    *(f"stages.dataset.formats.{name}" for name in ("arrays", "cifar10", "cifar100", "idx")),
    *(f"stages.dataset.formats.{name}" for name in ("kinds", "pictures", "table")),
    "stages.dataset.sources.transfer",
)


def main() -> None:
    """Run the command line and exit with its status."""
    gc.disable()  # to look for garbage in what is imported takes a tenth of a start, and finds none
    try:
        defer(*DEFERRED)
        from pipeline.cli.main import run_cli
        from pipeline.cli.program import make_cli
        from stages.cifar10 import PROGRAM
        from stages.commands.add import add_to
    except KeyboardInterrupt:  # from here on `run_cli` answers it
        sys.exit(130)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    gc.freeze()  # nor will there be any
    gc.enable()
    sys.exit(run_cli(group))


if __name__ == "__main__":
    main()
