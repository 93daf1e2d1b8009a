"""Discourse archives: topics rendered to Markdown files, each post below a heading with its number, author and time.

Rests on a real archive, as forums publish them for their search and their backups::

    ---
    topic_id: 5511
    title: "Tags after export"
    url: https://forum.example.org/t/5511
    ---
    ## Post #2 by @ada (2019-01-25 14:17 UTC)

    <p>The post, as HTML</p>

A record is a post. Ids hold the topic's number alone, since the archive does not tell the short name that the topic's
JSON has: ``discourse:5511/2``, or with it where the topic's address holds it, ``discourse:tags-after-export.5511/2``.
A post answers the topic's first; the archive does not say which one it replies to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.html import from_html
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample

_POST = re.compile(r"## Post #(?P<number>\d{1,9}) by @(?P<author>\S{1,100}) \((?P<date>[^()]{6,40})\)[ \t]*$")
_KEY = re.compile(r"(?:\*\*(?P<bold>[A-Za-z ]{1,20})\*\*|(?P<plain>[a-z_]{1,20})):[ \t]*(?P<value>.*?)[ \t]*$")
_ADDRESS = re.compile(r"(?P<host>https?://[^/\s]+)/t/(?:(?P<slug>[^/\s]+)/)?(?P<number>\d+)/?$")
_RULE = re.compile(r"-{3,}\s*$")


class _Topic(NamedTuple):
    key: str | None
    title: str | None
    address: str | None


class _Line(NamedTuple):
    number: int
    text: str


def recognises(sample: Sample) -> Role | None:
    """Tell an archived topic by what names its topic and by the heading of a post."""
    text = sample.text
    named = re.search(r"^(?:topic_id:|\*\*Topic ID\*\*:)", text[:4000], re.M) is not None
    return "comments" if named and re.search(_POST.pattern, text, re.M) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every post. Raises: as `Content.text`."""
    with content.text() as file:
        topic: _Topic | None = None
        head: dict[str, str] = {}
        post: re.Match[str] | None = None
        lines: list[_Line] = []
        place = count = 0
        for number, raw in enumerate(file, 1):
            line = raw.removesuffix("\n")
            heading = _POST.match(line)
            if heading is None:
                if post is None:
                    _learn(head, line)
                else:
                    lines.append(_Line(number, line))
                continue
            topic = topic or _topic(head)
            if post is not None:
                count += 1
                yield _draft(post, place, lines, topic, count)
            post, place, lines = heading, number, []
        if post is not None:
            yield _draft(post, place, lines, topic or _topic(head), count + 1)


def _learn(head: dict[str, str], line: str) -> None:
    found = _KEY.match(line)
    if found:
        name = (found["bold"] or found["plain"]).casefold().replace(" ", "_")
        head[name] = found["value"].strip("\"'")
    elif line.startswith("# "):
        head["heading"] = line[2:].strip()


def _topic(head: dict[str, str]) -> _Topic:
    address = _ADDRESS.match(head.get("url", ""))
    number = head.get("topic_id") or (address["number"] if address else None)
    slug = address["slug"] if address else None
    if number is None or not number.isdigit():
        return _Topic(None, head.get("title") or head.get("heading"), None)
    key = f"discourse:{slug}.{number}" if slug else f"discourse:{number}"
    link = f"{address['host']}/t/{slug or '-'}/{number}" if address else None
    return _Topic(key, head.get("title") or head.get("heading"), link)


def _draft(post: re.Match[str], place: int, lines: list[_Line], topic: _Topic, count: int) -> Draft:
    while lines and (not lines[-1].text.strip() or _RULE.match(lines[-1].text)):
        lines.pop()
    body = from_html("\n".join(line.text for line in lines))
    number = int(post["number"])
    return Draft(
        body.text,
        place,
        lines[-1].number if lines else place,
        author=post["author"],
        created_at=parse_date(post["date"].removesuffix("UTC").strip()),
        record_id=f"{topic.key}/{number}" if topic.key else None,
        parent_id=f"{topic.key}/1" if topic.key and number > 1 else None,
        thread_id=topic.key,
        title=topic.title,
        url=f"{topic.address}/{number}" if topic.address else None,
        record=count,
        platform=topic.key is not None,
        asides=body.asides,
    )


PLATFORM = Platform("discourse-archive", "an archived Discourse topic", recognises, read)
