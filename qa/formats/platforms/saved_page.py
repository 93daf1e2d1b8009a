"""Any saved page of HTML: the fallback for pages that no other platform's module knows.

Rests on what pages have in common: schema.org's microdata and JSON-LD, the microformats h-entry and hentry, and the
class names of blogs, forums and comment systems; tried on saved pages of a wiki, a blog and essays.

A record is a comment that `find_comments` or the page's own JSON-LD tells, whichever are more; where there is none, the
page's main text is the one record. A comment whose element has an id of its own is named by it, others by their text.
Left out: menus, forms, what is around the comments. A page is parsed whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.discussion import find_comments
from qa.formats.markup.html import element_text, from_html
from qa.formats.markup.linked_data import Declared, declared_comments
from qa.formats.markup.main_text import find_main_text
from qa.formats.markup.page import Page, lines_of, read_page
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample

_DOCTYPE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<!doctype\s+html\b", re.I | re.S)


def recognises(sample: Sample) -> Role | None:
    """Tell a page by its first element or its document type."""
    return "comments" if sample.root in ("html", "head", "body") or _DOCTYPE.match(sample.text) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every comment, or for the page's main text. Raises: Malformed, Undecodable."""
    page = read_page(content)
    if page is None:
        return
    declared = declared_comments(page)
    structured = list(_structured(page))
    if len(declared) > len(structured):
        drafts: Iterator[Draft] = _declared(page, declared)
    elif structured:
        drafts = iter(structured)
    else:
        drafts = _main_text(page)
    for number, draft in enumerate(drafts, 1):
        draft.record = number
        draft.thread_id = page.url
        draft.title = page.title
        yield draft


def _structured(page: Page) -> Iterator[Draft]:
    found = find_comments(page)
    counts = Counter(one.element.get("id") for one in found)
    names = {one: one.element.get("id") for one in found if counts[one.element.get("id")] == 1}
    for one in found:
        text, asides = one.text(page.base)
        start, end = lines_of(one.element)
        name = names.get(one)
        yield Draft(
            text,
            start,
            end,
            author=one.author,
            created_at=one.created_at,
            edited_at=one.edited_at,
            record_id=name,
            parent_id=names.get(one.parent) if one.parent else None,
            url=one.url or (f"{page.url}#{name}" if page.url and name else page.url),
            votes=one.votes,
            asides=asides,
        )


def _declared(page: Page, declared: list[Declared]) -> Iterator[Draft]:
    counts = Counter(one.get("@id") for one in declared)
    names = {one: one.get("@id") for one in declared if counts[one.get("@id")] == 1}
    for one in declared:
        text, asides = from_html(one.text, page.base) if "<" in one.text else (one.text, ())
        start, end = lines_of(one.element)
        votes = one.get("upvoteCount")
        yield Draft(
            text,
            start,
            end,
            author=one.get("author", "creator"),
            created_at=parse_date(one.get("dateCreated", "datePublished", "commentTime")),
            edited_at=parse_date(one.get("dateModified")),
            record_id=names.get(one),
            parent_id=names.get(one.parent) if one.parent else None,
            url=page.link(one.get("url", "@id")) or page.url,
            votes=int(votes) if votes and re.fullmatch(r"-?\d{1,9}", votes) else None,
            asides=asides,
        )


def _main_text(page: Page) -> Iterator[Draft]:
    main = find_main_text(page.root)
    text, asides = element_text(main.element, page.base, main.skip)
    if not text.strip():
        return
    start, end = lines_of(main.element)
    yield Draft(text, start, end, author=main.author, created_at=main.created_at, url=page.url, asides=asides)


PLATFORM = Platform("html", "a saved web page", recognises, read)
