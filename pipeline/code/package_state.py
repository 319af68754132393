"""What modules set in packages when they are imported, as it was before any stage ran.

The statement that sets it counts by its syntax for all that use the package (effects.py); what it
was set from may lie in a file: `np.random.seed(json.load(file))`. So of some packages the state
itself counts, where a statement of the project sets it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any

from pipeline.code.hashing import short_hash
from pipeline.code.known_parts import of_dialect

# What sets a state → the package that has it.
SETTERS = {
    **dict.fromkeys(("random.seed", "random.setstate"), "random"),
    **dict.fromkeys(("numpy.random.seed", "numpy.random.set_state"), "numpy.random"),
    **dict.fromkeys(("numpy.seterr", "numpy.set_printoptions"), "numpy"),
    **dict.fromkeys(("decimal.", "decimal.setcontext"), "decimal"),
    **dict.fromkeys(("sys.setrecursionlimit", "sys.set_int_max_str_digits"), "sys"),
    **dict.fromkeys(("locale.setlocale",), "locale"),
    **dict.fromkeys(("csv.register_dialect", "csv.field_size_limit"), "csv"),
    **dict.fromkeys(("warnings.simplefilter", "warnings.filterwarnings"), "warnings"),
    "logging.addLevelName": "logging",
    "mimetypes.add_type": "mimetypes",
    "matplotlib.": "matplotlib",
    **dict.fromkeys(("pandas.", "pandas.set_option", "pandas.reset_option"), "pandas"),
}
# The same of all that begins so.
_BEGINNINGS = {
    **dict.fromkeys(("matplotlib.rc", "matplotlib.pyplot.rc", "matplotlib.style."), "matplotlib"),
    "polars.Config.": "polars",
}
_READ: dict[str, Callable[[Any], Any]] = {
    "random": lambda package: package.getstate(),
    "numpy.random": lambda package: [
        part.tobytes() if hasattr(part, "tobytes") else part for part in package.get_state()
    ],
    "numpy": lambda package: [package.geterr(), sorted(package.get_printoptions().items())],
    "decimal": lambda package: package.getcontext(),
    "sys": lambda package: [package.getrecursionlimit(), package.get_int_max_str_digits()],
    "locale": lambda package: package.setlocale(package.LC_ALL),
    "csv": lambda package: [package.field_size_limit(), *map(_dialect, package.list_dialects())],
    "warnings": lambda package: package.filters,
    "logging": lambda package: package._levelToName,
    "mimetypes": lambda package: sorted(package.types_map.items()),
    "pandas": lambda package: package._config.config._global_config,
    "matplotlib": lambda package: [
        (name, value) for name, value in dict.items(package.rcParams) if name != "backend"
    ],
    "polars": lambda package: sorted(package.Config.state().items()),
}
# Whose state changes with each use, or for reasons of others: that of now says nothing.
_PASSING = {"random", "numpy.random", "sys", "warnings", "logging", "mimetypes"}
_first: dict[str, str] = {}  # as each was when it was first asked for


def _dialect(name: str) -> list[Any]:
    return [name, *of_dialect(sys.modules["csv"].get_dialect(name))]


def setter_of(outside: str) -> str:
    """The package whose state something outside the project sets; "" where it sets none."""
    name = outside.replace(":", ".")
    found = (one for start, one in _BEGINNINGS.items() if name.startswith(start))
    return SETTERS.get(name) or next(found, "")


def note_states() -> None:
    """Keep the states of packages that are loaded, before a stage changes them."""
    for package in _READ:
        state_of(package)


def state_of(package: str) -> str:
    """The state of a package before any stage ran, as a hash; "" where it is not loaded."""
    module = sys.modules.get(package)
    if package not in _first and type(module) is types.ModuleType:  # and not a deferred one
        _first[package] = ""
        with suppress(Exception):
            _first[package] = short_hash(repr(_READ[package](module)))
    return _first.get(package, "")


def states_now(packages: Collection[str]) -> Iterator[tuple[str, str]]:
    """The states of some packages as they are: a cell of a notebook may have set them just now."""
    for package, read in _READ.items():
        module = sys.modules.get(package)
        if package in packages and package not in _PASSING and type(module) is types.ModuleType:
            with suppress(Exception):
                yield package, short_hash(repr(read(module)))
