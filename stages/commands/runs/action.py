"""What `runs`, `compare` and `tag` do: each gives a JSON document, and the text of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.cli.program import Program
from pipeline.cli.table import align
from pipeline.errors import ConfigError
from pipeline.events.progress import duration
from pipeline.literals import flag_text
from pipeline.store.digests import digest_json
from pipeline.store.numerics import made_differently
from stages.commands.runs.labels import change_label
from stages.commands.runs.record import DIGITS, Look, Run, find_runs
from stages.commands.runs.words import DATA, Recipes

NONE = "–"
FEW = 4  # runs that are named where something is said about many
HEAD = (
    *("run", "written", "dataset", "validation", "test", "flip TTA", "epochs", "time", "tags"),
    "configuration",
)
SORTED = {
    "written": lambda run: run.manifest["written"],
    "validation": lambda run: -1.0 if run.validation is None else run.validation,
    "test": lambda run: -1.0 if run.test is None else run.test,
}


def runs(
    program: Program, look: Look, sort: str, last: int | None, tag: str | None, as_csv: bool
) -> tuple[dict[str, Any], str]:
    """The table of runs; of equals the newest first."""
    found = sorted(find_runs(look.store, look.pipeline), key=SORTED[sort], reverse=True)
    found = [one for one in found if tag is None or tag in one.label.tags]
    recipes = Recipes(program.recipes, program.pipeline.parameters)
    listed = found[:last]
    document = {"runs": [{**one.document(), **_configuration(recipes, one)} for one in listed]}
    if as_csv:
        return document, _csv(document["runs"])
    if not found:
        which = "" if tag is None else f" with the tag {tag!r}"
        return document, f"no training{which} is stored in {look.store.root} yet"
    rows = [
        [
            one.name,
            one.written,
            one.dataset,
            *map(_percent, (one.validation, one.test, one.tta)),
            str(one.epochs),
            duration(one.seconds, 1),
            " ".join(one.label.tags),
            recipes.words(one.parameters),
        ]
        for one in listed
    ]
    columns = range(len(HEAD))
    empty = [i for i in columns if HEAD[i] == "tags" and not any(row[i] for row in rows)]
    rows = [[cell for i, cell in enumerate(row) if i not in empty] for row in [list(HEAD), *rows]]
    table = align(
        rows, right=range(3, 8), drop=(1, 5, 7, 2, 6), shorten=(2, *range(8, len(rows[0])))
    )
    lines = [table]
    lines += [f"{one.name}: {one.label.note}" for one in listed if one.label.note]
    lines += _made_elsewhere(listed)
    if len(listed) < len(found):
        lines.append(f"… and {len(found) - len(listed)} more")
    return document, "\n".join(lines)


def _made_elsewhere(listed: Sequence[Run]) -> Iterator[str]:
    """What runs were made with that is not here, and which they are."""
    found = defaultdict(list)
    for one in listed:
        for words in made_differently(one.manifest):
            found[words].append(one.name)
    for words, names in found.items():
        more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
        yield f"{' '.join(names[:FEW])}{more}: {words}"


def _csv(listed: Sequence[Mapping[str, Any]]) -> str:
    """The runs as comma-separated values: what came out, then every parameter; parts of 1."""
    import csv
    import io

    plain = ("run", "written", "dataset", "images", "epochs", "validation", "test", "tta")
    heads = ["epochs_run" if name == "epochs" else name for name in plain]  # a parameter's, too
    names = list(dict.fromkeys(name for one in listed for name in one["parameters"]))
    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    head = [*heads, "best_epoch", "epoch_seconds", "recipe", "tags", "note", "fingerprint"]
    table.writerow([*head, *names])
    for one in listed:
        shown = [one["best"]["epoch"], one["epoch_seconds"], one["recipe"], " ".join(one["tags"])]
        values = [one["parameters"].get(name, "") for name in names]
        texts = [flag_text(tuple(v) if isinstance(v, list) else v) for v in values]
        row = [*(one[name] for name in plain), *shown, one["note"], one["fingerprint"], *texts]
        table.writerow(["" if cell is None else cell for cell in row])
    return page.getvalue().rstrip("\n")


def tag(
    program: Program,
    look: Look,
    name: str,
    tags: Sequence[str],
    remove: Sequence[str],
    note: str | None,
) -> tuple[dict[str, Any], str]:
    """Change the tags and the note of a run; what they are then."""
    run = _named(name, find_runs(look.store, look.pipeline), look, "tag")
    fingerprint = run.manifest["fingerprint"]
    label = change_label(look.store.root, fingerprint, tags, remove, note)
    words = f"{run.name}: {' '.join(label.tags) or 'no tags'}"
    text = f"{words}; {label.note}" if label.note else words
    return {"run": run.name, "tags": list(label.tags), "note": label.note}, text


def compare(program: Program, look: Look, names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The figures of some runs and the parameters in which they differ, a column for each."""
    stored = find_runs(look.store, look.pipeline)
    chosen = [_named(name, stored, look, "compare") for name in names]
    found = list({one.name: one for one in chosen}.values())
    known = [name for name in program.pipeline.parameters if name not in DATA]
    differing = [
        name for name in known if len({one.parameters.get(name, NONE) for one in found}) > 1
    ]
    figures = {
        "written": [one.written for one in found],
        "tags": [" ".join(one.label.tags) or NONE for one in found],
        "dataset": [one.dataset for one in found],
        "images": [f"{one.images:,}" for one in found],
        "epochs, best of": [f"{one.best['epoch']} of {one.epochs}" for one in found],
        "training loss": [f"{one.best['loss']:.4f}" for one in found],
        "training": [_percent(one.best["accuracy"]) for one in found],
        "validation": [_percent(one.validation) for one in found],
        "test": [_percent(one.test) for one in found],
        "flip TTA": [_percent(one.tta) for one in found],
        "time": [duration(one.seconds, 1) for one in found],
        "machine": [str(one.manifest.get("machine")) for one in found],
        **_made_with(found),
        "code": [digest_json(one.manifest["fields"]["code"])[:DIGITS] for one in found],
        "result": [one.manifest["outputs"]["parameters"]["digest"][:DIGITS] for one in found],
    }
    values = {
        name: [flag_text(one.parameters[name]) if name in one.parameters else NONE for one in found]
        for name in differing
    }
    rows = [["", *(one.name for one in found)], *([key, *row] for key, row in figures.items())]
    rows += [[""] * len(rows[0]), *([key, *row] for key, row in values.items())]
    more = "" if values else "no parameter differs"
    return {"runs": [one.document() for one in found], "differing": differing}, align(
        rows, shorten=range(1, len(rows[0]))
    ) + more


def _named(name: str, stored: Sequence[Run], look: Look, command: str) -> Run:
    """The run of that name, or of that tag where no name begins so."""
    found = [one for one in stored if one.manifest["fingerprint"].startswith(name.lower())]
    found = found or [one for one in stored if name in one.label.tags]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(one.manifest["fingerprint"][:16] for one in found) or "none"
    raise ConfigError(
        f"{command}: expected the beginning of one run's name, found {name!r}, with "
        f"which {shown} begin in {look.store.root}; 'pipeline runs' lists them"
    )


def _made_with(runs: Sequence[Run]) -> dict[str, list[str]]:
    """The BLAS kernel of each run, and numba where one has computed with that."""
    found = [one.manifest.get("versions") for one in runs]
    versions = [one if isinstance(one, dict) else {} for one in found]
    rows = {"BLAS": "blas", **({"numba": "numba"} if any("numba" in v for v in versions) else {})}
    return {title: [str(v.get(key, NONE)) for v in versions] for title, key in rows.items()}


def _configuration(recipes: Recipes, one: Run) -> dict[str, Any]:
    recipe, others = recipes.nearest(one.parameters)
    return {"recipe": recipe, "differing": list(others)}


def _percent(part: float | None) -> str:
    return NONE if part is None else f"{part:.2%}"
