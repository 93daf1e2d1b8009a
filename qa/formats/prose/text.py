"""Plain text: lines -> units, one unit per comment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.prose.headers import Header, read_header
from qa.formats.prose.layout import Layout, Line, decide, is_separator, survey, with_neighbours

Unit = list[Line]


def read_text(content: Content, split: str | None) -> tuple[str, Iterator[Draft]]:
    """Decide how the comments are separated, then give them out, reading line by line.

    Returns the decision in words and the drafts.
    """
    with text_lines(content) as lines:
        layout = survey(lines)
    chosen = split or decide(layout)
    return f"plain text, {describe(chosen, layout, asked=split is not None)}", _drafts(content, chosen, layout)


@contextmanager
def text_lines(content: Content) -> Iterator[Iterator[Line]]:
    """Open a source as numbered lines; a line ends with LF, CR LF or CR."""
    with content.text() as file:
        yield (Line(number, text, text) for number, text in enumerate((raw.removesuffix("\n") for raw in file), 1))


def _drafts(content: Content, split: str, layout: Layout) -> Iterator[Draft]:
    headed = takes_headers(split, layout)
    with text_lines(content) as lines:
        for unit in SPLITTERS[split](lines):
            yield from draft_of(unit, headed)


def takes_headers(split: str, layout: Layout) -> bool:
    """Tell whether a unit's first lines may be its header."""
    pieces = {"separator": layout.separators + 1, "paragraph": layout.paragraphs}
    return split == "header" or (split in pieces and layout.headed(pieces[split]))


def describe(split: str, layout: Layout, asked: bool) -> str:
    """Say in words what separates the comments."""
    if split == "line" and not asked and layout.gaps:
        return f"each line is a comment ({layout.gaps} blank between {layout.lines} lines: too few to separate them)"
    words = {
        "line": "each line is a comment" + ("" if asked or layout.gaps else " (no blank lines between them)"),
        "paragraph": "each paragraph is a comment",
        "separator": "separator lines stand between comments",
        "header": "a line with author and date starts each comment",
        "heading": "each heading starts a comment",
        "item": "each list item is a comment",
        "file": "the whole file is one comment",
    }
    return words[split] + (f" (--split {split})" if asked else "")


def draft_of(unit: Unit, headed: bool) -> Iterator[Draft]:
    """Make a draft of a unit, without its surrounding blank lines; its header, where it has one, is no text."""
    unit = trimmed(unit)
    header = read_header([line.mark for line in islice(unit, 4)]) if headed else None
    if header is None:
        if unit:
            yield _draft(unit, "\n".join(line.text for line in unit), None)
        return
    body = unit if header.rest is not None else trimmed(unit[header.lines :])
    texts = [line.text for line in body]
    if header.rest is not None:
        texts[0] = texts[0][texts[0].rindex(header.rest) :]
    yield _draft(body or unit, "\n".join(texts), header)


def _draft(lines: Unit, text: str, header: Header | None) -> Draft:
    draft = Draft(text, lines[0].number, lines[-1].number)
    if header is not None:
        draft.author, draft.created_at, draft.title = header.author, header.created_at, header.title
    return draft


def trimmed(unit: Unit) -> Unit:
    """Drop the blank lines around a unit's lines."""
    start, end = 0, len(unit)
    while start < end and not unit[start].mark.strip():
        start += 1
    while end > start and not unit[end - 1].mark.strip():
        end -= 1
    return unit[start:end]


def by_line(lines: Iterable[Line]) -> Iterator[Unit]:
    """Make every line a unit."""
    return ([line] for line in lines)


def by_paragraph(lines: Iterable[Line]) -> Iterator[Unit]:
    """Cut at blank lines."""
    return _cut(lines, lambda line: not line.mark.strip())


def by_separator(lines: Iterable[Line]) -> Iterator[Unit]:
    """Cut at separator lines."""
    return _cut(lines, lambda line: is_separator(line.mark))


def by_header(lines: Iterable[Line]) -> Iterator[Unit]:
    """Start a unit at every header line; what stands before the first is a unit of its own."""
    unit: Unit = []
    for line, header in with_neighbours(lines):
        if header and unit:
            yield unit
            unit = []
        unit.append(line)
    yield unit


def by_file(lines: Iterable[Line]) -> Iterator[Unit]:
    """Make the whole file one unit."""
    yield list(lines)


def _cut(lines: Iterable[Line], at: Callable[[Line], bool]) -> Iterator[Unit]:
    unit: Unit = []
    for line in lines:
        if at(line):
            yield unit
            unit = []
        else:
            unit.append(line)
    yield unit


SPLITTERS: dict[str, Callable[[Iterable[Line]], Iterator[Unit]]] = {
    "line": by_line,
    "paragraph": by_paragraph,
    "separator": by_separator,
    "header": by_header,
    "file": by_file,
}
