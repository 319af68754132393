"""Networks of gon's, and what is written for other programs of a model that anyone made."""

from __future__ import annotations

import ast
import functools
import io
import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from stages.modelfile.formats import gon, python_source
from stages.modelfile.formats.arrays import to_arrays
from stages.modelfile.formats.gon_reader import read_gon
from stages.modelfile.reader import read_model
from tests.fuzz.decoders import Decoder
from tests.fuzz.decoders.models import document
from tests.fuzz.mutate import damaged, damaged_json, json_bytes
from tests.stages.modelfile.formats.gon_files import network, text

NAMES = ('"""', "'", "\\", "«SHAPE»", "{0}", "#", "a\\nb", "猫", "x" * 100, "\u2028", "\\N{BEL}")


@functools.cache
def _network(widths: tuple[int, ...]) -> str:
    """A file of gon's with numbers of few digits, so that there is room for damage."""
    found = network(*widths)
    for layer in found["Layers"]:
        for neuron in layer["Neurons"]:
            neuron |= {key: [0] * len(neuron["Weights"]) for key in ("Momentum",)}
            neuron["Weights"] = np.round(neuron["Weights"], 2).tolist()
            neuron["AccumulatedWeightGradients"] = []
    found |= {"Input": [], "PrevLayerOutputsBuffer": None}
    return text(found)


def make_network(rng: Random) -> bytes:
    data = _network(rng.choice(((1,), (2, 1), (3,))))
    way = rng.random()
    if way < 0.2:
        return data.encode()
    if way < 0.6:
        return damaged(rng, data.encode())
    return json_bytes(rng, damaged_json(rng, json.loads(data)))


def read_network(data: bytes, folder: Path) -> bool:
    """Read it; what is accepted must come back from a file of ours as it is."""
    path = folder / "gon.json"
    path.write_bytes(data)
    made = read_gon(path)
    file = io.BytesIO()
    gon.write(made, file)
    path.write_bytes(file.getvalue())
    assert read_gon(path).to_document() == made.to_document()
    return True


def make_names(rng: Random) -> bytes:
    value = json.loads(document())
    for place in range(len(value["classes"])):
        if rng.random() < 0.7:
            value["classes"][place] = "".join(rng.choices(NAMES, k=rng.randrange(1, 4)))
    value["dataset"] = rng.choice(NAMES)
    return json_bytes(rng, damaged_json(rng, value) if rng.random() < 0.2 else value)


def read_names(data: bytes, folder: Path) -> bool:
    """Whatever the names of the classes are, in a program they are texts and nothing else."""
    path = folder / "model.json"
    path.write_bytes(data)
    model = read_model(path)
    tree = ast.parse("".join(python_source.source(model)))
    found = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert ast.literal_eval(found["CLASSES"]) == model.classes
    assert ast.literal_eval(found["SHAPE"]) == model.shape
    plain = replace(model, classes=tuple(f"c{number}" for number in range(len(model.classes))))
    expected = ast.parse("".join(python_source.source(plain)))
    assert len(tree.body) == len(expected.body), "statements of its own"
    assert tuple(to_arrays(model)["classes"].tolist()) == model.classes
    return True


DECODERS = {
    "gon network": Decoder(make_network, read_network, 60),
    "exported names": Decoder(make_names, read_names, 30),
}
