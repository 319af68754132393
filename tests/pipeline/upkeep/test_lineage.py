"""What a result was made from."""

from __future__ import annotations

import shutil

from hypothesis import given
from hypothesis import strategies as st

from pipeline.fingerprint import _tagged, value_of
from pipeline.store.digests import digest_json
from pipeline.store.store import Key
from pipeline.upkeep.lineage import Lineages

STAGES = ("collect", "choose", "add")


SAME = digest_json([1, 2])


def put(store, stage, parameters, inputs, output) -> str:
    """Store [1, 2] as what a stage made with these parameters; the digest of its fingerprint."""
    tagged = {name: _tagged(value) for name, value in parameters.items()}
    fields = {"stage": stage, "parameters": tagged, "inputs": inputs, "code": {}}
    key = Key(stage, digest_json(fields))
    with store.write(key, fields) as writer:
        writer.put(output, [1, 2])
    return key.digest


def newest(store):
    lineages = Lineages(store, STAGES)
    return lineages.of(lineages.stored["add"][0])


def test_the_parameters_are_those_of_all_stages_behind_it(store, run_shop):
    run_shop(days=5, floor=3.0)
    run_shop(days=6, floor=1.0)
    found = newest(store)
    assert found.parameters == {"days": 6, "floor": 1.0}
    assert found.makers["sales"]["fields"]["stage"] == "collect"
    assert found.makers["rule"] is found.makers["kept"]


def test_of_several_that_made_the_same_the_likeliest_is_taken(store):
    """Of three with the same bytes it is the one that shares most with what follows."""
    for seed in (1, 2, 3):
        put(store, "collect", {"seed": seed}, {}, "sales")
    digest = put(store, "add", {"seed": 2}, {"sales": SAME}, "total")
    lineages = Lineages(store, STAGES)
    (total,) = lineages.stored["add"]
    assert total["fingerprint"] == digest
    assert lineages.of(total).makers["sales"]["fields"]["parameters"] == {"seed": ["int", 2]}
    assert lineages.of(total).parameters == {"seed": 2}


def test_what_was_deleted_is_missing(store, run_shop):
    run_shop(days=5)
    shutil.rmtree(store.root / "collect")
    found = newest(store)
    assert "sales" not in found.makers
    assert set(found.parameters) == {"floor"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner).map(tuple),
)


@given(values)
def test_a_value_comes_back_from_a_fingerprint(value):
    found = value_of(_tagged(value))
    assert found == value
    assert type(found) is type(value)


def test_two_datasets_with_the_same_images_are_kept_apart(store):
    """Of two makers of the same, the one whose other outputs are those of this lineage is taken."""
    stages = ("read", "scale", "learn")
    for number, kind in enumerate(("tens", "hundreds", "thousands")):
        fields = {"stage": "read", "parameters": {}, "inputs": {}, "code": {"source": kind}}
        with store.write(Key("read", digest_json(fields)), fields) as writer:
            writer.put("images", [1, 2])
            writer.put("labels", [number])
            writer.put("classes", [kind])
    put(store, "scale", {}, {"images": SAME}, "features")
    labels = digest_json([1])
    put(store, "learn", {}, {"features": SAME, "labels": labels}, "parameters")
    lineages = Lineages(store, stages)
    (learned,) = lineages.stored["learn"]
    found = lineages.of(learned).makers
    assert found["labels"] is found["images"]
    assert found["images"]["fields"]["code"] == {"source": "hundreds"}
