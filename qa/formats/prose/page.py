"""What a Markdown page says about itself: front matter, title, headings, code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from qa.dates import parse_date
from qa.formats.prose.headers import Header, clean_name, one_line
from qa.formats.prose.layout import Line, is_separator
from qa.formats.tables.columns import recognised

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(?P<text>.*?)(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_ITEM = re.compile(r" ?(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_PAIR = re.compile(r"(?P<key>[A-Za-z][\w \-]{0,40}):(?:[ \t]+(?P<value>.*))?$")
_BOLD_PAIR = re.compile(r"\s*(?:[-*][ \t]+)?(?:\*\*|__)(?P<key>[\w \-]{1,40}):?(?:\*\*|__):?[ \t]+(?P<value>\S.*)$")
_KIND = r"(?:(?:post|comment|reply|message)\b[ \t]*)?(?:#?\d+\b[:.]?[ \t]*)?"
_BY = re.compile(_KIND + r"(?:by|from)[ \t]+(?P<author>@?\S+|@?.+?(?=[ \t]*\())(?:[ \t]*\((?P<date>[^()]+)\))?$", re.I)
_IN_BRACKETS = re.compile(r"(?P<author>.+?)[ \t]*\((?P<date>[^()]+)\)$")
_NUMBERED = re.compile(r"(?:(?:post|comment|reply|message)\b[ \t]*#?\d*|#?\d+)[:.,·—–-]*[ \t]+(?:by[ \t]+)?", re.I)
_MENTION = re.compile(r"@[\w.-]+$")
_FRONT_MATTER_LINES = 100


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading outside code. header: it names who wrote what follows."""

    level: int
    text: str
    line: int
    header: Header | None


@dataclass(slots=True)
class Page:
    """The lines that may hold comments, the headings among them by line number, and defaults for every comment."""

    lines: list[Line]
    headings: dict[int, Heading] = field(default_factory=dict)
    fenced: bool = False
    title: str | None = None
    author: str | None = None
    created_at: datetime | None = None
    url: str | None = None
    thread_id: str | None = None


def read_page(lines: list[Line]) -> Page:
    """Take a page apart into its metadata and the lines that may hold comments."""
    start, pairs = _front_matter(lines)
    marked, fenced = _mark_code(lines[start:])
    page = Page(marked, fenced=fenced)
    _describe(page, pairs)
    for line in marked:
        heading = read_heading(line.mark, line.number)
        if heading is not None:
            page.headings[line.number] = heading
    _take_title(page)
    _take_metadata(page)
    return page


def read_heading(mark: str, number: int = 1) -> Heading | None:
    """Read an ATX heading.

    >>> read_heading("## Post #3 by @bob (2024-03-01)").header.author
    'bob'
    """
    match = _HEADING.match(mark) if "#" in mark[:4] else None
    if match is None or not match["text"]:
        return None
    text: str = match["text"]
    return Heading(len(match[1]), text.strip(" \t*_"), number, _credit(text))


def starts_item(mark: str) -> bool:
    """Tell whether a line begins a top-level list item."""
    return _ITEM.match(mark) is not None and not is_separator(mark)


def _credit(text: str) -> Header | None:
    """Read who a heading says wrote the section; a bare name says so only as ``@name`` or behind "by"."""
    written = text.strip(" \t*_")
    match = _BY.match(written)
    if match is not None:
        name = clean_name(match["author"])
        moment = parse_date(match["date"])
        if name is not None and (moment is not None or not match["date"]):
            return Header(name, moment)
    match = _IN_BRACKETS.match(_NUMBERED.sub("", written, count=1))
    if match is not None and parse_date(match["date"]) is not None:
        name = clean_name(match["author"])
        return Header(name, parse_date(match["date"])) if name else None
    if _MENTION.match(written):
        return Header(written[1:], None)
    return one_line(_NUMBERED.sub("", written, count=1))


def _front_matter(lines: list[Line]) -> tuple[int, dict[str, str]]:
    """Return where the page begins, and the pairs between two ``---`` lines at its very top."""
    first = next((place for place, line in enumerate(lines) if line.text.strip()), 0)
    if not lines or lines[first].text.strip() != "---":
        return 0, {}
    pairs: dict[str, str] = {}
    for place in range(first + 1, min(len(lines), first + _FRONT_MATTER_LINES)):
        text = lines[place].text
        if text.strip() in ("---", "..."):
            return (place + 1, pairs) if pairs else (0, {})
        match = _PAIR.match(text)
        if match is None and text.strip() and not text.startswith((" ", "\t", "-", "#")):
            return 0, {}
        if match is not None and match["value"]:
            pairs.setdefault(match["key"], _unquoted(match["value"].strip()))
    return 0, {}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value


def _mark_code(lines: list[Line]) -> tuple[list[Line], bool]:
    """Give the lines of closed code blocks a mark that means nothing; a fence that never closes is no block."""
    marked, open_at, fence = list(lines), -1, ""
    found = False
    for place, line in enumerate(lines):
        match = _FENCE.match(line.text)
        if match is None:
            continue
        if open_at < 0:
            if match["mark"][0] != "`" or "`" not in match["info"]:
                open_at, fence = place, match["mark"]
        elif match["mark"].startswith(fence) and not match["info"].strip():
            for inside in range(open_at, place + 1):
                marked[inside] = lines[inside]._replace(mark="code")
            open_at, found = -1, True
    return marked, found


def _take_title(page: Page) -> None:
    """Take the only heading of level 1, or the one above all posts, as the title; at the top it is no content."""
    tops = [number for number, heading in page.headings.items() if heading.level == 1]
    first_post = min((n for n, heading in page.headings.items() if heading.header is not None), default=0)
    if tops and page.headings[tops[0]].header is None and (len(tops) == 1 or tops[0] < first_post):
        page.title = page.headings[tops[0]].text
        above = list(takewhile(lambda line: line.number != tops[0], page.lines))
        if not any(line.mark.strip() for line in above):
            page.lines = page.lines[len(above) + 1 :]
            del page.headings[tops[0]]


def _take_metadata(page: Page) -> None:
    """Take ``**Key**: value`` lines that stand alone between the title and the first heading or separator."""
    top = list(takewhile(lambda line: line.number not in page.headings and not is_separator(line.mark), page.lines))
    matches = [(_BOLD_PAIR.match(line.mark), line) for line in top if line.mark.strip()]
    if len(top) == len(page.lines) or not all(match for match, _ in matches):
        return
    pairs = {match["key"]: match["value"] for match, _ in matches if match}
    if pairs and any(recognised(key) for key in pairs):
        _describe(page, pairs)
        page.lines = page.lines[len(top) :]


def _describe(page: Page, pairs: dict[str, str]) -> None:
    found = {recognised(key): value for key, value in reversed(pairs.items())}
    page.title = found.get("title", page.title)
    page.author = found.get("author", page.author)
    page.created_at = parse_date(found.get("date")) or page.created_at
    page.url = found.get("url", page.url)
    page.thread_id = found.get("thread", page.thread_id)
