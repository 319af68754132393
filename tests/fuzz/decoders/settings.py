"""Configuration: TOML files, environment variables, command lines."""

from __future__ import annotations

import functools
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import Any

from pipeline.cli.config import read_toml, to_toml
from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.literals import accept
from pipeline.settings import resolve
from stages.cifar10 import PIPELINE, PROGRAM
from stages.dataset.sources.address import Address, file_name
from stages.dataset.sources.resolve import resolve_source
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import FLOATS, NUMBERS, TEXTS, damaged

NAMES = list(PIPELINE.parameters)
WORDS = [*TEXTS, "512,256", "1,,2", "1e6", "1_0", "١٢", "inf", "nan", "true", "off", "9" * 5000]
WORDS += ["none", "0x10", " 7 ", "1" * 25, "-0.0", "relu", "thread", "1," * 2000, "=", "[", "'"]
LITERALS = ["1", "-1", "0.5", "true", '"relu"', "[512, 256]", "[]", "nan", "inf", "'x'", "{}"]
LITERALS += ["1979-05-27T07:32:00Z", "0xff", "9" * 30, "9" * 5000, "[1, [2]]", "{a = 1}", '"""x"""']
LITERALS += ["1e999", "07:32:00", r'"\ud800"', r'"\u0000"', "[" * 900 + "]" * 900, "{a=" * 300]


@functools.cache
def _defaults() -> str:
    return to_toml(resolve(PIPELINE.parameters))


def make_toml(rng: Random) -> bytes:
    if rng.random() < 0.5:
        lines = _defaults().splitlines()
        for _ in range(rng.randint(1, 3)):
            lines[rng.randrange(len(lines))] = _line(rng)
    else:
        lines = [_line(rng) for _ in range(rng.randrange(6))]
    if rng.random() < 0.001:
        lines = rng.choice(GREEDY)
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return damaged(rng, data) if rng.random() < 0.4 else data


def _line(rng: Random) -> str:
    name = rng.choice((*NAMES, *NAMES, *TEXTS)).replace("_", rng.choice("_-"))
    way = rng.random()
    if way < 0.08:
        return rng.choice((f"[{name}]", f"[[{name}]]", f"[a.{name}]", "#" + rng.choice(TEXTS)))
    if way < 0.2:
        name = rng.choice((f'"{name}"', f"{name}.x", f"x.{name}", f"'{name}'"))
    literals = (*LITERALS, *map(str, NUMBERS), *map(repr, FLOATS), *map(json.dumps, TEXTS))
    return f"{name} = {rng.choice(literals)}"


GREEDY = (
    [".".join("a" * 20_000) + " = 1"],
    [f"[{'.'.join('a' * 300)}.b{number}]" for number in range(300)],
    [f"[{'.'.join('a' * 100)}.b{number}]" for number in range(300)],
    [f"{'.'.join('a' * 100)}.b{number} = 1" for number in range(300)],
    [f"a.b{number} = 1" for number in range(20_000)],
    [f"a.b{number} = 1" for number in range(5000)],
    [f"[a{number}]" for number in range(8000)],
    ["[[a]]" for number in range(10_000)],
    ["x = [" + "{a.a.a = 1}," * 30 + "]" for number in range(100)],
    ["lr = " + "9" * 100_000],
    ["hidden = [" + "1," * 100_000 + "]"],
    ["hidden = " + "[" * 100_000],
    ["x = '''" + "'" * 100_000],
    [" " * 1_000_000],
    ["lr = 0." + "0" * 1_000_000],
    ['x = "' + "\\u0041" * 100_000 + '"'],
)


def read_file(data: bytes, folder: Path) -> bool:
    path = folder / "settings.toml"
    path.write_bytes(data)
    _check(resolve(PIPELINE.parameters, file=(str(path), read_toml(path))), folder)
    return True


def make_environment(rng: Random) -> dict[str, str]:
    names = [*NAMES, *NAMES, *(text.strip("\0=") for text in TEXTS)]
    return {f"PIPELINE_{rng.choice(names).upper()}": _word(rng) for _ in range(rng.randint(1, 3))}


def _word(rng: Random) -> str:
    word = rng.choice((*WORDS, str(rng.choice(NUMBERS)), repr(rng.choice(FLOATS)), "1", "0.5"))
    if rng.random() < 0.2:
        word = damaged(rng, word.encode("utf-8", "surrogatepass")).decode(
            "utf-8", "surrogateescape"
        )
    return word


def read_environment(environment: dict[str, str], folder: Path) -> bool:
    _check(resolve(PIPELINE.parameters, environment=environment), folder)
    return True


def _check(settings: dict[str, Any], folder: Path) -> None:
    """The resolved configuration, written and read again, is the same."""
    path = folder / "again.toml"
    path.write_text(to_toml(settings), "utf-8")
    again = resolve(PIPELINE.parameters, file=(str(path), read_toml(path)))
    assert {n: s.value for n, s in again.items()} == {n: s.value for n, s in settings.items()}


def make_source(rng: Random) -> str:
    """What --source may be given: a path or a URL of some kind."""
    words = [
        "~nobody/x",
        "~",
        "~/..",
        "http://[",
        "http://",
        "https://a:b/c",
        "http://\n/",
        "HTTP://é",
    ]
    words += ["file:///etc/passwd", "ftp://x/y", "javascript://", "a://b", "x" * 300, "x" * 5000]
    words += ["synthetic", "cifar10", "cifar11", "/dev/zero", "/dev/null", "/proc/self/mem", "."]
    word = rng.choice((*words, *TEXTS))
    if rng.random() < 0.5:
        word = damaged(rng, word.encode("utf-8", "surrogatepass")).decode(
            "utf-8", "surrogateescape"
        )
    return "." if word == "auto" else word


def read_source(source: str, folder: Path) -> bool:
    """Make sense of it, as far as that goes without the network."""
    sha256 = "00" * 32 if len(source) % 2 else None
    options = {"sha256": sha256, "data_dir": str(folder / "data"), "synthetic_size": 10}
    found = resolve_source(source=accept(PIPELINE.parameters["source"], source), **options)
    if isinstance(found["source"], str) and "://" in found["source"]:
        assert "/" not in file_name(Address(found["source"]))
    return True


def make_flags(rng: Random) -> list[str]:
    """A command that only looks at its flags, with whatever behind it."""
    flags = ["config"] if rng.random() < 0.9 else [rng.choice(("graph", "nothing", "--lr", ""))]
    for _ in range(rng.randrange(4)):
        name = "--" + rng.choice((*NAMES, "json", "quiet", "recipe", "help", "x")).replace("_", "-")
        way = rng.random()
        if way < 0.4:
            flags.append(f"{name}={_word(rng)}")
        elif way < 0.8:
            flags += [name, _word(rng)]
        else:
            flags.append(rng.choice((name, "--no-" + name[2:], name[1:], "--", _word(rng))))
    return [flag for flag in flags if not flag.startswith(("--prof", "--load", "--arti"))]


@functools.cache
def _group() -> Any:
    return make_cli(PROGRAM)


def read_flags(flags: list[str], folder: Path) -> bool:
    """Run the command: it ends with 0, or with 2 and one line that any terminal may show."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "strict") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        status = run_cli(_group(), [*flags[:1], "--artifacts-dir", str(folder / "a"), *flags[1:]])
        out.flush()
        err.flush()
    said = err.buffer.getvalue().decode()
    assert status in (0, 2), status
    if status == 2 and not said.startswith("Usage"):
        assert said.startswith("error: "), said
        assert said.endswith("\n")
        assert said[:-1].isprintable(), ascii(said)
    return status == 0


DECODERS = {
    "TOML file": Decoder(make_toml, read_file, 70),
    "environment": Decoder(make_environment, read_environment, 60),
    "source": Decoder(make_source, read_source, 30, reads_anywhere=True),
    "command line": Decoder(make_flags, read_flags, 15, (), reads_anywhere=True),  # --recipe FILE
}
