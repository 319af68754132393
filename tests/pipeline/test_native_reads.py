"""Files that Polars and PyArrow read in code of their own: they are seen, and nothing else is."""

from __future__ import annotations

import importlib
import os
import pickle
import tempfile
import time
from pathlib import Path

import pytest

from pipeline import Pipeline, plan, run, stage
from pipeline.code.native_reads import NativeReads

pl = pytest.importorskip("polars")
pq = pytest.importorskip("pyarrow.parquet")


def write(number: int) -> None:
    """The same numbers in every format, in a folder and in one below it."""
    frame = pl.DataFrame({"x": [number, number + 1]})
    for folder in ("data", "data/deep"):
        os.makedirs(folder, exist_ok=True)
        frame.write_parquet(f"{folder}/t.parquet")
        frame.write_csv(f"{folder}/t.csv")
        frame.write_ndjson(f"{folder}/t.jsonl")
        frame.write_ipc(f"{folder}/t.arrow", compression="uncompressed")


def arrow(read):
    """What PyArrow reads: the sum of the numbers."""
    return sum(read()["x"].to_pylist())


def by_import(name, function, *given):
    """With a module that the stage imports itself."""
    import importlib

    return arrow(lambda: getattr(importlib.import_module(name), function)(*given))


def mapped():
    """A file that is mapped into memory."""
    import pyarrow as pa

    with pa.memory_map("data/t.arrow") as file:
        return arrow(pa.ipc.open_file(file).read_all)


READS = {
    "scan_parquet": lambda: pl.scan_parquet("data/t.parquet").collect()["x"].sum(),
    "scan_csv": lambda: pl.scan_csv(source=Path("data/t.csv")).collect()["x"].sum(),
    "scan_ndjson": lambda: pl.scan_ndjson(["data/t.jsonl"]).collect()["x"].sum(),
    "read_ipc": lambda: pl.read_ipc("data/t.arrow")["x"].sum(),
    "read_csv": lambda: pl.read_csv("data/t.csv")["x"].sum(),
    "a pattern": lambda: pl.scan_parquet("data/*.parquet").collect()["x"].sum(),
    "folders": lambda: pl.scan_csv("data/**/*.csv").collect()["x"].sum(),
    "read_table": lambda: arrow(lambda: pq.read_table("data/t.parquet")),
    "ParquetFile": lambda: arrow(lambda: pq.ParquetFile("data/t.parquet").read()),
    "an absolute path": lambda: arrow(lambda: pq.read_table(os.path.abspath("data/t.parquet"))),
    "pyarrow.csv": lambda: by_import("pyarrow.csv", "read_csv", "data/t.csv"),
    "memory_map": mapped,
    "a dataset": lambda: arrow(
        lambda: __import__("pyarrow.dataset").dataset.dataset("data/deep/t.parquet").to_table()
    ),
}


def add(number):
    """Another file that fits."""
    pl.DataFrame({"x": [number]}).write_parquet("data/u.parquet")


@pytest.mark.parametrize("read", READS)
def test_what_is_read_without_pythons_knowledge_is_seen(tmp_path, monkeypatch, read):
    monkeypatch.chdir(tmp_path)
    write(1)
    reading = READS[read]

    @stage(outputs=("total",))
    def total() -> int:
        return int(reading())

    flow = Pipeline(total)
    first = run(flow, store="store", executor="serial")["total"]
    assert plan(flow, store="store")[0].status == "cached"
    write(5)
    decision = plan(flow, store="store")[0]
    assert decision.status == "runs"
    assert "data" in decision.reason
    assert run(flow, store="store", executor="serial")["total"] == first * 11 // 3
    if read == "a pattern":
        add(7)
        assert run(flow, store="store", executor="serial")["total"] == 18
    assert plan(flow, store="store")[0].status == "cached"


def test_what_the_stage_has_written_itself_is_no_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("made")

    @stage(outputs=("total",))
    def total() -> int:
        time.sleep(0.05)  # the clock of a file system is a coarse one
        pl.DataFrame({"x": [1, 2]}).write_parquet("made/own.parquet")
        return int(pl.scan_parquet("made/*.parquet").collect()["x"].sum())

    flow = Pipeline(total)
    assert run(flow, store="store", executor="serial")["total"] == 3
    os.unlink("made/own.parquet")
    assert plan(flow, store="store")[0].status == "cached"


def test_no_replacement_stays(tmp_path):
    before = pl.scan_csv, pq.read_table, pq.ParquetFile.__init__

    @stage(outputs=("one",))
    def one() -> int:
        assert pl.scan_csv is not before[0]
        return 1

    run(Pipeline(one), store=tmp_path, executor="serial")
    assert (pl.scan_csv, pq.read_table, pq.ParquetFile.__init__) == before


def flow_of(function):
    return Pipeline(stage(outputs=("total",), name="total")(function))


def test_files_of_a_folder_for_temporary_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def total() -> int:
        with tempfile.TemporaryDirectory() as folder:
            feather = importlib.import_module("pyarrow.feather")
            feather.write_feather(pl.DataFrame({"x": [1, 2]}).to_arrow(), f"{folder}/t.feather")
            return sum(feather.read_table(f"{folder}/t.feather")["x"].to_pylist())

    for number in range(5):
        flow = flow_of(total)
        assert run(flow, store=f"store{number}", executor="serial")["total"] == 3
        assert plan(flow, store=f"store{number}")[0].status == "cached"


def test_a_file_that_the_stage_writes_again_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(1)

    def total() -> int:
        frame = pl.read_parquet("data/t.parquet")
        pl.concat([frame, frame]).write_parquet("data/t.parquet")
        return int(frame["x"].sum())

    said = []
    listen = {"on_event": lambda event: said.append(event) if event.kind == "warning" else None}
    assert run(flow_of(total), store="store", executor="serial", **listen)["total"] == 3
    assert "t.parquet held when it was read" in said[0].message


def test_a_file_with_a_time_in_the_future(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(1)
    os.utime("data/t.csv", (4e9, 4e9))

    def total() -> int:
        return int(pl.scan_csv("data/t.csv").collect()["x"].sum())

    run(flow_of(total), store="store", executor="serial")
    write(2)
    assert plan(flow_of(total), store="store")[0].status == "runs"


def test_what_is_replaced_is_pickled_by_its_name(tmp_path):
    def total() -> bool:
        replaced = (pl.read_csv, pq.read_table, os.readlink, os.open, os.stat, os.access)
        return all(pickle.loads(pickle.dumps(one)) is one for one in replaced)

    assert run(flow_of(total), store=tmp_path, executor="serial")["total"]


def test_an_import_that_ends_after_the_stage_replaces_nothing():
    replaced = []
    natives = NativeReads(list, lambda *given: replaced.append(given))
    natives.end()
    natives.look()
    assert replaced == []
