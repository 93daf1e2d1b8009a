"""Every export and benchmark that these formats read: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from qa.formats import read_comments

pytestmark = pytest.mark.shared


def total(path: Path) -> tuple[int, list]:
    reader = read_comments(path, "s")
    comments = list(reader)
    counts = reader.counts
    assert len({c.comment_id for c in comments}) == len(comments) == counts.comments
    return counts.comments + counts.empty + counts.deleted + counts.duplicates + counts.unreadable, comments


def test_pasted_page(shared: Path) -> None:
    path = shared / "corpora/olah/comments.txt"
    lines = path.read_text(encoding="utf-8").split("\n")
    records, comments = total(path)
    assert (records, len(comments)) == (54, 53)
    assert all(c.text == lines[c.line_start - 1] and c.line_end == c.line_start for c in comments)
    assert [c.line_start for c in comments if c.truncated] == [
        n for n, line in enumerate(lines, 1) if len(line) > 3 and line.endswith(("...", "... (read more)"))
    ]


def test_csv(shared: Path) -> None:
    paths = sorted(shared.glob("exports/csv/*_comments.csv"))
    assert paths
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        records, comments = total(path)
        assert records == len(rows)
        assert all(c.text == rows[c.record - 1]["comment_text"] for c in comments)
        assert all(c.author and c.created_at and c.thread_id and c.thread_title for c in comments)


def test_jsonl(shared: Path) -> None:
    paths = sorted(shared.glob("benchmarks/*/corpus.jsonl"))
    assert paths
    for path in paths:
        lines = path.read_bytes().split(b"\n")
        records, comments = total(path)
        assert records == sum(1 for line in lines if line.strip())
        for comment in comments[:: max(1, len(comments) // 500)]:
            record = json.loads(lines[comment.line_start - 1])
            assert comment.text == (record["text"] or record["title"])
            assert comment.comment_id == f"s#{record['_id']}"


def test_markdown_archives(shared: Path) -> None:
    paths = sorted(shared.glob("exports/discourse_markdown/**/*.md"))
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        posts = re.findall(r"^## Post #\d+ by @(\S+) \(", text, re.M)
        records, comments = total(path)
        assert records == len(posts), path
        assert {c.author for c in comments} <= set(posts)
        assert all(c.created_at and c.thread_title and c.url for c in comments)
