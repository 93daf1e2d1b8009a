from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from qa.errors import NoComments, SourceNotFound, SourceUnreadable, Undecodable, UnknownFormat
from qa.formats.contents import Content

TEXT = "naïve café 👍 שלום\nsecond line\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (("plain words here " * 9 + TEXT).encode("utf-16-le"), "utf-16-le"),
        (("plain words here " * 9 + TEXT).encode("utf-16-be"), "utf-16-be"),
        ("naïve “café”\n".encode("cp1252"), "cp1252"),
        (b"plain", "utf-8"),
    ],
)
def test_encoding(read, tmp_path: Path, content: bytes, encoding: str) -> None:
    comments, _ = read(content)
    assert Content(tmp_path / "comments.txt").encoding == encoding
    assert [c.text for c in comments] == content.decode(encoding).splitlines()


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
        b"SQLite format 3\0",
        b"%PDF-1.7\n",
        b"a\0b",
        bytes(range(256)),
        b"\x01\x02a",
    ],
)
def test_binary_is_no_format(read, content: bytes) -> None:
    with pytest.raises(UnknownFormat) as caught:
        read(content)
    assert caught.value.hint


def test_what_fits_no_encoding(read) -> None:
    with pytest.raises(Undecodable, match="byte 5"):
        read(b"hello\x81world\xe9")


def test_damaged_utf8_is_not_taken_for_windows_1252(read) -> None:
    with pytest.raises(Undecodable, match="byte 21"):
        read(("é" * 10 + "\n").encode() + b"\xe9 and so on")


def test_a_character_across_blocks(read) -> None:
    content = "x" * ((1 << 20) - 1) + "é\n" + "y\n"
    comments, _ = read(content)
    assert comments[0].text[-1] == "é"
    assert comments[1].line_start == 2


def test_terminal_escapes_are_text(read) -> None:
    comments, _ = read("a \x1b[31mred\x1b[0m word\n")
    assert comments[0].text == "a \x1b[31mred\x1b[0m word"


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", codecs.BOM_UTF8, b"...\n---\n"])
def test_nothing_in_it(read, content: bytes) -> None:
    with pytest.raises(NoComments) as caught:
        read(content)
    assert caught.value.hint


def test_paths_that_cannot_be_read(read, tmp_path: Path) -> None:
    from qa.formats import read_comments

    with pytest.raises(SourceNotFound):
        read_comments(tmp_path / "none.txt", "s")
    with pytest.raises(SourceUnreadable):
        read_comments(tmp_path, "s")
    (tmp_path / "link").symlink_to(tmp_path / "none.txt")
    with pytest.raises(SourceUnreadable):
        read_comments(tmp_path / "link", "s")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SourceUnreadable):
            read_comments(tmp_path / "pipe", "s")
