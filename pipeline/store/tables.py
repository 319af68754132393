"""Tables as files: dicts of arrays as .npz, DataFrames of pandas and polars as Parquet.

A DataFrame is read back before it is taken: what Parquet would change is refused. None of the
libraries is imported before there is a value of its own.
"""

from __future__ import annotations

import io
import sys
from typing import Any, BinaryIO

from pipeline.store.digests import digest_json

_HINT = "pip install pyarrow"


def is_npz(value: Any) -> bool:
    """Whether it is a dict of arrays by names, one at least."""
    if type(value) is not dict or not value or "numpy" not in sys.modules:
        return False
    import numpy as np

    return all(
        type(name) is str and type(array) in (np.ndarray, np.memmap)
        for name, array in value.items()
    )


def write_npz(value: dict[str, Any], file: BinaryIO) -> None:
    """Write arrays in their order, not compressed, without the time of writing."""
    import zipfile

    import numpy as np

    from pipeline.store.arrays import check_form

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in value.items():
            if array.dtype.hasobject:
                raise TypeError(f"{name} holds {array.dtype}, not plain bytes")
            if len(name) > 10_000:
                raise ValueError("a name of more than 10,000 letters")
            check_form(array.dtype)
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
        if archive.namelist() != [f"{name}.npy" for name in value]:  # it ends a name at a NUL
            raise ValueError("names that are no names of files")


def read_npz(file: BinaryIO) -> dict[str, Any]:
    """The arrays, in memory. Raises `ValueError` where they are damaged."""
    import zipfile

    import numpy as np

    found = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    array = np.lib.format.read_array(
                        member, allow_pickle=False, max_header_size=1 << 16
                    )
                found[name.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    return found


def digest_npz(value: dict[str, Any]) -> str:
    """The digest of names and arrays, in order, whoever wrote the file."""
    from pipeline.store.array_digests import digest_array

    return digest_json([[name, digest_array(array)] for name, array in value.items()])


def is_pandas(value: Any) -> bool:
    """Whether it is a DataFrame of pandas itself, and of no subclass."""
    return type(value) is getattr(sys.modules.get("pandas"), "DataFrame", ())


def write_pandas(value: Any, file: BinaryIO) -> None:
    """Write a DataFrame with its index, and see that it comes back the same."""
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"pyarrow is not installed; {_HINT}") from None

    buffer = io.BytesIO()
    try:
        value.to_parquet(buffer, engine="pyarrow")
        again = read_pandas(io.BytesIO(buffer.getvalue()))
    except (pyarrow.ArrowException, OverflowError) as error:
        raise ValueError(str(error).split("\n")[0]) from error
    if value.attrs != again.attrs or value.flags != again.flags:
        raise ValueError("attrs that do not come back, or flags")
    for what, mine, back in (
        ("index", value.index, again.index),
        ("columns", value.columns, again.columns),
    ):
        if type(mine) is not type(back) or not mine.equals(back) or mine.names != back.names:
            texts = "columns that do not come back; their names are to be texts"
            raise ValueError(f"an {what} that does not come back" if what == "index" else texts)
        if _dtypes(mine) != _dtypes(back):
            raise ValueError(f"{what} of {mine.dtype} that comes back as {back.dtype}")
        if getattr(mine, "freq", None) != getattr(back, "freq", None):
            raise ValueError(f"a frequency of times, which does not come back; {what}.freq = None")
    changed = [str(name) for name in value if _kinds(value[name]) != _kinds(again[name])]
    if changed or not value.equals(again):
        where = ", ".join(changed) or "values"
        raise ValueError(f"{where} that Parquet gives back as something else")
    file.write(buffer.getbuffer())


def _kinds(column: Any) -> tuple[Any, set[type]]:
    """The type of a column and of its cells, but for those that mean that there is nothing."""
    cells = set(map(type, column)) if column.dtype == object else set()
    return column.dtype, cells - {type(None), float}


def _dtypes(index: Any) -> list[Any]:
    return [*getattr(index, "dtypes", [index.dtype])]


def read_pandas(file: BinaryIO) -> Any:
    """The DataFrame, in memory."""
    import pandas

    return pandas.read_parquet(file, engine="pyarrow")


def is_polars(value: Any) -> bool:
    """Whether it is a DataFrame of polars."""
    return type(value) is getattr(sys.modules.get("polars"), "DataFrame", ())


def write_polars(value: Any, file: BinaryIO) -> None:
    """Write a DataFrame, and see that it comes back the same."""
    import polars

    buffer = io.BytesIO()
    try:
        value.write_parquet(buffer)
        again = read_polars(io.BytesIO(buffer.getvalue()))
    except polars.exceptions.PolarsError as error:
        raise ValueError(str(error).split("\n")[0]) from error
    if again.schema != value.schema or not again.equals(value):
        raise ValueError("columns that Parquet gives back as something else")
    file.write(buffer.getbuffer())


def read_polars(file: BinaryIO) -> Any:
    """The DataFrame, in memory."""
    import polars

    return polars.read_parquet(file)
