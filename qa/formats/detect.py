"""Recognise a source's format by its content; its name only breaks ties."""

from __future__ import annotations

import csv
import json
import re
import shlex

from qa.errors import NoComments, UnknownFormat
from qa.formats.contents import Content
from qa.formats.options import ReadOptions
from qa.formats.prose.layout import Line
from qa.formats.prose.page import read_heading, read_page
from qa.formats.tables.columns import recognises

_SAMPLE = 1 << 16
_MARKUP = re.compile(r"<(?:!doctype\s+html|html\b|\?xml\b|head\b|body\b)", re.I)
_MAILBOX = re.compile(r"From \S.{0,100} \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n(?:[\w-]+: |>)")
_OBJECT = re.compile(r'\{\s*(?:"|\}|$)')
_ARRAY = re.compile(r"\[\s*(?:\{|\[|\"|\]|$)")
_SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".md": "markdown", ".markdown": "markdown"}
_LINES_SUFFIXES = (".jsonl", ".ndjson", ".jl")
_NAME = re.compile(r"[^.!?;:\n]{0,40}$")


def detect(content: Content, options: ReadOptions) -> str:
    """Name the format of a source that no platform recognises.

    Raises: NoComments where there is nothing but space, UnknownFormat for HTML, XML and mailboxes.
    """
    sample, whole = _sample(content)
    if options.format is not None:
        return options.format
    start = sample.lstrip()
    if _MARKUP.match(start) or _MAILBOX.match(start):
        what = "a page of HTML or XML" if start[0] == "<" else "a mailbox"
        fact = f"{content.path} is {what}, which no format reads"
        raise UnknownFormat(fact, f"qa index {shlex.quote(str(content.path))} --format text")
    suffix = content.path.suffix.lower()
    return _json(start, suffix, whole) or _table(start, suffix, whole, options) or _prose(sample, suffix, options)


def _sample(content: Content) -> tuple[str, bool]:
    """Return the first lines with content, and whether that is the whole source."""
    with content.text() as file:
        sample = file.read(_SAMPLE)
        while sample and not sample.strip():
            sample = file.read(_SAMPLE)
        if not sample:
            raise NoComments(f"{content.path} is empty", f"ls -l {shlex.quote(str(content.path))}")
        whole = len(sample) < _SAMPLE
        return (sample if whole else sample + file.readline(_SAMPLE)), whole


def _json(start: str, suffix: str, whole: bool) -> str | None:
    """Recognise JSON lines by most lines being objects, and an array or an object by how it begins.

    ``[deleted] ...`` and ``[2024-03-01] alice: ...`` are prose: after ``[`` must come a value, and a string in an
    array must be followed by a comma or the end.
    """
    lines = [line.strip() for line in start.splitlines() if line.strip()]
    objects = sum(1 for line in lines if _OBJECT.match(line) and line.endswith("}"))
    if start[0] != "[" and objects and (suffix in _LINES_SUFFIXES or (objects >= 2 and 2 * objects >= len(lines))):
        return "jsonl" if start[0] == "{" or 2 * objects >= len(lines) else None
    if start[0] == "{" and _OBJECT.match(start):
        return "jsonl" if suffix in _LINES_SUFFIXES and lines[0].endswith("}") else "json"
    if start[0] == "[" and _ARRAY.match(start):
        return "json" if _holds_values(start, whole) else None
    return None


def _holds_values(start: str, whole: bool) -> bool:
    inner = start[1:].lstrip()
    if not inner.startswith('"'):
        return True
    try:
        _, end = json.JSONDecoder().raw_decode(inner)
    except ValueError:
        return not whole
    return inner[end:].lstrip()[:1] in (",", "]", "")


def _table(start: str, suffix: str, whole: bool, options: ReadOptions) -> str | None:
    """Recognise a table by a header with known names, or by its suffix and a header that can be one."""
    named = _SUFFIXES.get(suffix) if _SUFFIXES.get(suffix) != "markdown" else None
    for delimiter, form in (("\t", "tsv"), (",", "csv"), (";", "csv")):
        rows = _rows(start, delimiter, whole)
        if len(rows[0]) < 2 or not all(_NAME.match(name.strip()) for name in rows[0]):
            continue
        known = recognises(rows[0])
        same = sum(1 for row in rows if len(row) == len(rows[0]))
        consistent = len(rows) > 1 and same >= 0.9 * len(rows)
        told = bool(known & {"text", "title"}) and (len(known) >= 2 or consistent)
        if told or named is not None or (options.columns and consistent):
            return form if named is None or form == "tsv" else named if delimiter == "," else form
    if named == "csv" and all(len(row) <= 1 for row in _rows(start, ",", whole)):
        return "csv"
    return "tsv" if named == "tsv" and recognises([start.split("\n", 1)[0]]) & {"text", "title"} else None


def _rows(start: str, delimiter: str, whole: bool) -> list[list[str]]:
    """Parse the first rows, without the last where the sample may have cut it."""
    csv.field_size_limit(2**31 - 1)
    lines = start.split("\n")
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    rows = [row for row, _ in zip((row for row in reader if row), range(50), strict=False)]
    return (rows if whole or len(rows) < 2 else rows[:-1]) or [[]]


def _prose(sample: str, suffix: str, options: ReadOptions) -> str:
    """Tell Markdown from plain text: front matter, or headings that stand apart; the suffix decides otherwise."""
    if options.split in ("heading", "item") or _SUFFIXES.get(suffix) == "markdown":
        return "markdown"
    lines = [Line(number, text, text) for number, text in enumerate(sample.split("\n"), 1)]
    page = read_page(list(lines))
    if page.lines and page.lines[0].number > 1 and sample.lstrip().startswith("---"):
        return "markdown"
    first = next(line.text for line in lines if line.text.strip())
    headings = [line.number for line in lines if line.number in page.headings or read_heading(line.text)]
    apart = all(number == 1 or not lines[number - 2].text.strip() for number in headings)
    enough = len(headings) >= 2 or (bool(headings) and read_heading(first) is not None and len(lines) > 1)
    return "markdown" if enough and apart else "text"
