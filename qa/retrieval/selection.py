"""Ranked hits -> those that are shown: what says the same folds into one, and a thread takes at most two places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from qa.records import Comment, Passage

_PER_THREAD = 2
# How many comments are looked at when those that say the same, or stand in the same thread, are counted.
_LOOKED_AT = 20
# The share of two texts' word pairs that they have in common, from which on they say the same.
_SAME = 0.8
_WORD = re.compile(r"\w+")


class Passed(Protocol):
    """What holds a passage."""

    @property
    def passage(self) -> Passage:
        """The passage."""


Item = TypeVar("Item", bound=Passed)


@dataclass(slots=True)
class Place(Generic[Item]):
    """What is shown in one place: the best, the comments that say the same, how many of its thread were kept back."""

    best: Item
    also: list[Comment] = field(default_factory=list)
    more: int = 0


def select(ranked: Iterator[Item], count: int, *, limited: bool) -> list[Place[Item]]:
    """Return at most `count` places, with what was folded into each and kept back behind it.

    Counted are comments among the best 20, or as many as the places have taken. A comment without a thread is limited
    by none.
    """
    places: list[tuple[Place[Item], _Said]] = []
    for seen, item in enumerate(ranked, start=1):
        _settle(item, places, count, limited)
        if len(places) >= count and seen >= max(_LOOKED_AT, 2 * count):
            break
    return [place for place, _ in places]


def _settle(item: Item, places: list[tuple[Place[Item], _Said]], count: int, limited: bool) -> None:
    said = _Said(item.passage.searched)
    for place, already in places:
        if already.same(said):
            place.also.append(item.passage.comment)
            return
    thread = _thread(item)
    beside = [place for place, _ in places if _thread(place.best) == thread]
    if limited and thread != (None, None) and len(beside) >= _PER_THREAD:
        beside[-1].more += 1
    elif len(places) < count:
        places.append((Place(item), said))


def _thread(item: Passed) -> tuple[str | None, str | None]:
    return item.passage.comment.thread_id, item.passage.comment.thread_title


class _Said:
    """What a text says: its pairs of words that follow each other, its ends included, and its numbers.

    Source: Broder, On the Resemblance and Containment of Documents, 1997.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = _WORD.findall(text.casefold())

    def same(self, other: _Said) -> bool:
        """Tell whether both say the same; "at 200 degrees" is not what "at 220 degrees" says."""
        few, many = sorted((len(self._words), len(other._words)))
        if few < _SAME * _SAME * many:  # most that differ are told without pairing their words
            return False
        common = len(self._pairs & other._pairs)
        return common >= _SAME * len(self._pairs | other._pairs) and self._numbers == other._numbers

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(pairwise(("", *(self._words or self._text.split()), "")))

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(word for word in self._words if any(map(str.isdigit, word)))
