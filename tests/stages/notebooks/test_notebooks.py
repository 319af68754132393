"""The notebooks run from the first cell to the last, in a kernel of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "stages" / "notebooks").glob("*.py"))
MOST = 15  # cells of a notebook


def cells(path: Path) -> list[tuple[str, str]]:
    """The cells of a file in percent format: (markdown or code, source)."""
    head, *parts = re.split(r"^# %%(.*)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    assert head == ""
    kinds = ["markdown" if "[markdown]" in mark else "code" for mark in parts[::2]]
    texts = [
        re.sub("^# ?", "", part, flags=re.MULTILINE) if kind == "markdown" else part
        for kind, part in zip(kinds, parts[1::2], strict=True)
    ]
    return list(zip(kinds, texts, strict=True))


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    import nbformat.v4 as form
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    found = cells(path)
    assert len(found) <= MOST
    made = [getattr(form, f"new_{kind}_cell")(source) for kind, source in found]
    notebook = form.new_notebook(cells=made)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}, timeout=300)
    client.execute()
    printed = [
        output.get("text", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    ]
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 3
    text = "".join(printed)
    assert "epoch 3: " in text
    (accuracy,) = re.findall(r"test images: (\d+\.\d)% right", text)
    assert float(accuracy) > 50  # it is worth looking at
    assert text.count("is taken for: ") == 3
    assert text.count("ran: train, evaluate, serialize") == 3


def test_there_is_one():
    assert [path.name for path in NOTEBOOKS] == ["first_look.py"]
