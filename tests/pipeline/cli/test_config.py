"""The layers of the configuration, what each refuses, and the way back through TOML."""

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import config
from pipeline.cli.config import document, read_toml, to_toml
from pipeline.errors import ConfigError
from pipeline.literals import parse
from pipeline.settings import Setting, resolve
from pipeline.stage import Option, Parameter


def parameter(name, kind, default, optional=False, **bounds):
    return Parameter(name, kind, optional, default, Option("a help", **bounds))


PARAMETERS = {
    each.name: each
    for each in (
        parameter("lr", float, 0.01, above=0),
        parameter("epochs", int, 10, minimum=1),
        parameter("hidden", tuple, (512, 256), minimum=1),
        parameter("color", bool, False),
        parameter("activation", str, "relu", choices=("relu", "tanh")),
        parameter("val_fraction", float, 0.2, above=0, below=1),
        parameter("patience", int, None, optional=True),
        parameter("save", str, "model.json"),
    )
}


def values(**layers):
    return {name: setting.value for name, setting in resolve(PARAMETERS, **layers).items()}


def refusal(**layers):
    with pytest.raises(ConfigError) as caught:
        resolve(PARAMETERS, **layers)
    (line,) = str(caught.value).splitlines()
    return line


@pytest.fixture
def toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(content):
        path = tmp_path / "experiments.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path.relative_to(tmp_path)

    return write


def test_defaults():
    resolved = resolve(PARAMETERS)
    assert list(resolved) == list(PARAMETERS)
    assert resolved["lr"] == Setting(0.01, "default")


def test_a_default_takes_the_type_of_its_parameter():
    (setting,) = resolve({"lr": parameter("lr", float, 1)}).values()
    assert type(setting.value) is float


def test_a_wrong_default_is_named():
    with pytest.raises(ConfigError, match="default of --lr: expected a number, found 'fast'"):
        resolve({"lr": parameter("lr", float, "fast")})


def test_each_layer_beats_the_one_before(toml):
    layers = {
        "recipe": ("fast", {"lr": 0.1}),
        "file": toml("lr = 0.2"),
        "environment": {"PIPELINE_LR": "0.3", "HOME": "/"},
        "flags": {"lr": "0.4"},
    }
    origins = (
        "recipe fast",
        "file experiments.toml",
        "environment PIPELINE_LR",
        "flag --lr",
    )
    given = {}
    for (layer, content), value, origin in zip(
        layers.items(), (0.1, 0.2, 0.3, 0.4), origins, strict=True
    ):
        given[layer] = content
        assert resolve(PARAMETERS, **given)["lr"] == Setting(value, origin)


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * 20_000) + " = 1",
        f"[{'.'.join('a' * 300)}]",
        "lr = 1 #" + " " * 70_000,
        f"x = {{ {'.'.join('a' * 102)} = 1 }}",
    ],
)
def test_what_would_keep_the_parser_busy_is_refused(toml, text):
    assert refusal(file=toml(text)) == (
        "experiments.toml: expected at most 65,536 bytes and 100 dots in a line, found more"
    )


def test_the_worst_that_passes_is_read_quickly(toml):
    lines = [f"{'.'.join('a' * 100)}.b{number} = 1" for number in range(300)]
    started = time.process_time()
    assert "keys are flat" in refusal(file=toml("\n".join(lines)))
    assert time.process_time() - started < 3


def test_no_more_is_read_than_a_file_may_hold(tmp_path):
    with open(tmp_path / "large.toml", "wb") as file:
        file.truncate(1 << 40)
    assert "expected at most 65,536 bytes" in refusal(file=tmp_path / "large.toml")


def test_dashes_and_underscores_are_alike(toml):
    assert values(file=toml("val-fraction = 0.5"))["val_fraction"] == 0.5
    assert values(file=toml("val_fraction = 0.5"))["val_fraction"] == 0.5
    assert refusal(file=toml("val_fraction = 0.5\nval-fraction = 0.5")) == (
        "experiments.toml: key 'val-fraction' is there twice, with '-' and with '_'"
    )


def test_flags_may_be_values_already():
    given = {"color": True, "hidden": (3, 4), "patience": None, "lr": 1}
    assert given.items() <= values(flags=given).items()


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
        ("activation", "rleu", "expected one of relu, tanh, found 'rleu'"),
        ("patience", "soon", "expected an integer or none, found 'soon'"),
        ("save", "a\udcffb", "expected text, found 'a\\udcffb'"),
        ("save", "a\0b", "expected text, found 'a\\x00b'"),
    ],
)
def test_parse_refuses(name, text, line):
    assert refusal(flags={name: text}) == f"--{name.replace('_', '-')}: {line}"
    variable = f"PIPELINE_{name.upper()}"
    assert refusal(environment={variable: text}) == f"environment {variable}: {line}"


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
    assert refusal(file=toml(text)) == f"experiments.toml, {line}"


def test_a_file_with_right_values(toml):
    text = (
        "# a comment\r\nlr = 1\nepochs = 5.0\nhidden = [3, 4.0]\npatience = 'none'\ncolor = true\n"
    )
    found = values(file=toml(b"\xef\xbb\xbf" + text.encode()))
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
        ("lr = 1\nlr = 2", "not valid TOML: Cannot overwrite a value"),
        ("x = " + "[" * 50_000, "not valid TOML: "),
        (b"save = '\xff'", "expected UTF-8 text, found another byte at 8"),
    ],
)
def test_a_file_with_a_wrong_shape(toml, content, line):
    assert refusal(file=toml(content)).startswith(f"experiments.toml: {line}")


def test_a_file_that_cannot_be_read(tmp_path):
    missing = tmp_path / "missing.toml"
    wanted = "--config: expected a readable file at"
    assert refusal(file=missing) == f"{wanted} {missing}: No such file or directory"
    os.mkfifo(pipe := tmp_path / "pipe")  # nobody will ever write to it
    for other in (tmp_path, pipe):
        found = refusal(file=other)
        assert found == f"--config: expected a file, found something else: {other}"


def test_a_recipe_is_checked_like_a_file():
    assert refusal(recipe=("fast", {"lr": -1})) == (
        "recipe fast, key 'lr': expected a number above 0, found -1"
    )
    assert refusal(recipe=("fast", {"lern": 1})) == (
        "recipe fast: unknown key 'lern'; did you mean 'lr'?"
    )


def test_unknown_names_in_the_environment():
    assert refusal(environment={"PIPELINE_EPOCH": "1"}) == (
        "environment: unknown variable PIPELINE_EPOCH; did you mean PIPELINE_EPOCHS?"
    )
    line = refusal(environment={"PIPELINE_ZZZZ": "1"}, known_environment=["PIPELINE_JSON"])
    assert line.startswith("environment: unknown variable PIPELINE_ZZZZ; known: PIPELINE_LR, ")
    assert line.endswith(", PIPELINE_JSON")
    given = {"PIPELINE_JSON": "1", "OTHER": "x", "PIPELINE_LR": "0.5"}
    assert values(environment=given, known_environment=["PIPELINE_JSON"])["lr"] == 0.5


def test_unknown_flags():
    assert refusal(flags={"lern": 1}) == "unknown flag --lern; did you mean --lr?"
    assert refusal(flags={"val_fractio": 1}).endswith("did you mean --val-fraction?")
    with pytest.raises(ConfigError, match="known: none"):
        resolve({}, flags={"lr": 1})


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
    str: st.text(),
    tuple: st.lists(INTEGERS, max_size=4).map(tuple),
}
SETTINGS = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | KINDS[kind].filter(lambda v: v != "none"))
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(chosen=st.lists(SETTINGS, max_size=5))
def test_toml_round_trip(tmp_path_factory, chosen):
    parameters = {
        f"p{i}": parameter(f"p{i}", kind, value, optional=True)
        for i, (kind, value) in enumerate(chosen)
    }
    before = resolve(parameters)
    path = tmp_path_factory.getbasetemp() / "round.toml"
    path.write_bytes(to_toml(before).encode())
    after = resolve(parameters, file=path)
    for name, setting in before.items():
        assert repr(after[name].value) == repr(setting.value)
    assert read_toml(path).keys() == parameters.keys()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(text=st.text(), name=st.sampled_from(list(PARAMETERS)))
def test_any_text_is_a_value_or_one_line(text, name):
    try:
        value = parse(PARAMETERS[name], text)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
    else:
        assert config.accept(PARAMETERS[name], value) == value


def test_nothing_is_imported_before_it_is_needed():
    code = (
        "import sys; from pipeline.cli import config; config.resolve({});"
        "print({'tomllib', 'difflib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
