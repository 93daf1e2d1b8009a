"""Bluesky: posts as its API gives them in feeds and threads, and the records of a repository written as JSON.

Rests on the lexicons of the AT Protocol (``app.bsky.feed.defs``, ``app.bsky.feed.post``) and on the form in which
``com.atproto.repo.listRecords`` gives records; no real file was at hand.

A record is a post; a repost, which is a notice; a stand-in for a post that is not to be had (deleted, or a notice where
somebody is blocked); or what stands in its place in a list. Feeds show the posts that one answers too: they are
records, and one that comes twice is counted once. A post's text is plain; what it links to and quotes is not in it.
The thread is named by its first post, ``bluesky:at://...``, and has no title. The records of a repository do not say
whose they are beyond the identifier in their address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.values import body_of, count_of, dict_of, list_of, string_of

_POST = "app.bsky.feed.post"
_GONE = ("app.bsky.feed.defs#notFoundPost", "app.bsky.feed.defs#blockedPost")
_ADDRESS = re.compile(r"at://([^/\s]+)/app\.bsky\.feed\.post/([^/\s]+)$")
_MARKS = frozenset(("uri", "record", "value", "post", "text", "$type", "cid"))
_LOOKED_AT = 20


class Found(NamedTuple):
    """A post, of any type; reposted: it stands in a feed because somebody repeated it."""

    value: Any
    reposted: bool = False


def recognises(sample: Sample) -> Role | None:
    """Tell posts by the type that their records name and by their addresses."""
    if "app.bsky." not in sample.text:
        return None
    found = list(islice(_walk(sample.json), _LOOKED_AT))
    known = sum(1 for one in found if isinstance(one.value, dict) and _is_known(one.value))
    return "comments" if known and 2 * known > len(found) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every post and repost. Raises: Malformed."""
    number = 0
    for part in parts(content, _is_envelope):
        if not part.listed and not isinstance(part.value, dict | list):
            continue
        for found in _walk(part.value, part.listed):
            number += 1
            yield _draft(found, number, part.line_start, part.line_end)


def _is_envelope(value: dict[str, Any]) -> bool:
    return _MARKS.isdisjoint(value)


def _walk(value: Any, listed: bool = True) -> Iterator[Found]:
    """Give the posts in a value, those that one answers before it and those that answer it after it."""
    waiting: list[tuple[Any, bool, bool]] = [(value, listed, False)]
    while waiting:
        one, in_list, final = waiting.pop()
        if final:
            yield Found(one)
            continue
        inner: list[tuple[Any, bool, bool]] = []
        if isinstance(one, list):
            inner = [(element, True, False) for element in one]
        elif not isinstance(one, dict):
            if in_list:
                yield Found(one)
        elif _is_envelope(one):
            members = [element for element in one.values() if isinstance(element, dict | list)]
            inner = [(element, False, False) for element in members]
            if not members and in_list:
                yield Found(one)
        elif "post" in one:
            if "reasonRepost" in str(dict_of(one.get("reason")).get("$type")):
                yield Found(one["post"], reposted=True)
            else:
                inner = [(context, False, True) for context in _answered(one)]
                inner.append((one["post"], False, True))
                inner.extend((reply, True, False) for reply in list_of(one.get("replies")))
        else:
            yield Found(one)
        waiting.extend(reversed(inner))


def _answered(view: dict[str, Any]) -> list[Any]:
    """Return the posts above one, the first of them first: of a feed, or of a thread."""
    reply = dict_of(view.get("reply"))
    above = [reply[name] for name in ("root", "parent") if isinstance(reply.get(name), dict)]
    parents: list[Any] = []
    parent = view.get("parent")
    while isinstance(parent, dict):
        parents.append(parent.get("post", parent))
        parent = parent.get("parent")
    return above + parents[::-1]


def _record(value: dict[str, Any]) -> dict[str, Any]:
    """Return the record inside a post's view, inside a repository's entry, or the value itself."""
    return dict_of(value.get("record")) or dict_of(value.get("value")) or value


def _is_known(value: dict[str, Any]) -> bool:
    if value.get("$type") in _GONE:
        return True
    record = _record(value)
    uri = value.get("uri")
    typed = record.get("$type") == _POST or (isinstance(uri, str) and _ADDRESS.match(uri) is not None)
    return typed and isinstance(record.get("text"), str) and "createdAt" in record


def _draft(found: Found, number: int, start: int, end: int) -> Draft:
    value = found.value
    if not isinstance(value, dict):
        return Draft(None, start, end, record=number, platform=True)
    record, author = _record(value), dict_of(value.get("author"))
    draft = Draft(body_of(record.get("text")), start, end, record=number, field="text", platform=True)
    uri = string_of(value.get("uri"))
    reply = dict_of(record.get("reply"))
    draft.record_id = _named(uri)
    draft.parent_id = _named(string_of(dict_of(reply.get("parent")).get("uri")))
    draft.thread_id = _named(string_of(dict_of(reply.get("root")).get("uri"))) or draft.parent_id or draft.record_id
    draft.author = string_of(author.get("displayName")) or string_of(author.get("handle"))
    draft.created_at = parse_date(record.get("createdAt"))
    draft.votes = count_of(value.get("likeCount"))
    draft.url = _url(uri, string_of(author.get("handle")))
    if found.reposted or value.get("blocked") or value.get("$type") == _GONE[1]:
        draft.kind = "notice"
    elif value.get("notFound") or value.get("$type") == _GONE[0]:
        draft.kind = "deleted"
    return draft


def _url(uri: str | None, handle: str | None) -> str | None:
    """Return a post's page; its author's identifier does as well as the handle."""
    found = _ADDRESS.match(uri or "")
    if found is None:
        return None
    whose = handle if handle and handle != "handle.invalid" else found[1]
    return f"https://bsky.app/profile/{whose}/post/{found[2]}"


def _named(uri: str | None) -> str | None:
    return None if uri is None else f"bluesky:{uri}"


PLATFORM = Platform("bluesky", "Bluesky posts", recognises, read)
