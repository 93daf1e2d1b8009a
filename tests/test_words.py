"""BM25 against a reference written from its formula; questions are text, never a query language."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import IndexDamaged
from qa.records import Scope
from qa.words import IndexedText, Words, clean

EVERYTHING = Scope()
# No stop word, and no two with one stem.
VOCABULARY = ["index", "vector", "cosine", "query", "word", "rank", "fusion", "crash", "token", "model", "cache"]


def row(key: int, text: str, *, author: int | None = None, at: int | None = None, source: int = 1) -> IndexedText:
    return (key, text, author, None, source, at)


def bm25(
    texts: dict[int, Sequence[str]], question: Sequence[str], k1: float = 1.2, b: float = 0.75
) -> dict[int, float]:
    """Robertson and Zaragoza 2009, with the idf that is never negative: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    average = sum(map(len, texts.values())) / len(texts)
    scores: dict[int, float] = {}
    for key, text in texts.items():
        for term in dict.fromkeys(question):
            frequency = text.count(term)
            if frequency:
                holding = sum(term in other for other in texts.values())
                idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
                part = idf * frequency * (k1 + 1) / (frequency + k1 * (1 - b + b * len(text) / average))
                scores[key] = scores.get(key, 0.0) + part
    return scores


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_are_bm25(seed: int) -> None:
    chance = random.Random(seed)
    # Lengths up to 40 words are stored exactly.
    texts = {key: chance.choices(VOCABULARY, k=chance.randint(1, 40)) for key in range(1, 41)}
    words = Words.in_memory([row(key, " ".join(text)) for key, text in texts.items()])
    question = chance.sample(VOCABULARY, 3)
    expected = bm25({**texts, 0: []}, question)  # the marker counts as a document without words
    found = words.search(" ".join(question), 100, EVERYTHING)
    assert dict(found) == pytest.approx(expected, rel=1e-4)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    few = words.search(" ".join(question), 5, EVERYTHING)
    assert [score for _, score in few] == pytest.approx(sorted(expected.values(), reverse=True)[:5], rel=1e-4)


def test_equal_scores_come_by_id() -> None:
    words = Words.in_memory([row(key, "stale index") for key in (9, 3, 7)])
    assert [key for key, _ in words.search("index", 10, EVERYTHING)] == [3, 7, 9]


def test_words_are_stemmed_folded_and_lowered() -> None:
    words = Words.in_memory([row(1, "The café's INDEXES were rebuilt"), row(2, "nothing of the kind")])
    for question in ("indexing", "Index", "cafe", "CAFÉ", "rebuilt?"):
        assert [key for key, _ in words.search(question, 10, EVERYTHING)] == [1], question


def test_stop_words_alone_find_nothing() -> None:
    assert Words.in_memory([row(1, "the and of it")]).search("the and of it", 10, EVERYTHING) == []


@pytest.mark.parametrize(
    "question",
    [
        '"index',
        "index AND",
        "index*",
        "+index -index",
        "(index",
        "index^2",
        "index~",
        "[index TO]",
        "\\index",
        "'index'",
        "index\0",
        "\ud800 index",
        "{index}",
        "index: ",
        "//index//",
        "index && ||",
        "<index>",
        "IN [index]",
        "*:* index",
    ],
)
def test_punctuation_is_no_language(question: str) -> None:
    words = Words.in_memory([row(1, "the index"), row(2, "the vector")])
    assert [key for key, _ in words.search(question, 10, EVERYTHING)] == [1]


@pytest.mark.parametrize("question", ["author_key:5", "marker:1", "passage_id:1", "-vector", "NOT vector", "text:*"])
def test_a_question_addresses_no_field_and_excludes_nothing(question: str) -> None:
    words = Words.in_memory([row(1, "index", author=5), row(2, "vector", author=5)])
    expected = [2] if "vector" in question else []
    assert [key for key, _ in words.search(question, 10, EVERYTHING)] == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_question(question: str) -> None:
    words = Words.in_memory([row(1, "index"), row(2, question)])
    assert {key for key, _ in words.search(question + " index", 10, EVERYTHING)} >= {1}


def test_a_long_question_is_read_to_a_point() -> None:
    words = Words.in_memory([row(1, "index")])
    assert [key for key, _ in words.search("index " + " ".join(f"w{n}" for n in range(5000)), 5, EVERYTHING)] == [1]


def test_filters() -> None:
    rows: list[IndexedText] = [
        (1, "index", 1, 1, 1, 100),
        (2, "index", 2, 1, 1, 200),
        (3, "index", 1, 2, 2, 300),
        (4, "index", None, None, 2, None),
    ]
    words = Words.in_memory(rows)

    def found(**scope: object) -> list[int]:
        keys = ("authors", "threads", "sources", "since", "before")
        chosen = Scope(*(scope.get(key) for key in keys))  # type: ignore[arg-type]
        return [key for key, _ in words.search("index", 10, chosen)]

    assert found() == [1, 2, 3, 4]
    assert found(authors=(1,)) == [1, 3]
    assert found(authors=(1, 2)) == [1, 2, 3]
    assert found(authors=()) == []
    assert found(threads=(2,)) == [3]
    assert found(sources=(2,)) == [3, 4]
    assert found(since=200) == [2, 3]
    assert found(before=200) == [1]
    assert found(since=100, before=300) == [1, 2]
    assert found(since=-5, before=101) == [1]
    assert found(authors=(1,), sources=(1,), since=0) == [1]
    assert found(authors=(2,), threads=(2,)) == []


def test_a_filter_changes_no_score() -> None:
    words = Words.in_memory([row(1, "index index", author=1), row(2, "index other words", author=2)])
    scores = dict(words.search("index", 10, EVERYTHING))
    assert words.search("index", 10, Scope((2,), None, None, None, None)) == [(2, pytest.approx(scores[2]))]


def test_filters_come_before_the_best_are_chosen() -> None:
    words = Words.in_memory(
        [row(n, "index index index", author=1) for n in range(1, 60)] + [row(99, "index x", author=2)]
    )
    assert [key for key, _ in words.search("index", 1, Scope((2,), None, None, None, None))] == [99]


def test_commits_add_remove_and_mark(tmp_path: Path) -> None:
    words = Words.create(tmp_path / "words")
    assert words.marker() == ("", -1)
    words.commit([row(1, "index one"), row(2, "index two")], [], "abc", 1)
    assert words.marker() == ("abc", 1)
    words.commit([row(3, "index three")], [1], "abc", 2)
    again = Words.open(tmp_path / "words")
    for one in (words, again):
        assert one.marker() == ("abc", 2)
        assert [key for key, _ in one.search("index", 10, EVERYTHING)] == [2, 3]
        assert one.search("one", 10, EVERYTHING) == []


def test_an_open_index_stays_as_it_was_opened(tmp_path: Path) -> None:
    writer = Words.create(tmp_path / "words")
    writer.commit([row(1, "index one")], [], "abc", 1)
    reader = Words.open(tmp_path / "words")
    writer.commit([row(2, "index two")], [1], "abc", 2)
    assert reader.marker() == ("abc", 1)
    assert [key for key, _ in reader.search("index", 10, EVERYTHING)] == [1]


def test_create_replaces_what_was_there(tmp_path: Path) -> None:
    Words.create(tmp_path / "words").commit([row(1, "index")], [], "abc", 1)
    (tmp_path / "words/rubbish").write_text("x", encoding="utf-8")
    fresh = Words.create(tmp_path / "words")
    assert fresh.marker() == ("", -1)
    assert not (tmp_path / "words/rubbish").exists()


@pytest.mark.parametrize("damage", ["halved", "emptied", "overwritten", "deleted"])
def test_damage_is_said(tmp_path: Path, damage: str) -> None:
    whole = tmp_path / "words"
    Words.create(whole).commit([row(n, f"index {n}") for n in range(20)], [], "abc", 1)
    files = sorted(path.name for path in whole.iterdir() if "lock" not in path.name)
    assert len(files) >= 6
    for name in files:
        copy = tmp_path / f"{damage}-{name}"
        shutil.copytree(whole, copy)
        content = (copy / name).read_bytes()
        (copy / name).unlink()
        if damage != "deleted":
            changed = {"halved": content[: len(content) // 2], "emptied": b"", "overwritten": b"\xa5" * len(content)}
            (copy / name).write_bytes(changed[damage])
        try:
            words = Words.open(copy)
            marker = words.marker()
        except IndexDamaged:
            continue
        # What still opens must be whole.
        assert marker == ("abc", 1), name
        assert len(words.search("index", 50, EVERYTHING)) == 20, name


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="absent cannot be read"):
        Words.open(tmp_path / "absent")


def test_clean_keeps_the_length() -> None:
    assert clean("a\ud800b😀") == "a\ufffdb😀"
