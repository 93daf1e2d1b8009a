"""A small collection to serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import qa

COMMENTS: list[dict[str, Any]] = [
    {"id": "b1", "author": "marit_o", "date": "2024-01-05", "thread_id": "t1", "title": "Ovens",
     "url": "https://example.org/1", "text": "Is a stone oven worth the money?"},
    {"id": "b2", "author": "oldgrep", "date": "2024-01-06T10:30:00Z", "thread_id": "t1", "title": "Ovens",
     "parent": "b1", "url": "https://example.org/2",
     "text": "A stone oven keeps its heat for hours. It needs two hours of fire first."},
    {"id": "b3", "author": "nell", "date": "2024-01-07", "thread_id": "t1", "title": "Ovens", "parent": "b2",
     "text": "Two hours of fire is why I sold my stone oven."},
    {"id": "b4", "author": "Marit_O", "date": "2024-03-01", "thread_id": "t2", "title": "Indexes",
     "text": "A stale index misleads everybody who trusts it."},
    {"id": "b5", "text": "Rain in the harbour."},
]  # fmt: skip


def write(path: Path, comments: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in comments), encoding="utf-8")
    return path


def build(path: Path, comments: list[dict[str, Any]]) -> Path:
    """Return the index of a file of comments, which is beside it."""
    qa.build([str(write(path, comments))], path.with_name("ix"), model="hashing")
    return path.with_name("ix")


def build_ovens(folder: Path) -> Path:
    """Return an index of five comments in three threads, two of them without."""
    return build(folder / "ovens.jsonl", COMMENTS)


# The sample collection that comes with the program, as a visitor sees it.
SAMPLE_QUESTION = "Do I need HNSW for 80,000 vectors, or is brute force enough?"
_ASKED = "/?q=Do+I+need+HNSW+for+80%2C000+vectors%2C+or+is+brute+force+enough%3F"
VIEWS = {
    "home": "/",
    "answer": _ASKED,
    "filtered": f"{_ASKED}&author=marit_o&since=2023-01-01",
    "unanswered": "/?q=zeppelin+quasar+marzipan",
    "thread": "/comments/comments.jsonl%23c49?start=0&end=86#cited",
    "map": f"/map{_ASKED[1:]}",
    "collection": "/collection",
    "docs": "/docs",
    "nothing": "/comments/nobody",
}
