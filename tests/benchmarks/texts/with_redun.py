import math
from collections import Counter
from glob import glob

from redun import File, task

redun_namespace = "texts"


def rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


@task()
def tokenize(file: File) -> list[str]:
    with open("log", "a") as log:
        print("tokenize", file=log)
    return file.read().lower().split()


@task()
def count(tokens: list[list[str]]) -> dict[str, int]:
    return {"": len(tokens), **Counter(word for words in tokens for word in set(words))}


@task()
def weigh(tokens: list[str], frequencies: dict[str, int]) -> dict[str, float]:
    total = frequencies[""]
    return {w: n * rarity(total, frequencies[w]) for w, n in Counter(tokens).items()}


@task()
def add(weights: list[dict[str, float]]) -> float:
    return sum(sum(one.values()) for one in weights)


@task(cache=False)
def main() -> float:
    tokens = [tokenize(File(path)) for path in sorted(glob("texts/*.txt"))]
    frequencies = count(tokens)
    return add([weigh(words, frequencies) for words in tokens])
