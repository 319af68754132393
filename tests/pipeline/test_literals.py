"""Text, TOML's values and Python's: each as the parameter's own type, or one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.literals import accept, flag_text, parse
from tests.pipeline.table import PARAMETERS, refusal


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hidden", "512,256", (512, 256)),
        ("hidden", " 512 , 256 ", (512, 256)),
        ("hidden", "7", (7,)),
        ("hidden", "", ()),
        ("hidden", "none", ()),
        ("patience", "none", None),
        ("patience", "5", 5),
        ("epochs", "1e3", 1000),
        ("epochs", "12.0", 12),
        ("lr", "1", 1.0),
        ("lr", "1e-5", 1e-5),
        ("lr", "1" + "0" * 30, 1e30),
        ("save", "none", "none"),
        ("save", "", ""),
        *(("color", word, True) for word in ("1", "true", "yes", "on", "YES")),
        *(("color", word, False) for word in ("0", "false", "no", "off", "False")),
    ],
)
def test_parse(name, text, value):
    parsed = parse(PARAMETERS[name], text)
    assert parsed == value
    assert type(parsed) is type(value)
    assert parse(PARAMETERS[name], flag_text(parsed)) == value


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("hidden", "512,,x", "expected integers separated by commas, found '512,,x'"),
        ("hidden", "5.5", "expected integers separated by commas, found '5.5'"),
        ("hidden", "512,0", "expected at least 1, found 0"),
        ("epochs", "ten", "expected an integer, found 'ten'"),
        ("epochs", "1.5", "expected an integer, found '1.5'"),
        ("epochs", "nan", "expected an integer, found 'nan'"),
        ("epochs", "inf", "expected an integer, found 'inf'"),
        ("epochs", "9" * 5000, f"expected an integer, found '{'9' * 56}..."),
        ("lr", "fast", "expected a number, found 'fast'"),
        ("lr", "nan", "expected a number, found 'nan'"),
        ("lr", "inf", "expected a number, found 'inf'"),
        ("lr", "-1", "expected a number above 0, found -1"),
        ("val_fraction", "1", "expected a number below 1, found 1"),
        ("color", "maybe", "expected true or false, found 'maybe'"),
        ("activation", "rleu", "expected one of relu, tanh, found 'rleu'; did you mean 'relu'?"),
        ("patience", "soon", "expected an integer or none, found 'soon'"),
        ("save", "a\udcffb", "expected text, found 'a\\udcffb'"),
        ("save", "a\0b", "expected text, found 'a\\x00b'"),
    ],
)
def test_parse_refuses(name, text, line):
    assert refusal(flags={name: text}) == f"--{name.replace('_', '-')}: {line}"
    variable = f"PIPELINE_{name.upper()}"
    assert refusal(environment={variable: text}) == f"environment {variable}: {line}"


@given(text=st.text(), name=st.sampled_from(list(PARAMETERS)))
def test_any_text_is_a_value_or_one_line(text, name):
    try:
        value = parse(PARAMETERS[name], text)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
    else:
        assert accept(PARAMETERS[name], value) == value
