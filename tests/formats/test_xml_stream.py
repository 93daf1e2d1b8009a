from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.markup import xml_stream
from qa.formats.markup.xml_stream import Element, xml_elements

Parse = Callable[..., list[Element]]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    def run(data: str | bytes, *names: str) -> list[Element]:
        path = tmp_path / "export.xml"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return list(xml_elements(Content(path), names or ("row",)))

    return run


def refused(parse: Parse, data: str | bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse(data)
    assert caught.value.hint
    return caught.value


def test_gives_records_with_their_attributes_texts_and_lines(parse: Parse) -> None:
    one, two = parse(
        '<?xml version="1.0"?>\n<all of="us">\n <row a="1"\n  b="x&amp;y&#10;z"/>\n between\n'
        " <row>\n  <name>N&lt;</name><name>M</name>tail<![CDATA[<b>]]>\n </row>\n</all>\n"
    )
    assert (one.name, one.attributes, one.children) == ("row", {"a": "1", "b": "x&y\nz"}, [])
    assert (one.line_start, one.line_end, one.text) == (3, 4, "")
    assert one.outer is not None
    assert (one.outer.name, one.outer.attributes, one.outer.outer) == ("all", {"of": "us"}, None)
    assert (two.line_start, two.line_end, two.text) == (6, 8, "\n  tail<b>\n ")
    assert two.text_of("name") == "N<"
    assert two.text_of("none") is None
    assert [(child.text, child.line_start) for child in two.children] == [("N<", 7), ("M", 7)]


def test_a_record_inside_a_record_is_its_child(parse: Parse) -> None:
    outer, last = parse('<a><post><thread id="1"/></post><thread id="2"/></a>', "post", "thread")
    assert outer.name == "post"
    assert [child.attributes for child in outer.children] == [{"id": "1"}]
    assert last.attributes == {"id": "2"}


def test_line_numbers_go_on_after_65535(parse: Parse) -> None:
    rows = parse("<rows>\n" + "".join(f'<row n="{n}">\n</row>\n' for n in range(70_000)) + "</rows>")
    assert len(rows) == 70_000
    assert [(row.line_start, row.line_end) for row in rows] == [(2 * n + 2, 2 * n + 3) for n in range(70_000)]
    fact = refused(parse, "<rows>\n" + "<row/>\n" * 70_000 + "<row></rows>")
    assert fact.line == 70_002


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.xml.gz"
    row = f'<row Id="1" Body="{"word " * 200}"><more>{"text " * 200}</more></row>\n'.encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"<rows>")
        for _ in range(50):
            file.write(row * 200)
        file.write(b"</rows>")
    tracemalloc.start()
    count = sum(1 for _ in xml_elements(Content(path), {"row"}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 8 << 20  # of 20 MB


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1251", "koi8-r", "shift_jis", "gb18030"]
)
def test_reads_the_encoding_that_is_declared(parse: Parse, encoding: str) -> None:
    words = {"iso-8859-1": "Käse", "windows-1251": "сыр", "koi8-r": "сыр", "shift_jis": "日本", "gb18030": "奶酪"}
    word = words.get(encoding, "Käse 👍 сыр")
    name = encoding.removesuffix("-sig")
    data = f'<?xml version="1.0" encoding="{name}"?>\n<rows><row t="{word}">{word}</row></rows>'
    (row,) = parse(data.encode(encoding))
    assert (row.text, row.attributes["t"]) == (word, word)


def test_no_encoding_means_utf8(parse: Parse) -> None:
    (row,) = parse("<rows><row>é👍</row></rows>")
    assert row.text == "é👍"
    assert "invalid token" in refused(parse, "<rows>\n<row>é</row></rows>".encode("latin-1")).message


@pytest.mark.parametrize("name", ["no-such-code", "hex", "rot13", "zlib"])
def test_an_encoding_that_nothing_reads(parse: Parse, name: str) -> None:
    data = f'<?xml version="1.0" encoding="{name}"?>\n<rows><row>x</row></rows>'
    assert name in refused(parse, data).message


def test_an_encoding_whose_name_is_longer_than_any(parse: Parse) -> None:
    data = f'<?xml version="1.0" encoding="{"a" * 5000}"?>\n<rows><row>x</row></rows>'
    error = refused(parse, data)
    assert "an encoding that nothing here reads" in error.message
    assert len(error.message) < 400


def test_bytes_that_are_not_in_the_encoding_declared(parse: Parse) -> None:
    data = b'<?xml version="1.0" encoding="shift_jis"?>\n<rows><row>\x81\x00\xff\xff</row></rows>'
    assert refused(parse, data).line == 1


BOMB = '<!DOCTYPE rows [<!ENTITY a "ha">\n' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">\n' for n in range(12)
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (f"{BOMB}]>\n<rows><row>&m;</row></rows>", "declares the entity 'a'"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<r><row>&x;</row></r>', "declares the entity 'x'"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://example.org/p"> %p;]>\n<r><row/></r>', "declares the entity 'p'"),
        ('<!DOCTYPE r SYSTEM "http://example.org/r.dtd">\n<r><row t="&x;"/></r>', "outside the file"),
        ('<!DOCTYPE r PUBLIC "-//X" "r.dtd">\n<r><row/></r>', "outside the file"),
        ("<r><row>&nbsp;</row></r>", "undefined entity"),
        ("<r><row t='&nbsp;'/></r>", "undefined entity"),
    ],
)
def test_entities_are_never_expanded(parse: Parse, data: str, said: str) -> None:
    error = refused(parse, data)
    assert said in error.message
    assert error.line == 1


def test_a_document_type_without_entities_is_no_harm(parse: Parse) -> None:
    assert len(parse("<!DOCTYPE rows [<!ELEMENT rows ANY>]><rows><row/></rows>")) == 1


def test_cut_off_at_any_byte(parse: Parse) -> None:
    data = '<?xml version="1.0"?>\n<!-- c -->\n<rows>\n<row a="é">x&amp;<b/></row>\n<row><![CDATA[y]]></row>\n</rows>'
    whole = data.encode()
    for end in range(len(whole)):
        error = refused(parse, whole[:end])
        assert error.line is not None
        assert 1 <= error.line <= 6


def test_gives_the_records_before_the_break(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text("<rows><row n='1'/><row n='2'/></oops>")
    rows = xml_elements(Content(path), {"row"})
    assert [next(rows).attributes["n"], next(rows).attributes["n"]] == ["1", "2"]
    with pytest.raises(Malformed, match="mismatched tag"):
        next(rows)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"plain",
        b"<rows/>\n<rows/>",
        b"<rows>\x00</rows>",
        b"<rows>\x08</rows>",
        b"<rows>&#0;</rows>",
        b"<rows>&#xD800;</rows>",
        b"<rows>\xed\xa0\x80</rows>",
        b"<row a=1/>",
        b"<row a='1' a='2'/>",
        b"<row a='<'/>",
        b"<row></Row>",
        b'<?xml version="1.0" encoding="utf-16"?><row/>',
        b"\xff\xfe<\0r\0",
    ],
)
def test_broken_xml_names_a_line(parse: Parse, data: bytes) -> None:
    assert refused(parse, data).line is not None


def test_what_is_held_at_once_is_bounded(parse: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "256 deep" in refused(parse, "<a>" * 100_000).message
    monkeypatch.setattr(xml_stream, "_LARGEST", 1 << 20)
    assert len(parse("<rows>" + " " * (1 << 22) + "<row/></rows>")) == 1
    for record in (f"<row>{'x' * (1 << 21)}</row>", f"<row>{'<b/>' * (1 << 15)}</row>"):
        error = refused(parse, f"<rows>\n{record}</rows>")
        assert "the record that began here is longer" in error.message
        assert error.line == 2
    for token in ("<row t='" + "x" * (1 << 22), "<!--" + "x" * (1 << 22)):
        assert "a tag or a comment is longer" in refused(parse, "<rows>\n" + token).message


def test_a_tag_of_many_blocks_is_read(parse: Parse) -> None:
    (row,) = parse(f"<rows><row t='{'x' * (1 << 22)}'/></rows>")
    assert len(row.attributes["t"]) == 1 << 22
