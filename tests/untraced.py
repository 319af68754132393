"""Which tests coverage need not look at: `python -m tests.untraced` writes `untraced.txt` anew.

It runs the everyday suite with all traced, and chooses tests that together cover all that any
test covers, those first that cover much in little time. Of the others it lists those that take
long; what does not take long is not worth a line.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = Path(__file__).with_name("untraced.txt")
WORTH = 0.05  # seconds, traced
OWN = 0.005  # what any test costs

Arcs = set[tuple[str, int, int]]  # a file, and two lines of it that followed each other


def function_of(test: str) -> str:
    """A test's id without its case."""
    return test.partition("[")[0]


def listed() -> frozenset[str]:
    """Ids of tests, or of all cases of one, that coverage need not look at."""
    return frozenset(LISTED.read_text("utf-8").splitlines())


def enough(covers: Mapping[str, Arcs], seconds: Mapping[str, float]) -> set[str]:
    """Tests that together cover all that any covers."""

    def worth(test: str) -> float:
        return len(covers[test] & missing) / (OWN + seconds[test])

    missing = set().union(*covers.values())
    waiting = [(-worth(test), test) for test in covers]
    heapq.heapify(waiting)
    chosen = []
    while missing:
        before, test = heapq.heappop(waiting)
        now = -worth(test)  # less than before, where others cover the same
        if now > before:
            heapq.heappush(waiting, (now, test))
        else:
            chosen.append(test)
            missing -= covers[test]
    times = Counter(arc for test in chosen for arc in covers[test])
    for test in sorted(chosen, key=seconds.__getitem__, reverse=True):
        if all(times[arc] > 1 for arc in covers[test]):  # by now, others do
            times.subtract(covers[test])
            chosen.remove(test)
    return set(chosen)


def named(needless: Iterable[str], seconds: Mapping[str, float]) -> Iterator[str]:
    """What takes long of it: a test once where no case of it is needed."""
    unneeded = {*needless}
    cases = defaultdict(list)
    for test in seconds:
        cases[function_of(test)].append(test)
    for name, tests in cases.items():
        whole = unneeded.issuperset(tests)
        for one, parts in [(name, tests)] if whole else [(test, [test]) for test in tests]:
            if unneeded.issuperset(parts) and sum(seconds[part] for part in parts) >= WORTH:
                yield one


def covered(data: Path) -> dict[str, Arcs]:
    """What each test has covered, from coverage's file, and what was covered before any ("")."""
    found: dict[str, Arcs] = defaultdict(set)
    query = """select context, path, fromno, tono from arc
               join context on context.id = context_id join file on file.id = file_id"""
    with closing(sqlite3.connect(data)) as opened:
        for context, path, *lines in opened.execute(query):
            found[context.rpartition("|")[0]].add((path, *lines))  # test|setup, test|run
    return found


class Times:
    """A plugin that adds up what each test takes."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def main() -> None:
    """Run the suite and write the list."""
    times = Times()
    options = "-n 2 --dist worksteal --cov --cov-report= --cov-context=test"
    pytest.main(options.split(), [times])
    covers = covered(ROOT / ".coverage")
    before = covers.pop("")
    needed = enough({test: arcs - before for test, arcs in covers.items()}, times.seconds)
    names = sorted(named({*covers} - needed, times.seconds))
    LISTED.write_text("".join(f"{name}\n" for name in names), "utf-8")


if __name__ == "__main__":
    main()
