"""Hits -> answer: quotes that hold, the sentence that answers, and an honest no."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import qa
from qa.answer import EMPTY_SCOPE, check, compose
from qa.errors import CitationError
from qa.passages import sentence_spans
from qa.records import Comment, Hit, IndexState, Passage
from qa.retrieval import Found

STATE = IndexState("indexes/x", 3, None, ("old.txt",))


def hit(text: str, *scores: float, source: str = "s.txt", score: float = 0.8, start: int = 0) -> Hit:
    comment = Comment(f"{source}#1", "x" * start + text, source, line_start=3, line_end=3 + text.count("\n"))
    spans = sentence_spans(text)
    sentences = tuple((a, b, value) for (a, b), value in zip(spans, scores, strict=True)) if scores else ()
    return Hit(Passage(comment, start, start + len(text)), score, 1, sentences)


def answer(*hits: Hit, confidence: float = 0.8, in_scope: int = 3) -> qa.Answer:
    return compose("Why?", Found(hits, in_scope, confidence), STATE)


def highlighted(one: Hit) -> list[str]:
    (citation,) = answer(one).citations
    return [citation.quote[a:b] for a, b in citation.highlights]


def test_a_citation_says_where_its_quote_stands() -> None:
    one = hit("First line.\nSecond line.", 0.1, 0.9, start=5)
    (citation,) = answer(one).citations
    assert citation.quote == one.passage.text == citation.comment.text[citation.start : citation.end]
    assert (citation.start, citation.end, citation.rank, citation.score) == (5, 29, 1, 0.8)
    assert (citation.line_start, citation.line_end) == (3, 4)


def test_the_nearest_sentence_is_highlighted() -> None:
    assert highlighted(hit("It is late. The index was stale. I bake bread.", 0.2, 0.7, 0.3)) == ["The index was stale."]


def test_two_sentences_are_highlighted_where_both_are_as_good() -> None:
    text = "It is stale. I bake bread. Nobody updated it."
    assert highlighted(hit(text, 0.69, 0.1, 0.7)) == ["It is stale.", "Nobody updated it."]
    assert highlighted(hit(text, 0.60, 0.1, 0.7)) == ["Nobody updated it."]
    assert highlighted(hit("It is stale. I bake bread.", 0.7, 0.7)) == ["It is stale."]


def test_nothing_is_highlighted_where_no_sentence_is_known() -> None:
    assert highlighted(hit("Anything")) == []


def test_stale_sources_are_marked() -> None:
    found = answer(hit("One.", 1.0, source="s.txt"), hit("Two.", 1.0, source="old.txt"))
    assert [one.stale for one in found.citations] == [False, True]
    assert found.index is STATE


@pytest.mark.parametrize(("confidence", "abstained"), [(0.99, False), (0.5, False), (0.4999, True), (0.0, True)])
def test_the_bar(confidence: float, abstained: bool) -> None:
    found = answer(hit("One.", 1.0), confidence=confidence)
    assert found.abstained is abstained
    assert len(found.citations) == 1
    assert found.confidence == confidence
    assert found.reason is None


def test_an_empty_scope_says_so() -> None:
    found = answer(confidence=0.0, in_scope=0)
    assert (found.abstained, found.reason, found.citations) == (True, EMPTY_SCOPE, ())


def test_the_order_of_hits_is_kept() -> None:
    hits = [replace(hit(f"Number {n}.", 1.0, score=n / 10), rank=n) for n in (1, 2, 3)]
    assert [one.rank for one in answer(*hits).citations] == [1, 2, 3]


def test_a_quote_that_does_not_stand_is_refused() -> None:
    (citation,) = answer(hit("It never happened.", 1.0)).citations
    check(citation, citation.comment)
    for wrong in (
        replace(citation, quote="It ever happened."),
        replace(citation, start=1),
        replace(citation, end=3),
        replace(citation, quote="", start=0, end=0),
    ):
        with pytest.raises(CitationError, match=r"a quote of s\.txt#1 is not in the comment"):
            check(wrong, citation.comment)
    with pytest.raises(CitationError):
        check(citation, replace(citation.comment, text="something else"))


def test_an_empty_quote_is_refused() -> None:
    with pytest.raises(CitationError):
        answer(Hit(Passage(Comment("c", "text", "s"), 2, 2), 0.9, 1))


@pytest.fixture
def index(tmp_path: Path) -> qa.Assistant:
    path = tmp_path / "notes.txt"
    lines = [f"Remark {n} is about topic {n % 5}. Is it? It says so." for n in range(1, 80)]
    lines[6] = "The index was stale 👍 for a week. " * 30
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    qa.build([path], tmp_path / "ix", model="hashing")
    return qa.open(tmp_path / "ix")


def test_every_citation_holds(index: qa.Assistant, tmp_path: Path) -> None:
    lines = (tmp_path / "notes.txt").read_text(encoding="utf-8").splitlines()
    for question in ("Was the index stale?", "remark about topic 3", "unrelated"):
        found = index.ask(question, k=200)
        assert len(found.citations) == found.in_scope == len(lines)
        assert [one.rank for one in found.citations] == list(range(1, len(lines) + 1))
        for one in found.citations:
            assert one.line_start == one.line_end is not None
            assert one.quote == lines[one.line_start - 1][one.start : one.end]
            assert all(0 <= a < b <= len(one.quote) for a, b in one.highlights)
            assert not any(one.quote[a:b].endswith("?") for a, b in one.highlights)


@pytest.mark.parametrize("question", ["Was the index stale for a week?", "zebras", "remark about topic 3"])
def test_abstaining_does_not_depend_on_how_many_are_asked_for(index: qa.Assistant, question: str) -> None:
    assert len({index.ask(question, k=k).abstained for k in (1, 2, 5, 50, 200)}) == 1


def test_good_and_no_answers(index: qa.Assistant) -> None:
    assert not index.ask("The index was stale for a week").abstained
    assert index.ask("zebras graze quietly").abstained
    nobody = index.ask("stale", author="nobody")
    assert (nobody.abstained, nobody.reason, nobody.in_scope) == (True, EMPTY_SCOPE, 0)


def test_an_answer_is_the_same_every_time(index: qa.Assistant) -> None:
    assert index.ask("remark about topic 3", k=20) == index.ask("remark about topic 3", k=20)


def test_the_answer_is_the_best_sentences() -> None:
    first = hit("Snow fell. Rye rests a day.", 0.2, 0.8)
    again = replace(hit("rye  rests a day.", 0.7), rank=2)
    far, other = replace(hit("Milk is white.", 0.3), rank=3), replace(hit("A day of rest.", 0.75), rank=4)
    found = answer(first, again, far, other)
    assert [one.text for one in found.statements] == ["Rye rests a day.", "A day of rest."]
    assert [one.ranks for one in found.statements] == [(1, 2), (4,)]
    assert answer(first, confidence=0.1).statements == ()
    assert answer(confidence=0.9).statements == ()
