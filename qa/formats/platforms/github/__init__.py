"""GitHub: issues and pull requests with their comments, reviews and events.

Rests on a real export (an object for each issue or pull request with its ``events`` and review ``comments``) and on the
documents of the REST API (lists of issues, of issue comments, of review comments; pages one after the other as
``gh api --paginate`` writes them) and of ``gh issue|pr list|view --json``; no real file of these was at hand.

A record is an issue or a pull request (its opening text, or its title where it has none), a comment, a review, a
comment on code, or an event. Events and reviews without a text of their own are notices; commits are events. A bot's
comment is a comment. The thread's title is that of the issue, also of a comment on code: which file and line it stands
at is behind its link, and the code is not the commenter's words. Votes are the reactions of all kinds. An issue's
``updated_at`` moves with every label, a code comment's with its review: only that of a plain comment tells of an edit.

Ids: ``github:owner/repo#12`` opens the thread; ``#12/345`` is a plain comment, ``#12/discussion_r345`` one on code,
``#12/pullrequestreview-345`` a review, as in GitHub's links, for their numbers are counted apart. ``gh`` gives reviews
and comments node ids, which hold the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from qa.dates import parse_date
from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft, has_content
from qa.formats.platforms.github.links import Opener, anchor_of, is_linked, place_of
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample, take_sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.passes import Passes
from qa.formats.tables.threads import Threads
from qa.formats.tables.values import body_of, count_of, dict_of, id_of, list_of, string_of

_MARKS = frozenset(("number", "id", "node_id", "body", "event", "url", "html_url", "title"))
_CHILDREN = ("comments", "reviews", "events", "timeline", "timelineItems", "review_comments", "reviewThreads")
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_LOOKED_AT = 20


class Found(NamedTuple):
    """A record, of any type, and the issue that it was found in."""

    value: Any
    within: Opener | None = None


def recognises(sample: Sample) -> Role | None:
    """Tell GitHub's records by their links and fields."""
    found = list(islice(_walk(sample.json), _LOOKED_AT))
    known = [isinstance(one.value, dict) and _is_known(one.value) for one in found]
    inside = sum(1 for one, is_known in zip(found, known, strict=True) if is_known or one.within is not None)
    return "comments" if any(known) and 2 * inside > len(found) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every issue, comment, review and event. Raises: Malformed."""
    with Threads() as threads:
        records = Passes(content, _records)
        openers = _learn(threads, records)
        if not openers:
            for beside in content.neighbours(_SUFFIXES):
                # A list of issues that breaks says so where it is read itself.
                with suppress(SourceError):
                    if recognises(take_sample(beside)):
                        _learn(threads, _records(beside))
        only = next(iter(openers)) if len(openers) == 1 else None
        for number, (one, start, end) in enumerate(records, 1):
            if isinstance(one.value, dict):
                yield _draft(one.value, one.within or only, threads, number, start, end)
            else:
                yield Draft(None, start, end, record=number, platform=True)


def _records(content: Content) -> Iterator[tuple[Found, int, int]]:
    for part in parts(content, _is_envelope):
        for found in _walk(part.value, part.listed):
            yield found, part.line_start, part.line_end


def _is_envelope(value: dict[str, Any]) -> bool:
    return _MARKS.isdisjoint(value)


def _walk(value: Any, listed: bool = True) -> Iterator[Found]:
    """Give the records in a value, each before what belongs to it; listed: the value stands in a list.

    What is no object is given too where it stands in a list: it has the place of a record.
    """
    waiting: list[tuple[Any, bool, Opener | None]] = [(value, listed, None)]
    while waiting:
        one, in_list, within = waiting.pop()
        inner: list[tuple[Any, bool, Opener | None]] = []
        if isinstance(one, list):
            inner = [(element, True, within) for element in one]
        elif isinstance(one, dict) and _is_envelope(one):
            members = [element for element in one.values() if isinstance(element, dict | list)]
            # The issue goes before its events, whatever their order.
            openers = [element for element in members if isinstance(element, dict) and _is_opener(element)]
            within = place_of(openers[0]) if len(openers) == 1 else within
            inner = [(element, False, within) for element in members]
            if not members and in_list:
                yield Found(one, within)
        elif isinstance(one, dict) or in_list:
            yield Found(one, within)
            if isinstance(one, dict):
                within = place_of(one) or within
                inner = [(child, True, within) for child in _children(one)]
        waiting.extend(reversed(inner))


def _children(value: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for name in _CHILDREN:
        inner = value.get(name)
        found.extend(list_of(inner.get("nodes") if isinstance(inner, dict) else inner))
    return found


def _is_opener(value: dict[str, Any]) -> bool:
    return "title" in value and count_of(value.get("number")) is not None and "event" not in value


def _is_known(value: dict[str, Any]) -> bool:
    """Recognise a record by a link to its issue, or an issue as ``gh`` writes it, which may lack its link."""
    if _is_opener(value) and isinstance(dict_of(value.get("author")).get("login"), str):
        return bool({"createdAt", "state", "comments", "labels"} & value.keys())
    return is_linked(value) and (_is_opener(value) or "body" in value or "event" in value)


def _learn(threads: Threads, records: Iterable[tuple[Found, int, int]]) -> dict[Opener, None]:
    """Remember the titles of a source; return its issues, two at most."""
    openers: dict[Opener, None] = {}
    for found, _, _ in records:
        value = found.value
        if not isinstance(value, dict) or not _is_opener(value):
            continue
        place = place_of(value)
        if place is not None:
            threads.opened(place.name, string_of(value.get("title")))
            if len(openers) < 2:
                openers[place] = None
    return openers


def _draft(value: dict[str, Any], within: Opener | None, threads: Threads, number: int, start: int, end: int) -> Draft:
    place = place_of(value) or within
    opens = _is_opener(value)
    text = body_of(value.get("body"))
    draft = Draft(text, start, end, record=number, field="body", platform=place is not None)
    title = string_of(value.get("title")) if opens else None
    if title is not None and text is not None and not has_content(text):
        draft.text, draft.field = body_of(value["title"]), "title"
    draft.author = _author(value)
    draft.created_at = parse_date(_first(value, "created_at", "createdAt", "submitted_at", "submittedAt"))
    draft.title = title or (threads.of(place.name).title if place else None)
    draft.votes = _votes(value)
    _identify(draft, value, place, opens)
    if not opens and not text and text is not None and _is_notice(value):
        draft.kind = "notice"
    return draft


def _identify(draft: Draft, value: dict[str, Any], place: Opener | None, opens: bool) -> None:
    """Name a record, its thread and what it answers; without a link to its repository, in this source alone."""
    if place is None:
        draft.record_id = id_of(value.get("number" if opens else "id"))
        draft.url = string_of(_first(value, "html_url", "url"))
        return
    draft.thread_id = place.name
    if opens:
        draft.record_id, draft.url = place.name, place.url
        return
    kind, comment = anchor_of(value)
    answered = id_of(value.get("in_reply_to_id"))
    draft.parent_id = f"{place.name}/discussion_r{answered}" if answered else place.name
    if comment is None:
        return
    draft.record_id = f"{place.name}/{'' if kind == 'issuecomment-' else kind}{comment}"
    draft.url = f"{place.url}#{kind}{comment}"
    changed = parse_date(_first(value, "lastEditedAt", "updated_at") if kind == "issuecomment-" else None)
    draft.edited_at = changed if changed != draft.created_at else None


def _is_notice(value: dict[str, Any]) -> bool:
    """Tell events, and reviews, from comments; both may be without a text."""
    return value.get("event") not in (None, "commented") or "submittedAt" in value or "submitted_at" in value


def _author(value: dict[str, Any]) -> str | None:
    for name in ("user", "author", "actor"):
        found = value.get(name)
        login = string_of(found.get("login") if isinstance(found, dict) else found)
        if login is not None:
            return login
    return None


def _votes(value: dict[str, Any]) -> int | None:
    total = count_of(dict_of(value.get("reactions")).get("total_count"))
    groups = value.get("reactionGroups")
    if total is not None or not isinstance(groups, list):
        return total
    return sum(count_of(dict_of(dict_of(one).get("users")).get("totalCount")) or 0 for one in groups)


def _first(value: dict[str, Any], *names: str) -> Any:
    return next((value[name] for name in names if value.get(name) is not None), None)


PLATFORM = Platform("github", "GitHub issues and pull requests", recognises, read)
