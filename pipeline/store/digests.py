"""Content digests of JSON values: equal values have equal digests, and only they.

Those of arrays are in array_digests.py, which needs NumPy.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest_json(value: Any) -> str:
    """The digest (hex SHA-256) of a JSON value; 1, 1.0 and true differ, and so do orders of keys.

    Raises `ValueError` for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_fields(fields: dict[str, Any]) -> str:
    """The same of a record, whose order of keys has no meaning."""
    text = json.dumps(fields, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
