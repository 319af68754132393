import math
import sys
from collections import Counter
from glob import glob
from pathlib import Path

from hamilton import driver
from hamilton.execution.executors import SynchronousLocalTaskExecutor
from hamilton.function_modifiers import cache
from hamilton.htypes import Collect, Parallelizable


def _rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


@cache(behavior="recompute")
def path() -> Parallelizable[str]:
    yield from sorted(glob("texts/*.txt"))


@cache(behavior="recompute")
def text(path: str) -> str:
    return Path(path).read_text()


def tokens(text: str) -> list[str]:
    with open("log", "a") as log:
        print("tokenize", file=log)
    return text.lower().split()


def texts(tokens: Collect[list[str]]) -> list[list[str]]:
    return list(tokens)


def frequencies(texts: list[list[str]]) -> dict[str, int]:
    return {"": len(texts), **Counter(word for words in texts for word in set(words))}


def tfidf(texts: list[list[str]], frequencies: dict[str, int]) -> list[dict[str, float]]:
    total = frequencies[""]
    return [
        {w: n * _rarity(total, frequencies[w]) for w, n in Counter(words).items()}
        for words in texts
    ]


if __name__ == "__main__":
    built = (
        driver.Builder()
        .with_modules(sys.modules[__name__])
        .enable_dynamic_execution(allow_experimental_mode=True)
        .with_remote_executor(SynchronousLocalTaskExecutor())
        .with_cache(path="cache")
        .build()
    )
    found = built.execute(["tfidf"])["tfidf"]
    print(sum(sum(one.values()) for one in found))
