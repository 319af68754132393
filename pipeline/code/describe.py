"""What functions and classes of the project are, as parts of live values.

A function with a source counts by reference to its symbol, and by what it holds beside its code:
values that a closure has captured, defaults, attributes. One without a source counts by its
bytecode and the values that it uses. Functions and classes of packages count by name.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from pipeline.code.bytecode import code_text
from pipeline.code.content import Content
from pipeline.code.hashing import short_hash
from pipeline.code.held import attributes_of, captured, is_made, members, pickles_itself, shown_by
from pipeline.code.links import Links, Symbol
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module, locate
from pipeline.code.typed import Used
from pipeline.stage import Stage

_SOURCES = ("", ".py", ".pyw")  # a template that was compiled is none


class Describer:
    """Describes values of one project, as it is seen from one place."""

    def __init__(
        self, links: Links, loaded: Loaded, counts: Callable[[types.FunctionType], bool]
    ) -> None:
        self._links, self._loaded, self._counts = links, loaded, counts
        self._places: dict[tuple[str, str], Module | None] = {}
        self._own: Any = None  # the value that a symbol stands for, while it is described
        self._start: Sequence[Symbol] = ()
        self.words: Collection[str] = ()  # what the code that is reached looks at, of LIVE_WORDS

    def content(
        self, value: Any, own: Any = None, start: Sequence[Symbol] = ()
    ) -> tuple[str, Content]:
        """The content of a value. `own` is the function or class that it stands for itself, and
        `start` the symbol by which that one is followed, where it is not the usual one."""
        self._own = own.function if isinstance(own, Stage) else own
        self._start = start
        content = Content(
            {
                types.FunctionType: self._function,
                Stage: lambda stage, content: content.text(stage.function),
                type: self._class,
                types.ModuleType: self._module,
            },
            self._hidden,
            self.words,
        )
        return content.text(value), content

    def _module(self, value: types.ModuleType, content: Content) -> str:
        module = self._links.project.find(value.__name__)
        if module is None and sys.modules.get(value.__name__) is not value:
            names = {k: v for k, v in vars(value).items() if not k.startswith("__")}
            return f"module {content.text(names)}"  # that a program has made
        return content.link((module.name, "")) if module else f"module {value.__name__}"

    def _function(self, function: types.FunctionType, content: Content) -> str:
        name = f"{function.__module__}.{function.__qualname__}"
        if not self._counts(function):
            cells = captured(function)
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
        table = self._links.table(self._links.project.module(symbol[0]))
        if name in table["twice"] or "comp>." in name or "<genexpr>." in name:
            return short_hash(code_text(function.__code__))
        return name.partition(".")[2]

    def _held(self, function: types.FunctionType, content: Content) -> str:
        """What a function holds beside its code: captured values, defaults, attributes."""
        parts = []
        for key, value in captured(function).items():
            text = content.captured(key, value)
            parts.append(text)
            if not isinstance(value, types.FunctionType | type | types.ModuleType):
                content.values[f"{content.owner}({key})"] = short_hash(text)
        where, content.where = content.where, ""
        is_stage = function is self._own and self._start  # its parameters are recorded elsewhere
        defaults = [*(function.__defaults__ or ())]
        defaults += (function.__kwdefaults__ or {}).values() if not is_stage else ()
        parts += [content.text(value) for value in defaults]
        parts += [f"{key}={content.text(value)}" for key, value in vars(function).items()]
        parts += [f"{key} {content.text(one)}" for key, one in shown_by(function, self.words)]
        content.where = where
        return f"[{','.join(parts)}]"

    def _typed(self, function: types.FunctionType, name: str, content: Content) -> str:
        """A function without a source, and the values that it uses."""
        parts = [short_hash(code_text(function.__code__, self.words))]
        content.values[name] = parts[0]
        used = Used(function, self._links.project)
        content.asked |= dict.fromkeys(used.words)
        content.opaque |= dict.fromkeys(used.opaque)
        for label, value in used.values():
            text = content.captured(label, value)
            parts.append(f"{label}={text}")
            if not isinstance(value, types.FunctionType | type | types.ModuleType):
                content.values[f"{name}({label})"] = short_hash(text)
        for label, value in used.of_packages():
            content.mutable = True  # it may be set again
            parts.append(f"{label}={content.text(value)}")
        return ",".join(parts)

    def _class(self, value: type, content: Content) -> str:
        file = self._file_of(value)
        if file is None and value.__module__ != "__main__" and not is_made(value):
            return f"class {value.__module__}.{value.__qualname__}"
        symbol = file and self._symbol_at(file, value.__module__, value.__qualname__)
        link = content.link(symbol) if symbol else ""
        if symbol and symbol[1] and value is not self._own and "<" not in value.__qualname__:
            return f"class {link} {value.__qualname__}"  # described where it lives
        parts = [f"{key}={content.text(member)}" for key, member in members(value, self.words)]
        above = (*value.__bases__, type(value))
        bases = [content.text(one) for one in above if one not in (object, type)]
        derived: list[type] = value.__subclasses__() if "subclasses" in self.words else []
        parts += [content.text(one) for one in derived]
        where = "" if "<locals>" in value.__qualname__ else value.__qualname__
        return f"class {where} {link} {bases}({','.join(parts)})"

    def _hidden(self, value: Any) -> Any:
        """The attributes of an object whose class, one of the project, says how it is pickled."""
        kind = type(value)
        own = pickles_itself(kind) and (kind.__module__ == "__main__" or self._file_of(kind))
        return attributes_of(value) if own else None

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
        module = self._links.project.module(symbol[0])
        self._loaded.check(function, module)
        if not symbol[1]:
            for first, last, name in self._links.table(module)["lines"]:
                if first <= code.co_firstlineno <= last:
                    return symbol[0], name
        return symbol

    def _symbol_at(self, file: Path, name: str, qualname: str) -> Symbol | None:
        module = self.module_at(str(file), name)
        if module is None:
            return None
        name = qualname.partition(".")[0]
        return module.name, name if name in self._links.table(module)["symbols"] else ""

    def module_at(self, file: str, name: str) -> Module | None:
        """The module of the project whose source a file is; None where there is no such file."""
        if (file, name) not in self._places:
            module = None
            path = Path(file).absolute()
            if not file.startswith("<") and path.suffix in _SOURCES and path.is_file():
                module, _ = locate(path, name)
                known = self._links.project.find(module.name)
                if known is None or known.path != path:
                    self._links.project.add(module)
            self._places[file, name] = module
        return self._places[file, name]
