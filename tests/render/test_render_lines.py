from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import Malformed, QAError
from qa.records import Answer, Citation, Comment, IndexState
from qa.render import change_line, error_lines, place, stale_line, verdict_line
from qa.render.lines import segments

Cite = Callable[..., Citation]


def test_place(coffee: Comment, row: Comment, cite: Cite) -> None:
    assert place(coffee) == "comments.txt:17-19"
    assert place(cite(coffee, line_start=19, line_end=19)) == "comments.txt:19"
    assert place(replace(coffee, line_start=None, line_end=None)) == "comments.txt"
    assert place(row) == "t.csv record 12 (line 15)"
    assert place(replace(row, line_end=18)) == "t.csv record 12 (lines 15-18)"
    assert place(replace(row, line_start=None, line_end=None)) == "t.csv record 12"
    assert place(replace(coffee, source="a\n\x1b.txt")) == "a ␛.txt:17-19"


def test_change_line() -> None:
    assert change_line(12, 3, 1, 9984) == "+12 new  ~3 edited  -1 deleted  9,984 unchanged"
    assert change_line(0, 0, 1000, 1234567) == "+0 new  ~0 edited  -1,000 deleted  1,234,567 unchanged"


def test_error_lines() -> None:
    assert error_lines(QAError("no index at x", "qa build x")) == "error: no index at x\nrun: qa build x"
    assert error_lines(Malformed("a.json", 3, "not JSON\x1b[2J\nrun: rm")) == "error: a.json:3: not JSON␛[2J run: rm"


def test_stale_line(state: IndexState) -> None:
    assert stale_line(state) is None
    assert stale_line(replace(state, stale_sources=("a",))) == "1 source changed since it was indexed. run: qa update"
    assert (
        stale_line(replace(state, stale_sources=("a", "b", "c")))
        == "3 sources changed since they were indexed. run: qa update"
    )


def test_verdict_line(answer: Answer) -> None:
    assert verdict_line(answer) is None
    assert verdict_line(replace(answer, abstained=True)) == "No good answer among 9,984 comments."
    assert verdict_line(replace(answer, citations=(), in_scope=1)) == "No good answer among 1 comment."
    empty = replace(answer, abstained=True, citations=(), reason="empty_scope", in_scope=0)
    assert verdict_line(empty) == "0 of 9,984 comments match the filters."


@pytest.mark.parametrize(
    ("highlights", "pieces"),
    [
        ((), [("One. Two. Three.", False)]),
        (((5, 10),), [("One. ", False), ("Two.", True), (" Three.", False)]),
        (((10, 16), (5, 10)), [("One. ", False), ("Two. Three.", True)]),
        (((0, 7), (5, 9)), [("One. Two.", True), (" Three.", False)]),
        (((0, 99),), [("One. Two. Three.", True)]),
        (((4, 5), (9, 2)), [("One. Two. Three.", False)]),
    ],
)
def test_segments(highlights: tuple[tuple[int, int], ...], pieces: list[tuple[str, bool]]) -> None:
    assert segments("One. Two. Three.", highlights) == pieces


@given(st.text("ab \n"), st.lists(st.tuples(st.integers(-3, 30), st.integers(-3, 30))))
def test_segments_join_to_the_quote_and_cover_the_highlights(quote: str, highlights: list[tuple[int, int]]) -> None:
    pieces = segments(quote, highlights)
    assert "".join(piece for piece, _ in pieces) == quote
    lit = [lit for piece, lit in pieces for _ in piece]
    for at, char in enumerate(quote):
        inside = any(max(0, start) <= at < end for start, end in highlights)
        assert lit[at] == inside or char.isspace()
