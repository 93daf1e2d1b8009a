"""Discourse: topics as ``/t/<id>.json`` gives them, whole or in pages, and lists of posts (``/posts.json``).

Rests on real topics and on the documentation of Discourse's API (docs.discourse.org). A topic holds its posts in
``post_stream``; a page of one has only that.

A record is a post. What the forum wrote itself (a topic was closed, split, pinned) is a notice; a post that was
deleted, withdrawn by its author or hidden by flags is deleted. A post answers the one it replies to, or else the first
of its topic. The text is what the author typed (``raw``) where the export holds it, else what was made of it
(``cooked``, HTML).

A topic does not name its forum, so that ids are made of the topic and the place of the post in it,
``discourse:clone-and-events.2092/3``. A permalink is built where an address in the file tells the forum: that of the
topic (``topic_url``, ``post_url``, ``url``) or of a picture of somebody who wrote in it (``/user_avatar/<host>/``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft, Kind
from qa.formats.markup.body import Body
from qa.formats.markup.html import from_html
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.json_stream import Value, json_values
from qa.formats.tables.values import count_of, dict_of, dicts_of, id_of, line_of, list_of, string_of, text_of

_MARKS = frozenset(("cooked", "post_number", "topic_id"))
# What Discourse puts in place of a post that its author took back or that flags hid.
_GONE = re.compile(r"\(?(?:post|topic) (?:deleted|withdrawn) by author|this post was flagged by the community", re.I)
_PICTURE = re.compile(r"(?:https?://[^/]+)?/user_avatar/([\w-]+(?:\.[\w-]+)+)/")
_LONGEST_NOTICE = 200
_REGULAR = (1, 4)  # a post, and a whisper among the staff
_LIKE = 2


class _Topic(NamedTuple):
    """What a post must know of its topic. host: the forum's address, scheme and host."""

    number: str | None
    slug: str | None
    title: str | None
    host: str | None

    @property
    def key(self) -> str | None:
        """The topic's id among those of all platforms."""
        if self.number is None:
            return None
        return f"discourse:{self.slug}.{self.number}" if self.slug else f"discourse:{self.number}"


def recognises(sample: Sample) -> Role | None:
    """Tell a topic, a page of one or a list of posts by the keys of its posts."""
    value = sample.json
    topic = value[0] if isinstance(value, list) and value else value
    if not isinstance(topic, dict):
        return None
    post = next(iter(_posts(topic)), topic)
    return "comments" if isinstance(post, dict) and post.keys() >= _MARKS else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every post. Raises: Malformed."""
    number = 0
    for value in json_values(content):
        topic = dict_of(value.value)
        posts = _posts(topic)
        if not isinstance(value.value, dict) or (not posts and "post_number" in topic):
            posts = [value.value]
        whole = _topic(topic)
        for post in posts:
            number += 1
            draft = _draft(post, whole, value) if isinstance(post, dict) else None
            draft = draft or Draft(None, value.line_start, value.line_end)
            draft.record = number
            yield draft


def _posts(topic: dict[str, Any]) -> list[Any]:
    """Return the posts of a topic, of a page of one, or of a list of the latest."""
    stream = dict_of(topic.get("post_stream")).get("posts")
    return list_of(stream if stream is not None else topic.get("latest_posts"))


def _draft(post: dict[str, Any], whole: _Topic, value: Value) -> Draft | None:
    topic = _of_post(post, whole)
    key, number = topic.key, count_of(post.get("post_number"))
    body, field = _body(post)
    if body is None or number is None or key is None:
        return None
    edited = parse_date(post.get("updated_at")) if (count_of(post.get("version")) or 1) > 1 else None
    answered = count_of(post.get("reply_to_post_number")) or (1 if number > 1 else None)
    return Draft(
        body.text,
        value.line_start,
        value.line_end,
        author=line_of(post.get("username")) or line_of(post.get("name")),
        created_at=parse_date(post.get("created_at")),
        record_id=f"{key}/{number}",
        parent_id=f"{key}/{answered}" if answered else None,
        thread_id=key,
        title=topic.title,
        url=_url(post, topic, number),
        field=field,
        kind=_kind(post, body.text),
        platform=True,
        edited_at=edited,
        votes=_likes(post),
        asides=body.asides,
    )


def _topic(whole: dict[str, Any]) -> _Topic:
    return _Topic(
        id_of(whole.get("id")),
        string_of(whole.get("slug")),
        line_of(whole.get("title")),
        _host(whole) or _pictured(whole),
    )


def _of_post(post: dict[str, Any], whole: _Topic) -> _Topic:
    """Say of a topic what a post in it does, and for the rest what the topic itself does."""
    return _Topic(
        id_of(post.get("topic_id")) or whole.number,
        string_of(post.get("topic_slug")) or whole.slug,
        whole.title or line_of(post.get("topic_title")),
        _host(post) or whole.host,
    )


def _pictured(whole: dict[str, Any]) -> str | None:
    """Return the forum's address as the pictures of its people tell it."""
    for post in dicts_of(_posts(whole)):
        found = _PICTURE.match(string_of(post.get("avatar_template")) or "")
        if found:
            return f"https://{found[1]}"
    return None


def _host(value: dict[str, Any]) -> str | None:
    """Return the forum's address, scheme and host, where an absolute link to the topic says it."""
    for name in ("topic_url", "post_url", "url"):
        link = urlsplit(string_of(value.get(name)) or "") if _is_link(value.get(name)) else None
        if link is not None and link.netloc and "/t/" in link.path:
            return f"{link.scheme}://{link.netloc}"
    return None


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"https?://[\w.-]+(?::\d+)?/", value) is not None


def _url(post: dict[str, Any], topic: _Topic, number: int) -> str | None:
    if topic.host is None or topic.key is None:
        return None
    slug, _, key = topic.key.removeprefix("discourse:").rpartition(".")
    return f"{topic.host}/t/{slug or '-'}/{key}/{number}"


def _body(post: dict[str, Any]) -> tuple[Body | None, str]:
    raw = text_of(post.get("raw"))
    if raw is not None:
        return Body(raw), "raw"
    cooked = text_of(post.get("cooked"))
    return (None if cooked is None else from_html(cooked)), "cooked"


def _kind(post: dict[str, Any], text: str) -> Kind:
    if post.get("deleted_at") or post.get("user_deleted") is True or post.get("hidden") is True:
        return "deleted"
    if len(text) < _LONGEST_NOTICE and _GONE.match(text):
        return "deleted"
    kind = count_of(post.get("post_type"))
    return "comment" if kind is None or kind in _REGULAR else "notice"


def _likes(post: dict[str, Any]) -> int | None:
    """Return how many liked a post; one that nobody did has no summary of it."""
    found = count_of(post.get("like_count"))
    if found is not None or "actions_summary" not in post:
        return found
    likes = (one for one in dicts_of(post["actions_summary"]) if count_of(one.get("id")) == _LIKE)
    return next((count_of(one.get("count")) or 0 for one in likes), 0)


PLATFORM = Platform("discourse", "a Discourse topic", recognises, read)
