"""The command line of a pipeline that has nothing to do with images, as its user meets it."""

from __future__ import annotations

import io
import json
import sys
from typing import Annotated

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Alternative, Program, make_cli
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage
from tests.pipeline import shop

Size = Annotated[str, Option("size of the box", choices=["small", "large"])]


@stage(outputs=("box",))
def pack(*, size: Size = "small") -> str:
    """Pack a box."""
    return size


def test_help_lists_stages_and_commands(call):
    status, out, _ = call("--help")
    assert status == 0
    for name in ("collect", "choose", "add", "run", "plan", "explain", "graph", "verify", "config"):
        assert name in out
    assert call("--version")[1] == "shop, version 1.2.3\n"


def test_a_commands_help_has_its_own_flags_first_and_names_the_others(call):
    _, out, _ = call("choose", "--help")
    assert out == call("choose", "-h")[1]
    assert "--floor X  smallest sale that counts  [default: 2.0]" in out
    assert out.index("--floor X") < out.index("Explained by --help-all") < out.index("--days")
    _, out, _ = call("choose", "--help-all")
    assert "days of sales" in out
    assert "smallest sale that counts" in out
    assert "--days" not in call("graph", "--help")[1]


def test_each_pipeline_has_flags_of_its_own(capsys):
    for default in ("small", "large"):
        pipeline = Pipeline(pack, defaults={"size": default})
        run_cli(make_cli(Program(pipeline, name="box", help="", version="1")), ["pack", "--help"])
        assert f"size of the box [default: {default}]" in " ".join(capsys.readouterr().out.split())


def test_a_stage_brings_what_it_needs(call):
    status, out, _ = call("choose")
    assert status == 0
    assert shop.RAN == ["collect", "choose"]
    assert "kept" in out
    assert "f8 18" in out
    assert call("choose")[0] == 0
    assert shop.RAN == []


def test_json_is_one_document_on_stdout(call):
    status, out, _ = call("run", "--json", "--days", "3")
    document = json.loads(out)
    assert status == 0
    assert [(s["name"], s["status"]) for s in document["stages"]] == [
        ("collect", "ran"),
        ("choose", "ran"),
        ("add", "ran"),
    ]
    assert set(document["stages"][0]) == {"name", "status", "seconds", "reason"}
    assert document["artifacts"]["sales"]["shape"] == [9]


def test_quiet_says_only_the_result(call):
    assert call("run", "--quiet")[2] == ""
    assert "collect" in call("run", "--days", "2")[2]


def test_flag_beats_environment_beats_file_beats_recipe_beats_default(call, tmp_path, monkeypatch):
    def days(*arguments):
        setting = json.loads(call("config", "--json", *arguments)[1])["days"]
        return setting["value"], setting["origin"].split()[0]

    (tmp_path / "mine.toml").write_text("days = 4\n")
    assert days() == (7, "default")
    assert days("--recipe", "long") == (30, "recipe")
    assert days("--recipe", "long", "--config", "mine.toml") == (4, "file")
    monkeypatch.setenv("PIPELINE_DAYS", "5")
    assert days("--recipe", "long", "--config", "mine.toml") == (5, "environment")
    assert days("--recipe", "long", "--config", "mine.toml", "--days", "6") == (6, "flag")


def test_config_can_be_fed_back(call, tmp_path):
    _, out, _ = call("config", "--days", "6")
    (tmp_path / "kept.toml").write_text(out)
    assert '"value": 6' in call("config", "--json", "--config", "kept.toml")[1]


def test_plan_and_dry_run_say_what_would_happen_and_do_nothing(call):
    for command in (["plan"], ["run", "--dry-run"]):
        status, out, _ = call(*command)
        assert status == 0
        assert "never run before" in out
        assert "depends on what collect will make" in out
        assert shop.RAN == []
    assert json.loads(call("plan", "--json")[1])["stages"][0]["status"] == "runs"


def test_explain_names_the_field_old_against_new(call):
    call("run")
    _, out, _ = call("explain", "choose", "--floor", "3")
    assert "choose: runs" in out
    assert "parameter floor: 2.0 → 3.0" in out
    assert "identified by 1 parameter, 1 input, 1 piece of code; --all lists them" in out
    _, out, _ = call("explain", "choose", "--floor", "3", "--all")
    assert "tests.pipeline.shop.choose" in out
    _, out, _ = call("explain", "choose")
    assert "choose: cached" in out
    assert "up to date" in out
    assert "depends on" in call("explain", "add", "--days", "2")[1]
    fields = json.loads(call("explain", "choose", "--json")[1])["fields"]
    assert fields["stage"] == "choose"


def test_graph_draws_the_flow(call):
    assert "collect  · → sales" in call("graph")[1]
    assert "collect -- sales --> choose" in call("graph", "--format", "mermaid")[1]
    assert '"choose" -> "add" [label="kept, rule"]' in call("graph", "--format", "dot")[1]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_results_fit_whatever_the_terminal_can_show(call, monkeypatch, flags):
    out = io.TextIOWrapper(io.BytesIO(), "ascii", "strict")
    monkeypatch.setattr(sys, "stdout", out)
    assert call("run", "--artifacts-dir", "ärtifacts→", *flags)[0] == 0
    out.flush()
    said = out.buffer.getvalue().decode("ascii")
    if flags:
        assert "ärtifacts→" in json.loads(said)["artifacts"]["sales"]["path"]
    else:
        assert "xe4rtifacts->" in said


def test_another_pipeline_takes_over_where_a_flag_asks_for_it(program, tmp_path, capsys):
    short = Pipeline(shop.collect, defaults={"days": 2})
    other = {"noise": Alternative(short, lambda value: (f"noise {value}", {"days": 1}))}
    group = make_cli(Program(shop.SHOP, "shop", "A shop.", "1", alternatives=other))
    assert run_cli(group, ["run", "--noise", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [stage["name"] for stage in document["stages"]] == ["collect"]
    assert document["artifacts"]["sales"]["shape"] == [3]
