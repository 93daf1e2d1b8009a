"""Markdown: a page -> comments. A fenced code block is never split.

What separates the comments, the first that holds:

1. heading: headings that name an author (``## alice (2024-03-01)``, ``## Post #3 by @bob (2024-03-01 10:22 UTC)``);
   a higher heading directly above one of them names the thread, any other belongs to the text.
2. separator: ``---`` and the like, as in plain text.
3. header: author/date lines, as in plain text.
4. heading: two plain headings or more: each section is a comment whose thread is its heading, and a section that is
   mostly a list gives its items.
5. item: top-level list items, where they take at least 6 of 10 lines.
6. paragraph or line, as in plain text; a page with code blocks is never cut by line.

Front matter and the only heading of level 1 (or the one above all posts) say the thread's title, and front matter
also a default author and date; so do ``**Key**: value`` lines that stand alone before the first comment. Elsewhere a
plain heading at the start of a comment is the title of its thread, and of those after it until the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.prose.layout import Layout, decide, is_separator, survey
from qa.formats.prose.page import Heading, Page, read_page, starts_item
from qa.formats.prose.text import SPLITTERS, Unit, describe, draft_of, takes_headers, text_lines, trimmed


@dataclass(slots=True)
class _Plan:
    split: str
    layout: Layout
    headed: bool
    posts: int | None  # the level of the headings that name authors


def read_markdown(content: Content, split: str | None) -> tuple[str, Iterator[Draft]]:
    """Decide how the page separates its comments. Returns the decision in words and the drafts."""
    with text_lines(content) as lines:
        page = read_page(list(lines))
    plan = _plan(page, split)
    return f"Markdown, {describe(plan.split, plan.layout, asked=split is not None)}", _drafts(page, plan)


def _plan(page: Page, split: str | None) -> _Plan:
    layout = survey(line for line in page.lines if line.number not in page.headings)
    posts = min((h.level for h in page.headings.values() if h.header is not None), default=None)
    chosen = split or _decide(page, layout, posts)
    return _Plan(chosen, layout, takes_headers(chosen, layout), posts)


def _decide(page: Page, layout: Layout, posts: int | None) -> str:
    if posts is not None:
        return "heading"
    plain = decide(layout)
    if plain in ("separator", "header"):
        return plain
    if len(page.headings) >= 2:
        return "heading"
    if _mostly_list(page.lines):
        return "item"
    return "paragraph" if plain == "line" and page.fenced else plain


def _drafts(page: Page, plan: _Plan) -> Iterator[Draft]:
    for draft in _by_heading(page, plan) if plan.split == "heading" else _flat(page, plan):
        draft.author = draft.author or page.author
        draft.created_at = draft.created_at or page.created_at
        draft.title = draft.title or page.title
        draft.url = draft.url or page.url
        draft.thread_id = draft.thread_id or page.thread_id
        yield draft


def _flat(page: Page, plan: _Plan) -> Iterator[Draft]:
    """Cut the page by a splitter; headings at the start of a unit name its author or its thread."""
    units = _items(page.lines) if plan.split == "item" else SPLITTERS[plan.split](page.lines)
    if plan.split in ("item", "paragraph"):
        units = (piece for unit in units for piece in _cut_at_headings(page, unit))
    title: str | None = None
    for unit in units:
        rest = trimmed(unit)
        found: Heading | None = None
        while plan.split != "file" and rest and rest[0].number in page.headings:
            found = page.headings[rest[0].number]
            title = title if found.header else found.text
            rest = trimmed(rest[1:])
        for draft in draft_of(rest, plan.headed):
            yield _credited(draft, found, title)


def _cut_at_headings(page: Page, unit: Unit) -> Iterator[Unit]:
    start = 0
    for place, line in enumerate(unit):
        if line.number in page.headings and place > start:
            yield unit[start:place]
            start = place
    yield unit[start:]


def _credited(draft: Draft, heading: Heading | None, title: str | None) -> Draft:
    if heading is not None and heading.header is not None:
        draft.author = draft.author or heading.header.author
        draft.created_at = draft.created_at or heading.header.created_at
    draft.title = draft.title or title
    return draft


def _by_heading(page: Page, plan: _Plan) -> Iterator[Draft]:
    title: str | None = None
    for heading, body in _sections(page, plan.posts):
        if heading is not None and heading.header is None:
            title = heading.text
        unit = _without_rules(body)
        plain = heading is None or heading.header is None
        if heading is not None and not plain and not unit:
            yield Draft("", heading.line, heading.line)
        pieces = _items(unit) if plain and _mostly_list(unit) else [unit]
        for piece in pieces:
            for draft in draft_of(piece, headed=False):
                yield _credited(draft, heading, title)


def _sections(page: Page, posts: int | None) -> Iterator[tuple[Heading | None, Unit]]:
    """Cut at headings: at every one, or, where some name authors, at those and at the titles above them."""
    cuts = page.headings if posts is None else _posts_and_titles(page, posts)
    heading: Heading | None = None
    body: Unit = []
    for line in page.lines:
        found = cuts.get(line.number)
        if found is None:
            body.append(line)
            continue
        yield heading, body
        heading, body = found, []
    yield heading, body


def _posts_and_titles(page: Page, posts: int) -> dict[int, Heading]:
    """Choose the headings that name authors, and each higher one that stands directly above one of them."""
    cuts: dict[int, Heading] = {}
    below: Heading | None = None
    for line in reversed(page.lines):
        found = page.headings.get(line.number)
        if found is not None and (found.header or (below and below.header and found.level < posts)):
            cuts[line.number] = found
        if found is not None or (line.mark.strip() and not is_separator(line.mark)):
            below = found
    return cuts


def _without_rules(unit: Unit) -> Unit:
    """Drop blank lines and separators around a section."""
    unit = trimmed(unit)
    while unit and is_separator(unit[-1].mark):
        unit = trimmed(unit[:-1])
    while unit and is_separator(unit[0].mark):
        unit = trimmed(unit[1:])
    return unit


def _mostly_list(lines: Unit) -> bool:
    """Tell whether list items, with what belongs to them, take at least 6 of 10 lines."""
    written = items = total = 0
    for unit in _items(lines):
        size = sum(1 for line in unit if line.mark.strip())
        total += size
        if starts_item(unit[0].mark):
            items += 1
            written += size
    return items >= 2 and written >= 0.6 * total


def _items(lines: Unit) -> Iterator[Unit]:
    """Cut at top-level items; a line without indentation after a blank one ends an item."""
    unit: Unit = []
    blank = False
    for line in lines:
        empty = not line.mark.strip()
        outside = blank and not line.text.startswith((" ", "\t"))
        if not empty and unit and (starts_item(line.mark) or outside):
            yield unit
            unit = []
        if unit or not empty:
            unit.append(line)
        blank = empty
    if unit:
        yield unit
