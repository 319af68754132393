"""Declared dependencies, each a field of the fingerprint."""

import pytest

from pipeline.code import CodeIndex
from pipeline.code.index import EXCLUDED
from pipeline.errors import GraphError
from pipeline.fingerprint import differences, fingerprint_of
from pipeline.stage import stage
from pipeline.uses import digests_of, env, package


def test_each_kind_changes_with_what_it_names(tmp_path, monkeypatch):
    path = tmp_path / "a"
    monkeypatch.delenv("MODE_OF_TEST", raising=False)
    uses = [path, env("MODE_OF_TEST"), package("numpy"), package("no-such-package"), "v2"]
    before = digests_of(uses)
    assert before == digests_of(uses)
    assert [name.split(" ")[0] for name in before] == [
        *("file", "environment", "package", "package", "label")
    ]
    path.write_text("1")
    monkeypatch.setenv("MODE_OF_TEST", "")
    after = digests_of(uses)
    assert {name for name in before if before[name] != after[name]} == {
        f"file {path}",
        "environment variable MODE_OF_TEST",
    }


def test_a_folder_counts_by_names_and_contents(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a").write_text("1")
    before = digests_of([tmp_path])
    (tmp_path / "inner" / "b").write_text("1")
    assert digests_of([tmp_path]) != before


def test_what_names_no_dependency_is_refused():
    with pytest.raises(GraphError, match=r"uses: expected a Path, env.* found int"):
        digests_of([1])


def made(uses=(), ignores=()):
    @stage(name="make", outputs=("out",), uses=uses, ignores=ignores)
    def make():
        return differences

    return fingerprint_of(make, {}, {}, CodeIndex()).fields


def test_they_are_fields_of_the_fingerprint():
    assert "uses" not in made()
    assert differences(made(["v1"]), made(["v2"])) == [
        "label v2 is a new dependency",
        "label v1 is no longer a dependency",
    ]


@pytest.mark.long
def test_modules_that_are_ignored_are_not_followed(monkeypatch):
    monkeypatch.setattr("pipeline.code.index.EXCLUDED", EXCLUDED)
    assert "pipeline.fingerprint.differences" in made()["code"]
    ignoring = made(ignores=("pipeline.fingerprint",))["code"]
    assert not [name for name in ignoring if name.startswith("pipeline.fingerprint.")]


@pytest.mark.parametrize("given", [{"ignores": "os"}, {"uses": "v2"}])
def test_a_text_is_no_list_of_its_letters(given):
    def make():
        """Make."""

    with pytest.raises(
        GraphError, match=r"stage make: expected (ignores|uses)=\[…\], found a text"
    ):
        stage(outputs=("a",), **given)(make)
