"""The sentence that answers: near in meaning, with the question's words, and stating something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qa
from qa.encoder import HashingEncoder
from qa.index import open_snapshot
from qa.passages import sentence_spans
from qa.records import Comment, Passage
from qa.sentences import SentenceScorer, chosen, leaves_open
from qa.store import StoredPassage

FAKE = HashingEncoder()
COMMENTS = [f"Bread number {n} is baked here. It is eaten." for n in range(1, 20)] + [
    "Ovens of stone keep their heat. Is rye dough sour? Rye dough rises slowly.",
    "Mill your own flour.",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sentences")
    (folder / "notes.txt").write_text("\n".join(COMMENTS) + "\n", encoding="utf-8")
    qa.build([folder / "notes.txt"], folder / "ix", model="hashing")
    return folder / "ix"


def passage(text: str, *cosines: float) -> StoredPassage:
    """Return a passage whose sentences have these cosines to QUERY."""
    rows = np.zeros((len(cosines), 64), np.float32)
    rows[:, 0] = cosines
    return StoredPassage(1, Passage(Comment("c", text, "s"), 0, len(text)), QUERY, rows)


QUERY = np.eye(1, 64, dtype=np.float32)[0]


def scores(index: Path, question: str, stored: StoredPassage) -> list[float]:
    with open_snapshot(index) as snapshot:
        scored = SentenceScorer(snapshot, question, QUERY).score(stored)
    assert [(start, end) for start, end, _ in scored] == sentence_spans(stored.passage.text)
    return [score for *_, score in scored]


def best(index: Path, question: str, stored: StoredPassage) -> str:
    with open_snapshot(index) as snapshot:
        spans = chosen(SentenceScorer(snapshot, question, QUERY).score(stored))
    return " ".join(stored.passage.text[start:end] for start, end in spans)


def test_meaning_decides_where_words_do_not(index: Path) -> None:
    stored = passage("The crust cracks. The crumb is open. Salt helps.", 0.1, 0.6, 0.2)
    assert best(index, "Why does it sing?", stored) == "The crumb is open."
    assert scores(index, "Why does it sing?", stored) == pytest.approx([0.1, 0.6, 0.2])


def test_the_words_of_the_question_count_by_their_rarity(index: Path) -> None:
    stored = passage("A bread. Rye grows. Rye breads sell. Who knows which.", 0.5, 0.5, 0.5, 0.5)
    bread, rye, both, asking = scores(index, "Who knows which bread is of rye?", stored)
    assert asking == 0.5 < bread < rye < both == pytest.approx(1.0)


def test_a_finding_comes_before_what_is_as_near(index: Path) -> None:
    assert best(index, "Why?", passage("It is warm. It turned out that it was warm. Snow.", 0.5, 0.5, 0.1)) == (
        "It turned out that it was warm."
    )
    assert (
        best(index, "Why?", passage("It is warm. It turned out that it was warm. Snow.", 0.6, 0.5, 0.1))
        == "It is warm."
    )


def test_a_sentence_that_asks_is_not_the_one_that_answers(index: Path) -> None:
    question = "Is rye dough sour?"
    assert best(index, question, passage("Is rye dough sour? It keeps.", 0.9, 0.1)) == "It keeps."
    assert best(index, question, passage('He asked "is rye dough sour?" It keeps.', 0.9, 0.1)) == "It keeps."
    assert best(index, question, passage("Is it? Is rye dough sour?", 0.1, 0.9)) == "Is rye dough sour?"


def test_a_sentence_that_leaves_it_open_comes_after_one_as_near(index: Path) -> None:
    stored = passage("I wonder whether rye rises. With warmth rye rises.", 0.6, 0.5)
    assert best(index, "Does rye rise?", stored) == "With warmth rye rises."
    assert best(index, "Does rye rise?", passage("I wonder whether rye rises. Snow fell.", 0.6, 0.1)).startswith(
        "I won"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "I wonder if it helps.",
        "Not sure how that works.",
        "I don’t know.",
        "No idea, sorry.",
        "The cause is not well understood.",
        "How it spreads remains to be seen.",
        "Little is known of its diet.",
        "Let me know if it works.",
        "We investigated the effect of salt.",
        "The aim of the test was to compare two flours.",
    ],
)
def test_what_leaves_something_open(sentence: str) -> None:
    assert leaves_open(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "It depends on whether you have a mill.",
        "To find out the age, look at the crust.",
        "The goal of proofing is a light crumb.",
        "I tested it and it works.",
        "Salt is known to slow yeast.",
        "Background noise is what the oven makes.",
    ],
)
def test_what_states_something(sentence: str) -> None:
    assert not leaves_open(sentence)


def test_sentences_without_vectors_are_told_by_their_words(index: Path) -> None:
    stored = replace(passage("Snow fell. Rye grows."), sentences=np.zeros((0, 64), np.float32))
    assert best(index, "Where is rye?", stored) == "Rye grows."


def test_no_sentence_is_chosen_from_none() -> None:
    assert chosen(()) == ()


def test_of_equal_sentences_the_first_is_marked() -> None:
    assert chosen(((0, 2, 0.5), (3, 5, 0.5))) == ((0, 2),)
    assert chosen(((0, 2, 0.5), (3, 5, 0.5), (6, 8, 0.5))) == ((0, 2), (3, 5))


def test_the_answer_marks_the_sentence_that_scores_best(index: Path) -> None:
    citation = qa.open(index).ask("How does rye dough rise?").citations[0]
    assert [citation.quote[a:b] for a, b in citation.highlights] == ["Rye dough rises slowly."]
