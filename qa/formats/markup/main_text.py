"""The main text of a page that holds no comments: an essay, a wiki's article."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from qa.dates import parse_date
from qa.formats.markup.comment_names import words_of

_ASIDE = frozenset(
    {"nav", "header", "footer", "aside", "form", "script", "style", "noscript", "template", "head", "svg"}
)
_ASIDE_NAMES = (
    "nav navigation menu sidebar footer header breadcrumb breadcrumbs share sharing social related cookie banner advert"
    " ads search toolbar printfooter catlinks toc widget comments respond pagination skip jump editsection navbox"
    " subscribe newsletter promo"
)
_ASIDE_WORDS = frozenset(_ASIDE_NAMES.split())
_MAIN = (
    ".//*[@id='mw-content-text']",
    ".//*[@itemprop='articleBody']",
    ".//article",
    ".//main",
    ".//*[@role='main']",
    ".//*[@id='bodyContent']",
    ".//*[@id='content']",
    ".//*[@id='main']",
)
_BLOCKS = frozenset({"div", "section", "article", "main", "table", "tbody", "tr", "td", "center", "form"})
_MOST = 0.8  # of its text that an element's child holds, for the child to be the main text
_ENOUGH = 0.4  # of the page's text that a named element must hold


class MainText(NamedTuple):
    """An element whose text is the page's, and elements in it that are not."""

    element: Any
    skip: set[Any]
    author: str | None
    created_at: datetime | None


def find_main_text(root: Any) -> MainText:
    """Find the element that holds what a page is about: by its name, else the smallest with most of the text."""
    body = next(root.iter("body"), root)
    skip = {node for node in body.iter() if node is not body and _is_aside(node)}
    lengths = _lengths(body, skip)
    named = (node for path in _MAIN for node in root.iterfind(path) if lengths.get(node, 0) >= _ENOUGH * lengths[body])
    element = next(named, None)
    if element is None:
        element = body
        while (child := _most_of(element, lengths)) is not None:
            element = child
    return MainText(element, skip, _meta(root, "author", "article:author", "dc.creator"), _date(root))


def _most_of(element: Any, lengths: dict[Any, int]) -> Any:
    """Return the child that holds nearly all of an element's text, if there is one."""
    return next((one for one in element if lengths.get(one, 0) >= _MOST * lengths[element] > 0), None)


def _is_aside(node: Any) -> bool:
    if node.tag in _ASIDE:
        return True
    names = f"{node.get('class') or ''} {node.get('id') or ''}"
    return (
        bool(names.strip())
        and not _ASIDE_WORDS.isdisjoint(words_of(names))
        and node.tag not in ("body", "main", "article")
    )


def _lengths(body: Any, skip: set[Any]) -> dict[Any, int]:
    """Count the characters in each block outside of what is skipped."""
    lengths: dict[Any, int] = {}
    order = list(body.iter())
    inside: set[Any] = set()
    for node in order:
        if node in skip or (node is not body and node.getparent() in inside):
            inside.add(node)
        lengths[node] = 0 if node in inside else len((node.text or "").strip())
    for node in reversed(order):
        if node is not body:
            lengths[node.getparent()] += lengths[node] + len((node.tail or "").strip())
    return {node: length for node, length in lengths.items() if node is body or node.tag in _BLOCKS}


def _meta(root: Any, *names: str) -> str | None:
    for node in root.iter("meta"):
        if (node.get("name") or node.get("property") or "").lower() in names and (node.get("content") or "").strip():
            written: str = node.get("content").strip()
            return None if written.startswith("http") else written
    return None


def _date(root: Any) -> datetime | None:
    written = _meta(root, "article:published_time", "date", "dc.date", "datepublished")
    node = next((one for one in root.iter("time") if one.get("datetime")), None)
    return parse_date(written) or parse_date(None if node is None else node.get("datetime"))
