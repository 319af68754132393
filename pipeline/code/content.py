"""The content of a live value, as a text: equal values have equal texts, in every process.

Containers, arrays, dates, paths, `partial`s, instances (by class and state, as `pickle` would take
them apart) count by what they hold; functions and classes of the project by reference to their
source, and by the values that they have captured. Nothing depends on an address, on the order of a
set or on a hash seed.

What `pickle` does not keep counts by what can be read of it (opaque.py). What has no content (a
socket; an open file, a generator) is refused by name where a function has captured it. Elsewhere it
counts by its type, and `opaque` names it.
"""

from __future__ import annotations

import copyreg
import types
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pipeline.code.hashing import array_text, constant_text, short_hash
from pipeline.code.opaque import BARE, looked_after, name_of, parts_of, referred_to
from pipeline.errors import CodeError

_ATOMS = (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented))
_NAMED = (
    *(types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType),
    *(types.MethodDescriptorType, types.ClassMethodDescriptorType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
)
_NONE: dict[str, Any] = {}
_VIEWS = (types.MappingProxyType, type(_NONE.keys()), type(_NONE.values()), type(_NONE.items()))
_PARTS = {
    property: ("fget", "fset", "fdel"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    types.MethodType: ("__func__", "__self__"),
    slice: ("start", "stop", "step"),
    range: ("start", "stop", "step"),
    memoryview: ("format", "shape", "obj"),
}
_WRAPPERS = tuple(_PARTS)
Describe = Callable[[Any, "Content"], str]
Hidden = Callable[[Any], Any]
Kinds = Mapping[type, Describe]


class Content:
    """Describes values, one after the other; a value inside itself is described by its depth.

    `describe` describes values of some types, such as functions, which this class cannot.
    `links` are the symbols of the project that have been met; `values` names what has been found of
    captured values, for people; `opaque` are types of values that have no content. `hidden` gives
    what `pickle` would not keep of a value; `words` are what the code that is reached looks at.
    """

    def __init__(
        self, describe: Kinds, hidden: Hidden = lambda value: None, words: Collection[str] = ()
    ) -> None:
        self._describe, self._hidden, self._words = describe, hidden, words
        self._by_kind: dict[type, Describe | None] = {}
        self._open: dict[int, int] = {}  # what is being described, and how deep inside it is
        self._described: dict[int, tuple[Any, str]] = {}  # with the value: an address is used again
        self.links: dict[tuple[str, str], int] = {}
        self.values: dict[str, str] = {}
        self.opaque, self.asked = dict[str, None](), dict[str, None]()
        self._foreign = 0  # how many objects of packages what is described lies in
        self.mutable = False
        self.owner = ""
        self.where = ""  # of a value that may not be opaque

    def link(self, symbol: tuple[str, str]) -> str:
        """A reference to a symbol of the project, by its number."""
        return f"→{self.links.setdefault(symbol, len(self.links))}"

    def captured(self, name: str, value: Any) -> str:
        """The content of a value that a function has captured; it is refused where it has none."""
        before, self.where = self.where, f"{self.owner} holds {name}"
        try:
            return self.text(value)
        finally:
            self.where = before

    def text(self, value: Any) -> str:
        """The content of a value."""
        kind = type(value)
        if kind in _ATOMS:
            return constant_text(value)
        key = id(value)
        if key in self._described:
            return self._described[key][1]
        if key in self._open:
            return f"inside {self._open[key]}"
        self._open[key] = len(self._open)
        try:
            describe = self._describer_of(kind)
            text = describe(value, self) if describe else self._by_type(value, kind)
        finally:
            del self._open[key]
        text = text if len(text) < 200 else short_hash(text)
        self._described[key] = value, text
        return text

    def _describer_of(self, kind: type) -> Describe | None:
        if kind not in self._by_kind:
            bases = (base for base in self._describe if issubclass(kind, base))
            self._by_kind[kind] = self._describe.get(next(bases, object))
        return self._by_kind[kind]

    def _by_type(self, value: Any, kind: type) -> str:
        return f"{self.text(kind)}{self._inside(value, kind)}"

    def _inside(self, value: Any, kind: type) -> str:
        if kind is tuple:
            return self._all(value)
        if issubclass(kind, _WRAPPERS):
            own = next(one for one in _WRAPPERS if issubclass(kind, one))
            more = [getattr(value, "__dict__", ())] if kind is not own else []
            return self._all([*(getattr(value, part) for part in _PARTS[own]), *more])
        if kind in _NAMED:
            owner = getattr(value, "__self__", None)
            bound = "" if isinstance(owner, types.ModuleType | None) else self.text(owner)
            return f" {getattr(value, '__module__', '')}.{value.__qualname__}{bound}"
        if kind is frozenset:
            return self._unordered(value)
        return self._changeable(value, kind)

    def _changeable(self, value: Any, kind: type) -> str:
        self.mutable = True
        if kind is list or kind in _VIEWS[1:]:
            return self._all(value)
        if kind is dict or kind in _VIEWS[:1]:
            return self._all(part for pair in value.items() for part in pair)
        if kind is set or kind is bytearray:
            return self._unordered(value) if kind is set else bytes(value).hex()
        if kind.__module__ == "numpy" and hasattr(value, "dtype") and hasattr(value, "tobytes"):
            return self._array(value)
        parts = parts_of(value, kind, self._words, bool(self.where))
        if parts is not None:
            return self.text(parts) if parts else ""
        hidden = self._hidden(value)
        return self._state(value, kind) + (self.text(hidden) if hidden else "")

    def _all(self, values: Any) -> str:
        return f"({','.join([self.text(value) for value in values])})"

    def _unordered(self, values: Any) -> str:
        """Each on its own, so that the order in which they are met leaves no trace."""
        described = []
        links, before = self.links, self._described
        for value in values:
            self.links, self._described = {}, {}
            described.append((self.text(value), [*self.links]))
        self.links, self._described = links, before
        texts = [text + "".join(map(self.link, found)) for text, found in sorted(described)]
        return f"({','.join(texts)})"

    def _array(self, value: Any) -> str:
        if value.dtype.hasobject:
            return f"{value.shape}{self._all(value.ravel().tolist())}"
        mask = getattr(value, "mask", None)
        masked = "" if mask is None or not hasattr(value, "fill_value") else self.text(mask)
        return array_text(value) + masked

    def _state(self, value: Any, kind: type) -> str:
        """What `pickle` would keep: class and arguments, state, items."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # iterators warn that they will not be copied some day
            try:
                reduce = copyreg.dispatch_table.get(kind)
                state = reduce(value) if reduce else value.__reduce_ex__(4)
                if isinstance(state, str):
                    return f" {state}"
                make, arguments, *rest = state
                items = [None if part is None else [*part] for part in rest[1:3]]
                name = f"class {name_of(kind)}"
                foreign = kind.__module__ != "builtins" and self.text(kind) == name
                self._foreign += foreign  # a package looks after its objects
                try:
                    return self._all([make, arguments, *rest[:1], *items])
                finally:
                    self._foreign -= foreign
            except (CodeError, RecursionError):
                raise
            except Exception:  # the object says what it likes
                return self._opaque(value, kind)

    def _opaque(self, value: Any, kind: type) -> str:
        if kind.__module__ == "typing":
            return repr(value)
        if parts := () if self.where else referred_to(value, kind):
            return self._all(parts)
        if self.where:
            raise CodeError(
                f"{self.where}, a {name_of(kind)}, which has no content to compare; "
                "give it as a parameter or an input, or make it inside the function"
            )
        if name_of(kind) not in BARE and not (self._foreign and looked_after(kind)):
            self.opaque[name_of(kind)] = None
        return ""
