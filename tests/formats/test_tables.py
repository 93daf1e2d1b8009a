from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DuplicateId, Malformed, NoComments, WrongColumns
from qa.formats import ReadOptions, read_comments
from qa.formats.tables import json_stream as stream


def rows_of(reading) -> list[tuple[str, int, int, int]]:
    return [(c.text, c.record, c.line_start, c.line_end) for c in reading[0]]


def test_csv(read) -> None:
    comments, reader = read(
        'Comment Text,BY,created-at,ID,reply_to,post_id,subject,Permalink\r\n" two\r\nlines ",al,1709294400,7,3,p,T,http://x\r\n'
        "...,,,,,,,\r\nlast,bo,never,8,,,,\r\n",
    )
    first = comments[0]
    assert reader.format == "csv"
    assert rows_of((comments, reader)) == [(" two\r\nlines ", 1, 2, 3), ("last", 3, 5, 5)]
    assert (first.comment_id, first.parent_id, first.thread_id) == ("s#7", "s#3", "p")
    assert (first.author, first.thread_title, first.url, first.field) == ("al", "T", "http://x", "Comment Text")
    assert first.created_at == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert comments[1].created_at is None
    assert reader.counts.empty == 1


def test_priority_of_names_and_metadata(read) -> None:
    record = {
        "message": "worse",
        "text": "best",
        "metadata": {"user": "below", "author": "x", "date": "2024-03-01"},
        "username": "top",
        "_id": 5,
    }
    comment = read(json.dumps(record), "r.jsonl")[0][0]
    assert (comment.text, comment.field, comment.author, comment.comment_id) == ("best", "text", "top", "s#5")
    assert comment.created_at == datetime(2024, 3, 1, tzinfo=UTC)


def test_title_stands_in_for_a_text(read) -> None:
    (one, two), _ = read('[{"title": "T", "text": ""}, {"title": "T", "text": "x"}]')
    assert (one.text, one.field, one.thread_title) == ("T", "title", None)
    assert (two.text, two.field, two.thread_title) == ("x", "text", "T")


def test_nested_author_and_dotted_columns(read) -> None:
    line = '{"user": {"login": "octocat"}, "data": {"said": "hello", "who": {"nick": "n"}}, "body": "b"}\n'
    assert read(line, "r.jsonl")[0][0].author == "octocat"
    comment = read(line, "r.jsonl", columns={"text": "data.said", "author": "data.who.nick"})[0][0]
    assert (comment.text, comment.author, comment.field) == ("hello", "n", "data.said")


def test_columns_that_are_named(read) -> None:
    table = "review,when,who\ngood one,2024-03-01,al\n"
    comment = read(table, "t.csv", columns={"text": "Review", "author": "who", "date": "when"})[0][0]
    assert (comment.text, comment.author, comment.created_at.month) == ("good one", "al", 3)
    for options, missing in (({"text": "nope"}, "nope"), ({"text": "review", "author": "nobody"}, "nobody")):
        with pytest.raises(WrongColumns, match=f"{missing}.*review, when, who"):
            read(table, "t.csv", columns=options)
    with pytest.raises(WrongColumns, match=r"nope.*x"):
        read('{"x": 1}\n{"x": 2}\n', columns={"text": "nope"})


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a,b\n1,2\n", "t.csv"),
        ('{"a": 1}\n{"a": 2}\n', "t.jsonl"),
        ('[{"a": 1}]', "t.json"),
        ('{"a": [{"b": 1}]}', "t.json"),
    ],
)
def test_no_text_column(read, content: str, name: str) -> None:
    with pytest.raises(WrongColumns, match=r"columns found: .*[ab]") as caught:
        read(content, name)
    assert "--columns text=" in caught.value.hint


def test_odd_names_of_columns_are_told_on_one_line_and_shortened(read) -> None:
    records = [{"a\nb": 1, "9" * 5000: 2}, *({f"n{number}": 1} for number in range(100))]
    with pytest.raises(WrongColumns, match=r"columns found: a b, 9{60}, n0, ") as caught:
        read(json.dumps(records), "a.json")
    assert len(caught.value.message) < 1000
    assert "\n" not in caught.value.message


def test_json_shapes(read) -> None:
    records = [{"text": "one", "id": 1}, {"text": "two\nlines", "id": 2}]
    pretty = json.dumps({"ok": True, "comments": records, "tags": ["x"]}, indent=1)
    comments, reader = read(pretty)
    assert rows_of((comments, reader)) == [("one", 1, 4, 7), ("two\nlines", 2, 8, 11)]
    assert "'comments'" in reader.decided
    assert [t for t, *_ in rows_of(read(json.dumps(records)))] == ["one", "two\nlines"]
    assert rows_of(read('["one",\n"two"]')) == [("one", 1, 1, 1), ("two", 2, 2, 2)]
    assert rows_of(read('{"text": "only",\n"id": 1}')) == [("only", 1, 1, 2)]
    assert rows_of(read('{"body": "issue", "labels": [{"name": "x"}]}')) == [("issue", 1, 1, 1)]


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        ('[{"text": "a"},\n{"text": "b"},\n{"text": }]', "x.json", 3),
        ('[{"text": "a"},\n{"text": "b"}', "x.json", 2),
        ('[{"text": "a"},\n7]', "x.json", 2),
        ('{"text": "a"}\n{"text": \n{"text": "c"}\n', "x.jsonl", 2),
        ('{"text": "a"}\n["b"]\n', "x.jsonl", 2),
        ('oops\n{"text": "a"}\n{"text": "c"}\n', "x.jsonl", 1),
        ('id,text\n1,one\n2,"two\n3,three\n', "x.csv", 3),
        ("id,text\n1,one\n2,two,three\n", "x.csv", 3),
        ("[" * 100_000, "x.json", 1),
        ('{"text": "a", "n": ' + "1" * 5000 + "}\n", "x.jsonl", 1),
    ],
)
def test_broken(read, content: str, name: str, line: int) -> None:
    with pytest.raises(Malformed) as caught:
        read(content, name)
    assert caught.value.line == line
    assert f"{name}:{line}: " in caught.value.message
    assert caught.value.hint


def test_text_that_is_no_text(read) -> None:
    comments, reader = read('{"text": ["a"]}\n{"text": 12}\n{"text": null}\n{}\n{"text": "[deleted]"}\n', "x.jsonl")
    assert [c.text for c in comments] == ["12"]
    assert (reader.counts.unreadable, reader.counts.empty, reader.counts.deleted) == (1, 2, 1)


def test_half_an_emoji_becomes_storable(read) -> None:
    assert read('{"text": "cut \\ud83d"}\n', "x.jsonl")[0][0].text == "cut \ufffd"


def test_ids(read) -> None:
    lines = [
        '{"id": 1, "text": "a"}',
        '{"id": 1, "text": "a"}',
        '{"id": 2, "text": "a"}',
        '{"text": "a"}',
        '{"text": "a"}',
    ]
    comments, reader = read("\n".join(lines), "x.jsonl")
    ids = [c.comment_id for c in comments]
    assert ids[:2] == ["s#1", "s#2"]
    assert ids[3] == ids[2] + "-2"
    assert reader.counts.duplicates == 1
    with pytest.raises(DuplicateId, match="line 1") as caught:
        read('{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}\n', "x.jsonl")
    assert caught.value.line == 2


def test_equal_ids_on_one_line(read) -> None:
    _, reader = read('[{"id": 1, "text": "a"}, {"id": 1, "text": "a"}]')
    assert (reader.counts.comments, reader.counts.duplicates) == (1, 1)


def test_a_single_column(read) -> None:
    assert rows_of(read("text\nhello\nbye\n", "x.csv")) == [("hello", 1, 2, 2), ("bye", 2, 3, 3)]
    assert rows_of(read("Feedback\nI liked it.\n", "x.csv")) == [("I liked it.", 1, 2, 2)]
    assert rows_of(read('"I liked it, a lot."\n"So so."\n', "x.csv")) == [
        ("I liked it, a lot.", 1, 1, 1),
        ("So so.", 2, 2, 2),
    ]


def test_semicolons_and_tabs(read) -> None:
    assert rows_of(read("id;text\n1;a, b\n", "x.csv")) == [("a, b", 1, 2, 2)]
    reading = read("id\ttext\n1\ta, b\n")
    assert rows_of(reading) == [("a, b", 1, 2, 2)]
    assert reading[1].format == "tsv"


def test_no_comment_in_a_table(read) -> None:
    with pytest.raises(NoComments):
        read("id,text\n")
    with pytest.raises(NoComments):
        read("[]")


WRITABLE = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters=[chr(c) for c in range(32) if c not in (9, 10, 13)])
)
TEXTS = st.lists(WRITABLE.map(lambda t: t + " x"), min_size=1, max_size=8)


def check(path: Path, content: str, texts: list[str], form: str) -> None:
    path.write_bytes(content.encode())
    comments = list(read_comments(path, "s", ReadOptions(form)))
    assert [(c.text, c.record) for c in comments] == [(text, n) for n, text in enumerate(texts, 1)]
    assert len({c.comment_id for c in comments}) == len(texts)


@given(TEXTS)
def test_csv_round_trip(tmp_path_factory, texts: list[str]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([["n", "text"], *([str(n), text] for n, text in enumerate(texts))])
    check(tmp_path_factory.mktemp("t") / "x.csv", out.getvalue(), texts, "csv")


@given(TEXTS, st.booleans())
def test_jsonl_round_trip(tmp_path_factory, texts: list[str], ascii_only: bool) -> None:
    lines = [json.dumps({"text": text}, ensure_ascii=ascii_only) + "\n" for text in texts]
    check(tmp_path_factory.mktemp("t") / "x.jsonl", "".join(lines), texts, "jsonl")


@given(TEXTS, st.sampled_from([None, 0, 2]), st.sampled_from(["\n", "\r\n"]))
def test_json_round_trip_in_small_blocks(tmp_path_factory, texts: list[str], indent, end: str) -> None:
    content = json.dumps([{"text": text, "n": 12} for text in texts], indent=indent, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK", 3)
        check(tmp_path_factory.mktemp("t") / "x.json", content.replace("\n", end), texts, "json")
