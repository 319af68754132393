"""The figures of components.py as three tables."""

from __future__ import annotations

import statistics
from typing import Any

from pipeline.cli.display import align
from stages.neuralnet.processor import cores
from tests.benchmarks.turns import Pairs, middle, ratio

Found = dict[str, dict[str, Any]]  # by network and batch

CONTESTANTS = {
    "1 worker": ("ours", "1 worker"),
    "default": ("ours", "default"),
    "PyTorch, 1 thread": ("PyTorch", "1 worker"),
    "PyTorch": ("PyTorch", "default"),
}
NONE = "–"


def tables(found: Found) -> str:
    """What components cost; whitening beside its limit; what goes into making batches."""
    return "\n\n".join((costs(found), whitening(found), feeding(found)))


def costs(found: Found) -> str:
    """Images per second, and how many times as long a step takes as without the component."""
    heads = [cell for who in CONTESTANTS for cell in (f"{who}: images/s", "time")]
    rows = [["network, batch", "step", *heads]]
    for name, result in found.items():
        columns = {
            who: result["added"][whose][workers] for who, (whose, workers) in CONTESTANTS.items()
        }
        for added in ("", *result["added"]["ours"]["1 worker"]):
            cells = [
                cell for who in CONTESTANTS for cell in _cells(columns[who], added, result["batch"])
            ]
            rows.append([name, f"+ {added}" if added else "plain", *cells])
    table = align(rows, right=range(2, 10))
    if any(result["added"]["PyTorch"]["default"] is None for result in found.values()):
        table += "\nPyTorch is missing: pip install -e '.[bench]'"
    return table


def _cells(pairs: dict[str, Pairs] | None, added: str, batch: int) -> tuple[str, str]:
    if not pairs or added not in ("", *pairs):
        return NONE, ""
    if added:
        return f"{batch / middle(pairs[added])[1]:,.0f}", f"{ratio(pairs[added]):.2f} ×"
    plain = [middle(found)[0] for name, found in pairs.items() if name != "whitening"]
    return f"{batch / statistics.median(plain):,.0f}", ""


def whitening(found: Found) -> str:
    """What whitening adds to a step, beside the matrix product that it cannot do without."""
    rows = [["whitening, ms a step", "1 worker", "its product alone", "by default", "its share"]]
    for name, result in found.items():
        cells = []
        for workers, shared in (("1 worker", 1), ("default", cores())):
            without, extended = middle(result["added"]["ours"][workers]["whitening"])
            cells += [extended - without, result["whitening alone"] / shared]
        rows.append([name, *(f"{1000 * cell:.2f}" for cell in cells)])
    return align(rows, right=range(1, 5))


def feeding(found: Found) -> str:
    """The part of a step that makes the next batch, and what augmentation adds to the whole."""
    head = ["gather, ms", "project, ms", "step, ms", "share", "longer, 1 worker", "by default"]
    rows = [["making batches: network, batch", "step", *head]]
    for name, result in found.items():
        for step, both in result["pieces"].items():
            for words, times in zip((f"{step}, not augmented", step), both, strict=True):
                share = (times["gather"] + times["project"]) / times["step"]
                cells = [f"{1000 * times[part]:.2f}" for part in ("gather", "project", "step")]
                longer = [f"{ratio(pairs[step]) - 1:+.1%}" for pairs in result["fed"].values()]
                rows.append([name, words, *cells, f"{share:.1%}", *longer])
            rows[-2][-2:] = ["", ""]
    return align(rows, right=range(2, 8))
