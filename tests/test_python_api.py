"""The public Python API, and that the command line says the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import qa
from qa.errors import UsageError
from qa.render import answer_json

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> qa.Assistant:
    folder = tmp_path_factory.mktemp("api")
    rows = "author,date,text\nmarit,2024-01-05,Stone ovens keep heat.\nnell,2024-02-01,Stone ovens are dear.\n"
    (folder / "c.csv").write_text(rows, encoding="utf-8")
    report = qa.build([folder / "c.csv"], folder / "ix", model="hashing")
    assert (report.comments, report.encoded, report.sources[0].format) == (2, 2, "csv")
    return qa.open(folder / "ix")


def test_a_citation_quotes_its_comment(index: qa.Assistant) -> None:
    answer = index.ask("stone ovens", author="nell")
    citation = answer.citations[0]
    assert citation.quote == "Stone ovens are dear."
    assert citation.quote == citation.comment.text[citation.start : citation.end]
    assert (citation.comment.author, citation.line_start, answer.in_scope) == ("nell", 3, 1)
    assert citation.comment.created_at == datetime(2024, 2, 1, tzinfo=UTC)


def test_filters_take_names_dates_and_several(index: qa.Assistant) -> None:
    assert index.ask("ovens", author=["nell", "marit"]).in_scope == 2
    assert index.ask("ovens", since=datetime(2024, 2, 1)).in_scope == 1
    assert index.ask("ovens", before="2024-02").in_scope == 1
    assert index.ask("ovens", source="c.csv", thread="none such").reason == "empty_scope"
    with pytest.raises(UsageError, match="'soon' is not a date"):
        index.ask("ovens", since="soon")


def test_the_command_line_says_the_same(index: qa.Assistant, run_qa: Run) -> None:
    for filters, options in (
        ({}, ()),
        ({"author": "marit", "since": "2024"}, ("--author", "marit", "--since", "2024")),
    ):
        expected = answer_json(index.ask("How dear are stone ovens?", k=2, **filters))
        done = run_qa("ask", "How dear are stone ovens?", "-k", 2, *options, "--json", "--index", index.folder)
        found = json.loads(done.stdout)
        assert found.pop("took_ms") >= 0
        assert found == {key: value for key, value in expected.items() if key != "took_ms"}


def test_an_index_follows_its_source(tmp_path: Path) -> None:
    source = tmp_path / "c.txt"
    source.write_text("Stone ovens keep heat.\nWater and salt.\n", encoding="utf-8")
    planned = qa.build([source], tmp_path / "ix", model="hashing", dry_run=True)
    assert (planned.added, planned.encoded, planned.dry_run, (tmp_path / "ix").exists()) == (2, 2, True, False)
    qa.build([source], tmp_path / "ix", model="hashing")
    index = qa.open(tmp_path / "ix")
    source.write_text("Stone ovens are dear.\nWater and salt.\n", encoding="utf-8")
    assert index.status().index.stale_sources == ("c.txt",)
    assert [one.stale for one in index.ask("stone ovens").citations] == [True, True]
    plan = index.update(dry_run=True)
    done = index.update()
    assert (plan.edited, plan.encoded) == (done.edited, done.encoded) == (1, 1)
    best = index.ask("stone ovens").citations[0]
    assert (best.quote, best.stale) == ("Stone ovens are dear.", False)
    thread = index.show(best.comment.comment_id)
    assert (thread.comment.text, [one.text for one in thread.neighbours]) == (best.quote, ["Water and salt."])


def test_what_is_public_exists() -> None:
    assert all(hasattr(qa, name) for name in qa.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = qa.nonsense
