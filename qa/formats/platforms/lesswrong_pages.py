"""Saved pages of LessWrong: of the site until 2018, whose elements' ids name posts and comments, and of today's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qa.dates import parse_date
from qa.formats.drafts import Draft
from qa.formats.markup.html import element_text
from qa.formats.markup.page import Page, lines_of

_OLD_SITE = "http://lesswrong.com"
_OLD_BODY = re.compile(r"\bid=[\"'](?:body_t1|author_t[13]|thingrow_t[13])_[0-9a-z]+[\"']")
_OLD_ID = re.compile(r"([a-z]+)_(t[13]_[0-9a-z]+)$")
_OLD_POST = re.compile(r"/lw/([0-9a-z]+)/(?:[^/?#]+/)?")
_NEW_SITES = r"https?://(?:www\.)?(?:lesswrong\.com|alignmentforum\.org|forum\.effectivealtruism\.org)"
_NEW_PAGE = re.compile(rf"<(?:link|meta)\b[^>]{{0,300}}{_NEW_SITES}/(?:posts|events)/[A-Za-z0-9]", re.I)
_NEW_POST = re.compile(rf"({_NEW_SITES}/(?:posts|events)/([A-Za-z0-9]{{15,24}})(?:/[^?#]*)?)")
_NEW_COMMENT = re.compile(r"[?&]commentId=([A-Za-z0-9]{15,24})")
_NEW_ID = re.compile(r"[A-Za-z0-9]{15,24}$")
_SUFFIX = re.compile(r"\s+[-—–]\s+(?:Less ?Wrong|(?:AI )?Alignment Forum|EA Forum).*$")
_VOTES = re.compile(r"\s*([+\-−–]?\d{1,6})(?:\s+points?)?\s*$")


def is_page(text: str) -> bool:
    """Tell by a page's beginning whether it is one of the site's."""
    return ("lesswrong.com" in text and _OLD_BODY.search(text) is not None) or _NEW_PAGE.search(text) is not None


def page_drafts(page: Page) -> Iterator[Draft]:
    """Give a draft for the post of a page and every comment on it, in the order of the page."""
    old = _OldPage(page)
    drafts = old.drafts() if old.things else _NewPage(page).drafts()
    for number, draft in enumerate(drafts, 1):
        draft.record = number
        yield draft


@dataclass(slots=True)
class _Thing:
    """A post or a comment of the old site; first is where it begins."""

    first: Any
    author: str | None = None
    created_at: datetime | None = None
    votes: int | None = None
    url: str | None = None
    body: Any = None


class _OldPage:
    """A page of the old site: what belongs to a comment has its name in its id."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._nested = False
        self._title: str | None = None
        self._post_url: str | None = None
        self._last: _Thing | None = None
        self._all: dict[str, _Thing] = {}
        for node in page.root.iter():
            self._take(node)
        self.things = {name: thing for name, thing in self._all.items() if thing.body is not None}

    def drafts(self) -> Iterator[Draft]:
        """Give the post and its comments."""
        post = next((name for name in self.things if name.startswith("t3_")), None) or self._named_post()
        for name, thing in self.things.items():
            text, asides = element_text(thing.body, self._post_url or _OLD_SITE)
            is_post = name.startswith("t3_")
            parent = None if is_post else self._parent(name, thing, post)
            yield Draft(
                text,
                thing.first.sourceline or 1,
                lines_of(thing.body)[1],
                author=thing.author,
                created_at=thing.created_at,
                record_id=f"lesswrong:{name}",
                parent_id=f"lesswrong:{parent}" if parent else None,
                thread_id=f"lesswrong:{post}" if post else None,
                title=self._title or _SUFFIX.sub("", self._page.title or "") or None,
                url=self._post_url if is_post else self._url(name, thing),
                platform=True,
                votes=thing.votes,
                asides=asides,
            )

    def _take(self, node: Any) -> None:
        """Note what one element tells; elements come in the order of the page."""
        named = _OLD_ID.match(node.get("id") or "")
        words = (node.get("class") or "").split()
        if named:
            self._last = self._all.setdefault(named[2], _Thing(node))
            self._take_named(named[1], named[2], self._last, node)
        elif self._last is not None and ("comment-date" in words or "date" in words):
            self._last.created_at = self._last.created_at or parse_date(_shown(node).rstrip("* "))
        elif self._last is not None and "votes" in words and self._last.votes is None:
            self._last.votes = _votes(node)
        elif "md" in words and self._last is not None and self._last.body is None:
            self._last.body = node
        elif node.tag == "a" and node.getparent() is not None and node.getparent().tag in ("h1", "h2"):
            self._take_title(node)

    def _take_named(self, kind: str, name: str, thing: _Thing, node: Any) -> None:
        if kind == "author":
            thing.author = thing.author or _shown(node) or None
        elif kind in ("body", "entry") and thing.body is None and (kind == "body" or name.startswith("t3_")):
            thing.body = node
        elif kind == "score" and thing.votes is None:
            thing.votes = _votes(node)
        elif kind == "permalink":
            thing.url = thing.url or node.get("href")
        elif kind == "thingrow":
            self._nested = True

    def _take_title(self, node: Any) -> None:
        found = _OLD_POST.search(node.get("href") or "")
        if found and self._post_url is None:
            self._post_url = _OLD_SITE + found[0]
            self._title = _shown(node) or None

    def _named_post(self) -> str | None:
        """Return the post that a page of comments alone belongs to, by its links."""
        links = [thing.url for thing in self.things.values() if thing.url] + [
            self._post_url or "",
            self._page.url or "",
        ]
        return next((f"t3_{found[1]}" for link in links if (found := _OLD_POST.search(link))), None)

    def _parent(self, name: str, thing: _Thing, post: str | None) -> str | None:
        """Return the comment around this one, else the post; nothing where the page is flat."""
        for outer in thing.body.iterancestors():
            named = _OLD_ID.match(outer.get("id") or "")
            if named and named[1] in ("thingrow", "child") and named[2] != name and named[2] in self.things:
                return named[2]
        return post if self._nested else None

    def _url(self, name: str, thing: _Thing) -> str | None:
        if thing.url:
            return thing.url if thing.url.startswith("http") else _OLD_SITE + thing.url
        return f"{self._post_url}{name[3:]}" if self._post_url else None


class _NewPage:
    """A page of today's site: a comment is a ``comments-node``, whose id is the comment's."""

    def __init__(self, page: Page) -> None:
        self._page = page
        found = _NEW_POST.match(page.url or "")
        self._url: str | None = found[1] if found else None
        self._post: str | None = found[2] if found else None
        title = _SUFFIX.sub("", page.title or "")
        self._title = title or None

    def drafts(self) -> Iterator[Draft]:
        """Give the post and its comments."""
        nodes = [node for node in self._page.root.iter("div") if "comments-node" in (node.get("class") or "").split()]
        inside = set(nodes)
        body = next((node for node in self._page.root.iter() if _is_post_body(node)), None)
        if body is not None:
            yield self._draft(body, body, self._post, None, None, inside)
        names = {node: _new_name(node, inside) for node in nodes}
        for node in nodes:
            outer = next((one for one in node.iterancestors() if one in inside), None)
            parent = self._post if outer is None else names[outer]
            text = next((one for one in _own(node, inside) if _called(one, "commentStyling", "answerStyling")), None)
            text = (
                text
                if text is not None
                else next((one for one in _own(node, inside) if _called(one, "CommentBody")), None)
            )
            yield self._draft(node, text, names[node], parent, node, inside)

    def _draft(self, first: Any, body: Any, name: str | None, parent: str | None, node: Any, inside: set[Any]) -> Draft:
        where = self._page.root.iter() if node is None else _own(node, inside)
        author = date = votes = None
        for one in where:
            if one in inside and node is None:
                break  # the comments begin: what follows is not the post's
            author = author or (_shown(one) or None if one.tag in ("a", "span") and _called(one, "UsersName") else None)
            date = date or (parse_date(one.get("datetime")) if one.tag == "time" else None)
            votes = _votes(one) if votes is None and _called(one, "voteScore", "VoteScore") else votes
        text, asides = ("", ()) if body is None else element_text(body, self._url or "")
        gone = body is None and node is not None and "[comment deleted]" in "".join(first.itertext())[:400]
        start, end = lines_of(first)
        return Draft(
            None if body is None and not gone else text,
            start,
            end,
            author=author,
            created_at=date,
            record_id=f"lesswrong:{name}" if name else None,
            parent_id=f"lesswrong:{parent}" if parent and node is not None else None,
            thread_id=f"lesswrong:{self._post}" if self._post else None,
            title=self._title,
            url=self._url if node is None or not (self._url and name) else f"{self._url}?commentId={name}",
            kind="deleted" if gone else "comment",
            platform=name is not None,
            votes=votes,
            asides=asides,
        )


def _own(node: Any, inside: set[Any]) -> Iterator[Any]:
    """Give a comment's elements without those of the comments in it."""
    waiting = list(reversed(node))
    while waiting:
        one = waiting.pop()
        if one not in inside:
            yield one
            waiting += reversed(one)


def _new_name(node: Any, inside: set[Any]) -> str | None:
    if _NEW_ID.match(node.get("id") or ""):
        return str(node.get("id"))
    links = (_NEW_COMMENT.search(one.get("href") or "") for one in _own(node, inside) if one.tag == "a")
    return next((link[1] for link in links if link), None)


def _is_post_body(node: Any) -> bool:
    return node.get("id") in ("postBody", "postContent") or _called(node, "PostsPage-postContent")


def _called(node: Any, *names: str) -> bool:
    written = node.get("class") or ""
    return any(name in written for name in names)


def _shown(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def _votes(node: Any) -> int | None:
    found = _VOTES.match(node.text or "") or _VOTES.match(_shown(node))
    return int(found[1].replace("−", "-").replace("–", "-")) if found else None
