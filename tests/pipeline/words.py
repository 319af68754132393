"""A flow about texts: files → tokens → document frequencies → TF-IDF, an item a file.

It serves the tests of mapped stages, on every executor. Who ran is written to a file beside the
folder of the texts, since items may run in other processes.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Annotated

from pipeline import Option, Pipeline, find_files, stage

Keep = Annotated[int, Option("words to keep of a text", minimum=1)]
Shortest = Annotated[int, Option("letters of the shortest word", minimum=1)]


def note(text: Path) -> None:
    with open(text.parent.parent / "log", "a") as log:
        log.write(f"{text.name}\n")


@stage(outputs=("tokens",), over="texts", uses=["a log that changes no result"])
def tokenize(texts: Path, *, shortest: Shortest = 1) -> list[str]:
    """The words of a text."""
    note(texts)
    words = texts.read_text("utf-8").lower().split()
    if "broken" in words:
        raise ValueError("a broken text")
    return [word for word in words if len(word) >= shortest]


@stage(outputs=("frequencies",))
def frequency(tokens: list[list[str]]) -> dict[str, int]:
    """In how many texts a word is; of any number of texts, one at a time."""
    counts: Counter[str] = Counter()
    for words in tokens:
        counts.update(set(words))
    return {"": len(tokens), **dict(sorted(counts.items()))}


@stage(outputs=("tfidf",), over="tokens")
def weigh(tokens: list[str], frequencies: dict[str, int], *, keep: Keep = 100) -> dict[str, float]:
    """The weights of a text's words (tf · ln(n / df)), the heaviest first."""
    counts, texts = Counter(tokens), frequencies[""]
    weights = {w: n * math.log(texts / frequencies[w]) for w, n in counts.items()}
    heaviest = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    return {word: round(weight, 9) for word, weight in heaviest[:keep]}


WORDS = Pipeline(find_files("texts", "texts/*.txt"), tokenize, frequency, weigh)
