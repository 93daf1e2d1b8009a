"""A small collection to serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
