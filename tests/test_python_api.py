"""The public Python API, and that the command line says the same."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import qa
from qa.errors import UsageError
from qa.render import answer_json


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


def test_the_command_line_says_the_same(index: qa.Assistant) -> None:
    expected = answer_json(index.ask("How dear are stone ovens?", k=2))
    command = [sys.executable, "-m", "qa", "ask", "How dear are stone ovens?", "-k", "2", "--json"]
    done = subprocess.run([*command, "--index", str(index.folder)], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert {**found, "took_ms": 0} == {**expected, "took_ms": 0}


def test_what_is_public_exists() -> None:
    assert all(hasattr(qa, name) for name in qa.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = qa.nonsense
