"""YouTube: comments as the Data API gives them, and as two common downloaders write them.

Rests on the documents of the Data API (developers.google.com/youtube/v3: commentThreads, comments, videos) and on what
yt-dlp (``--write-comments``: an object of the video with its ``comments``) and youtube-comment-downloader (an object to
a line with its ``cid``) are known to write; no real file of these was at hand. Tables in CSV are read as every table
is, their videos' titles with them. An object of yt-dlp's is parsed whole; all else is read a response at a time.

A record is a comment or a reply, or what stands in the place of one. Responses may be pages in an array, one to a line
or one after the other. The author's own text counts (``textOriginal``) before the one for display, which may be HTML.
Comments take their thread's title from the video, in the same file or in a response of videos beside it; such a
response alone completes others and holds no comment. A video is no comment: what answers it has no parent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from qa.dates import parse_date
from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.html import from_html
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample, take_sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.threads import Threads
from qa.formats.tables.values import body_of, count_of, dict_of, id_of, list_of, string_of

_THREAD, _COMMENT, _VIDEO = "youtube#commentThread", "youtube#comment", "youtube#video"
_MARKS = frozenset(("id", "kind", "cid", "snippet", "text"))
_HTML = re.compile(r"<(?:br ?/?|a [^>]*|/?[bis])>|&(?:#39|quot|amp|lt|gt);")
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_LOOKED_AT = 20


class Found(NamedTuple):
    """A comment or a video (is_video), of any type; video is the id of the one that it was found under."""

    value: Any
    is_video: bool = False
    video: str | None = None


def recognises(sample: Sample) -> Role | None:
    """Tell comments by the kinds that the API names, or by a downloader's fields; videos alone are companions."""
    found = list(islice(_walk(sample.json), _LOOKED_AT))
    known = [one for one in found if one.is_video or _is_known(one)]
    if not known or 2 * len(known) <= len(found):
        return None
    return "companion" if all(one.is_video for one in known) else "comments"


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every comment and reply. Raises: Malformed."""
    with Threads() as threads:
        if not _learn(threads, content):
            for beside in content.neighbours(_SUFFIXES):
                # A list of videos that breaks says so where it is read itself.
                with suppress(SourceError):
                    if recognises(take_sample(beside)) == "companion":
                        _learn(threads, beside)
        comments = (record for record in _records(content) if not record[0].is_video)
        for number, (one, start, end) in enumerate(comments, 1):
            if isinstance(one.value, dict):
                yield _draft(one, threads, number, start, end)
            else:
                yield Draft(None, start, end, record=number, platform=True)


def _records(content: Content) -> Iterator[tuple[Found, int, int]]:
    for part in parts(content, _is_envelope):
        if part.listed or isinstance(part.value, dict | list):
            for found in _walk(part.value, part.listed):
                yield found, part.line_start, part.line_end


def _is_envelope(value: dict[str, Any]) -> bool:
    """Tell a response, or another object around comments, from what it is around."""
    kind = value.get("kind")
    return _MARKS.isdisjoint(value) or (isinstance(kind, str) and kind.endswith("ListResponse"))


def _walk(value: Any, listed: bool = True) -> Iterator[Found]:
    """Give the comments in a value, each before its replies, and the videos; listed: the value stands in a list."""
    waiting: list[tuple[Any, bool, str | None]] = [(value, listed, None)]
    while waiting:
        one, in_list, video = waiting.pop()
        inner: list[tuple[Any, bool, str | None]] = []
        if isinstance(one, list):
            inner = [(element, True, video) for element in one]
        elif not isinstance(one, dict):
            if in_list:
                yield Found(one)
        elif _is_envelope(one):
            members = [element for element in one.values() if isinstance(element, dict | list)]
            inner = [(element, False, video) for element in members]
            if not members and in_list:
                yield Found(one)
        elif _is_video(one):
            yield Found(one, is_video=True)
            video = id_of(one.get("id"))
            inner = [(element, True, video) for element in list_of(one.get("comments"))]
        elif "topLevelComment" in (snippet := dict_of(one.get("snippet"))):
            video = id_of(snippet.get("videoId")) or video
            replies = list_of(dict_of(one.get("replies")).get("comments"))
            inner = [(element, True, video) for element in (snippet["topLevelComment"], *replies)]
        else:
            yield Found(one, video=video)
        waiting.extend(reversed(inner))


def _is_video(value: dict[str, Any]) -> bool:
    """Recognise a video of the API, or one that yt-dlp describes."""
    if value.get("kind") == _VIDEO:
        return True
    page = value.get("webpage_url") or value.get("original_url")
    by_name = str(value.get("extractor_key")).casefold() == "youtube"
    return "title" in value and (by_name or (isinstance(page, str) and "youtube.com/" in page))


def _is_known(found: Found) -> bool:
    value = found.value
    if not isinstance(value, dict):
        return False
    if value.get("kind") in (_THREAD, _COMMENT) or found.video is not None:
        return True
    snippet = dict_of(value.get("snippet"))
    if "textDisplay" in snippet or "textOriginal" in snippet:
        return "authorDisplayName" in snippet
    return isinstance(value.get("cid"), str) and {"text", "author", "channel"} <= value.keys()


def _learn(threads: Threads, content: Content) -> bool:
    """Remember the titles of a source's videos; return whether there are any."""
    found = False
    for one, _, _ in _records(content):
        video = id_of(one.value.get("id")) if one.is_video else None
        if video is not None:
            told = one.value.get("title") or dict_of(one.value.get("snippet")).get("title")
            threads.opened(video, string_of(told))
            found = True
    return found


def _draft(found: Found, threads: Threads, number: int, start: int, end: int) -> Draft:
    value = found.value
    snippet = dict_of(value.get("snippet")) or value
    name = id_of(value.get("id")) or id_of(value.get("cid"))
    video = id_of(snippet.get("videoId")) or found.video
    text, field, asides = _text(snippet)
    draft = Draft(text, start, end, record=number, field=field, platform=True, asides=asides)
    draft.record_id, draft.thread_id = _named(name), _named(video)
    draft.parent_id = _named(_parent(snippet, name))
    draft.title = threads.of(video).title
    author = string_of(snippet.get("authorDisplayName")) or string_of(snippet.get("author")) or ""
    draft.author = author.removeprefix("@") or None
    draft.created_at = _moment(snippet, "publishedAt", "timestamp", "time_parsed")
    changed = _moment(snippet, "updatedAt")
    draft.edited_at = changed if changed != draft.created_at else None
    draft.votes = next((count_of(snippet[key]) for key in ("likeCount", "like_count", "votes") if key in snippet), None)
    if name is not None and video is not None:
        draft.url = f"https://www.youtube.com/watch?v={video}&lc={name}"
    return draft


def _text(snippet: dict[str, Any]) -> tuple[str | None, str | None, tuple[tuple[int, int], ...]]:
    field = next((key for key in ("textOriginal", "textDisplay", "text") if snippet.get(key) is not None), None)
    written = body_of(snippet.get(field)) if field else ""
    if written and field == "textDisplay" and _HTML.search(written):
        text, asides = from_html(written)
        return text, field, asides
    return written, field, ()


def _parent(snippet: dict[str, Any], name: str | None) -> str | None:
    """Return what a reply answers: as it says, or as its id does, which begins with that of the comment."""
    told = id_of(snippet.get("parentId") or snippet.get("parent"))
    if told is not None:
        return None if told == "root" else told
    first, dot, _ = (name or "").partition(".")
    return first if dot else None


def _moment(snippet: dict[str, Any], *names: str) -> Any:
    return parse_date(next((snippet[name] for name in names if snippet.get(name) is not None), None))


def _named(found: str | None) -> str | None:
    return None if found is None else f"youtube:{found}"


PLATFORM = Platform("youtube", "YouTube comments", recognises, read)
