"""LessWrong, the Alignment Forum and the EA Forum: saved pages, and what their GraphQL interface answers.

* A saved page of the site as it was until 2018, and plain pages that people made of it: rests on real saved pages. The
  time that a page shows is UTC; the number beside it (``time="1177537492"``) is hours earlier and is not used.
* A saved page of today's site (ForumMagnum) and the answers to ``posts``, ``comments`` and ``post`` queries, as one
  answer, a list of records or lines: rest on the public source code and on public queries; no real file was at hand.

A record is a post or a comment. A comment that the page shows collapsed has no readable text; a deleted one is deleted.
Ids are the sites' own: 17 letters and digits today, ``t1_...`` (comments) and ``t3_...`` (posts) on the old site.
Left out: reactions, tags, sequences, drafts of later revisions. A link is known only where the export names its site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.body import Body
from qa.formats.markup.html import from_html
from qa.formats.markup.page import read_page
from qa.formats.platforms.lesswrong_pages import is_page, page_drafts
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.json_stream import JsonStream, Value
from qa.formats.tables.values import storable, string_of

_ID = re.compile(r"[A-Za-z0-9]{15,24}$")
_WRAPPERS = frozenset({"data", "posts", "comments", "post", "comment", "results"})
_PLAIN = ("markdown", "plaintextMainText", "plaintextDescription")
_MOST_TITLES = 20_000


def recognises(sample: Sample) -> Role | None:
    """Tell a page by its elements or its address, an answer by the names in its first record."""
    if sample.root is not None:
        return "comments" if is_page(sample.text) else None
    return "comments" if any(_is_record(value) for value in _unwrapped(sample.json)) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every post and comment. Raises: Malformed, naming the line; Undecodable."""
    with content.text() as file:
        stream = JsonStream(content.path, file)
        if stream.peek() != "<":
            yield from _answers(stream)
            return
    page = read_page(content)
    if page is not None:
        yield from page_drafts(page)


def _answers(stream: JsonStream) -> Iterator[Draft]:
    posts = _Posts()
    number = 0
    while stream.peek():
        for found in _records(stream):
            for value in _with_nested(found.value):
                number += 1
                draft = _draft(value, posts)
                draft.record, draft.line_start, draft.line_end = number, found.line_start, found.line_end
                yield draft


def _records(stream: JsonStream) -> Iterator[Value]:
    """Give the records that stand here: an array's elements, an answer's results, or the one object."""
    if stream.peek() == "[":
        for found in stream.elements():
            for value in _unwrapped(found.value):
                yield Value(value, found.line_start, found.line_end)
        return
    if stream.peek() != "{":
        yield stream.next_value()
        return
    start = stream.line
    own: dict[str, Any] = {}
    for name in stream.names():
        if name in _WRAPPERS and "_id" not in own and stream.peek() in ("[", "{"):
            yield from _records(stream)
        elif name == "result":
            yield stream.next_value()
        else:
            own[name] = stream.next_value().value
    if "_id" in own:
        yield Value(own, start, stream.line)


def _unwrapped(value: Any) -> list[Any]:
    """Return the records in a parsed answer; what is no answer is a record itself."""
    if isinstance(value, list):
        return [inner for one in value for inner in _unwrapped(one)]
    if not isinstance(value, dict) or "_id" in value:
        return [value]
    inner = [value[name] for name in (*_WRAPPERS, "result") if isinstance(value.get(name), dict | list)]
    return [record for one in inner for record in _unwrapped(one)] if inner else [value]


def _with_nested(value: Any) -> Iterator[Any]:
    """Give a post and the comments that were put inside it."""
    yield value
    comments = value.get("comments") if isinstance(value, dict) else None
    comments = comments.get("results") if isinstance(comments, dict) else comments
    if isinstance(comments, list):
        for comment in comments:
            inside = isinstance(comment, dict) and "postId" not in comment
            yield {**comment, "postId": value.get("_id")} if inside else comment


def _is_record(value: Any) -> bool:
    """Tell by names that no other export has together."""
    if not isinstance(value, dict) or not isinstance(value.get("_id"), str) or not _ID.match(value["_id"]):
        return False
    if not isinstance(value.get("postedAt"), str):
        return False
    contents = value.get("contents")
    held = "htmlBody" in value or (isinstance(contents, dict) and bool({"html", *_PLAIN} & contents.keys()))
    placed = bool({"postId", "parentCommentId", "pageUrl", "baseScore"} & value.keys())
    return placed and (held or "title" in value)


class _Posts:
    """What the posts of a file tell about their comments: titles, and the site they are on."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._site = ""

    def learn(self, identifier: str | None, title: str | None, url: str | None) -> None:
        """Remember a post, and the site of any record."""
        if identifier and title and len(self._titles) < _MOST_TITLES:
            self._titles[identifier] = title
        if url:
            self._site = _site(url) or self._site

    def title(self, identifier: str | None) -> str | None:
        """Return a post's title."""
        return self._titles.get(identifier or "")

    def link(self, post: str | None, comment: str | None) -> str | None:
        """Build the link of a post, or of a comment under it."""
        if not self._site or post is None:
            return None
        return f"{self._site}/posts/{post}" + (f"?commentId={comment}" if comment else "")


def _site(url: str) -> str | None:
    """Return the scheme and the host of a link, or None where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a host in brackets that is no address
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else None


def _draft(value: Any, posts: _Posts) -> Draft:
    if not isinstance(value, dict):
        return Draft(None, 0, 0)
    identifier, post, parent = _place(value)
    is_post = post == identifier and post is not None
    title, url = _title(value), string_of(value.get("pageUrl"))
    url = url if url and _site(url) else None
    posts.learn(identifier if is_post else None, title, url)
    body, field = _body(value, url or "")
    if is_post and title and (body is None or not body.text.strip()):
        body, field = Body(title), "title"
    return Draft(
        None if body is None else body.text,
        0,
        0,
        author=_author(value),
        created_at=parse_date(value.get("postedAt")),
        edited_at=_edited(value),
        record_id=f"lesswrong:{identifier}" if identifier else None,
        parent_id=f"lesswrong:{parent}" if parent else None,
        thread_id=f"lesswrong:{post}" if post else None,
        title=title or posts.title(post),
        url=url or posts.link(post, None if is_post else identifier),
        field=field,
        kind="deleted" if value.get("deleted") is True else "comment",
        platform=True,
        votes=_number(value.get("baseScore")),
        asides=() if body is None else body.asides,
    )


def _place(value: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Return a record's own id, its post's and its parent's; a post is its own post and has no parent."""
    identifier, post, around = string_of(value.get("_id")), string_of(value.get("postId")), value.get("post")
    post = post or (string_of(around.get("_id")) if isinstance(around, dict) else None)
    if post is None and "parentCommentId" not in value and "title" in value:
        return identifier, identifier, None
    return identifier, post, string_of(value.get("parentCommentId")) or post


def _title(value: dict[str, Any]) -> str | None:
    post = value.get("post")
    return string_of(value.get("title")) or (string_of(post.get("title")) if isinstance(post, dict) else None)


def _body(value: dict[str, Any], base: str) -> tuple[Body | None, str | None]:
    """Return a record's text and the field that holds it: its HTML, else its Markdown."""
    contents = value.get("contents")
    inner: dict[str, Any] = contents if isinstance(contents, dict) else {}
    for field, html in (
        ("htmlBody", value.get("htmlBody")),
        ("contents.html", inner.get("html")),
        ("contents", contents),
    ):
        if isinstance(html, str):
            return from_html(storable(html), base), field
    for name in _PLAIN:
        if isinstance(inner.get(name), str):
            return Body(storable(inner[name])), f"contents.{name}"
    empty = value.get("htmlBody", contents) is None
    return (Body("") if empty else None), None


def _author(value: dict[str, Any]) -> str | None:
    user = value.get("user")
    if isinstance(user, dict):
        names = (string_of(user.get(name)) for name in ("displayName", "username", "slug"))
        return next((name for name in names if name), None)
    return string_of(value.get("author"))


def _edited(value: dict[str, Any]) -> Any:
    contents = value.get("contents")
    written = contents.get("editedAt") if isinstance(contents, dict) else None
    edited, posted = parse_date(written or value.get("modifiedAt")), parse_date(value.get("postedAt"))
    return edited if edited and (posted is None or edited > posted) else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 else None


PLATFORM = Platform("lesswrong", "LessWrong posts and comments", recognises, read)
