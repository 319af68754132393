"""Stage: a named function from artifacts to artifacts.

    @stage(outputs=("features",))
    def preprocess(
        images: np.ndarray,                                     # an input, by artifact name
        *,
        color: Annotated[bool, Option("keep the colours")] = False,   # a parameter
        context: Context = QUIET,                               # injected by the runner
    ) -> Iterator[np.ndarray]:

Positional arguments are the names of input artifacts; keyword-only arguments with defaults are
parameters, and by that alone flags, environment variables and TOML keys. A stage returns the value
of its one output, or a dict of them by name; or it yields blocks (one array, or a dict of arrays)
that the store appends, row-wise, to `.npy` files in bounded memory. A generator may also `return`
a dict with the outputs that are not arrays of blocks.
"""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.context import QUIET
from pipeline.errors import ConfigError, GraphError

SCALARS = (bool, int, float, str)


@dataclass(frozen=True)
class Option:
    """What a parameter means to its user.

    `minimum` and `maximum` are inclusive, `above` and `below` are not. A parameter that cannot
    change the result (`workers`, a folder) is marked `affects_result=False` and stays out of the
    fingerprint.
    """

    help: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    affects_result: bool = True

    def check(self, value: Any) -> None:
        """Raise `ConfigError` ("expected …, found …") where `value` is outside what is allowed."""
        if self.choices and value not in self.choices:
            raise ConfigError(f"expected one of {', '.join(self.choices)}, found {value!r}")
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            bounds = (
                (self.minimum, "at least", lambda bound, n=number: n >= bound),
                (self.maximum, "at most", lambda bound, n=number: n <= bound),
                (self.above, "a number above", lambda bound, n=number: n > bound),
                (self.below, "a number below", lambda bound, n=number: n < bound),
            )
            for bound, words, holds in bounds:
                if bound is not None and not holds(bound):  # a NaN holds nowhere
                    raise ConfigError(f"expected {words} {_exact(bound)}, found {_exact(number)}")


def _exact(number: float) -> str:
    """`number` as short as it can be told: 3.0 is 3, and 1000001 is not 1e+06."""
    short = f"{number:g}" if isinstance(number, float) else ""
    return short if short and float(short) == number else repr(number)


@dataclass(frozen=True)
class Parameter:
    """One keyword-only argument of a stage: its name, type, default and meaning.

    `kind` is bool, int, float, str or tuple (of ints); `optional` says that None is a value too.
    """

    name: str
    kind: type
    optional: bool
    default: Any
    option: Option


@dataclass(frozen=True)
class Stage:
    """A function, its inputs, its outputs and its parameters.

    `resolve`, where there is one, is called with the stage's parameters before planning and
    returns those to use instead: the place where a stage looks at the world outside (which of two
    sources is there, what a file contains), so that a plan knows what a run will do.

    `ignores` are modules whose code cannot change the result, by dotted name; those below them are
    meant too. `uses` is what the result depends on beside code, inputs and parameters; see uses.py.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, Parameter] = field(repr=False)
    takes_context: bool = False
    resolve: Callable[..., dict[str, Any]] | None = None
    ignores: tuple[str, ...] = ()
    uses: tuple[Any, ...] = ()

    @property
    def help(self) -> str:
        """The first paragraph of the function's docstring."""
        return (inspect.getdoc(self.function) or self.name).split("\n\n")[0].replace("\n", " ")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: a stage stays usable as plain Python."""
        return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        """Pickle by name, as a function does: other processes have the same modules."""
        return _named, (self.function.__module__, self.function.__qualname__)


def _named(module: str, name: str) -> Stage:
    return getattr(importlib.import_module(module), name)


def stage(
    *,
    outputs: tuple[str, ...],
    name: str | None = None,
    resolve: Callable[..., dict[str, Any]] | None = None,
    ignores: tuple[str, ...] = (),
    uses: Iterable[Any] = (),
) -> Callable[[Callable[..., Any]], Stage]:
    """Turn a module-level function into a `Stage`.

    Raises `GraphError` where the function's signature does not say all that a stage must say.
    """

    def decorate(function: Callable[..., Any]) -> Stage:
        own_name = name or function.__name__
        if not isinstance(outputs, tuple) or not outputs:
            raise GraphError(f"stage {own_name}: outputs must be a tuple of at least one name")
        inputs, parameters, takes_context = [], {}, False
        for argument in inspect.signature(function).parameters.values():
            where = f"stage {own_name}, argument {argument.name}"
            if argument.kind is argument.POSITIONAL_OR_KEYWORD:
                if argument.default is not argument.empty:
                    raise GraphError(f"{where}: an input has no default; a parameter follows '*'")
                inputs.append(argument.name)
            elif argument.kind is not argument.KEYWORD_ONLY:
                raise GraphError(f"{where}: *args and **kwargs name no artifact and no parameter")
            elif argument.name == "context":
                takes_context = argument.default is QUIET
                if not takes_context:
                    raise GraphError(f"{where}: expected the default QUIET")
            else:
                parameters[argument.name] = _parameter(argument, _hint(argument, function), where)
        return Stage(
            own_name,
            function,
            tuple(inputs),
            outputs,
            parameters,
            takes_context,
            resolve,
            tuple(ignores),
            tuple(uses),
        )

    return decorate


def _hint(argument: inspect.Parameter, function: Callable[..., Any]) -> Any:
    """What annotates a parameter. Inputs are not asked: theirs may name a module not yet needed."""
    hint = argument.annotation
    return eval(hint, function.__globals__) if isinstance(hint, str) else hint


def _parameter(argument: inspect.Parameter, hint: Any, where: str) -> Parameter:
    if argument.default is argument.empty:
        raise GraphError(f"{where}: a parameter needs a default")
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
    return Parameter(argument.name, kind, optional, argument.default, option)
