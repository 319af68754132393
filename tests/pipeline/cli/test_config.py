"""Configuration files: what is read, what is refused, and the way back through TOML."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.config import document, read_toml, to_toml
from pipeline.errors import ConfigError
from pipeline.settings import Setting, resolve
from tests.pipeline import table
from tests.pipeline.table import PARAMETERS, parameter


@pytest.fixture
def toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(content):
        path = tmp_path / "experiments.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path.relative_to(tmp_path)

    return write


def values(path):
    return table.values(file=(str(path), read_toml(path)))


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        values(path)
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * 20_000) + " = 1",
        f"[{'.'.join('a' * 300)}]",
        "lr = 1 #" + " " * 70_000,
        f"x = {{ {'.'.join('a' * 102)} = 1 }}",
    ],
    ids=range(4),
)
def test_what_would_keep_the_parser_busy_is_refused(toml, text):
    assert refusal(toml(text)) == (
        "experiments.toml: expected at most 65,536 bytes and 100 dots in a line, found more"
    )


def test_the_worst_that_passes_is_read_quickly(toml):
    lines = [f"{'.'.join('a' * 100)}.b{number} = 1" for number in range(300)]
    started = time.process_time()
    assert "keys are flat" in refusal(toml("\n".join(lines)))
    assert time.process_time() - started < 3


def test_no_more_is_read_than_a_file_may_hold(tmp_path):
    with open(tmp_path / "large.toml", "wb") as file:
        file.truncate(1 << 40)
    assert "expected at most 65,536 bytes" in refusal(tmp_path / "large.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("lr = -1", "key 'lr': expected a number above 0, found -1"),
        ("lr = '0.1'", "key 'lr': expected a number, found '0.1'"),
        ("lr = true", "key 'lr': expected a number, found True"),
        ("lr = nan", "key 'lr': expected a number, found nan"),
        ("lr = 1" + "0" * 400, "key 'lr': expected a number, found one of 1329 bits"),
        ("epochs = 1.5", "key 'epochs': expected an integer, found 1.5"),
        ("epochs = inf", "key 'epochs': expected an integer, found inf"),
        ("epochs = true", "key 'epochs': expected an integer, found True"),
        ("epochs = 0x1" + "0" * 16, "key 'epochs': expected an integer, found one of 65 bits"),
        ("color = 1", "key 'color': expected true or false, found 1"),
        ("save = 1", "key 'save': expected text, found 1"),
        ("hidden = 5", "key 'hidden': expected an array of integers, found 5"),
        ("hidden = '5'", "key 'hidden': expected an array of integers, found '5'"),
        ("hidden = [5, 'x']", "key 'hidden': expected an array of integers, found [5, 'x']"),
        ("hidden = [true]", "key 'hidden': expected an array of integers, found [True]"),
        ("patience = 'soon'", "key 'patience': expected an integer or none, found 'soon'"),
    ],
)
def test_a_file_with_a_wrong_value(toml, text, line):
    assert refusal(toml(text)) == f"experiments.toml, {line}"


def test_a_file_with_right_values(toml):
    text = (
        "# a comment\r\nlr = 1\nepochs = 5.0\nhidden = [3, 4.0]\npatience = 'none'\ncolor = true\n"
    )
    found = values(toml(b"\xef\xbb\xbf" + text.encode()))
    assert found["lr"] == 1.0
    assert type(found["lr"]) is float
    assert found["epochs"] == 5
    assert type(found["epochs"]) is int
    assert found["hidden"] == (3, 4)
    assert found["patience"] is None
    assert found["color"] is True


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("[train]\nlr = 1", "expected keys only, found the table [train]; keys are flat: "),
        ("train.lr = 1", "expected keys only, found the table [train]; keys are flat: "),
        ("lern = 1", "unknown key 'lern'; did you mean 'lr'?"),
        ("val-fractoin = 1", "unknown key 'val-fractoin'; did you mean 'val_fraction'?"),
        ("zzzz = 1", "unknown key 'zzzz'; known: 'lr', 'epochs', "),
        ("lr 1", "not valid TOML: "),
        ("lr = 1\nlr = 2", "not valid TOML: "),
        ("x = " + "[" * 50_000, "not valid TOML: "),
        (b"save = '\xff'", "expected UTF-8 text, found another byte at 8"),
    ],
    ids=range(9),
)
def test_a_file_with_a_wrong_shape(toml, content, line):
    assert refusal(toml(content)).startswith(f"experiments.toml: {line}")


def test_a_file_that_cannot_be_read(tmp_path):
    missing = tmp_path / "missing.toml"
    wanted = "--config: expected a readable file at"
    assert refusal(missing).startswith(f"{wanted} {missing}: ")
    os.mkfifo(pipe := tmp_path / "pipe")  # nobody will ever write to it
    for other, kind in ((tmp_path, "a folder"), (pipe, "a pipe")):
        found = refusal(other)
        assert found == f"--config: {other}: expected a file, found {kind}; name a file"


def test_document_is_json():
    stored = document(resolve(PARAMETERS, flags={"lr": "0.5"}))
    assert stored["lr"] == {"value": 0.5, "origin": "flag --lr"}
    assert stored["hidden"] == {"value": [512, 256], "origin": "default"}
    assert json.loads(json.dumps(stored)) == stored


def test_to_toml_tells_the_origins():
    lines = to_toml(resolve(PARAMETERS, flags={"lr": "0.5"})).splitlines()
    assert lines[0] == "lr = 0.5             # flag --lr"
    assert lines[2] == "hidden = [512, 256]  # default"
    assert lines[6] == 'patience = "none"    # default'
    assert to_toml({}) == ""
    assert to_toml({"a": Setting(1, "file a\nb")}) == "a = 1  # file a?b\n"


INTEGERS = st.integers(-(2**63), 2**64 - 1)
KINDS = {
    bool: st.booleans(),
    int: INTEGERS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    tuple: st.lists(INTEGERS, max_size=4).map(tuple),
}
SETTINGS = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | KINDS[kind].filter(lambda v: v != "none"))
)


@given(chosen=st.lists(SETTINGS, max_size=5))
def test_toml_round_trip(tmp_path_factory, chosen):
    parameters = {
        f"p{i}": parameter(f"p{i}", kind, value, optional=True)
        for i, (kind, value) in enumerate(chosen)
    }
    before = resolve(parameters)
    path = Path(tmp_path_factory.getbasetemp()) / "round.toml"
    path.write_bytes(to_toml(before).encode())
    after = resolve(parameters, file=("round.toml", read_toml(path)))
    for name, setting in before.items():
        assert repr(after[name].value) == repr(setting.value)
    assert read_toml(path).keys() == parameters.keys()


def test_nothing_is_imported_before_it_is_needed():
    code = (
        "import sys; from pipeline.cli import config; from pipeline.settings import resolve;"
        "resolve({}); print({'tomllib', 'difflib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
