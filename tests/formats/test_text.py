from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import NoComments, UsageError
from qa.formats import SPLITS, ReadOptions, read_comments


def texts(reading) -> list[str]:
    return [c.text for c in reading[0]]


def test_a_pasted_page(read) -> None:
    comments, reader = read("First one.\n...\nThis was cut o...\nand so on (read more)\n")
    assert [(c.text, c.line_start, c.line_end, c.truncated) for c in comments] == [
        ("First one.", 1, 1, False),
        ("This was cut o...", 3, 3, True),
        ("and so on (read more)", 4, 4, True),
    ]
    assert reader.counts.empty == 1
    assert reader.decided == "plain text, each line is a comment (no blank lines between them)"


def test_few_blank_lines_do_not_separate(read) -> None:
    lines = [f"Comment number {n} says something." for n in range(53)]
    comments, reader = read("\n".join([*lines[:20], "", *lines[20:]]))
    assert [c.text for c in comments] == lines
    assert comments[20].line_start == 22
    assert "too few" in reader.decided


def test_paragraphs(read) -> None:
    comments, _ = read("one\ntwo\n\n\nthree\n \nfour\n")
    assert [(c.text, c.line_start, c.line_end) for c in comments] == [
        ("one\ntwo", 1, 2),
        ("three", 5, 5),
        ("four", 7, 7),
    ]


def test_wrapped_paragraphs(read) -> None:
    block = "\n".join(["a line of a wrapped text that was broken near the width"] * 9)
    assert texts(read(f"{block}\nshort end\n\n{block}\nend")) == [f"{block}\nshort end", f"{block}\nend"]


@pytest.mark.parametrize("rule", ["---", "***", "===", "* * *", "----------", "_____"])
def test_separators_win_over_blank_lines(read, rule: str) -> None:
    comments, _ = read(f"a\n\nb\n{rule}\n\nc\n\nd\n\n{rule}\n")
    assert [(c.text, c.line_start, c.line_end) for c in comments] == [("a\n\nb", 1, 3), ("c\n\nd", 6, 8)]


def test_one_rule_in_a_pasted_page_separates_nothing(read) -> None:
    lines = [f"Comment number {n}." for n in range(40)]
    comments, _ = read("\n".join([*lines[:20], "---", *lines[20:]]))
    assert len(comments) == 40


@pytest.mark.parametrize(
    "header",
    [
        "alice, 2024-03-01 10:22:",
        "alice · March 1, 2024 10:22",
        "Posted by alice on March 1, 2024 10:22",
        "@alice (2024-03-01 10:22)",
        "alice wrote on 1 March 2024 10:22:",
        "[2024-03-01 10:22] alice:",
        "From: alice\nDate: 2024-03-01 10:22",
    ],
)
def test_headers(read, header: str) -> None:
    comments, reader = read(f"{header}\n\nHello there.\n\nMore of it.\n\nbob, 2024-03-02\nYes.\n")
    height = header.count("\n") + 1
    assert [(c.author, c.text, c.line_start) for c in comments] == [
        ("alice", "Hello there.\n\nMore of it.", height + 2),
        ("bob", "Yes.", height + 7),
    ]
    assert comments[0].created_at == datetime(2024, 3, 1, 10, 22, tzinfo=UTC)
    assert "author and date" in reader.decided


def test_chat(read) -> None:
    comments, _ = read("[2024-03-01 10:22] alice: hi all\nsecond line\n[2024-03-01 10:23] bob: yes: it works \n")
    assert [(c.author, c.text, c.line_start, c.line_end) for c in comments] == [
        ("alice", "hi all\nsecond line", 1, 2),
        ("bob", "yes: it works ", 3, 3),
    ]


def test_subject_of_mail_headers_is_the_thread(read) -> None:
    comments, _ = read("From: x\nDate: 2024-03-01\nSubject: Trains\n\nLate again.\n")
    assert (comments[0].thread_title, comments[0].text) == ("Trains", "Late again.")


def test_separators_with_headers(read) -> None:
    comments, _ = read("alice, 2024-03-01\none\n---\nbob, 2024-03-02\ntwo\n---\nthree\n")
    assert [(c.author, c.text) for c in comments] == [("alice", "one"), ("bob", "two"), (None, "three")]


def test_what_precedes_the_first_header_is_kept(read) -> None:
    head = "".join(f"user{n}, 2024-03-0{n}\ntext {n}\n\n" for n in range(1, 5))
    assert texts(read("An introduction.\n\n" + head))[0] == "An introduction."


def test_line_ends(read) -> None:
    assert texts(read(b"one\r\ntwo\rthr\x0bee\n\xe2\x80\xa8four", split="line")) == [
        "one",
        "two",
        "thr\x0bee",
        "\u2028four",
    ]


def test_deleted(read) -> None:
    comments, reader = read("one\n[deleted]\n[removed]\ntwo\n")
    assert (len(comments), reader.counts.deleted) == (2, 2)


def test_equal_text_keeps_two_identities(read) -> None:
    first, _ = read("same\nother\nsame\n")
    assert first[2].comment_id == first[0].comment_id + "-2"
    assert re.fullmatch(r"s#[0-9a-f]{12}", first[0].comment_id)
    later, _ = read("new on top\nsame\nother\nsame\n")
    assert [c.comment_id for c in later[1:]] == [c.comment_id for c in first]


def test_file(read) -> None:
    assert texts(read("\na\n\n---\nb\n\n", split="file")) == ["a\n\n---\nb"]


@pytest.mark.parametrize(
    "options", [{"format": "xml"}, {"split": "word"}, {"columns": {"body": "x"}}, {"split": "item", "format": "text"}]
)
def test_unknown_options(read, options) -> None:
    with pytest.raises(UsageError) as caught:
        read("text\n", **options)
    assert caught.value.hint


def test_options_round_trip() -> None:
    options = ReadOptions("csv", {"text": "Körper"}, None)
    assert ReadOptions.from_json(options.to_json()) == options
    assert ReadOptions.from_json(ReadOptions().to_json()) == ReadOptions()


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30),
        st.sampled_from(
            ["", "", "---", "* * *", "alice, 2024-03-01 10:22:", "From: x", "Date: 2024-03-01", "word " * 30]
        ),
    ),
    max_size=30,
)


@given(LINES, st.sampled_from([None, *SPLITS]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_text_is_its_lines(tmp_path_factory, lines: list[str], split: str | None, end: str) -> None:
    path: Path = tmp_path_factory.mktemp("t") / "c.txt"
    path.write_bytes(end.join(lines).encode())
    try:
        comments = list(read_comments(path, "s", ReadOptions("text", split=split)))
    except NoComments:
        return
    for comment in comments:
        assert comment.text == "\n".join(lines[comment.line_start - 1 : comment.line_end])
    assert len({c.comment_id for c in comments}) == len(comments)
