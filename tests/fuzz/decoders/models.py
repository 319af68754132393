"""model.json, and the tensors in it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pipeline.errors import UserError
from stages.modelfile.model import Model
from stages.modelfile.reader import read_model
from stages.modelfile.tensors import decode_tensor, encode_tensor
from stages.neuralnet import Network
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import any_value, damaged, damaged_json, json_bytes

CLASSES = ("airplane", "cat", "dog")
OLD = ("color", "scale", "standardization")
TENSORS = ("weights", "biases", "gains", "means", "variances", "standardization", "whitening")
WORDS = ("inputs", "outputs", "activation", "kind", "norm", "dropout", "contrast", "storage")
EXTREMES = (1e38, -3e38, 1e-45, 0.0, float("nan"), float("inf"))


@functools.cache
def document(
    hidden: tuple[int, ...] = (),
    dtype: str = "float32",
    color: bool = False,
    standardized: bool = False,
    components: int = 0,
    norm: str = "none",
    members: int = 1,
) -> str:
    """A small model, valid in every detail, as JSON; whitened, it uses all else that is new too."""
    inputs, whitened = 2 * 3 * (3 if color else 1), components > 0
    options = {"activation": "gelu", "dropout": 0.25} if whitened else {}
    options |= {"dtype": dtype, "norm": norm, "members": members}
    network = Network.create(components or inputs, hidden, len(CLASSES), seed=1, **options)
    matrix = np.ones((1 + inputs if whitened else 0, components or inputs), np.float32)
    model = Model(
        dataset="synthetic",
        classes=CLASSES,
        shape=(3, 2, 3),
        color=color,
        scale="unit",
        contrast=whitened,
        storage="uint8" if whitened else "float32",
        standardization=np.ones((2 if standardized else 0, inputs), np.float32),
        whitening=matrix,
        tta=whitened,
        network=network,
        training={"options": {"seed": 1, "val_fraction": 0.2}, "history": [{"epoch": 1}]},
        evaluation={"dataset": "synthetic", "test": {"accuracy": 0.5}},
    )
    return json.dumps(model.to_document())


def make_model(rng: Random) -> bytes:
    hidden = rng.choice(((), (4,), (5, 2)))
    dtype = rng.choice(("float32", "float32", "float64"))
    components, norm = rng.choice((0, 0, 1, 6)), rng.choice(("none", "none", "batch", "layer"))
    features = rng.random() < 0.5, rng.random() < 0.5
    members = rng.choice((1, 1, 2))
    value = json.loads(document(hidden, dtype, *features, components, norm, members))
    if not components and norm == "none" and members == 1 and rng.random() < 0.3:
        value = _as_before(value)
    way = rng.random()
    if way < 0.3:
        value = _with_odd_tensor(rng, value)
    elif way < 0.9:
        value = damaged_json(rng, value)
    if rng.random() < 0.0005:
        return rng.choice(GREEDY)()
    return json_bytes(rng, value)


def read_file(data: bytes, folder: Path) -> bool:
    """Read it; what is accepted must predict, and must be written and read again as it was."""
    path = folder / "model.json"
    path.write_bytes(data)
    model = read_model(path)
    text = json.dumps(model.to_document(), allow_nan=False, ensure_ascii=False)
    path.write_bytes(text.encode("utf-8"))
    again = read_model(path)
    assert again.network.parameters.tobytes() == model.network.parameters.tobytes()
    assert (again.classes, again.training) == (model.classes, model.training)
    if np.prod(model.shape) < 1000:
        try:
            found = model.probabilities(np.full((2, *model.shape), 200, np.uint8))
        except UserError:
            return False
        assert found.shape == (2, len(model.classes))
        assert np.isfinite(found).all()
        assert np.abs(found.sum(axis=1) - 1).max() < 1e-3
    return True


def make_tensor(rng: Random) -> bytes:
    shape = rng.choice(((0,), (3,), (2, 3), (0, 5), (1, 1, 2, 2)))
    value: Any = encode_tensor(np.ones(shape, rng.choice(("f4", "f8"))))
    return json_bytes(rng, damaged_json(rng, value, 2))


def read_tensor(data: bytes, folder: Path) -> bool:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    array = decode_tensor(value, "tensor")
    assert array.dtype in (np.float32, np.float64)
    assert list(array.shape) == value["shape"]
    assert np.isfinite(array).all()
    return True


def _as_before(value: dict[str, Any]) -> dict[str, Any]:
    """The document as programs wrote it that knew version 1 only."""
    old = {k: v for k, v in value["preprocessing"].items() if k in OLD}
    return {**{k: v for k, v in value.items() if k != "mirror"}, "preprocessing": old}


def _with_odd_tensor(rng: Random, value: dict[str, Any]) -> dict[str, Any]:
    """Numbers at the ends of their range, shapes that do not fit, damaged base64."""
    layer = rng.choice((*value["layers"], *value["layers"], value["preprocessing"]))
    name = rng.choice([key for key, found in layer.items() if isinstance(found, dict)])
    shape = layer[name]["shape"]
    array = np.full(shape, rng.choice(EXTREMES), layer[name]["dtype"])
    layer[name] = encode_tensor(array)
    if rng.random() < 0.3:
        layer[name]["shape"] = rng.choice((shape[::-1], [*shape, 1], [2**39, 2**39], [0], []))
    if rng.random() < 0.3:
        text = damaged(rng, layer[name]["base64"].encode()).decode("latin-1")
        layer[name]["base64"] = text
    if rng.random() < 0.1:
        layer[rng.choice(TENSORS)] = layer[name]
    if rng.random() < 0.2:
        layer[rng.choice(WORDS)] = any_value(rng)
    return value


def _many_keys() -> bytes:
    keys = ",".join(f'"{number}":0' for number in range(60_000))
    return f'{{{keys},"59999":0}}'.encode()


def _many_layers() -> bytes:
    value = json.loads(document())
    layer = json.dumps({**value["layers"][0], "inputs": 6, "outputs": 6})
    text = json.dumps({**value, "layers": []})
    return text.replace('"layers": []', f'"layers": [{",".join([layer] * 20_000)}]').encode()


def _many_brackets() -> bytes:
    return b'{"format": [' + b"[],{}," * 500_000 + b"0]}"


GREEDY = tuple(map(functools.cache, (_many_keys, _many_layers, _many_brackets)))

DECODERS = {
    "model file": Decoder(make_model, read_file, 170),
    "tensor": Decoder(make_tensor, read_tensor, 60, (ValueError,)),
}
