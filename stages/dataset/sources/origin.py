"""Where the datasets that have a name are, and how to know them: by the SHA-256 of their files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OFFICIAL_NAME = "cifar-10-binary.tar.gz"
OFFICIAL_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"


@dataclass(frozen=True)
class Origin:
    """A dataset: its hosts, each a URL up to the name of a file, and its files with SHA-256.

    classes: their names, where the files have none but numbers.
    """

    hosts: tuple[str, ...]
    files: dict[str, str]
    classes: tuple[str, ...] = ()

    def urls(self, name: str) -> tuple[str, ...]:
        """Where a file of that name is."""
        return tuple(host + name for host in self.hosts)


ORIGINS = {
    "cifar10": Origin(
        ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
        {OFFICIAL_NAME: OFFICIAL_SHA256},
    ),
    "cifar100": Origin(
        ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"),
        {
            "cifar-100-binary.tar.gz": (
                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
            ),
        },
    ),
    "mnist": Origin(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
            ),
        },
    ),
    "fashion-mnist": Origin(
        (
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        },
        classes=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
    ),
}

OFFICIAL_URLS = ORIGINS["cifar10"].urls(OFFICIAL_NAME)
NAMES = ("auto", *ORIGINS, "synthetic")  # that --source knows; resolve.py says what each means


def name_of(sha256: Iterable[str]) -> str | None:
    """The dataset whose files have these digests, in any order; None where none has."""
    found = sorted(sha256)
    known = ((name, sorted(origin.files.values())) for name, origin in ORIGINS.items())
    return next((name for name, digests in known if digests == found), None)
