"""Stages mapped over everything that has items."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from pipeline import QUIET, Context, Option, Pipeline, stage
from pipeline.store.files import Files, identify

RAN: list[Any] = []


@stage(outputs=("numbers",))
def listed(*, numbers: Annotated[str, Option("numbers")] = "1,2,3") -> list[int]:
    """A list that is known only when the stage has run."""
    return [int(word) for word in numbers.split(",") if word]


@stage(outputs=("squares", "halves"), over="numbers")
def split(numbers: int) -> dict[str, Any]:
    """Two outputs an item, of two kinds."""
    RAN.append(numbers)
    return {"squares": numbers**2, "halves": np.arange(numbers, dtype=np.float32) / 2}


@stage(outputs=("sums",), over=("squares", "halves"))
def together(squares: int, halves: np.ndarray) -> float:
    """Items side by side."""
    return float(squares + halves.sum())


@stage(outputs=("total",))
def total(sums: Any) -> float:
    """A reduction that sees one item at a time."""
    return sum(sums)


NUMBERS = Pipeline(listed, split, together, total)


@stage(outputs=("table", "names", "arrays", "folder"))
def sources(*, context: Context = QUIET) -> dict[str, Any]:
    """Everything that has items, but for lists."""
    folder = context.path("folder")
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("bee")
    (folder / "deep" / "a.txt").write_text("ant")
    return {
        "table": np.arange(6).reshape(3, 2),
        "names": {"x": 1, "y": [2]},
        "arrays": {"p": np.ones(2), "q": np.zeros((1, 3))},
        "folder": folder,
    }


@stage(outputs=("rows",), over="table")
def of_rows(table: np.ndarray) -> np.ndarray:
    """A row."""
    return table * 10


@stage(outputs=("values",), over="names")
def of_names(names: Any) -> list[Any]:
    """The value of a key."""
    return [names]


@stage(outputs=("shapes",), over="arrays")
def of_arrays(arrays: np.ndarray) -> list[int]:
    """One of several arrays."""
    return list(arrays.shape)


@stage(outputs=("copies",), over="folder")
def of_files(folder: Path, *, context: Context = QUIET) -> Path:
    """A file of a folder, and a file for each."""
    copy = context.path("copies", ".txt")
    copy.write_text(folder.read_text().upper())
    return copy


KINDS = Pipeline(sources, of_rows, of_names, of_arrays, of_files)


@stage(outputs=("slow",), over={"number": list(range(12))})
def slow(
    number: int,
    *,
    seconds: Annotated[float, Option("how long", affects_result=False)] = 0.0,
    log: Annotated[str, Option("where it says so", affects_result=False)] = "",
    context: Context = QUIET,
) -> int:
    """Takes its time, and says that it has run."""
    time.sleep(seconds)
    if log:
        with open(log, "a") as file:
            file.write(f"{number} {os.getpid()}\n")
    context.note(number=number)
    return number + 1


SLOW = Pipeline(slow)


@stage(outputs=("number",))
def number() -> int:
    """No items."""
    return 3


@stage(outputs=("more",), over="number")
def more(number: int) -> int:
    """Cannot run."""
    return number


NO_ITEMS = Pipeline(number, more)


@stage(outputs=("pairs",), over={"left": [1, 2], "right": [3]})
def pair(left: int, right: int) -> int:
    """Items that do not go side by side."""
    return left + right


@stage(outputs=("last",), over={"inner": [[1, 2], [3]]})
def last(inner: list[int]) -> int:
    """Changes what it is given."""
    return inner.pop()


class Odd(Exception):
    """An error that no other process can read."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"odd {one}")
        self.what = lambda: two  # which none can pickle


@stage(outputs=("odd",), over={"one": [1, 2, 3]})
def odd(one: int) -> int:
    """Fails in two ways."""
    if one == 1:
        raise Odd(1, 2)
    if one == 2:
        raise ValueError("two")
    return one


@stage(outputs=("referred",), over={"name": ["a", "b"]})
def refer(name: str) -> Files:
    """Files outside the store."""
    return identify(Path(name))


@stage(outputs=("doubled",), over="numbers", name="double")
def double(numbers: int) -> int:
    """Twice a number."""
    return 2 * numbers


@stage(outputs=("doubled",), name="double")
def double_all(numbers: list[int]) -> list[int]:
    """The same, not mapped."""
    return [2 * number for number in numbers]


@stage(outputs=("counted",), over={"upto": [2, 3]})
def counted(upto: int) -> Iterator[np.ndarray]:
    """Yields blocks."""
    for one in range(upto):
        yield np.array([one])


@stage(outputs=("word",), over={"letters": {"good": "a", "bad": ""}})
def refuse(letters: str) -> str | None:
    """Returns what does not come back."""
    return letters or None


@stage(outputs=("added",), over={"one": [1, 2]})
def beside(one: int) -> int:
    """Reads a file beside what it is given."""
    return one + int(Path("beside").read_text())
