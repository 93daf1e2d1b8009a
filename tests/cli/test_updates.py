"""What happens when comments are edited, added, deleted and moved."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.render import change_line

Run = Callable[..., subprocess.CompletedProcess[str]]
AskJson = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path, run_qa: Run) -> Path:
    folder = tmp_path / "comments"
    folder.mkdir()
    (folder / "a.txt").write_text("the oven is hot\nbread on sundays\nindexes go stale\n", encoding="utf-8")
    (folder / "b.csv").write_text("id,author,text\n1,nell,stone ovens\n2,marit,water and salt\n", encoding="utf-8")
    assert run_qa("index", folder, "--index", tmp_path / "ix").returncode == 0
    return folder


def update(run_qa: Run, folder: Path, *options: str) -> tuple[str, dict[str, Any]]:
    """Return the change line a dry run prints, and the report of the update itself."""
    index = ("--index", folder.parent / "ix")
    line = run_qa("update", "--dry-run", *options, *index).stdout.splitlines()[0]
    return line, json.loads(run_qa("update", "--json", *options, *index).stdout)


def test_one_edited_line_among_ten_thousand_encodes_one_passage(run_qa: Run, ask_json: AskJson, tmp_path: Path) -> None:
    lines = [f"comment number {number} about nothing much" for number in range(10_000)]
    lines[5_000] = "the walrus ate pancakes"
    source, index = tmp_path / "many.txt", ("--index", tmp_path / "ix")
    source.write_text("\n".join(lines), encoding="utf-8")
    run_qa("index", source, *index)
    lines[5_000] = "the badger drank lemonade"
    source.write_text("\n".join(lines), encoding="utf-8")
    done = run_qa("update", *index)
    assert done.stdout == (
        "+0 new  ~1 edited  -0 deleted  9,999 unchanged\n"
        "10,000 comments, 10,000 passages in the index; 1 passage newly encoded\n"
    )
    _, new = ask_json("the badger drank lemonade", "-k", 1, *index)
    assert (new["hits"][0]["text"], new["hits"][0]["line_start"]) == ("the badger drank lemonade", 5_001)
    _, old = ask_json("the walrus ate pancakes", "-k", 50, *index)
    assert not any("walrus" in hit["text"] for hit in old["hits"])


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "encoded"),
    [
        ("a.txt", "bread on sundays\n", "cake on mondays\n", "+0 new  ~1 edited  -0 deleted  4 unchanged", 1),
        ("a.txt", "the oven", "first of all\nthe oven", "+1 new  ~0 edited  -0 deleted  5 unchanged", 1),
        ("a.txt", "bread on sundays\n", "", "+0 new  ~0 edited  -1 deleted  4 unchanged", 0),
        ("b.csv", "stone ovens", "brick ovens", "+0 new  ~1 edited  -0 deleted  4 unchanged", 1),
        ("b.csv", "nell", "pilar", "+0 new  ~1 edited  -0 deleted  4 unchanged", 0),
        ("b.csv", "2,marit,water and salt\n", "", "+0 new  ~0 edited  -1 deleted  4 unchanged", 0),
    ],
)
def test_edits(run_qa: Run, folder: Path, name: str, old: str, new: str, line: str, encoded: int) -> None:
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found, report = update(run_qa, folder)
    assert (found, report["encoded"]) == (line, encoded)
    counts = {key: report[key] for key in ("added", "edited", "deleted", "unchanged")}
    assert change_line(**counts) == line


def test_files_added_deleted_and_renamed(run_qa: Run, folder: Path) -> None:
    (folder / "c.txt").write_text("brand new words\n", encoding="utf-8")
    (folder / "b.csv").unlink()
    assert update(run_qa, folder)[0] == "+1 new  ~0 edited  -2 deleted  3 unchanged"
    (folder / "a.txt").rename(folder / "z.txt")
    line, report = update(run_qa, folder)
    assert (line, report["encoded"]) == ("+3 new  ~0 edited  -3 deleted  1 unchanged", 0)


def test_a_hit_whose_source_changed_is_stale(run_qa: Run, ask_json: AskJson, folder: Path) -> None:
    index = ("--index", folder.parent / "ix")
    (folder / "a.txt").write_text("something else\n", encoding="utf-8")
    _, answer = ask_json("bread on sundays", "-k", 5, *index)
    assert {hit["source"]: hit["stale"] for hit in answer["hits"]} == {"a.txt": True, "b.csv": False}
    assert answer["index"]["stale_sources"] == ["a.txt"]
    done = run_qa("ask", "bread on sundays", *index)
    assert "(source changed since; run: qa update)" in done.stdout
    assert done.stderr == "1 source changed since it was indexed. run: qa update\n"
    assert "changed since" in run_qa("status", *index).stdout


def test_a_touched_file_is_not_stale(ask_json: AskJson, folder: Path) -> None:
    os.utime(folder / "a.txt", (1_700_000_000, 1_700_000_000))
    _, answer = ask_json("bread on sundays", "--index", folder.parent / "ix")
    assert answer["index"]["stale_sources"] == []


def test_a_root_that_vanished_is_kept_until_pruned(run_qa: Run, ask_json: AskJson, folder: Path) -> None:
    index = ("--index", folder.parent / "ix")
    folder.rename(folder.parent / "elsewhere")
    done = run_qa("update", *index)
    assert done.stdout.splitlines()[0] == "+0 new  ~0 edited  -0 deleted  5 unchanged"
    assert "gone, but kept: a.txt, b.csv\nrun: qa update --prune" in done.stdout
    assert ask_json("bread on sundays", *index)[1]["hits"][0]["stale"] is True
    assert update(run_qa, folder, "--prune")[0] == "+0 new  ~0 edited  -5 deleted  0 unchanged"
    assert run_qa("update", *index).stdout.splitlines()[0] == "+0 new  ~0 edited  -0 deleted  0 unchanged"


def test_indexing_again_updates(run_qa: Run, folder: Path) -> None:
    done = run_qa("index", folder, "--index", folder.parent / "ix")
    assert done.stdout.splitlines()[0] == "+0 new  ~0 edited  -0 deleted  5 unchanged"
