"""Fingerprint: what identifies a result.

    format       of this structure
    stage        name
    outputs      names: in order where the first one takes what is yielded without a name
    graph        digest of all that the stage's function reaches, whatever it is called
    code         "module.name" → digest, for all that the graph holds
    parameters   name → [type, value], where they can change the result and the function uses them
    inputs       artifact → digest of its content; argument → that of a list in the program
    over         of a mapped stage: the arguments that are an item at a time
    uses         what the stage says that it depends on beside that: name → digest

Every field is kept in the manifest, so "why is this stale?" is a comparison of two of them. `code`
is there for that alone: a helper that is renamed or moved changes it, and not the fingerprint.

The fingerprint of an item is that of its stage with the item for the whole in `inputs`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.code import CodeIndex
from pipeline.stage import Stage
from pipeline.store.digests import digest_fields, digest_json
from pipeline.store.files import Files
from pipeline.uses import digests_of

FORMAT = 3


@dataclass(frozen=True)
class Fingerprint:
    """The fields that identify a result, as JSON values."""

    fields: dict[str, Any]

    @property
    def digest(self) -> str:
        """The SHA-256 (64 hexadecimal digits) over all fields but the names of the code."""
        return digest_fields({k: v for k, v in self.fields.items() if k != "code"})


def fingerprint_of(
    stage: Stage, parameters: Mapping[str, Any], inputs: Mapping[str, str], code: CodeIndex
) -> Fingerprint:
    """The fingerprint of what `stage` makes with these parameters, of inputs with these digests."""
    reached = code.reached(stage.function, stage.ignores, stage.groups)
    counted = {
        name: _tagged(value)
        for name, value in parameters.items()
        if name not in stage.parameters or stage.parameters[name].option.affects_result
        if name not in reached.unused
    }
    in_order = inspect.isgeneratorfunction(stage.function)
    return Fingerprint(
        {
            "format": FORMAT,
            "stage": stage.name,
            "outputs": list(stage.outputs) if in_order else sorted(stage.outputs),
            "graph": reached.graph,
            "code": reached.symbols,
            "parameters": counted,
            "inputs": {**inputs, **{k: digest_json(v) for k, v in stage.lists.items()}},
            **({"over": list(stage.over)} if stage.over else {}),
            **({"uses": digests_of(stage.uses)} if stage.uses else {}),
        }
    )


def common_to_items(fields: Mapping[str, Any]) -> Fingerprint:
    """What identifies the results of all items of a mapped stage alike, from the stage's fields."""
    inputs = {name: d for name, d in fields["inputs"].items() if name not in fields["over"]}
    return Fingerprint({**fields, "inputs": inputs})


def item_fingerprint(common: str, inputs: Mapping[str, str]) -> str:
    """The SHA-256 that identifies the result of an item: `common` is the digest of what it shares
    with all others, `inputs` are the digests of the item, by argument."""
    return digest_json(["item", common, sorted(inputs.items())])


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say in sentences how the fields of one fingerprint differ from those of another.

    What the user asked for comes first: parameters, then code, inputs and the rest.
    """
    return [
        *_parameter_differences(old.get("parameters", {}), new.get("parameters", {})),
        *_code_differences(old, new),
        *_input_differences(old.get("inputs", {}), new.get("inputs", {})),
        *_use_differences(old.get("uses", {}), new.get("uses", {})),
        *(
            f"{name} {_shown(old.get(name))} → {_shown(new.get(name))}"
            for name in ("outputs", "over", "stage", "format")
            if old.get(name) != new.get(name)
        ),
    ]


def _parameter_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in {**new, **old}:
        if name not in old:
            yield f"parameter {name}: new, {shown(new[name])}"
        elif name not in new:
            yield f"parameter {name}: gone, was {shown(old[name])}"
        elif old[name] != new[name]:
            yield f"parameter {name}: {shown(old[name])} → {shown(new[name])}"


def _code_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("code", {}), after.get("code", {})
    if before.get("graph", 0) == after.get("graph", 1):
        return  # renamed, moved, or imported in another way
    if old == new and before.get("graph") != after.get("graph"):
        yield "code refers to other definitions under the same names"
    yield from (f"code {name} changed" for name in new if old.get(name, new[name]) != new[name])
    yield from (f"code {name} is now reached" for name in new if name not in old)
    yield from (f"code {name} is no longer reached" for name in old if name not in new)


def _input_differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    yield from (f"input {name} changed" for name in new if old.get(name, new[name]) != new[name])
    yield from (f"input {name} is new" for name in new if name not in old)
    yield from (f"input {name} is gone" for name in old if name not in new)


def _use_differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{name} changed" for name in new if old.get(name, new[name]) != new[name])
    yield from (f"{name} is a new dependency" for name in new if name not in old)
    yield from (f"{name} is no longer a dependency" for name in old if name not in new)


def _tagged(value: Any) -> list[Any]:
    """A parameter's value beside its type, so that 1, 1.0, True, "1" and (1,) all differ."""
    match value:
        case None:
            return ["none", None]
        case bool():
            return ["bool", value]
        case int():
            return ["int", int(value)]
        case float():
            return ["float", repr(float(value))]  # as text: JSON has no NaN and no infinity
        case str():
            return ["str", str(value)]
        case tuple():
            return ["tuple", [_tagged(inner) for inner in value]]
        case Files():
            return ["files", value.digest()]
    raise TypeError(
        f"expected None, bool, int, float, str, tuple or Files, found {type(value).__name__}"
    )


def value_of(tagged: list[Any]) -> Any:
    """A parameter's value from how it stands in a fingerprint; of files, their digest."""
    kind, value = tagged
    if kind == "tuple":
        return tuple(map(value_of, value))
    return float(value) if kind == "float" else value


def shown(tagged: list[Any]) -> str:
    """A parameter's value as it stands in a fingerprint, for people."""
    kind, value = tagged
    if kind == "tuple":
        inner = ", ".join(map(shown, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if kind == "files":
        return f"files {value[:12]}"
    return value if kind == "float" else repr(value)


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
