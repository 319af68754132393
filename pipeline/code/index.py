"""What code a result depends on.

`CodeIndex.reached(function)` follows a function through the project: to every function, class and
constant that it names, and what those name, through imports, re-exports and registries. Each comes
with a digest of its normalised syntax, so a comment changes nothing, and a helper's edit three
calls away does. It reads sources and imports nothing; what it cannot tell apart, it counts.

Code of other people's packages is not looked into; what a name imports from there counts by name.
Nor can any analysis of sources see what is computed: `getattr(module, name)` counts the whole
module, but `importlib.import_module(name)` only where the name is written out.

Functions that a registry gets from decorators or calls (`@register`) count for all who use the
registry: a call at the top level of a module may change each changeable symbol that the called
function reaches, or that it is given, in all modules that the function's own imports bring in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from pipeline.code.hashing import short_hash
from pipeline.code.links import Links
from pipeline.code.modules import Project, is_installed, locate
from pipeline.code.tables import Tables

FRAMEWORK = __name__.partition(".")[0]
# The framework's vocabulary. It never changes a result (errors end a stage, the context only
# reports, and what a stage declares has fields of its own), yet every stage reaches it.
EXCLUDED = {f"{FRAMEWORK}.errors", f"{FRAMEWORK}.context", f"{FRAMEWORK}.stage"}


class CodeIndex:
    """The code that functions reach, as the sources stood when they were first looked at.

    `memo` is a file that remembers the tables of modules from one process to the next. `packages`
    are top-level packages that count as project even where they are installed; the function's own
    and the framework always do.
    """

    def __init__(self, memo: Path | None = None, packages: Collection[str] = ()) -> None:
        self._tables = Tables(memo)
        self._packages = {FRAMEWORK, *packages}
        self._links: dict[tuple[Path, str], Links] = {}
        self._reached: dict[FunctionType, dict[str, str]] = {}

    def reached(self, function: Callable[..., Any]) -> dict[str, str]:
        """Map "module.name" to a digest, for all that `function` reaches, itself included.

        What a function made inside another one holds from there counts too, where it is a
        constant or a function. A function without a source (typed at a prompt, made by `exec`)
        counts by its bytecode and constants, which differ between versions of Python, and by what
        it names. Raises `TypeError` for what is no Python function.
        """
        function = _unwrap(function)
        if not isinstance(function, FunctionType):
            raise TypeError(f"expected a function, found {function!r}")
        if function not in self._reached:
            found: dict[str, str] = {}
            seen, waiting = set(), [function]
            while waiting:
                if (one := waiting.pop()) not in seen:
                    seen.add(one)
                    for name, value in self._one(one):
                        if isinstance(value, str):
                            found[name] = value
                        elif self._counts(value):
                            waiting.append(value)
            self._reached[function] = dict(sorted(found.items()))
            self._tables.save()
        return dict(self._reached[function])

    def _one(self, function: FunctionType) -> Iterator[tuple[str, str | FunctionType]]:
        """The digests of what one function reaches by its source, and the functions it holds."""
        code = function.__code__
        file = Path(code.co_filename).absolute()
        name = f"{function.__module__}.{function.__qualname__}"
        if file.is_file():
            module, root = locate(file, function.__module__)
            name = f"{module.name}.{function.__qualname__}"
            links = self._links_from(root, module.name.partition(".")[0])
            links.project.add(module)
            found = links.reach(module, function.__qualname__.partition(".")[0])
            yield from ((".".join(symbol), digest) for symbol, digest in found.items())
        else:
            yield name, short_hash(_code_text(code))
            defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
            used = {key: function.__globals__.get(key) for key in _names(code)}
            yield from _held(name, [*enumerate(defaults), *used.items()])
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
        yield from _held(name, ((key, _content(cell)) for key, cell in cells))

    def _links_from(self, root: Path, top: str) -> Links:
        if (root, top) not in self._links:
            project = Project(root, {*self._packages, top})
            self._links[root, top] = Links(project, self._tables, EXCLUDED)
        return self._links[root, top]

    def _counts(self, function: FunctionType) -> bool:
        own = function.__module__.partition(".")[0] in self._packages
        return own or not is_installed(Path(function.__code__.co_filename))


def _unwrap(function: Any) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _held(
    owner: str, values: Iterable[tuple[object, Any]]
) -> Iterator[tuple[str, str | FunctionType]]:
    """Values that live in no source, by name: constants as digests, functions as they are."""
    for key, value in values:
        value = _unwrap(value)
        if isinstance(value, FunctionType):
            yield owner, value
        elif isinstance(value, type):
            methods = (_unwrap(method) for method in vars(value).values())
            yield from ((owner, method) for method in methods if isinstance(method, FunctionType))
        elif _is_constant(value):
            yield f"{owner}({key})", short_hash(_constant_text(value))


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_is_constant, value))
    return type(value) in (int, float, complex, str, bytes, bool, type(None), type(...))


def _constant_text(value: Any) -> str:
    from pipeline.code.syntax import (
        constant_text,
    )  # imported here: sources need it only when they change

    return constant_text(value)


def _code_text(code: CodeType) -> str:
    inner = [
        _code_text(c) if isinstance(c, CodeType) else _constant_text(c) for c in code.co_consts
    ]
    return "\n".join([code.co_code.hex(), *inner, *code.co_names, *code.co_varnames])


def _names(code: CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None
