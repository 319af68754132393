import math
from collections import Counter
from glob import glob
from pathlib import Path

from pipefunc import Pipeline, pipefunc


def rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


@pipefunc("text", mapspec="path[i] -> text[i]")
def read(path: str) -> str:
    return Path(path).read_text()


@pipefunc("tokens", mapspec="text[i] -> tokens[i]", cache=True)
def tokenize(text: str) -> tuple[str, ...]:
    with open("log", "a") as log:
        print("tokenize", file=log)
    words = text.lower().split()
    return tuple(words)  # what it caches must have a hash


@pipefunc("frequencies", cache=True)
def count(tokens: list[list[str]]) -> dict[str, int]:
    return {"": len(tokens), **Counter(word for words in tokens for word in set(words))}


@pipefunc("tfidf", mapspec="tokens[i] -> tfidf[i]", cache=True)
def weigh(tokens: list[str], frequencies: dict[str, int]) -> dict[str, float]:
    total = frequencies[""]
    return {w: n * rarity(total, frequencies[w]) for w, n in Counter(tokens).items()}


if __name__ == "__main__":
    flow = Pipeline(
        [read, tokenize, count, weigh],
        cache_type="disk",
        cache_kwargs={"cache_dir": "cache"},
        validate_type_annotations=False,  # an array of lists is what it calls tokens
    )
    found = flow.map({"path": sorted(glob("texts/*.txt"))}, parallel=False)["tfidf"].output
    print(sum(sum(one.values()) for one in found))
