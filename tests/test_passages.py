"""Comment -> passages: every word is covered, every offset holds, nothing short is cut."""

from __future__ import annotations

import doctest
from bisect import bisect_left
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import qa.passages
from qa.encoder import Encoder, HashingEncoder, load_encoder
from qa.passages import context_of, cut, is_question, sentence_spans, surely_fits
from qa.records import Comment, Passage

FAKE = HashingEncoder()
PROSE = st.lists(
    st.sampled_from(
        [
            "word",
            "Another",
            "ein",
            "e.g.",
            "3.14",
            "https://x.org/a?b=c.",
            "end.",
            "Really?!",
            "…",
            "\n",
            "\n\n",
            "  ",
            "日本語。",
            "شكرا",
            "👩‍👩‍👧",
            "a-b-c-d",
            "\u200b",
            "\t",
            '"Quoted."',
            "(Yes.)",
            "!!!!!!",
            "\r\n",
            "\x1c",
        ]
    ),
    max_size=120,
).map(" ".join)
TEXTS = st.one_of(PROSE, st.text(max_size=400), st.text("ab. \n", max_size=600))


def comment(text: str) -> Comment:
    return Comment("s#1", text, "s")


def passages(text: str, most: int = 16, encoder: Encoder = FAKE) -> list[Passage]:
    return cut(comment(text), "", encoder.token_offsets([text])[0], most)


def tokens(text: str) -> int:
    return sum(1 for a, b in FAKE.token_offsets([text])[0] if b > a)


def assert_sound(text: str, found: list[Passage], most: int, encoder: Encoder = FAKE) -> None:
    """All that holds of any cut."""
    covered = [False] * len(text)
    for one in found:
        assert one.text == text[one.start : one.end]
        assert one.text == one.text.strip() != ""
        covered[one.start : one.end] = [True] * (one.end - one.start)
    assert all(covered[at] for at, char in enumerate(text) if not char.isspace())
    offsets = [pair for pair in encoder.token_offsets([text])[0] if pair[1] > pair[0]]
    starts = [start for start, _ in offsets]
    for one in found:
        # Counted in the whole comment: a run without a boundary is cut inside, where its halves may count differently.
        within = bisect_left(starts, one.end) - bisect_left(starts, one.start)
        assert within <= most
    for one, following in pairwise(found):
        assert one.start < following.start
        assert one.end < following.end
        shared = bisect_left(starts, one.end) - bisect_left(starts, following.start)
        assert shared <= most // 8
    if len(offsets) <= most:
        assert len(found) == (1 if text.strip() else 0)


@settings(max_examples=300)
@given(TEXTS, st.sampled_from([8, 16, 64]))
@example("", 8)
@example(" \n\t ", 8)
@example("\u200b", 8)
@example("x" * 500, 8)
@example("." * 500, 8)
@example("a\n" * 300, 8)
@example("A. " * 300, 16)
def test_every_cut_is_sound(text: str, most: int) -> None:
    assert_sound(text, passages(text, most), most)


@settings(max_examples=200)
@given(TEXTS, st.sampled_from([8, 16]))
def test_no_passage_is_longer_than_the_encoder_reads(text: str, most: int) -> None:
    for one in passages(text, most):
        # One more where the cut fell inside a word: its halves are two tokens where it was one.
        assert tokens(one.text) <= most + 1


@given(TEXTS)
def test_a_comment_that_fits_is_one_passage(text: str) -> None:
    if text.strip():
        (only,) = passages(text, max(1, tokens(text)))
        assert only.text == text.strip()


def test_white_space_alone_gives_no_passage() -> None:
    assert passages(" \n\t\u3000 ") == []


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("x" * 10_000_000, 64),
        ("\n" * 1_000_000 + "end", 64),
        ("word " * 200_000, 64),
        ("👩‍👩‍👧" * 60_000, 64),
        ("שלום עולם. " * 60_000, 64),
        ("." * 300_000, 64),
        ("a." * 200_000, 64),
        ("Yes. " * 200_000, 64),
        (("a" + " " * 1000) * 1000, 64),
    ],
    ids=["one word", "newlines", "words", "emoji", "right to left", "dots", "no spaces", "sentences", "wide gaps"],
)
def test_odd_texts_come_to_an_end(text: str, most: int) -> None:
    found = passages(text, most)
    assert found[0].start == len(text) - len(text.lstrip())
    assert found[-1].end == len(text.rstrip())
    assert all(text[a.end : b.start].strip() == "" for a, b in pairwise(found) if b.start > a.end)
    assert len(found) <= 2 + tokens(text) / (most * 0.3 - most // 8)


def test_the_cut_prefers_a_paragraph_then_a_sentence_then_a_word() -> None:
    words = "one two three four five six seven eight nine ten"
    paragraph = passages("one two three four five six\n\nseven eight nine. Ten eleven twelve", 10)
    assert paragraph[0].text == "one two three four five six"
    sentence = passages("one two three four five six. Seven eight nine ten eleven twelve", 10)
    assert sentence[0].text == "one two three four five six."
    word = passages(words, 8)
    assert word[0].text == "one two three four five six seven eight"
    assert word[1].text == "eight nine ten"
    inside = passages("one two three four five six seven eight-nine ten", 8)
    assert inside[0].text == "one two three four five six seven"


def test_a_word_without_end_is_cut_inside() -> None:
    letters = [(at, at + 1) for at in range(10)]

    found = cut(comment("abcdefghij"), "", letters, 4)
    assert [one.text for one in found] == ["abcd", "efgh", "ij"]


def test_a_passage_repeats_the_end_of_the_one_before() -> None:
    text = " ".join(f"w{number}" for number in range(200))
    found = passages(text, 64)
    assert [(one.text.split()[0], one.text.split()[-1]) for one in found] == [
        ("w0", "w63"),
        ("w56", "w119"),
        ("w112", "w175"),
        ("w168", "w199"),
    ]


def test_context_is_kept_and_never_quoted() -> None:
    (only,) = cut(comment("Yes, exactly."), "Stemming\nDoes it help?", None, 16)
    assert (only.context, only.text) == ("Stemming\nDoes it help?", "Yes, exactly.")


@pytest.mark.parametrize(
    ("title", "parent", "expected"),
    [
        (None, None, ""),
        ("", "  ", ""),
        ("A\n title ", None, "A title"),
        (None, "Does\nit help?", "Does it help?"),
        ("T", " ".join(str(number) for number in range(40)), "T\n" + " ".join(str(number) for number in range(16))),
    ],
)
def test_context(title: str | None, parent: str | None, expected: str) -> None:
    assert context_of(title, parent) == expected


@settings(max_examples=300)
@given(TEXTS)
@example("a.\n\n\nb")
@example("。。。")
def test_sentences_are_ordered_disjoint_and_cover_every_word(text: str) -> None:
    spans = sentence_spans(text)
    end = 0
    for a, b in spans:
        assert end <= a < b <= len(text)
        assert text[end:a].strip() == ""
        assert text[a:b] == text[a:b].strip()
        end = b
    assert text[end:].strip() == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Use e.g. Lucene. It works.", ["Use e.g. Lucene.", "It works."]),
        ("Dr. Smith met Mr. J. Jones. They left.", ["Dr. Smith met Mr. J. Jones.", "They left."]),
        ("Set k1 to 1.2 or 3.14. Done.", ["Set k1 to 1.2 or 3.14.", "Done."]),
        ("See https://x.org/a.b?c=d. It says so.", ["See https://x.org/a.b?c=d.", "It says so."]),
        ("Well... Maybe not… Who knows?!", ["Well...", "Maybe not…", "Who knows?!"]),
        ("well... maybe so", ["well... maybe so"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("It works (I think.) Try it.", ["It works (I think.)", "Try it."]),
        ("これは文です。次の文です！はい", ["これは文です。", "次の文です！", "はい"]),
        ("「はい。」と言った。", ["「はい。」", "と言った。"]),
        ("first line\nsecond line\n\nthird", ["first line", "second line", "third"]),
        ("- one\n- two", ["- one", "- two"]),
        ("", []),
        ("   \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentence_spans(text)] == expected


@pytest.mark.parametrize("text", ["Why?", 'He asked "why?"', "(Why?)", "なぜ？", "Really?! Why? "])
def test_questions(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["Because.", "Why? Because.", "", "?what", "https://x.org/?a=b"])
def test_statements(text: str) -> None:
    assert not is_question(text)


@settings(max_examples=100)
@given(st.lists(st.text("ab. \n", max_size=30), min_size=1, max_size=20), st.integers(1, 50))
def test_passages_know_their_lines(lines: list[str], first: int) -> None:
    text = "\n".join(lines)
    stripped = text.strip("\n")
    whole = Comment("s#1", stripped, "s", line_start=first, line_end=first + stripped.count("\n"))
    for one in cut(whole, "", FAKE.token_offsets([stripped])[0], 8):
        assert one.line_start == first + stripped[: one.start].count("\n")
        assert one.line_end == first + stripped[: one.end].count("\n")


@given(st.text(max_size=20), st.integers(1, 30))
def test_what_surely_fits_has_no_more_tokens_than_fit(text: str, most: int) -> None:
    assert not surely_fits(text, most) or tokens(text) <= most


def test_what_cannot_be_told_is_tokenized() -> None:
    assert surely_fits("short", 6)
    assert not surely_fits("seven77", 7)
    assert not surely_fits("é", 100)


def test_passages_of_a_table_stand_where_their_record_stands() -> None:
    whole = Comment("s#1", "one\ntwo\nthree", "s", line_start=7, line_end=9, record=3, field="body")
    found = cut(whole, "", FAKE.token_offsets([whole.text])[0], 1)
    assert [(one.text, one.line_start, one.line_end) for one in found] == [
        ("one", 7, 9),
        ("two", 7, 9),
        ("three", 7, 9),
    ]


def test_worked_examples() -> None:
    result = doctest.testmod(qa.passages)
    assert result.attempted >= 2
    assert result.failed == 0


@pytest.mark.model
def test_the_real_tokenizer_cuts_soundly() -> None:
    encoder = load_encoder()
    texts = [
        "The index was stale. Nobody noticed for a week, e.g. in March 2023 (v3.14). " * 60,
        "unbelievablylongwordwithoutanyspaces" * 40 + " " + "word " * 600,
        "👩‍👩‍👧 " * 400,
        "日本語の文です。" * 200,
        "ﷺ한국어 e\u0301 " * 150,
        "\n".join(f"line {number}" for number in range(500)),
    ]
    for text in texts:
        found = passages(text, encoder.max_tokens, encoder)
        assert len(found) > 1
        assert_sound(text, found, encoder.max_tokens, encoder)
        assert all(len(encoder.token_offsets([one.text])[0]) <= encoder.max_tokens for one in found)
