"""Help on one screen: a command's own flags, the common ones folded, the one that was meant."""

from __future__ import annotations

import pytest

from pipeline.cli.group import CommandGroup
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from tests.pipeline import shop


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {"sales": "collect", "period": "days", "n": "days", "none": "nowhere"}
    group = make_cli(Program(shop.SHOP, "shop", "A shop.", "1", synonyms=names))

    def go(*arguments: str) -> tuple[int, str, str]:
        status = run_cli(group, arguments)
        return status, *capsys.readouterr()

    return go


def test_a_commands_own_flags_are_explained_and_the_rest_is_named(call):
    _, out, _ = call("choose", "-h")
    assert "Example:\n  shop choose\n" in out
    assert out.index("smallest sale that counts") < out.index("Explained by --help-all:")
    assert "[default: 2.0]" in out
    assert "Collect       --days --noise" in out
    assert "Common flags  --artifacts-dir --config" in out
    assert "folder of the cached results" not in out
    assert call("choose", "--help")[1] == out


def test_all_is_explained_where_that_is_asked_for(call):
    _, out, _ = call("choose", "--help-all")
    assert out.index("days of sales") < out.index("folder of the cached results")
    assert "Explained by --help-all:" not in out


def test_commands_about_the_store_do_not_list_the_flags_of_stages(call):
    for command in ("gc", "verify", "config"):
        _, out, _ = call(command, "-h")
        assert "--days" not in out
        assert "All others    as `run -h` names them" in out
        assert "--days" in call(command, "--help-all")[1]


def test_all_commands_are_listed_a_line_each(call):
    _, out, _ = call("-h")
    for name in ("run", "plan", "collect", "choose", "add", "gc", "doctor", "completion"):
        assert f"\n  {name} " in out
    assert out.index("A run:") < out.index("\n  run ") < out.index("\n  plan ")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["sales"], "no command is named 'sales'; did you mean 'collect'?"),
        (["colect"], "no command is named 'colect'; did you mean 'collect'?"),
        (["PLAN"], "no command is named 'PLAN'; did you mean 'plan'?"),
        (["none"], "no command is named 'none'; known: 'run', 'plan', "),
        (["run", "--period", "3"], "no flag is named '--period'; did you mean '--days'?"),
        (["run", "-n", "3"], "no flag is named '-n'; did you mean '--days'?"),
        (["gc", "--unused_days", "3"], "did you mean '--unused-days'?"),
    ],
)
def test_who_types_another_programs_name_reads_ours(call, arguments, meant):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert meant in err
    assert err.count("\n") == 1


def test_other_names_are_known_in_files_and_variables_too(call, tmp_path, monkeypatch):
    (tmp_path / "c.toml").write_text("period = 3\n")
    assert "unknown key 'period'; did you mean 'days'?" in call("run", "--config", "c.toml")[2]
    monkeypatch.setenv("PIPELINE_PERIOD", "3")
    assert "so it is ignored; did you mean PIPELINE_DAYS?" in call("plan")[2]


def test_a_narrow_terminal_folds_what_a_command_does(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    group = CommandGroup("shop", help="A shop.")
    words = "adds up all sales of all days and of all shops, and all of them"
    group.place("Some", "add", words, None)
    run_cli(group, ["-h"])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert " ".join(words.split()) in " ".join(out.split())


@pytest.mark.parametrize("typed", [["choose", "extra"], ["explain", "choose", "extra"]])
def test_a_word_too_many_is_told(call, typed):
    status, _, err = call(*typed)
    assert status == 2
    assert err.startswith("error: expected no further word, found 'extra'")


def test_a_word_too_few_is_told(call):
    status, _, err = call("explain")
    assert status == 2
    assert err.startswith(
        "error: expected STAGE, found nothing; there is collect, choose, add (see"
    )
