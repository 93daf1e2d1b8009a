"""JSON arrays, objects around one, and JSON lines -> drafts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.tables.columns import Columns
from qa.formats.tables.fields import has_text_column, record_draft, text_draft
from qa.formats.tables.json_stream import JsonStream, Value

_SAMPLE = 50


def read_jsonl(content: Content, columns: Columns) -> Iterator[Draft]:
    """Read one JSON object per line; a blank line is no record."""
    number = 0
    with content.text() as file:
        for line, written in enumerate(file, 1):
            if not written.strip():
                continue
            number += 1
            value = _parsed(content.path, line, written)
            if not isinstance(value, dict):
                raise _no_object(content.path, line, number, value)
            yield record_draft(columns, value, number, line, line)


def read_json(content: Content, columns: Columns) -> tuple[str, Iterator[Draft]]:
    """Read an array of records, an object around exactly one such array, or one record.

    Returns what was found, in words, and the drafts.
    """
    with content.text() as file:
        first = JsonStream(content.path, file).peek()
    if first == "[":
        return "a JSON array, each record is a comment", _array(content, columns, key=None)
    if first != "{":
        fact = "JSON breaks: neither an array nor an object begins here"
        raise Malformed(content.path, 1, fact, f"qa index {shlex.quote(str(content.path))} --format text")
    key = _wrapped(content, columns)
    if key is None:
        return "one JSON object, which is a comment", _single(content, columns)
    return f"a JSON object, each record of {key!r} is a comment", _array(content, columns, key)


def _array(content: Content, columns: Columns, key: str | None) -> Iterator[Draft]:
    with content.text() as file:
        stream = JsonStream(content.path, file)
        if key is None:
            yield from _drafts(content.path, stream, columns)
        else:
            for found in stream.names():
                if found == key and stream.peek() == "[":
                    yield from _drafts(content.path, stream, columns)
                else:
                    stream.next_value()
        stream.end()


def _drafts(path: Path, stream: JsonStream, columns: Columns) -> Iterator[Draft]:
    for number, element in enumerate(stream.elements(), 1):
        value, start, end = element
        if isinstance(value, dict):
            yield record_draft(columns, value, number, start, end)
        elif isinstance(value, str):
            yield text_draft(value, number, start, end)
        else:
            raise _no_object(path, start, number, value)


def _single(content: Content, columns: Columns) -> Iterator[Draft]:
    with content.text() as file:
        stream = JsonStream(content.path, file)
        stream.peek()
        record: Value = stream.next_value()
        stream.end()
    yield record_draft(columns, record.value, 1, record.line_start, record.line_end)


def _wrapped(content: Content, columns: Columns) -> str | None:
    """Return the key of the array of records in an object, or None where the object is itself the record.

    An array counts where every element is an object and one of the first 50 has a column of text; where there is
    nothing else to choose from, a column of titles will do.
    Raises: WrongColumns where neither the object nor exactly one array in it has a text.
    """
    arrays: dict[str, list[dict[str, Any]]] = {}
    record: dict[str, Any] = {}
    with content.text() as file:
        stream = JsonStream(content.path, file)
        for key in stream.names():
            sample = _sample(stream) if stream.peek() == "[" else None
            if sample:
                arrays[key] = sample
            record[key] = [] if sample is not None else stream.next_value().value
        stream.end()
    return _chosen(content.path, columns, arrays, record)


def _chosen(
    path: Path, columns: Columns, arrays: dict[str, list[dict[str, Any]]], record: dict[str, Any]
) -> str | None:
    lonely = len(arrays) == 1 and not any(isinstance(value, dict | list) and value for value in record.values())
    named = Columns(columns.given)
    texts = [key for key, rows in arrays.items() if any(has_text_column(named, row, title=lonely) for row in rows)]
    if len(texts) == 1:
        return texts[0]
    itself = Columns(columns.given)
    nested = any(isinstance(value, dict | list) and value for value in record.values())
    if has_text_column(itself, record, title=not nested and not arrays):
        return None
    columns.seen.update(dict.fromkeys(record))
    raise columns.wrong(path, "has several arrays of records" if texts else "has no array of records with a text")


def _sample(stream: JsonStream) -> list[dict[str, Any]] | None:
    """Parse an array; return its first records, or an empty list where not every element is a record."""
    rows: list[dict[str, Any]] = []
    records = True
    for element in stream.elements():
        records = records and isinstance(element.value, dict)
        if records and len(rows) < _SAMPLE:
            rows.append(element.value)
    return rows if records else []


def _parsed(path: Path, line: int, written: str) -> Any:
    try:
        return json.loads(written)
    except json.JSONDecodeError as error:
        fact = f"this line is not JSON: {error.msg} (column {error.colno})"
        raise Malformed(path, line, fact, f"qa index {shlex.quote(str(path))} --format text") from error
    except (ValueError, RecursionError) as error:
        fact = f"this line cannot be read as JSON: {error}"
        raise Malformed(path, line, fact, f"qa index {shlex.quote(str(path))} --format text") from error


def _no_object(path: Path, line: int, number: int, value: Any) -> Malformed:
    kind = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}.get(type(value), "a number")
    fact = f"record {number} is {kind}, not an object with columns"
    return Malformed(path, line, fact, f"qa index {shlex.quote(str(path))} --format text")
