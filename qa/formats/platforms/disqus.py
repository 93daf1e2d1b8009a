"""Disqus's export of a site's comments, in XML.

Rests on the description of the format in Disqus's documentation for developers; no real export was at hand. A
``<disqus>`` holds categories, then a ``<thread>`` for each page of the site, then the ``<post>``s, parents before their
replies.

A record is a post. One that was deleted or marked as spam is counted as deleted. A thread is no record: it is the page
that was commented on, whose title and address its posts carry. ``<message>`` is HTML. A post's link is the page's, with
the anchor that Disqus gives each comment. Addresses of mail and of the network are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.body import Body
from qa.formats.markup.html import from_html
from qa.formats.markup.xml_stream import Element, xml_elements
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.lookups import Entry, Lookup

_MARK = re.compile(r"""<disqus\s[^<>]*xmlns\s*=\s*["']https?://(?:www\.)?disqus\.com/?["']""")
_ID = re.compile(r"\d{1,20}$")
_LINK = re.compile(r"https?://[^\s/]+\S*$", re.I)


def _recognises(sample: Sample) -> Role | None:
    return "comments" if sample.root == "disqus" and _MARK.search(sample.text) else None


def _read(content: Content) -> Iterator[Draft]:
    pages: Lookup[Entry] = Lookup()
    number = 0
    for element in xml_elements(content, {"thread", "post"}):
        if element.name == "post":
            number += 1
            yield _post(element, number, pages)
        elif page := _own_id(element):
            pages.put(page, (_words(element, "title"), _words(element, "link")))


def _post(element: Element, number: int, pages: Lookup[Entry]) -> Draft:
    own, page = _own_id(element), _own_id(element.child("thread"))
    title, link = pages.get(page or "") or (None, None)
    link = link if link and _LINK.match(link) else None
    gone = any((element.text_of(flag) or "").strip().casefold() == "true" for flag in ("isDeleted", "isSpam"))
    body = _body(element.child("message"), link) if not gone else None
    return Draft(
        body.text if body else None,
        element.line_start,
        element.line_end,
        author=_author(element.child("author")),
        created_at=parse_date(element.text_of("createdAt")),
        record_id=_named(own),
        parent_id=_named(_own_id(element.child("parent"))),
        thread_id=_named(page, "thread/"),
        title=title,
        url=f"{link.partition('#')[0]}#comment-{own}" if link and own else None,
        record=number,
        field="message",
        kind="deleted" if gone else "comment",
        platform=True,
        asides=body.asides if body else (),
    )


def _body(message: Element | None, link: str | None) -> Body | None:
    """Read the HTML of a message, or nothing where it stands there as XML and its order is lost."""
    if message is None or message.children:
        return None
    return from_html(message.text, link or "")


def _author(author: Element | None) -> str | None:
    return None if author is None else _words(author, "name") or _words(author, "username")


def _words(element: Element, name: str) -> str | None:
    return (element.text_of(name) or "").strip() or None


def _own_id(element: Element | None) -> str | None:
    """Return Disqus's own id of an element, which is not the ``<id>`` that the site gave it."""
    found = element.attributes.get("dsq:id", "").strip() if element is not None else ""
    return found if _ID.match(found) else None


def _named(own: str | None, prefix: str = "") -> str | None:
    return f"disqus:{prefix}{own}" if own else None


PLATFORM = Platform("disqus", "a Disqus export", _recognises, _read)
