"""ONNX: a graph with one input, `images`, uint8 (n, channels, height, width) of any n, and one
output, `probabilities` (n, classes), in the dtype of the model.

All that the model does is in the graph: what is done to pixels, the members of an ensemble, the
average over an image and its mirror image. Class names, in order, are the metadata `classes`, as a
JSON array. The graph needs opset 17 and IR 8, of 2022, so old runtimes read it too; the operators
are those that ONNX Runtime has for float64 as well.

Needs the package onnx: `pip install 'cifar-pipeline[onnx]'`.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import numpy as np

from pipeline.errors import ConfigError
from stages.modelfile.formats.onnx_steps import NODES, Graph
from stages.modelfile.formats.steps import Step, feature_steps, layer_steps
from stages.modelfile.model import Model

OPSET, IR = 17, 8
INPUT, OUTPUT = "images", "probabilities"
BYTES = 2**31 - 1  # of one protocol buffer


def write(model: Model, file: BinaryIO) -> dict[str, Any]:
    """Write the model, once ONNX's own checker has passed it."""
    onnx = _onnx()
    graph = make_graph(model)
    made = to_onnx(onnx, graph, model)
    size = made.ByteSize()
    if size > BYTES:
        raise ConfigError(
            f"export --to onnx: expected at most {BYTES:,} bytes, as one ONNX file can hold, found "
            f"{size:,}; use --to npz, or a smaller network"
        )
    onnx.checker.check_model(made, full_check=True)
    file.write(made.SerializeToString(deterministic=True))
    images = f"{_dtype(model)} (n, {', '.join(map(str, model.shape))})"
    found = f"{model.network.dtype} (n, {len(model.classes)})"
    return {
        "opset": OPSET,
        "ir": IR,
        "input": f"{INPUT} {images}",
        "first output": f"{OUTPUT} {found}",
    }


def make_graph(model: Model) -> Graph:
    """The nodes and constants of a model, without need of the package onnx."""
    graph = Graph(model.network.dtype)
    x = INPUT
    if model.tta:  # the mirror images follow the images, and go the same way
        ends = [np.array([end], np.int64) for end in (-1, np.iinfo(np.int64).min + 1, 3, -1)]
        names = ("flip_start", "flip_end", "flip_axis", "flip_step")
        flipped = graph.node("Slice", x, *map(graph.constant, names, ends))
        x = graph.node("Concat", x, flipped, axis=0)
    x = _through(graph, feature_steps(model), x)
    members = model.network.members
    logits = []
    for member in range(members):
        prefix = f"members.{member}." if members > 1 else ""
        logits.append(_through(graph, layer_steps(model, member), x, prefix))
    x = logits[0]
    if members > 1:
        total = graph.node("Sum", *logits)
        x = graph.node("Div", total, graph.number("members", members))
    if model.tta:
        shape = np.array([2, -1, len(model.classes)], np.int64)
        x = graph.node("Reshape", x, graph.constant("pairs", shape))
        x = graph.node("ReduceMean", x, axes=[0], keepdims=0)
    graph.node("Softmax", x, axis=1, output=OUTPUT)
    return graph


def to_onnx(onnx: Any, graph: Graph, model: Model) -> Any:
    """The graph as an `onnx.ModelProto`, with the metadata."""
    helper, arrays = onnx.helper, onnx.numpy_helper
    nodes = [
        helper.make_node(op, inputs, [output], name=output, **attributes)
        for op, inputs, output, attributes in graph.nodes
    ]
    tensors = [
        arrays.from_array(np.ascontiguousarray(array), name)
        for name, array in graph.constants.items()
    ]
    kind = helper.np_dtype_to_tensor_dtype(model.network.dtype)
    given = helper.np_dtype_to_tensor_dtype(np.dtype(_dtype(model)))
    images = helper.make_tensor_value_info(INPUT, given, ["n", *model.shape])
    found = helper.make_tensor_value_info(OUTPUT, kind, ["n", len(model.classes)])
    body = helper.make_graph(nodes, "classifier", [images], [found], tensors)
    made = helper.make_model(
        body,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="cifar-pipeline",
        doc_string=f"{INPUT}: {_words(model)} (n, {', '.join(map(str, model.shape))}); "
        f"{OUTPUT}: (n, {len(model.classes)}), in the order of the metadata classes",
    )
    words = {"classes": json.dumps(model.classes, ensure_ascii=False), "dataset": model.dataset}
    if model.columns:  # which number of a row is what
        columns = [dict(column) for column in model.columns]
        words["columns"] = json.dumps(columns, ensure_ascii=False)
    if model.pixels:  # what was brought to bytes, and how
        words["pixels"] = json.dumps(model.pixels.record())
    helper.set_model_props(made, words)
    return made


def _dtype(model: Model) -> str:
    return "float32" if model.columns else "uint8"


def _words(model: Model) -> str:
    if model.columns:
        return "float32 rows of a table"
    return f"uint8 {'gray' if model.shape[0] == 1 else 'RGB'}"


def _through(graph: Graph, steps: list[Step], x: str, prefix: str = "") -> str:
    for step in steps:
        names = [graph.constant(prefix + name, array) for name, array in step.constants.items()]
        x = NODES[step.kind](graph, x, *names)
    return x


def _onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise ConfigError(
            "export --to onnx needs the package onnx, which is not installed; "
            "install it with: pip install 'cifar-pipeline[onnx]'"
        ) from None
    return onnx
