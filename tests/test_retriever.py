"""Question -> hits: one for each comment, scoped before the best are chosen, in an order that does not waver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qa
from qa.encoder import HashingEncoder
from qa.index import open_snapshot
from qa.records import Filters
from qa.retrieval import Found, retrieve

FAKE = HashingEncoder()


def index(place: Path, *texts: str, **columns: list[str]) -> Path:
    """Index a table with a comment for each text."""
    table = place / "c.tsv"
    rows = zip(map(str, range(1, len(texts) + 1)), texts, *columns.values(), strict=True)
    lines = [["id", "text", *columns], *rows]
    table.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    qa.build([table], place / "ix", model="hashing")
    return place / "ix"


def ask(folder: Path, question: str, count: int = 5, *, every: bool = False, **filters: object) -> Found:
    with open_snapshot(folder) as snapshot:
        return retrieve(snapshot, FAKE, question, Filters(**filters), count, every=every)  # type: ignore[arg-type]


def ids(found: Found) -> list[int]:
    return [int(hit.passage.comment_id.partition("#")[2]) for hit in found.hits]


TOPICS = ["stale index", "rye bread", "grazing zebras", "loud drums", "deep snow"]


def test_the_best_comes_first_and_ranks_count_from_one(tmp_path: Path) -> None:
    folder = index(tmp_path, *(f"Something about {topic} here." for topic in TOPICS))
    for number, topic in enumerate(TOPICS, 1):
        found = ask(folder, f"something about {topic} here")
        assert ids(found)[0] == number
        assert [hit.rank for hit in found.hits] == [1, 2, 3, 4, 5]
        assert found.in_scope == 5
    assert len(ask(folder, "rye bread", 2).hits) == 2
    assert ids(ask(folder, "rye bread", 2)) == ids(ask(folder, "rye bread", 5))[:2]


def test_scores_are_what_they_say(tmp_path: Path) -> None:
    folder = index(tmp_path, *(f"Something about {topic} here." for topic in TOPICS))
    found = ask(folder, "who bakes rye bread")
    query = FAKE.encode_query("who bakes rye bread")
    for hit in found.hits:
        assert hit.score == pytest.approx(float(FAKE.encode_query(hit.passage.text) @ query), abs=1e-3)
        assert [hit.passage.text[a:b] for a, b, _ in hit.sentences] == [hit.passage.text]
    assert found.hits[0].sentences[0][2] > found.hits[0].score + 0.1  # the words that it shares
    assert found.hits[1].sentences[0][2] == pytest.approx(found.hits[1].score, abs=0.02)
    assert [hit.reasons.bm25 > 0 for hit in found.hits] == [True, False, False, False, False]


def test_one_hit_for_each_comment_its_best_passage(tmp_path: Path) -> None:
    filler = "and more words about nothing in particular follow here "
    long = filler * 12 + "Rye bread wants a long rest. " + filler * 12
    folder = index(tmp_path, long, "Snow fell.", "Drums beat.")
    found = ask(folder, "rye bread rest", 10)
    assert sorted(ids(found)) == [1, 2, 3]
    (one,) = (hit for hit in found.hits if hit.passage.comment_id.endswith("#1"))
    assert "Rye bread wants a long rest." in one.passage.text
    assert len(one.passage.text) < len(long) / 2


def test_a_long_comment_does_not_crowd_out_others(tmp_path: Path) -> None:
    folder = index(tmp_path, "Rye bread rests. " * 400, *(f"Plain remark {number}." for number in range(4)))
    assert sorted(ids(ask(folder, "rye bread", 5))) == [1, 2, 3, 4, 5]


def test_a_scope_is_applied_before_the_best_are_chosen(tmp_path: Path) -> None:
    texts = ["Rye bread, rye bread!"] * 300 + ["Snow fell on the drums."]
    dates = ["2023-05-01"] * 300 + ["2024-05-01"]
    authors = ["marit"] * 300 + ["nell"]
    folder = index(tmp_path, *texts, author=authors, date=dates)
    found = ask(folder, "rye bread", 1, authors=("nell",))
    assert (ids(found), found.in_scope) == ([301], 1)
    moment = next(one.created_at for one in qa.open(folder).comments(author="nell"))
    assert ids(ask(folder, "rye bread", 3, since=moment)) == [301]
    assert ask(folder, "rye bread", 3, before=moment).in_scope == 300


def test_a_broad_scope_is_searched_with_a_selector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Something about {topic} here, number {n}." for n in range(20) for topic in TOPICS]
    folder = index(tmp_path, *texts, author=["marit", "nell"] * 50)
    small = ask(folder, "stale index here", 50, authors=("nell",))
    monkeypatch.setattr("qa.index.snapshot._SMALL_SCOPE", 0)
    broad = ask(folder, "stale index here", 50, authors=("nell",))
    assert ids(broad) == ids(small)
    assert len(broad.hits) == 50
    assert all(hit.passage.comment.author == "nell" for hit in broad.hits)


def test_an_empty_scope(tmp_path: Path) -> None:
    folder = index(tmp_path, "Snow fell.", author=["marit"])
    found = ask(folder, "snow", authors=("nobody",))
    assert (found.hits, found.in_scope) == ((), 0)
    assert found.confidence == 0


def test_equal_comments_keep_their_order(tmp_path: Path) -> None:
    folder = index(tmp_path, *["Yes, exactly."] * 40)
    for _ in range(3):
        assert ids(ask(folder, "yes exactly", 10, every=True)) == list(range(1, 11))


def test_confidence_does_not_depend_on_how_many_are_asked_for(tmp_path: Path) -> None:
    folder = index(tmp_path, *(f"Something about {topic} here, {n}." for n in range(60) for topic in TOPICS))
    for question in ("rye bread", "rye bread? something", "unrelated words entirely"):
        assert len({ask(folder, question, count).confidence for count in (1, 2, 10, 100)}) == 1


def test_an_answer_ranks_above_the_same_question(tmp_path: Path) -> None:
    folder = index(tmp_path, "How long does rye bread rest?", "How long rye bread does rest: a day.", "Snow fell.")
    found = ask(folder, "How long does rye bread rest?")
    assert ids(found)[:2] == [2, 1]
    assert found.hits[0].score < found.hits[1].score


def test_a_question_without_words(tmp_path: Path) -> None:
    folder = index(tmp_path, "Snow fell.", "Drums beat.")
    for question in ("?!", "\ud800", "👍"):
        found = ask(folder, question)
        assert sorted(ids(found)) == [1, 2]
        assert all(hit.reasons.bm25 == 0 for hit in found.hits)


def test_one_side_alone(tmp_path: Path) -> None:
    folder = index(tmp_path, "Rye bread rests.", "Rye rye rye and something else than what was asked.", "Snow fell.")
    with open_snapshot(folder) as snapshot:
        dense, words = (retrieve(snapshot, FAKE, "rye bread", Filters(), 5, mode) for mode in ("dense", "words"))
    assert [hit.score for hit in dense.hits] == sorted((hit.score for hit in dense.hits), reverse=True)
    assert len(dense.hits) == 3
    assert [hit.reasons.bm25 for hit in words.hits] == sorted((hit.reasons.bm25 for hit in words.hits), reverse=True)
    assert sorted(ids(words)) == [1, 2]  # what holds none of the words is not found by them


def test_the_words_of_every_candidate_are_counted(tmp_path: Path) -> None:
    """A passage that meaning finds has its words counted though better ones filled the words' own list."""
    folder = index(tmp_path, *(f"rye bread {'rye ' * (n % 7)} number {n}" for n in range(300)))
    found = ask(folder, "rye bread number 299", 150)
    assert all(hit.reasons.bm25 > 0 for hit in found.hits)
    assert len(found.hits) == 150


def test_vectors_that_are_searched_are_those_that_are_stored(tmp_path: Path) -> None:
    folder = index(tmp_path, *(f"Something about {topic} here, {n}." for n in range(30) for topic in TOPICS))
    query = FAKE.encode_query("rye bread")
    with open_snapshot(folder) as snapshot:
        scope, _ = snapshot.scope(Filters())
        _, found = snapshot.search_vectors(query, 20, scope)
        stored = snapshot.passages(range(1, 151))
    exact = sorted((-float(one.vector @ query), key) for key, one in stored.items())
    np.testing.assert_allclose(found @ query, [-score for score, _ in exact[:20]], atol=1e-3)
