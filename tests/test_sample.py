"""The collection that comes with the program: whole, and able to answer what the demo asks."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import qa
from qa.cli.indexing import DEMO_QUESTIONS

SAMPLE = Path(qa.__file__).parent / "sample" / "comments.jsonl"
EXPECTED = {
    "Do I need HNSW for 80,000 vectors, or is brute force enough?": "t5",
    "Can I use the RRF score as a confidence threshold for refusing to answer?": "t8",
    "How do I replace an index file so that a crash never leaves it half-written?": "t9",
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def test_it_is_a_collection(rows: list[dict[str, str]]) -> None:
    assert len(rows) >= 60
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["author"] for row in rows}) >= 5
    assert len({row["thread_id"] for row in rows}) >= 5
    assert all(row["text"].strip() == row["text"] != "" for row in rows)


def test_replies_follow_what_they_answer(rows: list[dict[str, str]]) -> None:
    earlier: dict[str, dict[str, str]] = {}
    for row in rows:
        parent = row.get("parent_id")
        if parent:
            assert earlier[parent]["thread_id"] == row["thread_id"]
            assert earlier[parent]["created_at"] < row["created_at"]
        earlier[row["id"]] = row
    assert sum("parent_id" in row for row in rows) > len(rows) / 2


def test_dates_and_links(rows: list[dict[str, str]]) -> None:
    assert all(datetime.fromisoformat(row["created_at"]).utcoffset() is not None for row in rows)
    assert len({row["url"] for row in rows}) == len(rows)
    assert all(row["url"].startswith("https://forum.example.org/") for row in rows)


def test_each_thread_has_one_title(rows: list[dict[str, str]]) -> None:
    titles = {(row["thread_id"], row["title"]) for row in rows}
    assert len(titles) == len({row["thread_id"] for row in rows})


def test_every_record_is_a_comment(rows: list[dict[str, str]], tmp_path: Path) -> None:
    report = qa.build([SAMPLE], tmp_path / "ix", model="hashing")
    (source,) = report.sources
    assert (source.comments, source.empty, source.deleted, source.duplicates, source.unreadable) == (
        len(rows),
        0,
        0,
        0,
        0,
    )
    comments = qa.open(tmp_path / "ix").comments()
    assert [one.text for one in comments] == [row["text"] for row in rows]
    assert [one.author for one in comments] == [row["author"] for row in rows]
    assert [one.thread_title for one in comments] == [row["title"] for row in rows]
    assert [one.parent_id for one in comments] == [
        f"comments.jsonl#{row['parent_id']}" if "parent_id" in row else None for row in rows
    ]
    assert report.passages > report.comments  # long ones are among them


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> qa.Assistant:
    folder = tmp_path_factory.mktemp("demo")
    qa.build([SAMPLE], folder / "ix")
    return qa.open(folder / "ix")


def test_the_demo_asks_what_is_expected_here() -> None:
    assert set(DEMO_QUESTIONS) == set(EXPECTED)


@pytest.mark.model
@pytest.mark.parametrize("question", DEMO_QUESTIONS)
def test_the_demo_is_answered(demo: qa.Assistant, question: str) -> None:
    answer = demo.ask(question, k=2)
    assert not answer.abstained
    assert answer.citations[0].comment.thread_id == EXPECTED[question]


@pytest.mark.model
def test_the_demo_knows_what_it_does_not_know(demo: qa.Assistant) -> None:
    for question in ("How do I cancel my gym membership?", "Which restaurant serves the best ramen?"):
        assert demo.ask(question).abstained, question
