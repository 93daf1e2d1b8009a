"""Reddit: comments and posts as the API, PRAW programs and Pushshift's dumps give them, and a person's own data.

Rests on a real pair of lists that a PRAW program wrote (comments, and posts beside them), and on documents: the API's
(reddit.com/dev/api: things, listings, full names), Pushshift's dumps (``RC_*`` and ``RS_*``, a thing to a line, often
compressed) and the tables of Reddit's answer to a data request; no real file of these was at hand.

A record is a comment (t1), a post (t3) or another thing in a list of them; ``more`` stubs and things of other kinds are
notices. A post's text is its self-text, or its title where it has none. Texts are Markdown, verbatim; where the API
escaped ``<``, ``>`` and ``&``, that is undone. Comments take their thread's title from the post, in the same file or in
a list of posts beside it (``comments`` and ``posts``, ``RC_`` and ``RS_``). Author ``[deleted]`` is nobody's name.
A data request's votes, headers and settings complete it and hold no comment; its messages are no comments of Reddit's
threads and are left to be read as a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.platforms.platform import Platform, Role
from qa.formats.platforms.reddit.takeout import read_table, role_of
from qa.formats.platforms.reddit.things import Thing, draft_of, is_envelope, is_known, learn, things
from qa.formats.samples import Sample, take_sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.passes import Passes
from qa.formats.tables.threads import Threads

_LOOKED_AT = 20
_SUFFIXES = (".json", ".jsonl", ".ndjson", "")
_WHAT = re.compile(r"comments?|posts?|submissions?|threads?|^r[cs](?=_)", re.I)


def recognises(sample: Sample) -> Role | None:
    """Tell Reddit's things by their full names, and its tables by their columns."""
    if sample.json is None:
        return role_of(sample)
    return "comments" if _first(sample) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every comment, post and stub. Raises: Malformed."""
    if take_sample(content).json is None:
        yield from read_table(content)
        return
    with Threads() as threads:
        kinds = set()
        found = Passes(content, _things)
        for thing, _, _ in found:
            kinds.add(thing.kind)
            learn(threads, thing)
        if "t3" not in kinds:
            for posts in _posts_beside(content):
                # A list of posts that breaks says so where it is read itself.
                with suppress(SourceError):
                    for thing, _, _ in _things(posts):
                        learn(threads, thing)
        for number, (thing, start, end) in enumerate(found, 1):
            yield draft_of(thing, threads, number, start, end)


def _things(content: Content) -> Iterator[tuple[Thing, int, int]]:
    for part in parts(content, is_envelope):
        for thing in things(part.value, part.listed):
            yield thing, part.line_start, part.line_end


def _first(sample: Sample) -> list[Thing]:
    """Return the first things of a source, or nothing where most of them are not Reddit's."""
    found = [one for one in islice(things(sample.json), _LOOKED_AT) if one.kind != "more" and one.parent is None]
    known = [one for one in found if is_known(one)]
    return known if 2 * len(known) > len(found) else []


def _posts_beside(content: Content) -> list[Content]:
    """Find the lists of posts that a list of comments belongs to: the only one, or those that are named alike."""
    found = []
    for one in content.neighbours(_SUFFIXES):
        sample = take_sample(one)
        if sample.json is not None and any(thing.kind == "t3" for thing in _first(sample)):
            found.append(one)
    alike = [one for one in found if _WHAT.sub("", one.path.name) == _WHAT.sub("", content.path.name)]
    return alike or (found if len(found) == 1 else [])


PLATFORM = Platform("reddit", "Reddit comments and posts", recognises, read)
