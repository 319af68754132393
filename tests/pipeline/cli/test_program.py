"""The command line of a pipeline that has nothing to do with images, as its user meets it."""

from __future__ import annotations

import errno
import io
import json
import os
import pstats
import sys
from pathlib import Path
from typing import Annotated

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Alternative, Program, make_cli
from pipeline.errors import PipelineError
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage
from tests.pipeline import shop
from tests.pipeline.store.test_store import flip

Size = Annotated[str, Option("size of the box", choices=["small", "large"])]


@stage(outputs=("box",))
def pack(*, size: Size = "small") -> str:
    """Pack a box."""
    return size


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The shop's command line in an empty folder: call it with arguments, get status and output."""
    monkeypatch.chdir(tmp_path)
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    (recipes / "long.toml").write_text(
        'description = "a month"\ndays = 30\n[measured]\nsales = 7\n'
    )
    return Program(shop.SHOP, name="shop", help="A shop.", version="1.2.3", recipes=recipes)


@pytest.fixture
def call(program, capsys):
    group = make_cli(program)

    def go(*arguments: str) -> tuple[int, str, str]:
        shop.RAN.clear()
        status = run_cli(group, arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return go


def test_help_lists_stages_and_commands(call):
    status, out, _ = call("--help")
    assert status == 0
    for name in ("collect", "choose", "add", "run", "plan", "explain", "graph", "verify", "config"):
        assert name in out
    assert call("--version")[1] == "shop, version 1.2.3\n"


def test_a_commands_help_lists_flags_by_stage(call):
    _, out, _ = call("choose", "--help")
    assert out.index("Flags of collect") < out.index("--days N") < out.index("Flags of choose")
    assert "smallest sale that counts" in out
    assert "[default: 2.0]" in out
    assert "a named set" not in out
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


def test_verify_finds_what_is_damaged(call, tmp_path):
    call("run")
    assert call("verify")[1] == "3 of 3 results are whole\n"
    (path,) = tmp_path.glob("artifacts/collect/*/sales.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    status, out, _ = call("verify")
    assert status == 1
    assert "sales.npy does not hold the bytes that were written" in out
    assert "2 of 3" in out
    assert "run again, and collect will be made anew; what depends on them stays, if" in out
    call("run")
    assert call("verify")[0] == 0


def test_what_verify_finds_is_made_again(call, tmp_path):
    call("run")
    (path,) = tmp_path.glob("artifacts/choose/*/kept.npy")
    flip(path, 130)
    assert call("verify")[0] == 1
    call("run")
    assert shop.RAN[-1] == "choose"
    assert call("verify")[0] == 0


def test_damage_that_ends_a_run_is_told_and_mended_by_the_next(call, tmp_path):
    call("choose")
    (path,) = tmp_path.glob("artifacts/choose/*/rule.json")
    flip(path, 0, 1)
    status, out, err = call("run")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"error: {path.relative_to(tmp_path)}: ")
    assert err.endswith("; run the same command again: it is made anew\n")
    assert call("run")[0] == 0
    assert call("verify")[0] == 0


def test_a_profile_is_written(call, tmp_path):
    assert call("run", "--profile", "run.prof")[0] == 0
    assert pstats.Stats(str(tmp_path / "run.prof")).total_calls > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_profile_that_finds_no_room_is_told_in_one_line(call):
    status, _, err = call("run", "--quiet", "--profile", "/dev/full")
    assert status == 2
    assert err.startswith("error: /dev/full: expected room to write, found none (No space left")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--days", "0"], "error: --days: expected at least 1, found 0"),
        (["run", "--days", "ten"], "error: --days: expected an integer, found 'ten'"),
        (["run", "--dais", "3"], "--dais"),
        (["rum"], "No such command 'rum'"),
        (["explain", "chose"], "error: no stage is named 'chose'; did you mean 'choose'?"),
        (["run", "--recipe", "lang"], "error: --recipe: no recipe is named 'lang'; did you mean"),
        (
            ["run", "--config", "none.toml"],
            "error: --config: expected a readable file at none",
        ),
        (["run", "--profile", "no/such/folder"], "found no/such/folder: No such file"),
        (["explain"], "Missing argument 'STAGE'"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_status_2(call, arguments, message):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert shop.RAN == []


def test_no_command_shows_the_help(call):
    status, out, err = call()
    assert status == 2
    assert "Usage: shop" in out + err


def test_an_interruption_is_told_in_one_line(call, monkeypatch):
    def interrupt(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.cli.session.run", interrupt)
    status, out, err = call("run")
    assert (status, out) == (130, "")
    assert err == "interrupted; run the same command again to go on from here\n"


def test_a_bug_keeps_its_traceback(call, monkeypatch):
    def fail(*arguments, **named):
        raise PipelineError("a bug")

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    with pytest.raises(PipelineError, match="a bug"):
        call("run")


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (errno.EACCES, 2, "expected what may be read, found: Permission denied; change its "),
        (errno.EIO, 1, "expected a disk that works, found: Input/output error; see to the disk"),
    ],
)
def test_a_disk_that_refuses_or_fails_is_told_in_one_line(call, monkeypatch, number, status, words):
    def fail(*arguments, **named):
        raise OSError(number, os.strerror(number), "a/manifest.json")

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    found, _, err = call("run")
    assert found == status
    assert err.startswith(f"error: a/manifest.json: {words}")
    monkeypatch.setattr("pipeline.cli.session.run", lambda *given: Path("never made").stat())
    with pytest.raises(FileNotFoundError):
        call("run")


def test_what_does_not_fit_in_memory_is_told_in_one_line(call, monkeypatch):
    def fail(*arguments, **named):
        raise MemoryError

    monkeypatch.setattr("pipeline.cli.session.run", fail)
    status, _, err = call("run")
    assert status == 2
    assert "expected memory for what was asked, found too little (none is left); ask for" in err


def test_a_name_that_no_folder_can_have(call):
    status, _, err = call("plan", "--artifacts-dir", "x" * 5000)
    assert status == 2
    assert err.startswith("error: --artifacts-dir: expected a folder, found xxx")
    assert err.endswith("x: File name too long; choose another\n")


def test_what_a_message_quotes_cannot_command_the_terminal(call):
    status, _, err = call("config", "--days=\x1b[2J\u202e\n")
    assert status == 2
    assert err.endswith("\n")
    assert err[:-1].isprintable()


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
    instead = {"noise": Alternative(short, lambda value: (f"noise {value}", {"days": 1}))}
    group = make_cli(Program(shop.SHOP, "shop", "A shop.", "1", instead=instead))
    assert run_cli(group, ["run", "--noise", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [stage["name"] for stage in document["stages"]] == ["collect"]
    assert document["artifacts"]["sales"]["shape"] == [3]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_result_that_finds_no_room_is_told_in_one_line(program, monkeypatch, capsys):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run_cli(make_cli(program), ["config"]) == 2
        err = capsys.readouterr().err
    assert err.startswith("error: stdout: expected room to write, found: No space left on device")


def test_nobody_need_listen(program, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run_cli(make_cli(program), ["config"]) == 0


def test_the_readers_leaving_is_no_bug(program, monkeypatch, tmp_path):
    def leave(*arguments, **named):
        raise BrokenPipeError

    monkeypatch.setattr("pipeline.cli.program.say", leave)
    monkeypatch.setattr(sys, "stdout", (tmp_path / "out").open("w"))
    assert run_cli(make_cli(program), ["config"]) == 1
    sys.stdout.close()
