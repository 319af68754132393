"""The compiler: numba, whether it is here and works, and the machine code that it keeps on disk.

Numba takes up what it kept as long as a file has the time and the size that it had. Code depends on
more: on constants, on options and on the environment (NUMBA_OPT=0 adds in another order), and
processes that keep code for two processors at once may take one for the other. So all of that is in
the name under which code is kept here. What is damaged there is compiled again, and what cannot be
written is not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import FunctionType
from typing import Any, cast

import numpy as np

LEAST = 0, 61  # as in pyproject.toml
INSTALL = "pip install 'cifar-pipeline[compiled]'"

# Of numba's configuration: what makes other code of the same loop for the same processor.
HOW = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO_DEFAULT"),
    *("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "USING_SVML"),
)


def expect_numba() -> Any:
    """numba. ImportError where it cannot compile: words to go on with after an option's name."""
    try:
        numba = import_module("numba")
    except Exception as error:  # of other versions of NumPy or llvmlite: whatever they raise
        if isinstance(error, ModuleNotFoundError) and error.name == "numba":
            words = f"needs the package numba, which is not installed; install it with: {INSTALL}"
            raise ModuleNotFoundError(words, name="numba") from None
        found = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
        raise ImportError(
            f"needs the package numba, which cannot be imported: {found:.200}; "
            f"mend that, or install it anew with: {INSTALL}",
            name="numba",
        ) from error
    version = str(getattr(numba, "__version__", "none"))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not hasattr(numba, "njit") or (numbers and tuple(map(int, numbers.groups())) < LEAST):
        raise ImportError(
            f"needs the package numba from {LEAST[0]}.{LEAST[1]} on, found {version}; "
            f"install it with: {INSTALL}",
            name="numba",
        )
    if numba.config.DISABLE_JIT:
        raise ImportError(
            "needs numba to compile, found NUMBA_DISABLE_JIT=1 in the environment; unset it",
            name="numba",
        )
    return numba


def machine_code(loop: Callable[..., None], **options: Any) -> Callable[..., None]:
    """A loop as machine code, made at its first call and kept on disk where that can be."""
    numba = expect_numba()
    copy = FunctionType(loop.__code__, loop.__globals__, loop.__name__)
    copy.__module__ = loop.__module__
    copy.__qualname__ = f"{loop.__name__}_{_digest(loop, options, numba)}"
    try:
        made = numba.njit(cache=True, **options)(copy)
        made._cache = Kept(made._cache)
    except (RuntimeError, AttributeError):  # no folder can be written to, or no cache is to be had
        made = numba.njit(**options)(copy)
    return cast(Callable[..., None], made)


class Kept:
    """What numba keeps of a function. None of its errors ends a training."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *of: Any) -> Any:
        """What was compiled before; None where there is none that is whole."""
        try:
            return self._cache.load_overload(*of)
        except Exception:  # pickle raises whatever a damaged file makes of it
            with suppress(Exception):
                self._cache.flush()
            return None

    def save_overload(self, *of: Any) -> None:
        """Keep what was compiled, unless the disk is full or the like."""
        with suppress(Exception):
            self._cache.save_overload(*of)


def _digest(loop: Callable[..., None], options: dict[str, Any], numba: Any) -> str:
    """Of all that the machine code of a loop depends on."""
    code, binding = loop.__code__, import_module("llvmlite.binding")
    known = {name: loop.__globals__.get(name) for name in code.co_names}
    how = [
        *(code.co_code, code.co_consts, code.co_varnames),
        {name: value for name, value in known.items() if isinstance(value, np.generic)},
        {name: sorted(o) if isinstance(o, set) else o for name, o in sorted(options.items())},
        {name: str(getattr(numba.config, name, None)) for name in HOW},
        *(numba.__version__, import_module("llvmlite").__version__),
        *(binding.get_host_cpu_name(), str(_features(binding))),
    ]
    return hashlib.sha256(repr(how).encode()).hexdigest()[:12]


def _features(binding: Any) -> str:
    """What the processor can do; none where that is not known."""
    try:
        return str(binding.get_host_cpu_features().flatten())
    except RuntimeError:
        return ""
