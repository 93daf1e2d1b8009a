"""Stack Exchange's data dumps: ``Posts.xml`` and ``Comments.xml``, with ``Users.xml`` beside them.

Rests on the database schema that Stack Exchange's own site documents, and on a dump of a real site. A table is one
element of ``<row>``s, whose attributes are the columns; a column without a value is left out.

A record is a row of Posts or Comments. A question, an answer and a moderator's nomination are comments, and so is
what stands below them; wikis of tags, privileges and elections are the site's own notices. ``Body`` is HTML, ``Text``
is what was typed. The name of an author comes from Users, the thread of a comment from Posts; where they are missing,
so is it. The other tables (badges, votes, the history of posts, links, tags) only complete these.

A dump does not name its site. Where it lies in a folder that is named as archive.org names it
(``cooking.stackexchange.com``), ids are ``so:cooking.stackexchange.com/post/12`` and links are known. Elsewhere they
are ``so:post/12`` and there are no links: dumps of several sites belong into folders that are named after their sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft, Kind
from qa.formats.markup.body import Body
from qa.formats.markup.html import from_html
from qa.formats.markup.xml_stream import Element, xml_elements
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.lookups import Entry, Lookup, lookup_of

_QUESTION, _ANSWER = "1", "2"
# Orphaned tag wiki, its excerpt, tag wiki, wiki placeholder (an election's description), privilege wiki.
_OF_THE_SITE = ("3", "4", "5", "7", "8")
# The columns that the first row of each table must have.
_TABLES = {
    "posts": {"Id", "PostTypeId"},
    "comments": {"Id", "PostId", "CreationDate"},
    "users": {"Id", "Reputation"},
    "badges": {"Id", "UserId", "Name"},
    "votes": {"Id", "PostId", "VoteTypeId"},
    "posthistory": {"Id", "PostId", "PostHistoryTypeId"},
    "postlinks": {"Id", "PostId", "RelatedPostId"},
    "tags": {"Id", "TagName"},
}
_ROW = re.compile(r"""<row\s+((?:[^<>"']|"[^"]*(?:"|$)|'[^']*(?:'|$))*)""")
_COLUMN = re.compile(r"""([A-Za-z]\w*)\s*=\s*(?:"[^"]*(?:"|$)|'[^']*(?:'|$))""")
_NO_ROW = re.compile(r"<(\w+)\s*(?:/>|>\s*</\1\s*>)\s*$")
_ID = re.compile(r"-?\d{1,18}$")
_SITE = re.compile(
    r"((?:[a-z0-9-]+\.)*(?:stackexchange|stackoverflow|serverfault|superuser|askubuntu|stackapps)\.com"
    r"|(?:meta\.)?mathoverflow\.net)(?:-[a-z]+)?$"
)


def _recognises(sample: Sample) -> Role | None:
    root = sample.root
    if root not in _TABLES:
        return None
    row = _ROW.search(sample.text)
    if row is None:
        return "companion" if sample.whole and _NO_ROW.search(sample.text) else None
    if not set(_COLUMN.findall(row.group(1))) >= _TABLES[root]:
        return None
    return "comments" if root in ("posts", "comments") else "companion"


def _read(content: Content) -> Iterator[Draft]:
    dump: _Dump | None = None
    for number, row in enumerate(xml_elements(content, {"row"}), 1):
        of_posts = row.outer is None or row.outer.name.casefold() != "comments"
        dump = dump or _Dump(content, of_posts)
        yield (dump.post if of_posts else dump.comment)(row, number)


def _rows(content: Content) -> Iterator[dict[str, str]]:
    with closing(xml_elements(content, {"row"})) as rows:
        yield from (row.attributes for row in rows)


def _names(content: Content) -> Iterator[tuple[str, Entry]]:
    """Give the name of each user."""
    for row in _rows(content):
        if "Id" in row and row.get("DisplayName"):
            yield row["Id"], (row["DisplayName"], None)


def _threads(content: Content) -> Iterator[tuple[str, Entry]]:
    """Give the question that each post belongs to, and its title where it is the question."""
    for row in _rows(content):
        if "Id" in row:
            question = row.get("ParentId") if row.get("PostTypeId") == _ANSWER else row["Id"]
            yield row["Id"], (question, row.get("Title"))


@dataclass(frozen=True, slots=True)
class _Site:
    """Where posts come from; host is known where the folder is named after it."""

    host: str | None

    def id(self, kind: str, number: str | None) -> str | None:
        if number is None or not _ID.match(number):
            return None
        return f"so:{self.host}/{kind}/{number}" if self.host else f"so:{kind}/{number}"

    def url(self, path: str, *numbers: str | None) -> str | None:
        if self.host is None or not all(number and _ID.match(number) for number in numbers):
            return None
        return f"https://{self.host}/{path.format(*numbers)}"


class _Dump:
    """A table of posts or of comments, and the tables beside it."""

    def __init__(self, content: Content, of_posts: bool) -> None:
        folder = _SITE.match(content.path.absolute().parent.name.casefold())
        self._site = _Site(folder.group(1) if folder else None)
        users = _beside(content, "Users", self._site.host)
        posts = content if of_posts else _beside(content, "Posts", self._site.host)
        self._users = Lookup[Entry]() if users is None else lookup_of(users, _names)
        self._posts = Lookup[Entry]() if posts is None else lookup_of(posts, _threads)

    def post(self, row: Element, number: int) -> Draft:
        """Read a row of Posts."""
        values, site = row.attributes, self._site
        post, sort = values.get("Id"), values.get("PostTypeId")
        kind: Kind = "notice" if sort in _OF_THE_SITE else "comment"
        body = from_html(values.get("Body", "")) if kind == "comment" else Body(values.get("Body", ""))
        title = values.get("Title")
        titled = bool(title) and not body.text.strip()
        question = values.get("ParentId") if sort == _ANSWER else post
        url = {_QUESTION: site.url("questions/{}", post), _ANSWER: site.url("a/{}", post)}.get(sort or "")
        return Draft(
            title if titled else body.text,
            row.line_start,
            row.line_end,
            author=self._author(values.get("OwnerUserId"), values.get("OwnerDisplayName")),
            created_at=parse_date(values.get("CreationDate")),
            record_id=site.id("post", post),
            parent_id=site.id("post", question) if sort == _ANSWER else None,
            thread_id=site.id("post", question) if sort in (_QUESTION, _ANSWER) else None,
            title=title or (self._title(question) if sort == _ANSWER else None),
            url=url,
            record=number,
            field="Title" if titled else "Body",
            kind="deleted" if values.get("DeletionDate") else kind,
            platform=True,
            edited_at=parse_date(values.get("LastEditDate")),
            votes=_votes(values.get("Score")),
            asides=() if titled else body.asides,
        )

    def comment(self, row: Element, number: int) -> Draft:
        """Read a row of Comments."""
        values, site = row.attributes, self._site
        comment, post = values.get("Id"), values.get("PostId")
        question, title = self._posts.get(post or "") or (None, None)
        url = site.url("questions/{}#comment{}_{}", question, comment, post)
        return Draft(
            values.get("Text", ""),
            row.line_start,
            row.line_end,
            author=self._author(values.get("UserId"), values.get("UserDisplayName")),
            created_at=parse_date(values.get("CreationDate")),
            record_id=site.id("comment", comment),
            parent_id=site.id("post", post),
            thread_id=site.id("post", question),
            title=title or self._title(question),
            url=url or site.url("posts/comments/{}", comment),
            record=number,
            field="Text",
            kind="deleted" if values.get("DeletionDate") else "comment",
            platform=True,
            votes=_votes(values.get("Score")),
        )

    def _author(self, user: str | None, written: str | None) -> str | None:
        """Name an author: as Users does, or as the row itself does for one who left."""
        entry = self._users.get(user) if user else None
        return (entry[0] if entry else None) or written or None

    def _title(self, question: str | None) -> str | None:
        entry = self._posts.get(question) if question else None
        return entry[1] if entry else None


def _beside(content: Content, table: str, site: str | None) -> Content | None:
    """Find another table of the dump: named as this one is, as the dump names it, or in a folder of its own.

    The largest sites have an archive for each table, which unpacks to ``stackoverflow.com-Users/Users.xml``.
    """
    own = re.sub("posts|comments", lambda word: _like(word.group(), table), content.path.name, flags=re.I)
    plain = f"{table}.xml"
    packed = f"{plain}{content.path.suffix}" if content.compression else plain
    names = [own, plain, plain.lower(), packed]
    if site is not None:
        names += [f"../{site}-{table}/{plain}", f"../{site}/{plain}"]
    own_name = Path(content.path).name
    for name in dict.fromkeys(names):
        found = content.companion(name) if name != own_name else None
        if found is not None:
            return found
    return None


def _like(word: str, table: str) -> str:
    """Write the name of a table as another one is written: "posts" beside "comments"."""
    return table.lower() if word.islower() else table.upper() if word.isupper() else table


def _votes(score: str | None) -> int | None:
    return int(score) if score and _ID.match(score) else None


PLATFORM = Platform("stackexchange", "a Stack Exchange dump's posts or comments", _recognises, _read)
