"""Live values: what the names of the project stand for now, whoever has changed them.

Sources say what a module makes of itself. Other modules may change it when they are imported
(`cfg.K = 2`, `m.f = g`, `setattr`, a registry that fills), and closures hold values that stand in
no source. So each symbol that a function reaches is looked up where it lives, and what is found
there is added to it: the content of data, and of functions and classes where they come from.

Only modules are asked that importing the function's own module imports, and those that their values
lead to: what else is loaded differs from run to run.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.code.bytecode import code_text, used_names
from pipeline.code.content import Content
from pipeline.code.graph import Facts
from pipeline.code.hashing import short_hash
from pipeline.code.links import AS_STAGE, Links, Symbol
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module, locate
from pipeline.stage import Stage

FRAMEWORK = __name__.partition(".")[0]
_MISSING = object()
# What Python and its decorators add to a class, told by what they were made from.
_ADDED = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__firstlineno__"),
    *("__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__"),
    *("__abstractmethods__", "__parameters__", "__orig_bases__", "__slots__", "_abc_impl"),
    *("__classcell__", "__type_params__", "_member_map_", "_value2member_map_", "_member_names_"),
    *("_unhashable_values_", "_unhashable_values_map_", "_hashable_values_", "_new_member_"),
    *("__hash__", "__set_name__", "_generate_next_value_", "_use_args_", "_value_repr_"),
}


class Live:
    """The live values of one project, seen from a function whose module is `home`."""

    def __init__(
        self,
        links: Links,
        home: Module,
        names: Mapping[str, Any],
        imported: Mapping[Module, None],
        loaded: Loaded,
        counts: Callable[[types.FunctionType], bool],
    ) -> None:
        self._links, self._home, self._names = links, home, names
        self._asked = {module.name for module in imported}
        self._loaded, self._counts = loaded, counts
        self._own: Any = None  # the value that a symbol stands for, while it is told
        self.subclasses = False  # whether code that is reached asks for them

    def root(self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]) -> Facts:
        """The content of the function that is asked about; `inner` is the one that it wraps, and
        `start` the symbol that stands for that one."""
        content = self._content(inner)
        self._start = start
        text = content.text(function)
        return Facts(short_hash(text), tuple(content.links), content.values)

    def facts(self, symbol: Symbol) -> Facts:
        """What the live value of a symbol adds to it."""
        name, module = symbol[1], self._links.project.find(symbol[0])
        if not name or name.endswith(AS_STAGE) or symbol[0].partition(".")[0] == FRAMEWORK:
            return Facts()
        names = self.names_of(module)
        value = _MISSING if names is None else names.get(name, _MISSING)
        if value is _MISSING:
            return Facts()
        if isinstance(value, types.FunctionType):
            self._loaded.check(value, module)
        if module.name not in self._asked:
            return Facts()
        content = self._content(value)
        text = content.text(value)
        return Facts(short_hash(text), tuple(content.links), content.values)

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded; None for any other."""
        if module.path and module.path == self._home.path:
            return self._names
        for name in (module.name, "__main__"):
            found = sys.modules.get(name)
            file = vars(found).get("__file__") if found is not None else None
            if file and module.path and Path(file).absolute() == module.path:
                return vars(found)
        return None

    def _content(self, own: Any) -> Content:
        self._own = own.function if isinstance(own, Stage) else own
        self._start: Sequence[Symbol] = ()
        return Content(
            {
                types.FunctionType: self._function,
                Stage: lambda stage, content: content.text(stage.function),
                type: self._class,
                types.ModuleType: self._module,
            }
        )

    def _module(self, value: types.ModuleType, content: Content) -> str:
        module = self._links.project.find(value.__name__)
        return content.link((module.name, "")) if module else f"module {value.__name__}"

    def _function(self, function: types.FunctionType, content: Content) -> str:
        name = f"{function.__module__}.{function.__qualname__}"
        if not self._counts(function):
            cells = _cells(function)
            where, content.where = content.where, ""
            inner = [content.text(value) for value in cells.values()]
            registry = getattr(function, "registry", None)  # of functools.singledispatch
            inner += [content.text(dict(registry))] if registry else []
            content.where = where
            return f"function {name}({','.join(inner)})"
        symbol = self._symbol_of(function)
        if function is self._own and self._start:
            (symbol,) = self._start
        before, content.owner = content.owner, name
        try:
            if symbol is None:
                return f"{self._typed(function, name, content)}{self._held(function, content)}"
            nested = self._nested(function, symbol)
            return f"{content.link(symbol)} {nested}{self._held(function, content)}"
        finally:
            content.owner = before

    def _nested(self, function: types.FunctionType, symbol: Symbol) -> str:
        """Which of the functions in a symbol's source it is."""
        name = function.__qualname__
        table = self._links.table(self._links.project.find(symbol[0]))
        if name in table["twice"] or "comp>." in name or "<genexpr>." in name:
            return short_hash(code_text(function.__code__))
        return name.partition(".")[2]

    def _held(self, function: types.FunctionType, content: Content) -> str:
        """What a function holds beside its code: captured values, defaults, attributes."""
        told = []
        for key, value in _cells(function).items():
            text = content.captured(key, value)
            told.append(text)
            if not isinstance(value, types.FunctionType | type | types.ModuleType):
                content.values[f"{content.owner}({key})"] = short_hash(text)
        where, content.where = content.where, ""
        defaults = [*(function.__defaults__ or ())]
        defaults += (function.__kwdefaults__ or {}).values() if function is not self._own else ()
        told += [content.text(value) for value in defaults]
        told += [f"{key}={content.text(value)}" for key, value in vars(function).items()]
        content.where = where
        return f"[{','.join(told)}]"

    def _typed(self, function: types.FunctionType, name: str, content: Content) -> str:
        """A function without a source, and the values that it uses."""
        told = [short_hash(code_text(function.__code__))]
        content.values[name] = told[0]
        for root, *attributes in used_names(function.__code__):
            value = function.__globals__.get(root, _MISSING)
            used = root
            while isinstance(value, types.ModuleType) and attributes:
                if self._links.project.find(value.__name__) is None:
                    value = f"{value.__name__}:{'.'.join(attributes)}"
                else:
                    used = f"{used}.{attributes[0]}"
                    value = getattr(value, attributes.pop(0), _MISSING)
            if value is not _MISSING:
                text = content.captured(used, value)
                told.append(f"{used}={text}")
                if not isinstance(value, types.FunctionType | type | types.ModuleType):
                    content.values[f"{name}({used})"] = short_hash(text)
        return ",".join(told)

    def _class(self, value: type, content: Content) -> str:
        file = self._file_of(value)
        if file is None and value.__module__ != "__main__":
            return f"class {value.__module__}.{value.__qualname__}"
        symbol = file and self._symbol_at(file, value.__module__, value.__qualname__)
        link = content.link(symbol) if symbol else ""
        if symbol and symbol[1] and value is not self._own and "<" not in value.__qualname__:
            return f"class {link} {value.__qualname__}"  # told where it lives
        told = []
        for key, member in vars(value).items():
            if key not in _ADDED and not _is_generated(member):
                told.append(f"{key}={content.text(member)}")
        bases = [content.text(base) for base in value.__bases__ if base is not object]
        derived = value.__subclasses__() if self.subclasses else []
        told += [content.text(one) for one in derived]
        where = "" if "<locals>" in value.__qualname__ else value.__qualname__
        return f"class {where} {link} {bases}({','.join(told)})"

    def _file_of(self, value: type) -> Path | None:
        """The source of a class of the project; None for any other."""
        module = sys.modules.get(value.__module__)
        file = vars(module).get("__file__") if module is not None else None
        if not file or not self._links.project.owns(value.__module__, Path(file)):
            return None
        return Path(file)

    def _symbol_of(self, function: types.FunctionType) -> Symbol | None:
        """The symbol of the project in whose source a function is written; None: it has none."""
        code = function.__code__
        file = Path(code.co_filename)
        symbol = self._symbol_at(file, function.__module__ or "", function.__qualname__)
        if symbol is None:
            return None
        module = self._links.project.find(symbol[0])
        self._loaded.check(function, module)
        if not symbol[1]:
            for first, last, name in self._links.table(module)["lines"]:
                if first <= code.co_firstlineno <= last:
                    return symbol[0], name
        return symbol

    def _symbol_at(self, file: Path, name: str, qualname: str) -> Symbol | None:
        if str(file).startswith("<") or not file.is_file():
            return None
        file = file.absolute()
        module, _ = locate(file, name)
        known = self._links.project.find(module.name)
        if known is None or known.path != file:
            self._links.project.add(module)
        self._asked.add(module.name)
        name = qualname.partition(".")[0]
        return module.name, name if name in self._links.table(module)["symbols"] else ""


def _cells(function: types.FunctionType) -> dict[str, Any]:
    """What a closure holds, by name. What is not yet assigned is None."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found[name] = None
    return found


def _is_generated(member: Any) -> bool:
    """Whether a method was made by `dataclass` or `namedtuple`, from what counts already."""
    code = getattr(getattr(member, "__func__", member), "__code__", None)
    return code is not None and code.co_filename.startswith(("<string>", "<collections.named"))
