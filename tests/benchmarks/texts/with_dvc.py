import json
import math
import sys
from collections import Counter
from pathlib import Path


def rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


def tokens() -> list[list[str]]:
    return [json.loads(path.read_text()) for path in sorted(Path("tokens").iterdir())]


def tokenize() -> None:
    Path("tokens").mkdir()
    for path in Path("texts").iterdir():
        with open("log", "a") as log:
            print("tokenize", file=log)
        words = path.read_text().lower().split()
        Path("tokens", path.stem).write_text(json.dumps(words))


def count() -> None:
    found = tokens()
    counts = Counter(word for words in found for word in set(words))
    Path("frequencies.json").write_text(json.dumps({"": len(found), **counts}))


def weigh() -> None:
    frequencies = json.loads(Path("frequencies.json").read_text())
    weights = [
        {w: n * rarity(frequencies[""], frequencies[w]) for w, n in Counter(words).items()}
        for words in tokens()
    ]
    Path("weights.json").write_text(json.dumps(weights))


def total() -> None:
    weights = json.loads(Path("weights.json").read_text())
    Path("total").write_text(f"{sum(sum(one.values()) for one in weights)}\n")


if __name__ == "__main__":
    {"tokenize": tokenize, "count": count, "weigh": weigh, "total": total}[sys.argv[1]]()
