"""Parameters: what a stage takes, one by one or in groups.

    lr: Annotated[float, Option("learning rate", above=0)] = 0.01      one parameter

    @dataclass(frozen=True)                                            a group of them
    class OptimizerOptions:
        \"\"\"How parameters follow their gradients.\"\"\"
        momentum: Annotated[float, Option("momentum", minimum=0, below=1)] = 0.9
        nesterov: Annotated[bool, Option("Nesterov's momentum")] = False

A group is a frozen dataclass whose fields are the annotated parameters. The framework flattens it:
flags, TOML keys, environment variables and fields of the fingerprint carry the names of the fields,
and the stage's function gets the group. Its `__post_init__` may raise `ConfigError` where values do
not go together; that happens before the first stage starts.
"""

from __future__ import annotations

import dataclasses
import inspect
import operator
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.docs import doc_of
from pipeline.errors import ConfigError, GraphError
from pipeline.names import nearest

SCALARS = (bool, int, float, str)


@dataclass(frozen=True)
class Option:
    """What a parameter means to its user.

    `minimum` and `maximum` are inclusive, `above` and `below` are not. A parameter that cannot
    change the result (`workers`, a folder) is marked `affects_result=False` and stays out of the
    fingerprint. `formerly` are names that it had and that still work, with a warning.

    `scales_with` names another parameter: where a recipe sets both and the caller changes that
    other one, this one follows in proportion (a warm-up of 3 of 14 epochs is 1 of 5).
    `words` are values that a shell offers beside files, where the value is text of any kind.
    `between` stands between several values in a search (between lists it is "/").
    `section` is the title among which `--help` lists a parameter that stands in no group.
    """

    help: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    affects_result: bool = True
    formerly: tuple[str, ...] = ()
    scales_with: str | None = None
    words: tuple[str, ...] = ()
    section: str = ""
    between: str = ","

    def check(self, value: Any) -> None:
        """Raise `ConfigError` ("expected …, found …") where `value` is outside what is allowed."""
        if self.choices and value not in self.choices:
            hint = nearest(value, self.choices, repr) if isinstance(value, str) else ""
            more = f"; {hint}" if hint.startswith("did") else ""
            raise ConfigError(f"expected one of {', '.join(self.choices)}, found {value!r}{more}")
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            bounds = (
                (self.minimum, "at least", operator.ge),
                (self.maximum, "at most", operator.le),
                (self.above, "a number above", operator.gt),
                (self.below, "a number below", operator.lt),
            )
            for bound, words, holds in bounds:
                if bound is not None and not holds(number, bound):  # a NaN holds nowhere
                    raise ConfigError(f"expected {words} {_exact(bound)}, found {_exact(number)}")


def _exact(number: float) -> str:
    """`number` as short as it can be written: 3.0 is 3, and 1000001 is not 1e+06."""
    short = f"{number:g}" if isinstance(number, float) else ""
    return short if short and float(short) == number else repr(number)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, type, default and meaning.

    `kind` is bool, int, float, str or tuple (of ints); `optional` says that None is a value too.
    `group` is the title of its group (its docstring up to a colon), "" where it stands alone.
    """

    name: str
    kind: type
    optional: bool
    default: Any
    option: Option
    group: str = field(default="", compare=False)


@dataclass(frozen=True)
class Group:
    """An argument of a stage that is a frozen dataclass of parameters."""

    type: type
    parameters: tuple[Parameter, ...]


def read_argument(name: str, hint: Any, default: Any, where: str) -> Parameter | Group:
    """What a keyword-only argument of a stage declares. Raises `GraphError` where that is unclear.

    `where` says in messages which argument of which stage it is.
    """
    if default is inspect.Parameter.empty:
        raise GraphError(f"{where}: a parameter needs a default")
    if not (isinstance(hint, type) and dataclasses.is_dataclass(hint)):
        return _parameter(name, hint, default, where)
    if not vars(hint)["__dataclass_params__"].frozen:
        raise GraphError(f"{where}: expected a frozen dataclass, found one that can be changed")
    if not isinstance(default, hint):
        raise GraphError(f"{where}: expected a default such as {hint.__name__}()")
    return Group(hint, tuple(_fields(hint, default, where)))


def _fields(group: type, default: Any, where: str) -> Iterator[Parameter]:
    fields = dataclasses.fields(group)
    hints = {one.name: one.type for one in fields}
    if any(isinstance(hint, str) for hint in hints.values()):
        hints = typing.get_type_hints(group, include_extras=True)
    title = (doc_of(group) or group.__name__).split("\n")[0].split(":")[0].rstrip(".")
    for one in fields:
        place = f"{where}, field {one.name}"
        yield _parameter(one.name, hints[one.name], getattr(default, one.name), place, title)


def _parameter(name: str, hint: Any, default: Any, where: str, group: str = "") -> Parameter:
    option = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Option)), None)
    if option is None:
        raise GraphError(f"{where}: expected an annotation Annotated[type, Option('…')]")
    annotated = typing.get_args(hint)[0]
    optional = False
    if typing.get_origin(annotated) in (types.UnionType, typing.Union):
        members = set(typing.get_args(annotated)) - {type(None)}
        if len(members) == 1:
            optional, (annotated,) = True, members
    kind = tuple if annotated == tuple[int, ...] else annotated
    if kind not in (*SCALARS, tuple):
        raise GraphError(
            f"{where}: expected bool, int, float, str or tuple[int, ...], found {annotated}"
        )
    return Parameter(name, kind, optional, default, option, group)
