"""The tables that Reddit sends a person of their own comments and posts -> drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from qa.dates import parse_date
from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft, has_content
from qa.formats.platforms.platform import Role
from qa.formats.platforms.reddit.things import full_name, is_gone, reddit
from qa.formats.samples import Sample, take_sample
from qa.formats.tables.csv_rows import header_of, records
from qa.formats.tables.threads import Threads
from qa.formats.tables.values import string_of

_ANY = {"id", "permalink", "date", "subreddit", "gildings", "body"}
_OWN = (_ANY | {"link", "parent"}, _ANY | {"title", "url"})
_POSTS, _COMMENTS = "posts.csv", "comments.csv"
_LINKED = re.compile(r"/comments/([0-9a-z]+)")
# Tables of the same export that hold nobody's words; names so common count only beside the comments or posts.
_COMPANIONS = {
    ("id", "permalink", "date", "ip", "subreddit", "gildings", "link", "parent"),
    ("id", "permalink", "date", "ip", "subreddit", "gildings", "url"),
    ("id", "permalink", "date", "ip", "subreddit", "gildings", "title", "url"),
    ("id", "permalink", "direction"),
    ("id", "permalink"),
    ("post_id", "permalink"),
    ("message_id", "permalink"),
    ("id", "permalink", "thread_id", "date", "ip", "from", "to"),
    ("statistic", "value"),
    ("preference", "value"),
    ("date", "ip"),
    ("username", "note"),
    ("subreddit",),
    ("username",),
    ("account_gender",),
    ("birthdate", "verified_birthdate", "verification_state", "verification_method"),
}


def role_of(sample: Sample) -> Role | None:
    """Recognise the two tables by their columns, and the others by theirs and by what they lie beside."""
    columns = sample.columns or (sample.text.split("\n", 1)[0].strip().casefold(),)
    if any(one <= set(columns) for one in _OWN):
        return "comments"
    if columns not in _COMPANIONS:
        return None
    beside = (sample.content.companion(name) for name in (_COMMENTS, _POSTS))
    whole = any(one is not None and role_of(take_sample(one)) == "comments" for one in beside)
    return "companion" if whole else None


def read_table(content: Content) -> Iterator[Draft]:
    """Give a draft for every row of ``comments.csv`` or ``posts.csv``. Raises: Malformed."""
    with Threads() as threads:
        posts = content if content.path.name == _POSTS else content.companion(_POSTS)
        if posts is not None:
            with suppress(SourceError):  # a table of posts that breaks says so where it is read itself
                _learn(threads, posts)
        for number, (row, start, end) in enumerate(_rows(content), 1):
            yield _draft(row, threads, number, start, end)


def _rows(content: Content) -> Iterator[tuple[dict[str, str], int, int]]:
    for row, start, end in records(content, header_of(content)):
        yield {name.strip().casefold(): value for name, value in row.items()}, start, end


def _learn(threads: Threads, posts: Content) -> None:
    if not {"id", "title"} <= set(take_sample(posts).columns):
        return
    for row, _, _ in _rows(posts):
        name = full_name("t3", row.get("id"))
        if name is not None:
            threads.opened(name, string_of(row.get("title")))


def _draft(row: dict[str, str], threads: Threads, number: int, start: int, end: int) -> Draft:
    is_post = "title" in row
    name = full_name("t3" if is_post else "t1", row.get("id"))
    linked = _LINKED.search(row.get("link") or row.get("permalink") or "")
    post = name if is_post else f"t3_{linked[1]}" if linked else None
    text, title = row.get("body", ""), string_of(row.get("title"))
    draft = Draft(text, start, end, record=number, field="body", platform=True)
    if title is not None and not has_content(text):
        draft.text, draft.field = row["title"], "title"
    draft.record_id, draft.thread_id = reddit(name), reddit(post)
    draft.title = title or threads.of(post).title
    draft.created_at = parse_date(row.get("date"))
    draft.url = string_of(row.get("permalink"))
    if not is_post:
        parent = row.get("parent", "").strip()
        draft.parent_id = reddit(full_name("t3" if post == f"t3_{parent}" else "t1", parent) or post)
    if is_gone({}, text):
        draft.kind = "deleted"
    return draft
