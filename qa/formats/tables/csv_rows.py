"""The rows of CSV and TSV. Fields are taken as the csv module gives them: nothing is stripped or normalised."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import Malformed
from qa.formats.contents import Content

_LARGEST_FIELD = 2**31 - 1  # what a C long holds everywhere


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table. first: the first row is a record too, the table has no header row."""

    names: tuple[str, ...]
    delimiter: str
    first: bool = False


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


def _distinct(row: list[str]) -> tuple[str, ...]:
    """Number the names that come twice, so that the first of them keeps its name and every value its place."""
    names: list[str] = []
    for place, name in enumerate(row, 1):
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)
