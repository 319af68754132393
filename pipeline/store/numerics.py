"""What the last bits of a result depend on beside its fingerprint: NumPy, the BLAS kernel, and
numba, where a stage has said that it computes with that (`Context.made_with`).

OpenBLAS chooses a kernel for the processor when it is loaded (`OPENBLAS_CORETYPE` overrules it),
and another kernel adds in another order. A stored result stays true: it says what it was made with.
A half-done training is another matter: it resumes only where the rest will be computed alike.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

_NAMES = {"numpy": "NumPy", "blas": "the BLAS kernel", "numba": "numba"}
# What makes numba compile otherwise; another processor than that which is here, too.
_NUMBA = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK", "DEBUGINFO"),
    *("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "DISABLE_INTEL_SVML"),
)


@cache
def numeric_versions() -> dict[str, str]:
    """The versions of Python and NumPy, and the BLAS that NumPy calls with its kernel."""
    import numpy as np
    from threadpoolctl import threadpool_info  # imported here: only who writes a result asks

    version = np.__version__  # loads NumPy where it was deferred: no BLAS is seen before
    libraries = [one for one in threadpool_info() if one["user_api"] == "blas"]
    # SciPy's wheels bring a BLAS of their own: whether it is loaded, too, changes none of our bits.
    wheel = str(Path(np.__file__).resolve().parent)  # and beside it lies numpy.libs
    own = [one for one in libraries if one["filepath"].startswith(wheel)] or libraries
    kernels = sorted({f"{b['internal_api']} {b.get('architecture') or ''}" for b in own})
    return {
        "python": sys.version.split()[0],
        "numpy": version,
        "blas": ", ".join(kernels).strip() or "unknown",
    }


@cache
def numba_version() -> str:
    """The versions of numba and llvmlite, and the processor that they compile for; or "none"."""
    from importlib.metadata import PackageNotFoundError, version

    features = ""
    try:
        binding = import_module("llvmlite.binding")
        versions = version("numba"), version("llvmlite")
        with suppress(RuntimeError):  # they are not known of every processor
            features = binding.get_host_cpu_features().flatten()
    except (ImportError, OSError, PackageNotFoundError):
        return "none"
    digest = hashlib.sha256(features.encode()).hexdigest()[:8]
    words = [versions[0], f"llvmlite {versions[1]}", f"{binding.get_host_cpu_name()} {digest}"]
    names = (f"NUMBA_{name}" for name in _NUMBA)
    return ", ".join(words + [f"{name}={os.environ[name]}" for name in names if name in os.environ])


def versions_of(libraries: Collection[str] = ()) -> dict[str, str]:
    """What a manifest says a result was made with; libraries: what a stage said that it uses."""
    more = {"numba": numba_version()} if "numba" in libraries else {}
    return {**numeric_versions(), **more}


def made_differently(manifest: Mapping[str, Any]) -> list[str]:
    """How what a result was made with differs from what is here, in sentences; mostly none.

    For `explain`, `verify` and `runs`. What an old manifest does not say does not differ.
    """
    made = manifest.get("versions")
    made = made if isinstance(made, dict) else {}  # of a manifest that somebody has written
    here = versions_of(made)
    return [
        f"made with {name} {made[key]}, here {here[key]}: the last bits may differ"
        for key, name in _NAMES.items()
        if key in made and made[key] != here[key]
    ]
