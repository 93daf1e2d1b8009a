"""Comments and posts of Reddit in JSON, whatever holds them -> drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from qa.dates import parse_date
from qa.formats.drafts import Draft, has_content
from qa.formats.tables.threads import Threads
from qa.formats.tables.values import body_of, count_of, id_of, list_of, string_of

SITE = "https://www.reddit.com"
_BASE36 = re.compile(r"[0-9a-z]{1,13}$")
_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,13}$")
_COUNTED = frozenset(("selftext", "num_comments", "commentCount", "permalink", "ups", "score", "is_self"))
_MARKS = frozenset(("id", "name", "kind", "data", "body", "content", "title", "author", "parent_id"))
_ESCAPED = re.compile(r"&(lt|gt|amp);")
_UNESCAPED = re.compile(r"[<>]|&(?!(?:lt|gt|amp);)")
_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&"}
_POST_NAMES = ("link_id", "post_id", "submission_id")
_GONE = ("[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]", "[ removed by reddit ]")
_LONGEST_GONE = max(map(len, _GONE))
_API_TEXTS = ("body", "selftext")
_TEXTS = (*_API_TEXTS, "content", "text", "comment", "comment_text", "post_text")


class Thing(NamedTuple):
    """A comment (t1), a post (t3), another kind of thing, or "" where it is none; value is its data, of any type.

    parent and post are full names that the place of the thing tells, for exports in which it does not say so itself.
    """

    kind: str
    value: Any
    parent: str | None = None
    post: str | None = None


def is_envelope(value: dict[str, Any]) -> bool:
    """Tell an object around lists of things from a thing."""
    return _MARKS.isdisjoint(value)


def things(value: Any, listed: bool = True) -> Iterator[Thing]:
    """Give the things in a value, each before its replies; listed: the value stands in a list.

    What is no thing is given too where it stands in a list: it has the place of one.
    """
    waiting = [(value, listed, Thing("", None))]
    while waiting:
        one, in_list, around = waiting.pop()
        if isinstance(one, list):
            inner = [(element, True, around) for element in one]
        elif not isinstance(one, dict):
            inner = []
            if in_list:
                yield Thing("", one)
        elif one.get("kind") == "Listing" and isinstance(one.get("data"), dict):
            inner = [(child, True, around) for child in list_of(one["data"].get("children"))]
        elif is_envelope(one) and any(isinstance(element, dict | list) for element in one.values()):
            inner = [(element, False, around) for element in one.values() if isinstance(element, dict | list)]
        else:
            thing = _thing(one, around)
            yield thing
            inner = [(reply, True, thing) for reply in _replies(thing.value)]
        waiting.extend(reversed(inner))


def _thing(value: dict[str, Any], around: Thing) -> Thing:
    kind, data = value.get("kind"), value.get("data")
    if isinstance(kind, str) and "data" in value:
        known = data if isinstance(data, dict) else {}
    else:
        known, data = value, value
        named = string_of(value.get("name")) or ""
        kind = named[:2] if _FULLNAME.match(named) else "t3" if "title" in value and "parent_id" not in value else "t1"
    parent = full_name(around.kind, around.value.get("id")) if isinstance(around.value, dict) else None
    post = parent if around.kind == "t3" else around.post
    if kind == "t3":
        post = full_name("t3", known.get("id"))
    return Thing(kind, data, parent, post)


def _replies(data: Any) -> list[Any]:
    """Return what stands under a thing: a listing, or a list as programs nest it themselves."""
    if not isinstance(data, dict):
        return []
    found: list[Any] = []
    for name in ("replies", "comments"):
        inner = data.get(name)
        if isinstance(inner, dict):
            found.append(inner)
        elif isinstance(inner, list):
            found.extend(one for one in inner if isinstance(one, dict))
    return found


def is_known(thing: Thing) -> bool:
    """Recognise a comment by the full name that it answers, and a post by its subreddit and what is counted of it."""
    data = thing.value
    if not isinstance(data, dict) or not _BASE36.match(id_of(data.get("id")) or ""):
        return False
    names = (data.get("parent_id"), data.get("link_id"))
    if thing.kind == "t1":
        return any(isinstance(name, str) and _FULLNAME.match(name) for name in names)
    if thing.kind != "t3" or not isinstance(data.get("title"), str):
        return False
    return isinstance(data.get("subreddit"), str) and not _COUNTED.isdisjoint(data)


def full_name(kind: str, value: Any) -> str | None:
    """Return the name that is the same everywhere: t1_ or t3_ and the id.

    >>> full_name("t1", "abc"), full_name("t1", "t3_abc")
    ('t1_abc', 't3_abc')
    """
    found = id_of(value)
    if found is None or _FULLNAME.match(found):
        return found
    return f"{kind}_{found}" if kind in ("t1", "t3") else found


def learn(threads: Threads, thing: Thing) -> None:
    """Remember a post's title, and what a comment answers where it does not name its post."""
    data = thing.value
    name = full_name(thing.kind, data.get("id")) if isinstance(data, dict) else None
    if name is None:
        return
    if thing.kind == "t3":
        threads.opened(name, title_of(data))
    elif thing.kind == "t1" and not any(data.get(key) for key in _POST_NAMES):
        parent = full_name("t1", data.get("parent_id")) or thing.parent
        if parent is not None:
            threads.replied(name, parent)
        if parent is not None and parent.startswith("t3_"):
            threads.named(parent)


def title_of(post: dict[str, Any]) -> str | None:
    """Return a post's title."""
    title = string_of(post.get("title"))
    return None if title is None else unescaped(title)


def draft_of(thing: Thing, threads: Threads, number: int, start: int, end: int) -> Draft:
    """Make the draft of a thing; a stub for replies that were not loaded is a notice."""
    data = thing.value
    if not isinstance(data, dict):
        return Draft(None, start, end, record=number, platform=True)
    if thing.kind not in ("t1", "t3"):
        return Draft("", start, end, record=number, platform=True, kind="notice")
    post, parent = _post(thing), None
    if thing.kind == "t1":
        parent = full_name("t3" if data.get("parent_id") == data.get("post_id") else "t1", data.get("parent_id"))
        parent = parent or thing.parent or post
    name = full_name(thing.kind, data.get("id"))
    thread = threads.of(post or name)
    post = post or thread.opener
    text, field = _text(data)
    draft = Draft(text, start, end, record=number, field=field, platform=True)
    draft.record_id, draft.parent_id, draft.thread_id = reddit(name), reddit(parent), reddit(post)
    draft.title = thread.title
    draft.author = _author(data)
    draft.created_at = (
        parse_date(data.get("created_utc")) or parse_date(data.get("created")) or parse_date(data.get("date"))
    )
    draft.edited_at = parse_date(data.get("edited"))
    draft.votes = count_of(data.get("score", data.get("ups")))
    draft.url = _url(data, name, post)
    if is_gone(data, text):
        draft.kind = "deleted"
    return draft


def is_gone(data: dict[str, Any], text: str | None) -> bool:
    """Tell what its author or a moderator took back: Reddit puts a word in its place."""
    for one in (text, *map(data.get, _TEXTS)):
        if isinstance(one, str):
            word = one.strip()
            if len(word) <= _LONGEST_GONE and word.casefold() in _GONE:
                return True
    return False


def reddit(name: str | None) -> str | None:
    """Put a full name among the ids of all platforms."""
    return None if name is None else f"reddit:{name}"


def unescaped(text: str) -> str:
    """Undo the escaping of the API: three characters, in every text or, where it was asked for raw ones, in none.

    A text in which one of them stands bare was not escaped.

    >>> unescaped("a &lt; b &amp;amp; c"), unescaped("a < b &amp; c")
    ('a < b &amp; c', 'a < b &amp; c')
    """
    if "&" not in text or _UNESCAPED.search(text):
        return text
    return _ESCAPED.sub(lambda match: _CHARACTERS[match[1]], text)


def _post(thing: Thing) -> str | None:
    """Return the post that a thing belongs to, as the thing says or as its place does."""
    data = thing.value
    if thing.kind == "t3":
        return thing.post
    for key in _POST_NAMES:
        found = full_name("t3", data.get(key))
        if found is not None:
            return found
    parent = data.get("parent_id")
    return parent if isinstance(parent, str) and parent.startswith("t3_") else thing.post


def _text(data: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the text and the field it stands in; of a post without a text, its title."""
    field = "body" if data.get("body") is not None else next((key for key in _TEXTS if data.get(key) is not None), None)
    written = body_of(data.get(field)) if field else ""
    if written and field in _API_TEXTS:
        written = unescaped(written)
    title = body_of(data.get("title"))
    if not title or written is None or has_content(written):
        return written, field
    return unescaped(title), "title"


def _author(data: dict[str, Any]) -> str | None:
    for key in ("author", "username", "user"):
        found = data.get(key)
        name = string_of(found.get("name") if isinstance(found, dict) else found)
        if name is not None:
            return None if name.casefold() in _GONE else name
    return None


def _url(data: dict[str, Any], name: str | None, post: str | None) -> str | None:
    link = string_of(data.get("permalink"))
    if link is not None:
        return f"{SITE}{link}" if link.startswith("/") else link
    if name is None or not _FULLNAME.match(post or ""):
        return None
    subreddit = string_of(data.get("subreddit"))
    place = f"{SITE}/r/{subreddit}/comments" if subreddit and subreddit.isascii() else f"{SITE}/comments"
    return f"{place}/{(post or '')[3:]}/" if name == post else f"{place}/{(post or '')[3:]}/_/{name[3:]}/"
