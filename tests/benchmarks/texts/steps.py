"""What DVC and Snakemake call: a stage is a command from files to files."""

import json
import math
import sys
from collections import Counter
from pathlib import Path


def tokenize(text: str, tokens: str) -> None:
    with open("log", "a") as log:
        print("tokenize", file=log)
    Path(tokens).write_text(json.dumps(Path(text).read_text().lower().split()))


def count(folder: str, frequencies: str) -> None:
    tokens = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    found = Counter(word for words in tokens for word in set(words))
    Path(frequencies).write_text(json.dumps({"": len(tokens), **found}))


def weigh(tokens: str, frequencies: str, tfidf: str) -> None:
    words, counts = json.loads(Path(tokens).read_text()), json.loads(Path(frequencies).read_text())
    total = counts[""]
    found = {w: n * math.log(total / counts[w]) for w, n in Counter(words).items()}
    Path(tfidf).write_text(json.dumps(found))


def add(folder: str) -> None:
    found = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    print(sum(sum(one.values()) for one in found))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
