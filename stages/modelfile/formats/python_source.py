"""python: one file that needs NumPy alone, as a person would have written it for this one model.

Only what the model does is in it: a model without whitening has no line about whitening. First
comes the code, then the parameters, exact to the bit, as base64 text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np

from stages.dataset.formats.whites import BYTES
from stages.modelfile.formats import python_text as text
from stages.modelfile.formats.python_steps import FUNCTIONS, LINES
from stages.modelfile.formats.steps import Step, feature_steps, layer_steps
from stages.modelfile.model import Model
from stages.modelfile.tensors import DTYPES

KINDS = DTYPES | {"int64": "<i8"}  # dtypes of arrays, as they are written
WIDTH = 100  # of a line


def write(model: Model, file: BinaryIO) -> dict[str, Any]:
    """Write the program, in UTF-8."""
    for part in source(model):
        file.write(part.encode())
    return {"needs": "NumPy"}


def source(model: Model) -> Iterator[str]:
    """The program in parts, none of them much larger than the text of an array."""
    features, layers = feature_steps(model), layer_steps(model, None)
    yield _code(model, features, layers)
    yield text.ARRAYS
    for step in (*features, *layers):
        for name, array in step.constants.items():
            if array.ndim:
                yield f'    "{name}": ("{KINDS[array.dtype.name]}", {array.shape}, """\n'
                yield from _wrapped(base64.b64encode(np.ascontiguousarray(array).data).decode())
                yield '"""),\n'
    yield text.END


def _code(model: Model, features: list[Step], layers: list[Step]) -> str:
    """All but the arrays."""
    used = dict.fromkeys(step.kind for step in (*features, *layers))
    marks = {
        "SHAPE": repr(model.shape),
        "PIXELS": _pixels(model),
        "IMAGES": f"(n, {', '.join(map(str, model.shape))})",
        "OR_IMAGE": "…" if model.columns else "or IMAGE …",
        "GIVEN": "float32" if model.columns else "uint8",
        "MODE": "L" if model.shape[0] == 1 else "RGB",
        "DTYPE": model.network.dtype.name,
        "INPUTS": str(model.network.inputs),
        "OUTPUTS": str(len(model.classes)),
        "MEMBERS": str(model.network.members),
        "FUNCTIONS": "".join(f"{FUNCTIONS[k]}\n\n" for k in used if k in FUNCTIONS),
        "FEATURES": _lines(features, "P"),
        "LAYERS": _lines(layers, "p"),
        "CLASSES": _names(model.classes) + _columns(model),  # the last: a name may look like a mark
    }
    code = text.CODE
    code = code.replace("«LOGITS»", text.FLIP_TTA if model.tta else text.PLAIN)
    code = code.replace("«NETWORK»", text.ENSEMBLE if model.network.members > 1 else text.SINGLE)
    for mark, words in marks.items():
        code = code.replace(f"«{mark}»", words)
    return code


def _columns(model: Model) -> str:
    """What each number of a row is, for a model of a table."""
    words = [
        repr(name)
        for column in model.columns
        for name in (
            [f"{column['name']} is {value}" for value in column["values"]]
            if "values" in column
            else [column["name"]]
        )
    ]
    if not words:
        return ""
    return "\n" + _call("COLUMNS = ", [*words, *([""] if len(words) == 1 else [])], "")


def _pixels(model: Model) -> str:
    """How other pixels than bytes were brought to them, for a model of such arrays."""
    if model.pixels is None or model.pixels.dtype == BYTES:
        return ""
    words = f"# Trained on pixels of {model.pixels.dtype} with {model.pixels.white} for white"
    return f"{words}, as bytes:\n# {model.pixels.advice.replace('numpy', 'np')}\n"


def _names(classes: tuple[str, ...]) -> str:
    """The class names as a tuple."""
    words = [*map(repr, classes), *([""] if len(classes) == 1 else [])]
    return _call("CLASSES = ", words, "")


def _lines(steps: Iterable[Step], mapping: str) -> str:
    """A statement for each step; `mapping` is the variable that holds the arrays."""
    lines = []
    for step in steps:
        constants = [
            f'{mapping}["{name}"]' if array.ndim else f"np.{array.dtype.name}({array!s})"
            for name, array in step.constants.items()
        ]
        if step.kind in LINES:
            form = LINES[step.kind]
            line = form if isinstance(form, str) else form[len(constants)]
            lines.append(line.format(*constants))
        else:
            lines.append(_call(f"    x = {step.kind}", ["x", *constants], "    "))
    return "\n".join(lines)


def _call(head: str, words: list[str], indent: str) -> str:
    """`head(words)`, a word a line where one line would be too long."""
    line = f"{head}({', '.join(words)})"
    if len(line) <= WIDTH:
        return line
    return f"{head}(\n" + "".join(f"{indent}    {word},\n" for word in words if word) + f"{indent})"


def _wrapped(text: str) -> Iterator[str]:
    """Lines of base64, a thousand at a time."""
    for start in range(0, len(text), WIDTH * 1000):
        block = text[start : start + WIDTH * 1000]
        yield "".join(f"{block[at : at + WIDTH]}\n" for at in range(0, len(block), WIDTH))
