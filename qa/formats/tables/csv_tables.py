"""CSV and TSV -> drafts. Fields are taken as the csv module gives them: nothing is stripped or normalised."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.tables.columns import Columns, recognises
from qa.formats.tables.fields import has_text_column, record_draft

_LARGEST_FIELD = 2**31 - 1  # what a C long holds everywhere


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table. first: the first row is a record too, the table has no header row."""

    names: tuple[str, ...]
    delimiter: str
    first: bool = False


def read_csv(content: Content, columns: Columns, tabs: bool) -> tuple[str, Iterator[Draft]]:
    """Read a table with a header row.

    The only column of a table is its text whatever its name. Its first row is that name where it is a known one or
    a single word; otherwise the table has no header and its first row is a comment.
    Returns what was found, in words, and the drafts.
    Raises: WrongColumns where no column is the text.
    """
    header = _header(content, tabs, columns)
    probe = dict.fromkeys(header.names, "")
    plan = columns.candidates(probe)
    columns.refuse_missing(content.path)
    if not has_text_column(columns, probe, title=True):
        raise columns.wrong(content.path, "has no column that is known to hold text")
    chosen = ".".join((plan["text"] or plan["title"])[0])
    kind = "TSV" if header.delimiter == "\t" else "CSV"
    return f"{kind}, the text is in column {chosen!r}", _drafts(content, header, columns)


def delimiter_of(first_line: str) -> str:
    """Choose the delimiter of a table by its first line: a comma, else a semicolon or a tab."""
    return max(",;\t", key=lambda c: (first_line.count(c), c == ","))


def header_of(content: Content, tabs: bool = False) -> Header:
    """Return what the first row names, whatever it is. Raises: Malformed."""
    delimiter = "\t"
    if not tabs:
        with content.text() as file:
            delimiter = delimiter_of(next((line for line in file if line.strip()), ""))
    _, _, row = next(_rows(content, delimiter), (0, 0, [""]))
    return Header(_distinct(row), delimiter)


def _header(content: Content, tabs: bool, columns: Columns) -> Header:
    header = header_of(content, tabs)
    name = header.names[0]
    if len(header.names) > 1 or columns.given or recognises(header.names) & {"text", "title"}:
        return header
    columns.given = {"text": name} if _is_word(name) else {"text": "1"}
    return header if _is_word(name) else Header(("1",), header.delimiter, first=True)


def _is_word(name: str) -> bool:
    return len(name) <= 40 and name.replace("_", "").replace("-", "").isalpha()


def _distinct(row: list[str]) -> tuple[str, ...]:
    """Number the names that come twice, so that the first of them keeps its name and every value its place."""
    names: list[str] = []
    for place, name in enumerate(row, 1):
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)


def _drafts(content: Content, header: Header, columns: Columns) -> Iterator[Draft]:
    for number, (row, start, end) in enumerate(records(content, header), 1):
        yield record_draft(columns, row, number, start, end)


def records(content: Content, header: Header) -> Iterator[tuple[dict[str, str], int, int]]:
    """Give each row by its columns' names, with its first and last line. Raises: Malformed."""
    rows = _rows(content, header.delimiter)
    if not header.first:
        next(rows, None)
    width = len(header.names)
    for number, (start, end, row) in enumerate(rows, 1):
        if len(row) > width:
            fact = f"record {number} has {len(row)} fields, the header has {width}"
            raise Malformed(content.path, start, fact, _hint(content.path))
        yield dict(zip(header.names, row, strict=False)), start, end


def _rows(content: Content, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Give each row that is not blank with its first and last line."""
    csv.field_size_limit(_LARGEST_FIELD)
    with content.text(newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start = 1
        try:
            for row in reader:
                if row:
                    yield start, reader.line_num, row
                start = reader.line_num + 1
        except csv.Error as error:
            fact = "a quote that begins in this record is never closed" if "end of data" in str(error) else str(error)
            raise Malformed(content.path, start, f"CSV breaks: {fact}", _hint(content.path)) from error


def _hint(path: Path) -> str:
    return f"qa index {shlex.quote(str(path))} --format text"
