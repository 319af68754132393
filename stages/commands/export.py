"""The commands `export` and `import-gon`: models to and from other programs.

    pipeline export --load model.json --to onnx --output model.onnx
    pipeline import-gon gon.json --output model.json

Neither looks at the store: a model file has all that a model is.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from pipeline.cli.actions import say
from pipeline.cli.flags import StageCommand
from pipeline.cli.group import CommandGroup
from pipeline.cli.place import expect_place
from pipeline.cli.program import summary
from pipeline.cli.speaker import AsJson
from pipeline.cli.types import FILE, Choice
from pipeline.errors import ConfigError
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages.commands.sections import MODEL
from stages.modelfile import formats

AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="one JSON document on stdout")
EXPORT = [
    click.Option(
        ["--load"], type=FILE, required=True, metavar="MODEL.json", envvar="PIPELINE_LOAD",
        help="the saved model",
    ),
    click.Option(
        ["--to"], required=True, type=Choice(list(formats.FORMATS)),
        help="; ".join(f"{name}: {form.words}" for name, form in formats.FORMATS.items()),
    ),
    click.Option(["--output"], type=FILE, required=True, metavar="FILE", help="the file to write"),
    AS_JSON,
]  # fmt: skip
IMPORT = [
    click.Argument(["network"], metavar="GON.json"),
    click.Option(
        ["--output"], type=FILE, default="model.json", show_default=True, metavar="FILE",
        help="the model file to write",
    ),
    AS_JSON,
]  # fmt: skip


def add_to(group: CommandGroup) -> None:
    """Add both commands."""
    for name, words, callback, params, example in (
        (
            "export",
            "A saved model in another format: ONNX, Python, npz or gon.",
            _export,
            EXPORT,
            "pipeline export --load model.json --to onnx --output model.onnx",
        ),
        (
            "import-gon",
            "A network that the program gon saved, as a model file.",
            _import,
            IMPORT,
            "pipeline import-gon gon.json --output model.json",
        ),
    ):
        given: dict[str, Any]
        given = {"callback": callback, "params": params, "help": words, "example": example}
        group.place(MODEL, name, summary(words), partial(StageCommand, name, **given))


def _export(load: str, to: str, output: str, as_json: bool) -> None:
    from stages.modelfile import load_model

    place = Path(output)
    formats.expect_suffix(place, to)
    _expect_other(place, Path(load))
    model = load_model(load)
    with storage_errors(place, "--output"), replacing(place) as file:
        facts = formats.write(model, to, file)
    _report({"model": load, "format": to, "output": output, **facts}, place, as_json)


def _import(network: str, output: str, as_json: bool) -> None:
    from stages.modelfile.formats.gon_reader import read_gon

    place = Path(output)
    formats.expect_document(place, "--output")
    _expect_other(place, Path(network))
    model = read_gon(Path(network))
    text = json.dumps(model.to_document(), allow_nan=False, ensure_ascii=False)
    with storage_errors(place, "--output"), replacing(place) as file:
        file.write(text.encode())
    widths = [model.network.inputs, *(layer["outputs"] for layer in model.network.layers)]
    facts = {"network": "-".join(map(str, widths)), "classes": len(model.classes)}
    _report({"model": network, "format": "model.json", "output": output, **facts}, place, as_json)


def _expect_other(place: Path, source: Path) -> None:
    """Both files can be had only where they are two."""
    expect_place(place, "--output")
    if place.is_file() and source.is_file() and place.samefile(source):
        raise ConfigError(
            f"--output {place}: expected another file than the one that is read, found the same; "
            "choose another name"
        )


def _report(document: dict[str, Any], place: Path, as_json: bool) -> None:
    """Say what was written: a JSON document, or a line."""
    if place.is_file():
        document["bytes"] = place.stat().st_size
    facts = [
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in document.items()
        if name not in HEAD
    ]
    line = f"{document['output']}: {document['format']}, {', '.join(facts)}"
    say(AsJson(as_json), document, line)


HEAD = ("model", "format", "output")
