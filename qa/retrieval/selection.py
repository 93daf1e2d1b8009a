"""Ranked hits -> those that are shown: what says the same folds into one, and a thread takes at most two places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from qa.records import Comment, Hit

_PER_THREAD = 2
# How many comments are looked at when those that say the same, or stand in the same thread, are counted.
_LOOKED_AT = 20
# The share of two texts' word pairs that they have in common, from which on they say the same.
_SAME = 0.8
_WORD = re.compile(r"\w+")


def select(ranked: Iterator[Hit], count: int, *, limited: bool) -> tuple[Hit, ...]:
    """Return the hits of at most `count` places, numbered, with what was folded into each and kept back behind it.

    Counted are comments among the best 20, or as many as the places have taken. A comment without a thread is limited
    by none.
    """
    places: list[_Place] = []
    for seen, hit in enumerate(ranked, start=1):
        _settle(hit, places, count, limited)
        if len(places) >= count and seen >= max(_LOOKED_AT, 2 * count):
            break
    return tuple(place.hit(rank) for rank, place in enumerate(places, start=1))


@dataclass(slots=True)
class _Place:
    best: Hit
    said: _Said
    also: list[Comment] = field(default_factory=list)
    more: int = 0

    def hit(self, rank: int) -> Hit:
        return replace(self.best, rank=rank, also=tuple(self.also), more_in_thread=self.more)


def _settle(hit: Hit, places: list[_Place], count: int, limited: bool) -> None:
    said = _Said.of(hit.passage.searched)
    for place in places:
        if place.said.same(said):
            place.also.append(hit.passage.comment)
            return
    thread = _thread(hit)
    beside = [place for place in places if _thread(place.best) == thread]
    if limited and thread != (None, None) and len(beside) >= _PER_THREAD:
        beside[-1].more += 1
    elif len(places) < count:
        places.append(_Place(hit, said))


def _thread(hit: Hit) -> tuple[str | None, str | None]:
    return hit.passage.comment.thread_id, hit.passage.comment.thread_title


@dataclass(frozen=True, slots=True)
class _Said:
    """What a text says: its pairs of words that follow each other, its ends included, and its numbers.

    Source: Broder, On the Resemblance and Containment of Documents, 1997.
    """

    pairs: frozenset[tuple[str, str]]
    numbers: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Said:
        words = _WORD.findall(text.casefold())
        numbers = frozenset(word for word in words if any(map(str.isdigit, word)))
        return cls(frozenset(pairwise(("", *(words or text.split()), ""))), numbers)

    def same(self, other: _Said) -> bool:
        """Tell whether both say the same; "at 200 degrees" is not what "at 220 degrees" says."""
        common = len(self.pairs & other.pairs)
        return common >= _SAME * len(self.pairs | other.pairs) and self.numbers == other.numbers
