"""Payloads: whole values as bytes, with a record of what they are; and back.

    kind         value               record beside kind and digest
    json         a JSON value
    files        Files
    array        an array            dtype, shape; the bytes are those of an .npy file
    serialized   any other value     serializer; code, where it is a registered one

Equal values have equal digests, however they were made. NumPy is imported where there is an array.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import Any

from pipeline.store.digests import digest_json
from pipeline.store.files import Files
from pipeline.store.serializers import serializer_named, serializer_of, to_bytes

SUFFIXES = {"json": ".json", "files": ".json", "array": ".npy"}


def is_array(value: Any) -> bool:
    """Whether it is an array (where NumPy is not loaded, or only in part as yet, nothing is)."""
    return isinstance(value, getattr(sys.modules.get("numpy"), "ndarray", ()))


def encoded(name: str, value: Any) -> tuple[dict[str, Any], bytes]:
    """The record of the value of output `name`, and its bytes. See `check_value` for what may be.

    Raises `OutputError` where a serializer cannot write it.
    """
    if is_array(value):
        return _encoded_array(value)
    if isinstance(value, Files):
        return {"kind": "files", "digest": value.digest()}, _text(value.to_json())
    if serializer := serializer_of(value):
        data, record = to_bytes(serializer, name, value)
        return dict(record), data
    return {"kind": "json", "digest": digest_json(value)}, _text(value)


def decoded(record: Mapping[str, Any], data: Any) -> Any:
    """The value behind a record and its bytes; an array is a read-only view of them.

    Raises `ValueError` where they are damaged, `MissingArtifact` for an unknown serializer.
    """
    if record["kind"] == "array":
        from pipeline.store.arrays import array_in, form_of

        return array_in(data, *form_of(record))
    if record["kind"] == "serialized":
        return serializer_named(record["serializer"]).read(io.BytesIO(data))
    value = json.loads(bytes(data))
    return Files.from_json(value) if record["kind"] == "files" else value


def _encoded_array(value: Any) -> tuple[dict[str, Any], bytes]:
    import numpy as np

    from pipeline.store.array_digests import digest_array
    from pipeline.store.arrays import header_of

    shape = list(value.shape)
    record = {
        "kind": "array",
        "digest": digest_array(value),
        "dtype": np.lib.format.dtype_to_descr(value.dtype),
        "shape": shape,
    }
    return record, header_of(value.dtype, tuple(shape)) + value.tobytes()


def _text(value: Any) -> bytes:
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
