"""What a function without a source (typed at a prompt, written in a cell) uses beside its code.

    globals         by name; of modules of the project only the attributes that are asked for
    imports inside  of modules of the project what is imported, which is imported now
    names in texts  of `eval`, `exec`, `globals()[…]`, `sys.modules[…]`, `import_module(…)`
    packages        settings of those that keep some, and what a program has put into them

A cell is no module: the statements that change a package run in other cells, and are not seen. So
what they have made of it counts, as it is now.
"""

from __future__ import annotations

import builtins
import importlib
import re
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.code.builtin_names import PYTHON
from pipeline.code.bytecode import all_names, imports_of, texts_in, used_names
from pipeline.code.modules import Project, is_installed
from pipeline.code.package_state import states_now

_MISSING = object()
_SPACES = {"globals", "eval", "exec"}
_BY_NAME = {"import_module", "__import__", "modules"}
_PLAIN = (bool, int, float, str, type(None))


class Used:
    """What a function uses: `words` it looks at code with (nature.py), and `opaque`, in words, what
    cannot be known."""

    def __init__(self, function: types.FunctionType, project: Project) -> None:
        from pipeline.code.nature import WORDS  # here and not above: few functions are typed

        self._function, self._project = function, project
        code, self._names = function.__code__, function.__globals__
        self._chains = used_names(code)
        self._texts = [*texts_in(code)]
        self._packages: dict[str, None] = {}
        self._outside: dict[str, Any] = {}
        asked = [*all_names(code), *self._texts]
        self.words = {WORDS[one]: None for one in asked if one in WORDS}
        spaces = [chain[0] for chain in self._chains if chain[0] in _SPACES - {*self._names}]
        self._in_texts = [*self._named_in_texts()] if spaces or "modules" in asked else []
        self._vague = [f"name that {one} gets when it runs" for one in spaces]
        self.opaque = [] if self._in_texts else self._vague

    def values(self) -> Iterator[tuple[str, Any]]:
        """Values of names that the function uses, each with the name."""
        for root, *attributes in self._chains:
            value, used = self._global(root), root
            while isinstance(value, types.ModuleType) and attributes:
                if self._of_package(value):
                    self._note_package(value, attributes)
                    value = f"{value.__name__}:{'.'.join(attributes)}"
                else:
                    used = f"{used}.{attributes[0]}"
                    value = getattr(value, attributes.pop(0), _MISSING)
            if value is not _MISSING:
                yield used, value
        for name in self._in_texts:
            yield name, self._names[name]
        yield from self._imported()

    def of_packages(self) -> Iterator[tuple[str, Any]]:
        """Settings of packages that the function uses, and what a program has put into them. To be
        asked for after `values`."""
        yield from self._outside.items()
        yield from states_now(self._packages)

    def _global(self, name: str) -> Any:
        value = self._names.get(name, _MISSING)
        if value is _MISSING and name not in PYTHON:  # that a program has added to Python's
            return vars(builtins).get(name, _MISSING)
        return value

    def _of_package(self, module: types.ModuleType) -> bool:
        known = sys.modules.get(module.__name__) is module
        return known and self._project.find(module.__name__) is None and not _is_main(module)

    def _note_package(self, module: types.ModuleType, attributes: list[str]) -> None:
        self._packages[module.__name__.partition(".")[0]] = None
        value: Any = module
        for name in attributes:
            value, label = vars(value).get(name, _MISSING), f"{module.__name__}.{name}"
            if isinstance(value, types.ModuleType):
                module = value
                continue
            if isinstance(value, type):
                changed = {k: v for k, v in [*vars(value).items()] if _is_put_in(v)}
                self._outside |= {f"{label}.{key}": one for key, one in changed.items()}
            elif isinstance(value, _PLAIN) or _is_put_in(value):
                self._outside[label] = value
            break

    def _named_in_texts(self) -> Iterator[str]:
        words = (word for text in self._texts for word in re.findall(r"[^\W\d]\w*", text))
        return (word for word in dict.fromkeys(words) if word in self._names)

    def _imported(self) -> Iterator[tuple[str, Any]]:
        """What is imported inside the function; modules of the project are imported now, so that a
        plan says the same before and after they are."""
        imports = [*imports_of(self._function.__code__)]
        if not _BY_NAME.isdisjoint(all_names(self._function.__code__)):
            imports += [(0, text, ()) for text in self._texts]
        for level, name, names in imports:
            package = self._names.get("__package__") or ""
            if level:
                base = package.split(".")[: 1 - level or None]
                name = ".".join([*base, *filter(None, [name])])
            if name == "__main__":
                for one in names or all_names(self._function.__code__):
                    if one in self._names:
                        yield one, self._names[one]
            elif name and self._project.find(name) is not None:
                yield from self._of_module(name, names)
            else:
                self._packages[name.partition(".")[0]] = None

    def _of_module(self, name: str, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        with suppress(Exception):  # the function may be ready for that
            module = importlib.import_module(name)
            for one in names:
                with suppress(ImportError):
                    value = getattr(module, one, _MISSING)
                    if value is _MISSING and one != "*":
                        value = importlib.import_module(f"{name}.{one}")
                    yield f"{name}.{one}", module if value is _MISSING else value
            if not names:
                yield name, module


def _is_main(module: types.ModuleType) -> bool:
    return module.__name__ == "__main__"


def _is_put_in(value: Any) -> bool:
    """Whether something in a package is a function that was not written in one."""
    value = getattr(value, "__func__", value)
    if not isinstance(value, types.FunctionType):
        return False
    return value.__module__ == "__main__" or not (
        value.__code__.co_filename.startswith("<") or is_installed(Path(value.__code__.co_filename))
    )
