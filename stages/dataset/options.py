"""The parameters of a dataset, in typed groups: where it comes from and how its files are read."""

from dataclasses import dataclass
from typing import Annotated

from pipeline.parameters import Option
from stages.dataset.sources.origin import NAMES

DataDir = Annotated[
    str, Option("folder for downloaded and generated datasets", metavar="DIR", affects_result=False)
]
Label = Annotated[
    str,
    Option("column of a table, or name of an array, that holds the labels", metavar="COLUMN"),
]


@dataclass(frozen=True)
class SourceOptions:
    """Source: where the dataset comes from."""

    source: Annotated[
        str,
        Option(
            f"where the dataset comes from: {', '.join(NAMES)}; a folder of images by class; an "
            "archive, .npz, .npy, .csv or .parquet; or a URL",
            metavar="SOURCE",
            words=NAMES,
        ),
    ] = "auto"
    sha256: Annotated[str | None, Option("expected SHA-256 of the archive", metavar="DIGITS")] = (
        None
    )
    data_dir: DataDir = "data"
    synthetic_size: Annotated[
        int,
        Option("training images of the synthetic source; a fifth of it for test", minimum=50),
    ] = 50_000
    label: Label = ""


@dataclass(frozen=True)
class ReadingOptions:
    """Files: how those of a dataset are read; what is of no use to one is refused."""

    size: Annotated[
        int | None,
        Option("side in pixels that image files are brought to; none: 32", minimum=1, maximum=4096),
    ] = None
    label: Label = ""
    drop: Annotated[
        str, Option("columns of a table to leave out, separated by commas", metavar="COLUMNS")
    ] = ""
    coarse: Annotated[bool, Option("the 20 coarse classes of CIFAR-100 instead of its 100")] = False
    skip_bad: Annotated[bool, Option("leave out image files that cannot be read")] = False
    data_dir: DataDir = "data"
