from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.errors import QAError, UnknownFormat
from qa.formats import FORMATS, ReadOptions, read_comments


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        ("One, two, three.\nFour, five, six.\n", "x.txt", "text"),
        ("One, two, three.\nFour, five.\n", "x", "text"),
        ("[responded to wrong comment!]\nYes.\n", "x.txt", "text"),
        ('["quoted" in brackets] she said.\nYes.\n', "x.txt", "text"),
        ("[2024-03-01 10:22] alice: hi\n", "x.txt", "text"),
        ("{curly} prose\nmore\n", "x.txt", "text"),
        ("Just prose.\nMore of it, here.\n", "x.json", "text"),
        ("Just prose, said I.\nMore of it, here, there.\n", "x.csv", "text"),
        ("#hashtag first\n#other tag\n", "x.txt", "text"),
        ("id,text\n1,a\n", "x.txt", "csv"),
        ("id\ttext\n1\ta\n", "x.txt", "tsv"),
        ('[{"text": "a"}]', "x.txt", "json"),
        ('\n\n {"text": "a"}', "x.txt", "json"),
        ('{"text": "a"}\n{"text": "b"}\n', "x.txt", "jsonl"),
        ('{"text": "a"}\n', "x.jsonl", "jsonl"),
        ("# Title\n\npara\n\n## Other\n\npara\n", "x.txt", "markdown"),
        ("# Title\n\npara\n", "x", "markdown"),
        ("plain words\n", "x.md", "markdown"),
        ("---\ntitle: x\n---\nplain words\n", "x.txt", "markdown"),
        ("---\nplain words\n---\nmore\n", "x.txt", "text"),
    ],
)
def test_by_content(read, content: str, name: str, expected: str) -> None:
    assert read(content, name)[1].format == expected


@pytest.mark.parametrize(
    "content",
    [
        "<?xml version='1.0'?><a/>",
    ],
)
def test_what_no_format_reads(read, content: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        read(content)
    assert caught.value.hint.endswith("--format text")
    assert read(content, format="text")[0]


def test_the_caller_decides(read) -> None:
    assert [c.text for c in read('{"text": "a"}\n{"text": "b"}\n', format="text")[0]] == [
        '{"text": "a"}',
        '{"text": "b"}',
    ]


@given(
    st.one_of(st.binary(max_size=200), st.text('{}[]",:\n\r\t ;ab1#-*`[]', max_size=80).map(str.encode)),
    st.sampled_from([None, *FORMATS]),
    st.sampled_from(["x", "x.csv", "x.tsv", "x.json", "x.jsonl", "x.md"]),
)
@example(b'"', "csv", "x")
@example(b'"\n', None, "x.csv")
@example(b"\n,\n", "csv", "x")
def test_any_bytes_give_comments_or_a_qaerror(tmp_path_factory, content: bytes, form: str | None, name: str) -> None:
    path = tmp_path_factory.mktemp("b") / name
    path.write_bytes(content)
    refusal: QAError | None = None
    try:
        comments = list(read_comments(path, "s", ReadOptions(form)))
    except QAError as error:
        comments, refusal = [], error
    if refusal is not None:
        assert refusal.message
        assert refusal.hint
        return
    assert comments or form not in (None, "text", "markdown", "csv", "tsv", "json", "jsonl")
    for comment in comments:
        comment.text.encode()
        assert 1 <= comment.line_start <= comment.line_end
