"""The sides of the hybrid, each alone: by meaning, by words."""

from __future__ import annotations

import pytest

import qa
from qa.encoder import HashingEncoder
from qa.errors import UsageError

FAKE = HashingEncoder()
TEXTS = [
    "Rye bread rests for a day. Does rye bread rest?",
    "How long does the dough of rye rest?",
    "Snow fell on the bread.",
    "Drums beat in the rye, and bread is not what they are about at all.",
    "Nothing of the kind.",
]


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> qa.Assistant:
    folder = tmp_path_factory.mktemp("modes")
    lines = ["id\ttext", *(f"{number}\t{text}" for number, text in enumerate(TEXTS, 1))]
    (folder / "c.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    qa.build([folder / "c.tsv"], folder / "ix", model="hashing")
    return qa.open(folder / "ix")


def test_dense_ranks_by_cosine_alone(bakery: qa.Assistant) -> None:
    for question in ("rye bread", "how long does rye rest", "drums"):
        query = FAKE.encode_query(question)
        cosines = {text: float(FAKE.encode_query(text) @ query) for text in TEXTS}
        hits = bakery.ask(question, k=50, mode="dense", every=True).citations
        assert [hit.score for hit in hits] == pytest.approx(sorted(cosines.values(), reverse=True), abs=1e-3)
        assert [cosines[hit.quote] for hit in hits] == pytest.approx([hit.score for hit in hits], abs=1e-3)


def test_words_rank_by_bm25_alone(bakery: qa.Assistant) -> None:
    hits = bakery.ask("rye bread", k=50, mode="words", every=True).citations
    scores = [hit.reasons.bm25 for hit in hits if hit.reasons]
    assert scores == sorted(scores, reverse=True)
    assert {hit.quote for hit in hits} == {text for text in TEXTS if "rye" in text.lower() or "bread" in text}
    assert bakery.rank("zebra", mode="words") == ()
    assert bakery.ask("zebra", mode="words").abstained


def test_the_answer_is_ranked_by_the_mode(bakery: qa.Assistant) -> None:
    for mode in ("hybrid", "dense", "words"):
        asked = bakery.ask("rye bread", mode=mode)  # type: ignore[arg-type]
        ranked = bakery.rank("rye bread", 5, mode=mode)  # type: ignore[arg-type]
        assert [one.comment.comment_id for one in asked.citations] == [passage.comment_id for passage in ranked]
    assert len(bakery.rank("rye bread")) == len(TEXTS)


def test_a_mode_that_is_none(bakery: qa.Assistant) -> None:
    with pytest.raises(UsageError, match="no mode is called 'sparse'; known: hybrid, dense, words"):
        bakery.ask("rye", mode="sparse")  # type: ignore[arg-type]
