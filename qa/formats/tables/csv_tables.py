"""CSV and TSV -> drafts, completed from the tables beside them."""

from __future__ import annotations

from collections.abc import Iterator

from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.tables.columns import Columns, recognises
from qa.formats.tables.csv_rows import Header, header_of, records
from qa.formats.tables.fields import has_text_column, record_draft
from qa.formats.tables.siblings import Titles, find_join
from qa.formats.tables.youtube_rows import name_as_youtube


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


def _header(content: Content, tabs: bool, columns: Columns) -> Header:
    header = header_of(content, tabs)
    name = header.names[0]
    if len(header.names) > 1 or columns.given or recognises(header.names) & {"text", "title"}:
        return header
    columns.given = {"text": name} if _is_word(name) else {"text": "1"}
    return header if _is_word(name) else Header(("1",), header.delimiter, first=True)


def _is_word(name: str) -> bool:
    return len(name) <= 40 and name.replace("_", "").replace("-", "").isalpha()


def _drafts(content: Content, header: Header, columns: Columns) -> Iterator[Draft]:
    join = None if header.first or "title" in columns.given else find_join(content)
    titles = Titles(join) if join else None
    try:
        for number, (row, start, end) in enumerate(records(content, header), 1):
            draft = record_draft(columns, row, number, start, end)
            if titles is not None:
                titles.complete(draft, row)
            name_as_youtube(draft)
            yield draft
    finally:
        if titles is not None:
            titles.close()
