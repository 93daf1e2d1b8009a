"""The comments of a page whose platform nobody knows, found by how its elements are called and nested.

An element called a comment, a post, a reply, an answer (by its class, its id, schema.org's microdata or a microformat)
holds one comment: the text of the best body in it, without the comments nested in it. Where no such element has a body,
the elements that repeat under one name are taken with the text that is their own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from qa.dates import parse_date
from qa.formats.markup.body import Body
from qa.formats.markup.comment_names import BODY, TEXT, Names, names_of
from qa.formats.markup.html import element_text
from qa.formats.markup.page import Page

_SKIPPED = frozenset({"nav", "template", "script", "style", "noscript", "head", "svg", "textarea", "select"})
_LONGEST_NAME = 80
_SAYS = re.compile(r"^(?:by|from|posted by|written by|author:?)\s+|\s+(?:says|said|wrote|writes)\s*:?$|^@|:$", re.I)
_NUMBER = re.compile(r"([+\-−–]?\d{1,9})(?:\s*(?:points?|votes?|likes?|upvotes?|karma))?$", re.I)
_TIME_ATTRIBUTES = ("datetime", "content", "title", "data-time", "data-timestamp", "data-epoch", "data-utime")


@dataclass(eq=False)
class Found:
    """An element that is called a comment, and what was found in it that is no other comment's.

    bodies and names are ranked, the lowest is the best; chrome: elements in it that are no text of the comment's.
    """

    element: Any
    noun: str
    parent: Found | None
    listed: bool  # stands in a list of replies
    depth: int | None
    bodies: list[tuple[int, Any]] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    created_at: datetime | None = None
    edited_at: datetime | None = None
    url: str | None = None
    votes: int | None = None
    inside: int = 0  # open bodies that hold nothing but text
    chrome: list[Any] = field(default_factory=list)
    nested: list[Found] = field(default_factory=list)

    @property
    def author(self) -> str | None:
        """The name of who wrote it."""
        return min(self.names, key=lambda name: name[0])[1] if self.names else None

    def text(self, base: str) -> Body:
        """Return the comment's text without the comments nested in it."""
        rank, body = min(self.bodies, key=lambda ranked: ranked[0], default=(BODY, self.element))
        skip = {one.element for one in self.nested}
        if rank == BODY:
            skip.update(self.chrome)
        return element_text(body, base, skip)


def find_comments(page: Page) -> list[Found]:
    """Find the comments of a page in their order; parent is another of them, or None."""
    walk = _Walk(page)
    found = walk.run()
    with_body = [one for one in found if one.bodies]
    if with_body:
        return _joined(found)
    nouns = Counter(one.noun for one in found)
    noun, count = max(nouns.items(), key=lambda item: item[1], default=("", 0))
    kept = [one for one in found if one.noun == noun] if count > 1 else []
    return _with_parents_among(kept)


class _Walk:
    """One pass over a page's elements."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found: list[Found] = []
        # What is open around an element: (the element, whose comment it is in, whether in a list of replies).
        self._scopes: list[tuple[Any, Found | None, bool]] = []
        self._texts: list[tuple[Any, Found]] = []
        self._last: dict[Any, Found] = {}  # the last comment that ended in an element

    def run(self) -> list[Found]:
        """Return every element that is called a comment."""
        walker = etree.iterwalk(self._page.root, events=("start", "end"))
        for event, node in walker:
            if event == "start":
                if node.tag in _SKIPPED:
                    walker.skip_subtree()
                else:
                    self._start(node)
            else:
                self._end(node)
        return self._found

    def _start(self, node: Any) -> None:
        names = names_of(node)
        owner = self._scopes[-1][1] if self._scopes else None
        if names.noun is not None and node.tag != "body":
            listed = self._scopes[-1][2] if self._scopes else False
            found = Found(node, names.noun, owner, listed, names.depth)
            if owner is not None:
                owner.nested.append(found)
            self._found.append(found)
            self._scopes.append((node, found, False))
            owner = found
            if author := _name(node.get("data-author")):
                found.names.append((0, author))
        elif names.children:
            self._scopes.append((node, self._last.get(node.getparent(), owner), True))
        if owner is None:
            return
        if names.body is not None:
            owner.bodies.append((names.body, node))
            if names.body <= TEXT:
                owner.inside += 1
                self._texts.append((node, owner))
        if not owner.inside:
            self._describe(owner, node, names)

    def _end(self, node: Any) -> None:
        if self._texts and self._texts[-1][0] is node:
            self._texts.pop()[1].inside -= 1
        if self._scopes and self._scopes[-1][0] is node:
            _, found, is_list = self._scopes.pop()
            if found is not None and not is_list:
                self._last[node.getparent()] = found

    def _describe(self, owner: Found, node: Any, names: Names) -> None:
        """Take what an element outside of the text says about its comment."""
        get = node.get
        described = names.chrome or node.tag in ("header", "footer", "button", "time")
        if names.author or get("rel") == "author" or node.tag == "cite":
            described = self._take_author(owner, node) or described
        if node.tag == "time" or names.time or (get("itemprop") or "").startswith("date"):
            described = _take_time(owner, node) or described
        if node.tag == "a" and get("href"):
            self._take_link(owner, node)
        if names.votes and owner.votes is None:
            number = _NUMBER.match(" ".join((get("content") or "".join(node.itertext())).split()))
            owner.votes = int(number[1].replace("−", "-").replace("–", "-")) if number else None
            described = described or number is not None
        if described and node is not owner.element:
            owner.chrome.append(node)

    def _take_author(self, owner: Found, node: Any) -> bool:
        inner = node.find(".//*[@itemprop='name']") if node.get("itemprop") else None
        name = _name(node.get("content") or " ".join((node if inner is None else inner).itertext()))
        if name is None or node is owner.element:
            return False
        words = (node.get("class") or "").split()
        sure = inner is not None or node.get("rel") == "author" or "fn" in words or "p-author" in words
        owner.names.append((1 if sure else 3 if node.tag == "cite" else 2 if len(node) == 0 else 4, name))
        return True

    def _take_link(self, owner: Found, node: Any) -> None:
        target, identifier = node.get("href"), owner.element.get("id")
        words = (node.get("class") or "").split()
        own = identifier and target.endswith(f"#{identifier}")
        timed = node.find(".//time") is not None or (node.getparent() is not None and node.getparent().tag == "time")
        named = any(word in ("permalink", "u-url", "bookmark") for word in words) or node.get("itemprop") == "url"
        if owner.url is None and (own or timed or named or node.get("rel") == "bookmark"):
            owner.url = self._page.link(target)


def _take_time(owner: Found, node: Any) -> bool:
    edited = node.get("itemprop") == "dateModified" or "dt-updated" in (node.get("class") or "")
    if owner.edited_at if edited else owner.created_at:
        return True
    written = [node.get(name) for name in _TIME_ATTRIBUTES] + [" ".join("".join(node.itertext()).split())[:60]]
    moment = next(
        (one for value in written if value and (one := parse_date(value) or parse_date(value.split()[0]))), None
    )
    if edited:
        owner.edited_at = moment
    else:
        owner.created_at = moment
    return moment is not None


def _name(written: str | None) -> str | None:
    name = _SAYS.sub("", _SAYS.sub("", " ".join((written or "").split()))).strip()
    return name if 0 < len(name) <= _LONGEST_NAME else None


def _joined(found: list[Found]) -> list[Found]:
    """Drop what has no body: a wrapper of one comment becomes that comment, and tells what the comment does not."""
    alias: dict[Found, Found] = {}
    for one in reversed(found):
        own = [inner for inner in one.nested if not inner.listed]
        if not one.bodies and len(own) == 1:
            inner = own[0]
            alias[one] = alias.get(inner, inner)
            _add(alias[one], one)
    parents = {one: _parent(one, alias) for one in found}
    for one, parent in parents.items():
        one.parent = parent
    return _with_depths([one for one in found if one.bodies])


def _parent(one: Found, alias: dict[Found, Found]) -> Found | None:
    """Return the comment around another, or around its wrapper."""
    outer = one.parent
    while outer is not None:
        comment = alias.get(outer, outer)
        if comment is not one and comment.bodies:
            return comment
        outer = outer.parent
    return None


def _add(comment: Found, wrapper: Found) -> None:
    comment.names += [(rank + 5, name) for rank, name in wrapper.names]
    comment.created_at = comment.created_at or wrapper.created_at
    comment.edited_at = comment.edited_at or wrapper.edited_at
    comment.url = comment.url or wrapper.url
    comment.votes = wrapper.votes if comment.votes is None else comment.votes
    comment.depth = wrapper.depth if comment.depth is None else comment.depth
    if comment.element.get("id") is None and wrapper.element.get("id"):
        comment.element.set("id", wrapper.element.get("id"))


def _with_parents_among(kept: list[Found]) -> list[Found]:
    for one in kept:
        parent = one.parent
        while parent is not None and parent.noun != one.noun:
            parent = parent.parent
        one.parent = parent
    return _with_depths(kept)


def _with_depths(kept: list[Found]) -> list[Found]:
    """Find the parents that only a number tells: the last comment that is one level less deep."""
    last: dict[int, Found] = {}
    for one in kept:
        if one.depth is None:
            continue
        if one.parent is None:
            one.parent = last.get(one.depth - 1)
        last[one.depth] = one
    return kept
