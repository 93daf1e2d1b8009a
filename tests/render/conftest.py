"""Invented comments to draw: two ordinary ones and one that attacks whoever prints it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from qa.records import Answer, Citation, Comment, IndexState

COFFEE = (
    "I descale every two months. Citric acid, 30 g to a litre, run through twice. Vinegar leaves a smell.\n"
    "\n"
    "Not for tin."
)
ATTACK = (
    "Yes.\r\n\x1b[2J\x1b]8;;http://evil.test\x07click\x1b]8;;\x07 [red]is[/red] [link=http://evil.test]x[/link] "
    "\u202egnp.exe\u202c \x9b31m\x7f\rfake <script>alert(1)</script> ![i](http://evil.test/p.png)\n"
    "[^1]: mallory\ud800\U000e0041\u2028\ufeff"
)


def _cite(comment: Comment, rank: int = 1, score: float = 0.6234, lit: str = "", **changes: object) -> Citation:
    """Cite a whole comment, with one sentence highlighted."""
    at = comment.text.index(lit)
    values: dict[str, object] = {
        "quote": comment.text,
        "start": 0,
        "end": len(comment.text),
        "line_start": comment.line_start,
        "line_end": comment.line_end,
        "highlights": ((at, at + len(lit)),) if lit else (),
    }
    return Citation(comment=comment, rank=rank, score=score, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture(name="cite")
def cite_fixture() -> Callable[..., Citation]:
    return _cite


@pytest.fixture
def coffee() -> Comment:
    return Comment(
        "hn:8863",
        COFFEE,
        "comments.txt",
        author="alice",
        created_at=datetime(2024, 3, 1, 12, 5, tzinfo=UTC),
        thread_title="Espresso care",
        url="https://example.test/item?id=8863&p=1",
        line_start=17,
        line_end=19,
    )


@pytest.fixture
def row() -> Comment:
    text = "First, a word. Yes, exactly: use snake_case_names."
    return Comment("t.csv#12", text, "t.csv", truncated=True, line_start=15, line_end=15, record=12, field="body")


@pytest.fixture
def hostile() -> Comment:
    bad = "\x1b[31m[red]x[/red]\r\n\u202e<b>"
    return Comment(
        "id\x1b[0m",
        ATTACK,
        f"dir/{bad}.txt",
        author=f"eve{bad}",
        thread_title=bad,
        url=f"https://evil.test/{bad}) [x](y",
        line_start=1,
        line_end=3,
    )


@pytest.fixture
def state() -> IndexState:
    return IndexState("indexes/mine", 9984, datetime(2024, 5, 1, tzinfo=UTC))


@pytest.fixture
def answer(coffee: Comment, row: Comment, state: IndexState) -> Answer:
    first = _cite(coffee, lit="Citric acid, 30 g to a litre, run through twice.")
    part = row.text[15:]
    second = _cite(row, 2, 0.58, quote=part, start=15, highlights=((0, len(part)),), stale=True)
    return Answer("How often?", (first, second), False, state, 9984, confidence=0.83, took_ms=41.27)


@pytest.fixture
def attacked(hostile: Comment, state: IndexState) -> Answer:
    stale = IndexState(state.path, state.comments, None, ("a\x1b[0m",))
    return Answer("why\x1b[2J\u202e?", (_cite(hostile, lit="click"),), False, stale, 1)
