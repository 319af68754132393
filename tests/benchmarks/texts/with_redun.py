import math
from collections import Counter
from glob import glob

from redun import File, Scheduler, task
from redun.config import Config

redun_namespace = "texts"


def rarity(texts: int, count: int) -> float:
    return math.log(texts / count)


@task()
def tokenize(text: File) -> list[str]:
    with open("log", "a") as log:
        print("tokenize", file=log)
    return text.read().lower().split()


@task()
def count(tokens: list[list[str]]) -> dict[str, int]:
    return {"": len(tokens), **Counter(word for words in tokens for word in set(words))}


@task()
def weigh(tokens: list[str], frequencies: dict[str, int]) -> dict[str, float]:
    total = frequencies[""]
    return {w: n * rarity(total, frequencies[w]) for w, n in Counter(tokens).items()}


@task()
def all_together(weights: list[dict[str, float]]) -> float:
    return sum(sum(one.values()) for one in weights)


@task()
def main(texts: list[File]) -> float:
    tokens = [tokenize(text) for text in texts]
    frequencies = count(tokens)
    return all_together([weigh(one, frequencies) for one in tokens])


if __name__ == "__main__":
    scheduler = Scheduler(config=Config({"backend": {"db_uri": "sqlite:///redun.db"}}))
    scheduler.load()
    print(scheduler.run(main([File(path) for path in sorted(glob("texts/*.txt"))])))
