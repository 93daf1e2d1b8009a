"""Real exports, end to end: what is quoted stands in the file, read again by nothing but the standard library."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

import qa
from qa.records import Citation

pytestmark = pytest.mark.shared

csv.field_size_limit(sys.maxsize if sys.maxsize < 2**31 else 2**31 - 1)
QUESTIONS = ("How do I install it on Windows?", "Who thinks that this is wrong, and why?", "👍 thanks, great video!")


@lru_cache(maxsize=4)
def lines_of(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")


@lru_cache(maxsize=4)
def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=4)
def records_of(path: Path) -> list[dict[str, object]]:
    value = json.loads(path.read_bytes())
    if isinstance(value, dict):
        value = max((one for one in value.values() if isinstance(one, list)), key=len)
    assert isinstance(value, list)
    return value


def field(record: dict[str, object], name: str | None) -> object:
    value: object = record
    for part in (name or "").split("."):
        assert isinstance(value, dict)
        value = value[part]
    return value


def in_text(path: Path, one: Citation) -> str:
    assert one.line_start is not None
    assert one.line_end is not None
    return "\n".join(lines_of(path)[one.line_start - 1 : one.line_end])


def in_csv(path: Path, one: Citation) -> str:
    assert one.comment.record is not None
    return rows_of(path)[one.comment.record - 1][str(one.comment.field)]


def in_jsonl(path: Path, one: Citation) -> str:
    assert one.line_start is not None
    return str(field(json.loads(path.read_bytes().split(b"\n")[one.line_start - 1]), one.comment.field))


def in_json(path: Path, one: Citation) -> str:
    assert one.comment.record is not None
    return str(field(records_of(path)[one.comment.record - 1], one.comment.field))


BY_SUFFIX: dict[str, Callable[[Path, Citation], str]] = {
    ".txt": in_text,
    ".md": in_text,
    ".csv": in_csv,
    ".jsonl": in_jsonl,
    ".json": in_json,
}


def path_of(roots: Sequence[Path], name: str) -> Path:
    """A source is named from the folder that was indexed."""
    (path,) = (root / name if root.is_dir() else root for root in roots if root.is_dir() or root.name == name)
    return path


def assert_quotes_stand(roots: Sequence[Path], place: Path) -> int:
    """Index files or folders, ask, and look every citation up in its file; return how many were looked up."""
    assert all(root.exists() for root in roots)
    qa.build(roots, place / "ix", model="hashing")
    index = qa.open(place / "ix")
    checked = 0
    for question in QUESTIONS:
        answer = index.ask(question, k=50, every=True)
        assert len(answer.citations) == min(50, answer.in_scope)
        for one in answer.citations:
            path = path_of(roots, one.comment.source)
            there = BY_SUFFIX[path.suffix](path, one)
            table = one.comment.record is not None
            assert one.comment.text == there if table else one.quote in there, (path, one.line_start)
            assert one.quote == one.comment.text[one.start : one.end]
            assert one.quote == one.quote.strip() != ""
            assert not one.stale
            if not table:
                # The first and the last line are those that the quote stands on.
                first, last = one.quote.split("\n")[0], one.quote.split("\n")[-1]
                lines = there.split("\n")
                assert first in lines[0]
                assert last in lines[-1]
                assert len(lines) == len(one.quote.split("\n"))
            checked += 1
    return checked


def test_csv(shared: Path, tmp_path: Path) -> None:
    assert assert_quotes_stand(sorted(shared.glob("exports/csv/youtube_*.csv")), tmp_path) == 150
    assert assert_quotes_stand([shared / "exports/csv/metafilter_main.csv"], tmp_path / "main") == 150


def test_pasted_page(shared: Path, tmp_path: Path) -> None:
    assert assert_quotes_stand([shared / "corpora/olah/comments.txt"], tmp_path) == 150


@pytest.mark.parametrize("name", ["stackfaq", "cacm"])
def test_jsonl(shared: Path, tmp_path: Path, name: str) -> None:
    assert assert_quotes_stand([shared / f"benchmarks/{name}/corpus.jsonl"], tmp_path) == 150


def test_json_lists(shared: Path, tmp_path: Path) -> None:
    assert assert_quotes_stand([shared / "exports/reddit_praw_json"], tmp_path) == 150


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "exports/csv/metafilter_comments.csv",
        "benchmarks/scifact/corpus.jsonl",
        "benchmarks/semeval2016_task3_c/corpus.jsonl",
    ],
)
def test_large_files(shared: Path, tmp_path: Path, name: str) -> None:
    assert assert_quotes_stand([shared / name], tmp_path) == 150


@pytest.fixture(scope="module")
def olah(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> qa.Assistant:
    folder = tmp_path_factory.mktemp("olah")
    qa.build([shared / "corpora/olah/comments.txt"], folder / "ix")
    return qa.open(folder / "ix")


def asked(shared: Path, answerable: bool) -> list[tuple[str, set[int]]]:
    rows = map(json.loads, (shared / "corpora/olah/questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["question"], set(row["lines"])) for row in rows if bool(row["lines"]) is answerable]


@pytest.mark.model
def test_questions_are_answered_by_the_right_lines(shared: Path, olah: qa.Assistant) -> None:
    questions = asked(shared, answerable=True)
    firsts, missed = [], []
    for question, right in questions:
        answer = olah.ask(question, k=3)
        found = [one.line_start in right for one in answer.citations]
        firsts.append(found[0])
        if not any(found) or answer.abstained:
            missed.append(question)
    assert len(missed) <= 1, missed
    assert sum(firsts) >= 0.9 * len(firsts), [
        question for (question, _), ok in zip(questions, firsts, strict=True) if not ok
    ]


@pytest.mark.model
def test_questions_about_something_else_are_not_answered(shared: Path, olah: qa.Assistant) -> None:
    questions = asked(shared, answerable=False)
    assert questions
    assert [question for question, _ in questions if not olah.ask(question).abstained] == []
