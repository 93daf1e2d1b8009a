"""Every notebook runs, with the real model, and prints what is saved in it; of a picture, that it is there.

After a change that is meant, save what the notebooks print now: ``python tests/test_notebooks.py``.
"""

from __future__ import annotations

import importlib
import os
import re
from itertools import groupby
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.evaluation.tiny import write_beir

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# It measures collections that are not part of the project, for a long time: what is saved in it is not repeated here.
MEASURING = FOLDER / "quality.ipynb"
REPEATED = [path for path in NOTEBOOKS if path != MEASURING]
TIMEOUT_S = 600
# Settings of the user that would change what a notebook does.
SETTINGS = ("QA_INDEX", "QA_MODEL")


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def executed(path: Path) -> nbformat.NotebookNode:
    """Return the notebook as it comes out of a fresh kernel."""
    importlib.import_module("matplotlib.font_manager")  # once, it looks for fonts and says so
    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return notebook


def printed(notebook: nbformat.NotebookNode) -> dict[str, list[tuple[str, str]]]:
    """Return what each code cell put out, as (where to, text); a kernel may deliver one stream in several pieces."""
    return {
        cell.id: [
            (where, "".join(text_of(piece) for piece in pieces))
            for where, pieces in groupby(cell.outputs, key=lambda output: str(output.get("name", "value")))
        ]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def text_of(output: nbformat.NotebookNode) -> str:
    """Return what was put out as text, HTML included; pictures differ from one version of a library to the next."""
    if output.output_type == "stream":
        return str(output.text)
    return "\n".join(
        str(content) if kind.startswith("text/") else f"a picture: {kind}"
        for kind, content in sorted(output.data.items())
    )


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_saved_as_executed(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    assert {where for outputs in printed(notebook).values() for where, _ in outputs} <= {"stdout", "value"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_of_the_machine_is_saved(path: Path) -> None:
    saved = path.read_text(encoding="utf-8")
    assert not re.search(r"/(tmp|home|root|Users|work)/", saved)


def test_the_plots_are_there() -> None:
    cells = read(FOLDER / "explore.ipynb").cells
    pictures = [cell.id for cell in cells for one in cell.get("outputs", []) if "image/png" in one.get("data", {})]
    assert pictures == ["map", "time", "words", "evidence"]


@pytest.mark.model
@pytest.mark.parametrize("path", REPEATED, ids=lambda path: path.stem)
def test_it_prints_what_is_saved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert printed(executed(path)) == printed(read(path))


@pytest.mark.model
def test_it_measures_a_small_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that measures runs to its end, and prints each of its tables with the figures of that collection."""
    folders = [write_beir(tmp_path / name) for name in ("one", "two")]
    monkeypatch.setenv("QA_BENCHMARKS", os.pathsep.join(map(str, folders)))
    monkeypatch.setenv("QA_QUALITY_INDEXES", str(tmp_path / "indexes"))
    outputs = printed(executed(MEASURING))
    assert outputs.keys() == printed(read(MEASURING)).keys()
    said = "".join(text for some in outputs.values() for _, text in some)
    assert "{'one': '3 questions', 'two': '3 questions'}" in said
    for row in ("dense", "words", "better side of each", "whole", "no feedback", "no threads", "no echo"):
        (found,) = re.findall(rf"^{row} +((?:\d\.\d{{4}} *){{3}})", said, re.MULTILINE)
        one, two, mean = map(float, found.split())
        assert one == two == mean > 0
    assert said.count("best for the others") == 2


def save() -> None:
    """Execute every notebook but the measuring one and save it, without what differs from one machine to the next."""
    for name in SETTINGS:
        os.environ.pop(name, None)
    for path in REPEATED:
        notebook = executed(path)
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
        for cell in notebook.cells:
            cell.metadata.clear()
        nbformat.write(notebook, path)


if __name__ == "__main__":
    save()
