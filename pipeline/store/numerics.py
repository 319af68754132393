"""What the last bits of a result depend on beside its fingerprint: NumPy, and the BLAS kernel.

OpenBLAS chooses a kernel for the processor when it is loaded (`OPENBLAS_CORETYPE` overrules it),
and another kernel adds in another order. A stored result stays true: it says what it was made with.
A half-done training is another matter: it resumes only where the rest will be computed alike.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

_NAMES = {"numpy": "NumPy", "blas": "the BLAS kernel"}


@cache
def numeric_versions() -> dict[str, str]:
    """The versions of Python and NumPy, and the BLAS libraries with their kernels."""
    import numpy as np
    from threadpoolctl import threadpool_info  # imported here: only who writes a result asks

    version = np.__version__  # loads NumPy where it was deferred: no BLAS is seen before
    libraries = (one for one in threadpool_info() if one["user_api"] == "blas")
    kernels = sorted({f"{b['internal_api']} {b.get('architecture') or ''}" for b in libraries})
    return {
        "python": sys.version.split()[0],
        "numpy": version,
        "blas": ", ".join(kernels).strip() or "unknown",
    }


def made_differently(manifest: Mapping[str, Any]) -> list[str]:
    """How what a result was made with differs from what is here, in sentences; mostly none.

    For `explain`, `verify` and `runs`. What an old manifest does not say does not differ.
    """
    made, here = manifest.get("versions"), numeric_versions()
    made = made if isinstance(made, dict) else {}  # of a manifest that somebody has written
    return [
        f"made with {name} {made[key]}, here {here[key]}: the last bits may differ"
        for key, name in _NAMES.items()
        if made.get(key, here[key]) != here[key]
    ]
