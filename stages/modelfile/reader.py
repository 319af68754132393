"""Reader: a model from its JSON document, without trust.

It looks names up in fixed tables, checks every shape and every number, and runs nothing that the
file says.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import DataError
from pipeline.store.files import open_file
from stages.features import SCALES, STORAGES
from stages.modelfile.fields import (
    expect_luma,
    is_name,
    read_boolean,
    read_choice,
    read_classes,
    read_field,
    read_input,
    read_members,
    read_pixels,
)
from stages.modelfile.model import FORMAT, VERSIONS, Model
from stages.modelfile.networks import expect_constants, read_network
from stages.modelfile.strict import kind, parse_json, require, shown
from stages.modelfile.tensors import decode_tensor, encode_tensor

BYTES = 1 << 30  # of a model file; some 200 million parameters
# What is done to pixels is not done to a table's columns, whatever the file of one says.
OF_A_TABLE = {"color": False, "scale": "unit", "storage": "float32"}


def from_document(document: Any) -> Model:
    """The inverse of `Model.to_document`. Raises `ValueError` on what that does not write."""
    require(isinstance(document, dict), f"expected a model, found {kind(document)}")
    found = document.get("format")
    require(found == FORMAT, f"expected the format {FORMAT!r}, found {shown(found)}")
    version = document.get("version")
    require(
        type(version) is int and version in VERSIONS,
        f"expected version 1, 2, 3, 4 or 5, found {shown(version)}; a newer program may read it",
    )
    classes = read_classes(document)
    dataset = document.get("dataset")
    require(is_name(dataset), f"dataset: expected a printable name, found {shown(dataset)}")
    shape, columns = read_input(read_field(document, "input", dict), version)
    preprocessing = read_field(document, "preprocessing", dict)
    color = read_boolean(preprocessing, "color")
    expect_luma(preprocessing)
    inputs = math.prod(shape if color or columns else shape[1:])
    older: dict[str, Any] = {}
    if version == 1:
        none = encode_tensor(np.empty((0, inputs), np.float32))
        older = {"contrast": False, "storage": "float32", "whitening": none, "mirror": False}
    members = (
        read_members(document) if version == 3 or (version > 3 and "members" in document) else 1
    )
    preprocessing, document = {**older, **preprocessing}, {**older, **document}
    standardization, whitening = (
        decode_tensor(preprocessing.get(name), name) for name in ("standardization", "whitening")
    )
    network = read_network(document, len(classes), members, version)
    expect_constants(standardization, whitening, inputs, network)
    pixels: dict[str, Any] = {
        "color": color,
        "scale": read_choice(preprocessing, "scale", SCALES),
        "storage": read_choice(preprocessing, "storage", STORAGES),
    }
    return Model(
        dataset=dataset,
        classes=classes,
        shape=shape,
        contrast=read_boolean(preprocessing, "contrast"),
        **({**pixels, **OF_A_TABLE} if columns else pixels),
        standardization=standardization,
        whitening=whitening,
        tta=read_boolean(document, "mirror"),
        network=network,
        training=read_field(document, "training", dict),
        evaluation=read_field(document, "evaluation", dict),
        columns=columns,
        pixels=None if columns else read_pixels(document["input"]),
    )


def read_model(path: Path) -> Model:
    """Read a model file. Raises `DataError`, in one line, where it holds no valid model."""
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            require(size <= BYTES, f"expected at most {BYTES:,} bytes, found {size:,}")
            return from_document(parse_json(file.read().decode("utf-8")))
    except OSError as error:
        raise DataError(f"expected a readable file at {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: not a valid model file: expected JSON, as --save writes it, found bytes that "
            "are no text; what `pipeline export` wrote serves other programs, keep model.json too"
        ) from None
    except ValueError as error:
        raise DataError(f"{path}: not a valid model file: {error}") from None
