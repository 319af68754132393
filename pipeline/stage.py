"""Stage: a named function from artifacts to artifacts.

    @stage(outputs=("features",))
    def preprocess(
        images: np.ndarray,                                     # an input, by artifact name
        *,
        color: Annotated[bool, Option("keep the colours")] = False,   # a parameter
        whitening: WhitenOptions = WhitenOptions(),             # a group of parameters
        context: Context = QUIET,                               # injected by the runner
    ) -> Iterator[np.ndarray]:

Positional arguments are the names of input artifacts; keyword-only arguments with defaults are
parameters (parameters.py), and by that alone flags, environment variables and TOML keys. A stage
returns the value of its one output, or a dict of them by name; or it yields blocks (one array, or a
dict of arrays), or returns a `Stream` of them, that the store appends, row-wise, to `.npy` files in
bounded memory. A generator may also `return` a dict with the outputs that are not arrays of blocks.

A stage with `over` is mapped: its function is called for each item, and each item has a
fingerprint and a result of its own.

    @stage(outputs=("tokens",), over="texts")                       items of an artifact
    @stage(outputs=("row",), over=("images", "labels"))             of several, side by side
    @stage(outputs=("square",), over={"number": [1, 2, 3]})         of a list
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from pipeline.context import QUIET
from pipeline.docs import doc_of
from pipeline.errors import CodeError, GraphError
from pipeline.over import mapped_over
from pipeline.parameters import Group, Option, Parameter, read_argument

__all__ = ["Option", "Parameter", "Stage", "stage"]


@dataclass(frozen=True)
class Stage:
    """A function, its inputs, its outputs and its parameters.

    `parameters` holds all of them by name, those of groups too; `groups` says which arguments of
    the function are groups. `resolve`, where there is one, is called with the stage's parameters
    before planning and returns those to use instead: the place where a stage looks at the world
    outside (which of two sources is there, what a file contains), so that a plan knows what a run
    will do. One that takes `cache` gets the store's cache of digests (store/digest_cache.py).

    `ignores` are modules whose code cannot change the result, by dotted name; those below them are
    meant too. `uses` is what the result depends on beside code, inputs and parameters; see uses.py.

    `over` are the arguments that are one item at a time: inputs, or those of `lists`, whose items
    stand in the program. See mapping.py. `gives` is the parameter (`Files`, once it is resolved)
    that is the one output, so that a plan knows it before the stage has run.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, Parameter] = field(repr=False)
    groups: Mapping[str, Group] = field(default_factory=dict, repr=False)
    takes_context: bool = False
    resolve: Callable[..., dict[str, Any]] | None = None
    ignores: tuple[str, ...] = ()
    uses: tuple[Any, ...] = ()
    over: tuple[str, ...] = ()
    lists: Mapping[str, Any] = field(default_factory=dict, repr=False)
    gives: str = ""

    @property
    def help(self) -> str:
        """The first paragraph of the function's docstring."""
        return (doc_of(self.function) or self.name).split("\n\n")[0].replace("\n", " ")

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments of the function, from the values of its parameters by name.

        Raises `ConfigError` where the values of a group do not go together.
        """
        grouped = {
            name: {one.name: values[one.name] for one in group.parameters}
            for name, group in self.groups.items()
        }
        inside = {name for fields in grouped.values() for name in fields}
        alone = {name: values[name] for name in self.parameters if name not in inside}
        return alone | {name: self.groups[name].type(**fields) for name, fields in grouped.items()}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: a stage stays usable as plain Python."""
        return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        """Pickle by name, as a function does: other processes have the same modules.

        Raises `CodeError` where its module has no name for it: they would find another one there.
        """
        module, name = self.function.__module__, self.function.__qualname__
        names = vars(sys.modules[module]) if module in sys.modules else {}
        if names.get(name) is not self:
            # A copy: another thread may be importing the module, whose names grow meanwhile.
            found = [other for other, value in [*names.items()] if value is self]
            if not found:
                raise CodeError(
                    f"stage {self.name}: expected a name for it in {module}, by which other "
                    f"processes find it, found none for {name}; define it at the top of its module,"
                    " under a name of its own, or give --executor thread"
                )
            name = found[0]
        return _named, (module, name)


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def stage(
    *,
    outputs: tuple[str, ...],
    name: str | None = None,
    resolve: Callable[..., dict[str, Any]] | None = None,
    ignores: tuple[str, ...] = (),
    uses: Iterable[Any] = (),
    over: str | tuple[str, ...] | Mapping[str, Any] = (),
) -> Callable[[Callable[..., Any]], Stage]:
    """Turn a module-level function into a `Stage`.

    Raises `GraphError` where the function's signature does not say all that a stage must say.
    """

    def decorate(function: Callable[..., Any]) -> Stage:
        if not isinstance(inspect.unwrap(function), FunctionType):
            raise GraphError(f"stage: expected a function, as def makes it, found {function!r}")
        own_name = name or function.__name__
        if not isinstance(outputs, tuple) or not outputs:
            raise GraphError(f"stage {own_name}: outputs must be a tuple of at least one name")
        for word, given in (("ignores", ignores), ("uses", uses)):
            if isinstance(given, str):  # its letters would be taken for what it names
                raise GraphError(f"stage {own_name}: expected {word}=[…], found a text {given!r}")
        inputs: list[str] = []
        parameters: dict[str, Parameter] = {}
        groups: dict[str, Group] = {}
        takes_context = False
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
                hint = _hint(argument, function, where)
                found = read_argument(argument.name, hint, argument.default, where)
                if isinstance(found, Group):
                    groups[argument.name] = found
                for parameter in found.parameters if isinstance(found, Group) else (found,):
                    if parameter.name in parameters:
                        raise GraphError(f"{where}: parameter {parameter.name!r} is there twice")
                    parameters[parameter.name] = parameter
        mapped, lists = mapped_over(over, inputs, own_name)
        return Stage(
            own_name,
            function,
            tuple(name for name in inputs if name not in lists),
            outputs,
            parameters,
            groups,
            takes_context,
            resolve,
            tuple(ignores),
            tuple(uses),
            mapped,
            lists,
        )

    return decorate


def _hint(argument: inspect.Parameter, function: Callable[..., Any], where: str) -> Any:
    """What annotates a parameter. Inputs are not asked: theirs may name a module not yet needed."""
    hint = argument.annotation
    try:
        return eval(hint, function.__globals__) if isinstance(hint, str) else hint
    except NameError as error:
        raise GraphError(
            f"{where}: expected an annotation of names that the module has, found {hint}: {error}"
        ) from None
