import json
import math
from collections import Counter
from pathlib import Path

NAMES = sorted(glob_wildcards("texts/{name}.txt").name)


def rarity(texts, count):
    return math.log(texts / count)


rule total:
    input: expand("weights/{name}.json", name=NAMES)
    output: "total"
    run:
        found = [json.loads(Path(path).read_text()) for path in input]
        Path(output[0]).write_text(f"{sum(sum(one.values()) for one in found)}\n")


rule tokenize:
    input: "texts/{name}.txt"
    output: "tokens/{name}.json"
    run:
        with open("log", "a") as log:
            print("tokenize", file=log)
        tokens = Path(input[0]).read_text().lower().split()
        Path(output[0]).write_text(json.dumps(tokens))


rule count:
    input: expand("tokens/{name}.json", name=NAMES)
    output: "frequencies.json"
    run:
        tokens = [json.loads(Path(path).read_text()) for path in input]
        counts = Counter(word for words in tokens for word in set(words))
        Path(output[0]).write_text(json.dumps({"": len(tokens), **counts}))


rule weigh:
    input: "tokens/{name}.json", "frequencies.json"
    output: "weights/{name}.json"
    run:
        tokens, frequencies = (json.loads(Path(path).read_text()) for path in input)
        total = frequencies[""]
        weights = {w: n * rarity(total, frequencies[w]) for w, n in Counter(tokens).items()}
        Path(output[0]).write_text(json.dumps(weights))
