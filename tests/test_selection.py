"""Which hits are shown: what says the same folds, a thread takes two places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qa.records import Comment, Hit, Passage
from qa.retrieval.selection import select


def hits(*rows: str | tuple[str, str | None]) -> Iterator[Hit]:
    """Yield hits of texts, each with its thread where one is given."""
    for rank, row in enumerate(rows, start=1):
        text, thread = (row, None) if isinstance(row, str) else row
        comment = Comment(f"s#{rank}", text, "s.txt", thread_id=thread)
        yield Hit(Passage(comment, 0, len(text)), 0.5, rank)


def shown(*rows: str | tuple[str, str | None], count: int = 3, limited: bool = True) -> list[tuple[str, int, int]]:
    """Return the id of each place, how many others say the same, how many of its thread were kept back."""
    found = select(hits(*rows), count, limited=limited)
    return [(place.best.passage.comment_id, len(place.also), place.more) for place in found]


def test_what_says_the_same_takes_one_place() -> None:
    again = "  rye rests A DAY, and wheat rests four hours!"
    assert shown("Rye rests a day and wheat rests four hours.", "Snow fell.", again, "Milk.", "snow fell") == [
        ("s#1", 1, 0),
        ("s#2", 1, 0),
        ("s#4", 0, 0),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bake it at 220 degrees for an hour, then let it rest on the rack until it is cold.",
         "Bake it at 200 degrees for an hour, then let it rest on the rack until it is cold."),
        ("Rye rests a day.", "Rye never rests a day."),
        ("👍", "🎉"),
        ("Yes.", "No."),
    ],
)  # fmt: skip
def test_what_differs_in_what_matters_does_not_fold(one: str, other: str) -> None:
    assert shown(one, other) == [("s#1", 0, 0), ("s#2", 0, 0)]


def test_a_thread_takes_two_places() -> None:
    rows = [("one", "t"), ("two", "t"), ("three", "t"), ("four", "u"), ("five", "t"), ("six", "u"), ("seven", "t")]
    assert shown(*rows) == [("s#1", 0, 0), ("s#2", 0, 3), ("s#4", 0, 0)]
    assert shown(*rows, count=9) == [("s#1", 0, 0), ("s#2", 0, 3), ("s#4", 0, 0), ("s#6", 0, 0)]
    assert shown(*rows, limited=False) == [("s#1", 0, 0), ("s#2", 0, 0), ("s#3", 0, 0)]


def test_comments_without_a_thread_share_none() -> None:
    assert shown("one", "two", "three", "four") == [("s#1", 0, 0), ("s#2", 0, 0), ("s#3", 0, 0)]


def test_what_folds_is_not_counted_in_its_thread() -> None:
    assert shown(("one", "t"), ("two", "t"), ("Two!", "t"), count=2) == [("s#1", 0, 0), ("s#2", 1, 0)]


def test_no_more_is_looked_at_than_counts() -> None:
    endless = (hit for _ in iter(int, 1) for hit in hits(("one", "t")))
    assert len(select(endless, 1, limited=True)) == 1
