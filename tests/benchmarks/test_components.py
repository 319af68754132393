"""Every component can be timed: a step of each, on a small network."""

from __future__ import annotations

import json
import time

import pytest

from tests.benchmarks import component_tables, components, feeding, turns
from tests.benchmarks.makings import COMPONENTS, EVERYTHING, Case, steps_of, trainer
from tests.benchmarks.turns import Way, compare, ratio, warm_up

WHITENED = Case("small", (3, 8, 8), (16, 16), 12, frozenset({"whitening"}), "uint8", 512)
PLAIN = Case("small", (1, 8, 8), (16,), 64, frozenset(), "float32", 512)


@pytest.mark.long
@pytest.mark.parametrize("case", [WHITENED, PLAIN], ids=["whitened", "plain"])
def test_every_component_makes_a_step(case, tmp_path):
    comparisons = case.comparisons()
    assert [*comparisons] == [*COMPONENTS, "everything"]
    for without, extended in comparisons.values():
        assert without < extended
        for chosen in (without, extended):
            with trainer(case, chosen, tmp_path, 1) as made:
                go = steps_of(made)
                go(made.steps + 2)  # beyond the end of an epoch
                assert made.totals.images == 2 * case.batch


def test_two_ways_take_turns():
    calls = []
    ways = [Way(lambda steps, name=name: calls.append((name, steps)), 0.01) for name in "ab"]
    assert len(compare(*ways, 3)) == 3
    assert calls[:4] == [("b", 5), ("b", 25), ("a", 5), ("a", 25)]
    assert [name for name, _ in calls] == [*"bbaa", *"aabb", *"bbaa"]
    assert warm_up(lambda steps: time.sleep(0.001 * steps), 0.02).took >= 0.001
    assert ratio([(1, 2), (2, 5), (4, 12)]) == 2.5


def test_the_pieces_that_make_batches_are_part_of_a_step(tmp_path):
    for chosen, projects in ((PLAIN.plain, False), (EVERYTHING, True)):
        with trainer(PLAIN, chosen, tmp_path, 1) as made:
            found = feeding.pieces(made, steps=5)
        assert found["gather"] > 0
        assert (found["project"] > 0) == projects
        assert found["step"] > found["gather"] + found["project"]


@pytest.mark.long
def test_peers_make_the_same_steps(tmp_path):
    pytest.importorskip("torch", reason="its steps need PyTorch")
    from tests.benchmarks import torch_steps

    for name, both in WHITENED.comparisons().items():
        for chosen in both if name in torch_steps.SAME else ():
            torch_steps.steps_of(WHITENED, chosen, tmp_path)(2)


def test_from_steps_to_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(components, "torch", lambda *_: None)
    monkeypatch.setattr(components, "WARM", dict.fromkeys(components.WORKERS, 0.001))
    monkeypatch.setattr(turns, "SECONDS", 0.001)
    found = {"small, 512": components.measure_case(WHITENED, tmp_path, 1)}
    page = component_tables.tables(json.loads(json.dumps(found)))
    for name in (*COMPONENTS, "everything"):
        assert f"+ {name}" in page
    assert "recipe fast-dense, not augmented" in page


def test_the_tables_tell_what_is_missing():
    pairs = [(0.1, 0.2), (0.1, 0.3)]
    ours = {who: {"GELU": pairs, "whitening": pairs} for who in ("1 worker", "default")}
    times = {"gather": 0.01, "project": 0.02, "step": 0.1}
    result = {
        "batch": 100,
        "added": {"ours": ours, "PyTorch": {"1 worker": None, "default": None}},
        "whitening alone": 0.05,
        "fed": {who: {"recipe fast-dense": pairs} for who in ours},
        "pieces": {"recipe fast-dense": [times, times]},
    }
    page = component_tables.tables({"a network, 100": result})
    assert "PyTorch is missing: pip install -e '.[bench]'" in page
    lines = [line.split() for line in page.splitlines()]
    assert ["plain", "1,000", "1,000", "–", "–"] in [line[3:] for line in lines]
    assert "+ GELU" in page
    assert "2.50 ×" in page
    assert ["150.00", "50.00"] in [line[3:5] for line in lines]
    assert ["30.0%", "+150.0%", "+150.0%"] in [line[-3:] for line in lines]
