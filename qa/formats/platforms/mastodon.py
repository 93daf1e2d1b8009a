"""Mastodon: statuses as its API gives them, and the outbox of an account's archive.

Rests on the documents of the API (docs.joinmastodon.org/entities/Status, the context of a status) and of ActivityPub
(``outbox.json``: an ordered collection of Create and Announce activities); no real file was at hand.

A record is a status or an activity, or what stands in its place in a list. A boost is a notice. Text is HTML; a content
warning goes before it, on a line of its own. Ids are the addresses that name a status on every server,
``mastodon:https://...``. The API says by its server's own numbers which status answers which: what is answered is named
where the source holds it, or where somebody goes on with their own words. A thread is named by its first status where
the source leads there, and has no title. Polls, pictures and their descriptions are left out; activities of other kinds
are notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.html import from_html
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.threads import Threads
from qa.formats.tables.values import body_of, count_of, dict_of, id_of, string_of

_STATUS = frozenset(("content", "account", "uri"))
_ACTIVITIES = ("Create", "Announce")
_MARKS = frozenset(("id", "uri", "content", "account", "object", "text"))
_LISTS = ("orderedItems", "items")
_LOOKED_AT = 20


def recognises(sample: Sample) -> Role | None:
    """Tell statuses by their account and address, and activities by their kinds and addresses."""
    found = list(islice(_walk(sample.json), _LOOKED_AT))
    known = sum(1 for one in found if isinstance(one, dict) and (_is_status(one) or _is_activity(one)))
    return "comments" if known and 2 * known > len(found) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every status and activity. Raises: Malformed."""
    with Threads() as threads:
        for value, _, _ in _records(content):
            if isinstance(value, dict):
                _learn(threads, value)
        for number, (value, start, end) in enumerate(_records(content), 1):
            if isinstance(value, dict):
                yield _draft(value, threads, number, start, end)
            else:
                yield Draft(None, start, end, record=number, platform=True)


def _records(content: Content) -> Iterator[tuple[Any, int, int]]:
    for part in parts(content, _is_envelope):
        if part.listed and part.key in ("@context", "type"):
            continue
        if part.listed or isinstance(part.value, dict | list):
            for value in _walk(part.value, part.listed):
                yield value, part.line_start, part.line_end


def _is_envelope(value: dict[str, Any]) -> bool:
    return any(isinstance(value.get(name), list) for name in _LISTS) or _MARKS.isdisjoint(value)


def _walk(value: Any, listed: bool = True) -> Iterator[Any]:
    """Give the statuses and activities in a value; listed: the value stands in a list."""
    waiting = [(value, listed)]
    while waiting:
        one, in_list = waiting.pop()
        inner: list[tuple[Any, bool]] = []
        if isinstance(one, list):
            inner = [(element, True) for element in one]
        elif isinstance(one, dict) and _is_envelope(one):
            members = [(name, inside) for name, inside in one.items() if isinstance(inside, dict | list)]
            inner = [(inside, False) for name, inside in members if name != "@context"]
            if not members and in_list:
                yield one
        elif isinstance(one, dict) or in_list:
            yield one
        waiting.extend(reversed(inner))


def _is_status(value: dict[str, Any]) -> bool:
    account = value.get("account")
    return value.keys() >= _STATUS and isinstance(account, dict) and isinstance(account.get("acct"), str)


def _is_activity(value: dict[str, Any]) -> bool:
    actor = value.get("actor")
    return value.get("type") in _ACTIVITIES and "object" in value and isinstance(actor, str) and "://" in actor


def _learn(threads: Threads, value: dict[str, Any]) -> None:
    """Remember what a status answers, and the address that its number on the server stands for."""
    status = _status(value)
    name, number = _address(status), _number(status.get("id"))
    if name is None:
        return
    if "account" in status and number is not None:
        threads.replied(number, name)
    parent = _answered(status)
    if parent is None:
        threads.opened(name, None)
    else:
        threads.replied(name, parent)


def _draft(value: dict[str, Any], threads: Threads, number: int, start: int, end: int) -> Draft:
    status = _status(value)
    text, asides = _text(status)
    draft = Draft(text, start, end, record=number, field="content", platform=True, asides=asides)
    name, parent = _address(status), _answered(status)
    draft.record_id = _named(name)
    if parent is not None:
        draft.parent_id = _named((threads.parent(parent) or _own(status)) if "account" in status else parent)
    draft.thread_id = _named(threads.of(name).opener)
    account = dict_of(status.get("account"))
    draft.author = string_of(account.get("display_name")) or string_of(account.get("acct")) or _actor(status)
    draft.created_at = parse_date(status.get("created_at") or status.get("published"))
    draft.edited_at = parse_date(status.get("edited_at") or status.get("updated"))
    draft.votes = count_of(status.get("favourites_count"))
    draft.url = string_of(status.get("url")) or (name if name and name.startswith("http") else None)
    if isinstance(value.get("reblog"), dict) or ("object" in value and not isinstance(value["object"], dict)):
        draft.kind, draft.text, draft.asides = "notice", "", ()
    elif "object" in value and value.get("type") != "Create":
        draft.kind = "notice"
    return draft


def _status(value: dict[str, Any]) -> dict[str, Any]:
    """Return the status itself: an activity holds it as its object."""
    return dict_of(value.get("object")) or value


def _text(status: dict[str, Any]) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    written = body_of(status.get("content"))
    warning = string_of(status.get("spoiler_text")) or string_of(status.get("summary"))
    if written is None:
        return None, ()
    text, asides = from_html(written)
    if warning is None:
        return text, asides
    before = len(warning) + 2
    return f"{warning}\n\n{text}", tuple((start + before, end + before) for start, end in asides)


def _address(status: dict[str, Any]) -> str | None:
    """Return the address that names a status on every server."""
    return string_of(status.get("uri" if "account" in status else "id"))


def _answered(status: dict[str, Any]) -> str | None:
    """Return what a status answers: an address, or a number on the server that gave the status."""
    if "account" in status:
        return _number(status.get("in_reply_to_id"))
    return string_of(status.get("inReplyTo"))


def _number(value: Any) -> str | None:
    number = id_of(value)
    return None if number is None else f"#{number}"


def _own(status: dict[str, Any]) -> str | None:
    """Return the address of the own status that one on its home server goes on from: its own, with another number."""
    name, number = _address(status), id_of(status.get("id"))
    own = id_of(status.get("in_reply_to_account_id")) == id_of(dict_of(status.get("account")).get("id"))
    if not own or name is None or number is None or not name.endswith(f"/statuses/{number}"):
        return None
    return f"{name.removesuffix(number)}{id_of(status.get('in_reply_to_id'))}"


def _actor(status: dict[str, Any]) -> str | None:
    """Return the name at the end of an actor's address."""
    actor = string_of(status.get("attributedTo")) or string_of(status.get("actor"))
    return (actor.rstrip("/").rpartition("/")[2].removeprefix("@") or None) if actor else None


def _named(name: str | None) -> str | None:
    return None if name is None else f"mastodon:{name}"


PLATFORM = Platform("mastodon", "Mastodon statuses", recognises, read)
