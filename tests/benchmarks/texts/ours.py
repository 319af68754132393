import math
from collections import Counter
from pathlib import Path

from pipeline import Pipeline, find_files, run, stage


def rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


@stage(outputs=("tokens",), over="texts")
def tokenize(texts: Path) -> list[str]:
    with open("log", "a") as log:
        print("tokenize", file=log)
    return texts.read_text().lower().split()


@stage(outputs=("frequencies",))
def count(tokens: list[list[str]]) -> dict[str, int]:
    frequencies = Counter(word for words in tokens for word in set(words))
    return {"": len(tokens), **frequencies}


@stage(outputs=("tfidf",), over="tokens")
def weigh(tokens: list[str], frequencies: dict[str, int]) -> dict[str, float]:
    total = frequencies[""]
    return {w: n * rarity(total, frequencies[w]) for w, n in Counter(tokens).items()}


TEXTS = Pipeline(find_files("texts", "texts/*.txt"), tokenize, count, weigh)

if __name__ == "__main__":
    found = run(TEXTS)["tfidf"]
    print(sum(sum(one.values()) for one in found))
