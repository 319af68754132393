"""Where the official archive of CIFAR-10 is, and how to know it."""

OFFICIAL_NAME = "cifar-10-binary.tar.gz"
OFFICIAL_SIZE = 170_052_171  # bytes
OFFICIAL_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
OFFICIAL_URLS = (
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
)
