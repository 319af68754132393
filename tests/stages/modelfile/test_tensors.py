"""Tensors: exact to the bit, and nothing but what is written is read."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from stages.modelfile.tensors import decode_tensor, encode_tensor

floats = {"allow_nan": False, "allow_infinity": False}


@given(
    array=hnp.arrays("f4", hnp.array_shapes(max_dims=2, min_side=0), elements=floats)
    | hnp.arrays("f8", hnp.array_shapes(max_dims=2, min_side=0), elements=floats)
)
def test_round_trip_is_exact_to_the_bit(array):
    back = decode_tensor(json.loads(json.dumps(encode_tensor(array))), "here")
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


GOOD = encode_tensor(np.arange(2, dtype=np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "object"}, "expected dtype float32 or float64, found 'object'"),
        ({"dtype": ["float32"]}, "expected dtype float32 or float64"),
        ({"shape": [3]}, "expected 12 bytes for shape .3., found 8"),
        ({"shape": [-2]}, "expected a shape, found"),
        ({"shape": [True, 2]}, "expected a shape, found"),
        ({"shape": [1, 1, 1, 1, 2]}, "expected a shape, found"),
        ({"shape": [2**39, 2**39]}, "expected [0-9]+ bytes"),
        ({"shape": "2"}, "expected a shape, found '2'"),
        ({"base64": 5}, "expected base64 text, found a number"),
        ({"base64": "é"}, "expected base64 text, found other characters"),
        ({"base64": "a b="}, "expected base64 text, found other characters"),
        ({"base64": "AAAAAAAAgH8="}, "expected finite numbers, found NaN or Inf"),
    ],
)
def test_what_is_no_tensor_is_refused(change, message):
    with pytest.raises(ValueError, match=f"here: {message}"):
        decode_tensor({**GOOD, **change}, "here")


@pytest.mark.parametrize("value", [None, [], "text", 3, True])
def test_a_tensor_is_an_object(value):
    with pytest.raises(ValueError, match="here: expected a tensor, found"):
        decode_tensor(value, "here")
