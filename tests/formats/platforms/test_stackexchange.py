from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from qa.errors import Malformed, QAError, UnknownFormat
from qa.formats import CommentReader, read_comments
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.platforms.stackexchange import PLATFORM
from qa.formats.samples import take_sample
from qa.records import Comment

Reading = tuple[list[Comment], CommentReader]

POSTS = """\ufeff<?xml version="1.0" encoding="utf-8"?>\r
<posts>\r
  <row Id="1" PostTypeId="1" AcceptedAnswerId="2" CreationDate="2021-03-04T05:06:07.890" Score="10" Body="&lt;p&gt;Is \
rye &lt;b&gt;flour&lt;/b&gt; heavy?&lt;/p&gt;&#xA;&lt;blockquote&gt;so they say&lt;/blockquote&gt;" OwnerUserId="7" \
LastEditDate="2021-03-05T00:00:00.000" Title="Rye &amp; water" Tags="&lt;bread&gt;" ClosedDate="2022-01-01" />\r
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2021-03-04T06:00:00.000" Score="-3" \
Body="&lt;p&gt;Yes.&lt;/p&gt;" OwnerDisplayName="user9" />\r
  <row Id="3" PostTypeId="5" CreationDate="2021-03-04T06:00:00.000" Score="0" Body="About bread" OwnerUserId="-1" />\r
  <row Id="4" PostTypeId="1" CreationDate="2021-03-04T06:00:00.000" Score="0" Body="" OwnerUserId="99" \
Title="Only a title" />\r
  <row Id="5" PostTypeId="2" ParentId="6" CreationDate="2021-03-04T06:00:00.000" Score="0" \
Body="Older than its question" OwnerUserId="-1" CommunityOwnedDate="2022-01-01T00:00:00" />\r
  <row Id="6" PostTypeId="1" CreationDate="2021-03-04T07:00:00.000" Score="0" Body="merged" Title="Merged" />\r
  <row Id="7" PostTypeId="2" ParentId="1" CreationDate="2021-03-04T07:00:00.000" DeletionDate="2021-03-05T00:00:00" />\r
  <row Id="8" PostTypeId="6" CreationDate="2021-03-04T07:00:00.000" Body="Choose me" OwnerUserId="7" />\r
  <row Id="9" PostTypeId="2" ParentId="1" CreationDate="2021-03-04T07:00:00.000" Body="" />\r
</posts>"""
COMMENTS = """<?xml version="1.0" encoding="utf-8"?>
<comments>
  <row Id="11" PostId="2" Score="4" Text="&quot;Yes&quot; is &amp;amp; was *short*&#xA;&gt; and flat" \
CreationDate="2021-03-04T08:00:00.100" UserId="7" />
  <row Id="12" PostId="1" Score="0" Text="+1" CreationDate="2021-03-04T09:00:00.000" \
UserDisplayName="gone" UserId="98" />
  <row Id="13" PostId="77" Score="x" Text="to nothing" CreationDate="once" UserId="7" />
</comments>
"""
USERS = """<?xml version="1.0" encoding="utf-8"?>
<users>
  <row Id="-1" Reputation="1" DisplayName="Community" />
  <row Id="7" Reputation="12" DisplayName="Ada &lt;B&gt;" />
</users>
"""
HOST = "cooking.stackexchange.com"


@pytest.fixture
def dump(tmp_path: Path) -> Callable[..., Path]:
    def make(folder: str = HOST, **tables: str | None) -> Path:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, text in {"Posts": POSTS, "Comments": COMMENTS, "Users": USERS, **tables}.items():
            if text is not None:
                (place / f"{name}.xml").write_text(text, encoding="utf-8", newline="")
        return place

    return make


def test_posts(dump: Callable[..., Path], read_file: Callable[[Path], Reading]) -> None:
    place = dump()
    comments, reader = read_file(place / "Posts.xml")
    question, answer, titled, older, merged, nominated = comments
    assert question == Comment(
        comment_id=f"so:{HOST}/post/1",
        text="Is rye flour heavy?\n\nso they say",
        source="Posts.xml",
        author="Ada <B>",
        created_at=datetime(2021, 3, 4, 5, 6, 7, 890_000, UTC),
        thread_id=f"so:{HOST}/post/1",
        thread_title="Rye & water",
        parent_id=None,
        url=f"https://{HOST}/questions/1",
        line_start=3,
        line_end=3,
        record=1,
        field="Body",
        edited_at=datetime(2021, 3, 5, tzinfo=UTC),
        votes=10,
        asides=((21, 32),),
    )
    assert answer == Comment(
        comment_id=f"so:{HOST}/post/2",
        text="Yes.",
        source="Posts.xml",
        author="user9",
        created_at=datetime(2021, 3, 4, 6, 0, tzinfo=UTC),
        thread_id=f"so:{HOST}/post/1",
        thread_title="Rye & water",
        parent_id=f"so:{HOST}/post/1",
        url=f"https://{HOST}/a/2",
        line_start=4,
        line_end=4,
        record=2,
        field="Body",
        votes=-3,
    )
    assert (titled.text, titled.thread_title, titled.field, titled.author) == (
        "Only a title",
        "Only a title",
        "Title",
        None,
    )
    assert (older.author, older.parent_id, older.thread_title) == ("Community", f"so:{HOST}/post/6", "Merged")
    assert merged.author is None
    assert (nominated.text, nominated.thread_id, nominated.url) == ("Choose me", None, None)
    counts = reader.counts
    assert (counts.comments, counts.notices, counts.deleted, counts.empty, counts.records) == (6, 1, 1, 1, 9)
    assert reader.role == "comments"
    assert place / "Users.xml" in reader.beside


def test_a_draft_knows_edits_votes_and_quotes(dump: Callable[..., Path]) -> None:
    question, answer, *rest = PLATFORM.read(Content(dump() / "Posts.xml"))
    assert isinstance(question, Draft)
    assert (question.edited_at, question.votes) == (datetime(2021, 3, 5, tzinfo=UTC), 10)
    assert [question.text[start:end] for start, end in question.asides if question.text] == ["so they say"]
    assert (answer.edited_at, answer.votes, answer.asides) == (None, -3, ())
    assert [draft.kind for draft in rest] == ["notice", *["comment"] * 3, "deleted", "comment", "comment"]
    comment, _, odd = PLATFORM.read(Content(dump() / "Comments.xml"))
    assert (comment.votes, odd.votes, odd.created_at, odd.platform) == (4, None, None, True)


def test_comments(dump: Callable[..., Path], read_file: Callable[[Path], Reading]) -> None:
    place = dump()
    comments, reader = read_file(place / "Comments.xml")
    assert comments[0] == Comment(
        comment_id=f"so:{HOST}/comment/11",
        text='"Yes" is &amp; was *short*\n> and flat',
        source="Comments.xml",
        author="Ada <B>",
        created_at=datetime(2021, 3, 4, 8, 0, 0, 100_000, UTC),
        thread_id=f"so:{HOST}/post/1",
        thread_title="Rye & water",
        parent_id=f"so:{HOST}/post/2",
        url=f"https://{HOST}/questions/1#comment11_2",
        line_start=3,
        line_end=3,
        record=1,
        field="Text",
        votes=4,
        asides=comments[0].asides,
    )
    assert (comments[1].author, comments[1].parent_id) == ("gone", f"so:{HOST}/post/1")
    lost = comments[2]
    assert (lost.parent_id, lost.thread_id, lost.thread_title) == (f"so:{HOST}/post/77", None, None)
    assert lost.url == f"https://{HOST}/posts/comments/13"
    assert reader.counts.records == reader.counts.comments == 3
    assert {place / "Users.xml", place / "Posts.xml"} <= set(reader.beside)


@pytest.mark.parametrize(
    ("folder", "site"),
    [
        ("stackoverflow.com", "stackoverflow.com"),
        ("pt.stackoverflow.com", "pt.stackoverflow.com"),
        ("Meta.MathOverflow.net", "meta.mathoverflow.net"),
        ("conlang.meta.stackexchange.com", "conlang.meta.stackexchange.com"),
        ("stackoverflow.com-Posts", "stackoverflow.com"),
        ("askubuntu.com", "askubuntu.com"),
    ],
)
def test_the_folder_names_the_site(
    dump: Callable[..., Path], read_file: Callable[[Path], Reading], folder: str, site: str
) -> None:
    comments, _ = read_file(dump(folder) / "Posts.xml")
    assert comments[0].comment_id == f"so:{site}/post/1"
    assert comments[0].url == f"https://{site}/questions/1"


@pytest.mark.parametrize("folder", ["dump", "example.com", "notstackoverflow.com", "stackoverflow.com.old"])
def test_another_folder_names_none(
    dump: Callable[..., Path], read_file: Callable[[Path], Reading], folder: str
) -> None:
    place = dump(folder)
    (post, *_), _ = read_file(place / "Posts.xml")
    (comment, *_), _ = read_file(place / "Comments.xml")
    assert post.comment_id == "so:post/1"
    assert post.url is comment.url is None
    assert comment.thread_id == post.comment_id


def test_comments_alone_know_neither_names_nor_threads(
    dump: Callable[..., Path], read_file: Callable[[Path], Reading]
) -> None:
    comments, _ = read_file(dump("alone", Posts=None, Users=None) / "Comments.xml")
    first = comments[0]
    assert (first.comment_id, first.parent_id) == ("so:comment/11", "so:post/2")
    assert (first.author, first.thread_id, first.thread_title) == (None, None, None)


def test_tables_in_folders_of_their_own(dump: Callable[..., Path], read_file: Callable[[Path], Reading]) -> None:
    dump("stackoverflow.com-Users", Posts=None, Comments=None)
    dump("stackoverflow.com-Posts", Users=None, Comments=None)
    place = dump("stackoverflow.com-Comments", Users=None, Posts=None)
    (first, *_), _ = read_file(place / "Comments.xml")
    assert (first.author, first.thread_title) == ("Ada <B>", "Rye & water")


def test_tables_named_otherwise(tmp_path: Path, read_file: Callable[[Path], Reading]) -> None:
    for name, text in (("posts", POSTS), ("comments", COMMENTS), ("users", USERS)):
        (tmp_path / f"2021.{name}.xml").write_text(text, encoding="utf-8")
    (first, *_), _ = read_file(tmp_path / "2021.comments.xml")
    assert (first.author, first.thread_title) == ("Ada <B>", "Rye & water")


def table(name: str, *columns: str) -> str:
    row = " ".join(f'{column}="1"' for column in columns)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{name}>\n  <row {row} />\n</{name}>'


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (POSTS, "comments"),
        (COMMENTS, "comments"),
        (USERS, "companion"),
        (table("badges", "Id", "UserId", "Name", "Date"), "companion"),
        (table("votes", "Id", "PostId", "VoteTypeId"), "companion"),
        (table("posthistory", "Id", "PostHistoryTypeId", "PostId"), "companion"),
        (table("postlinks", "Id", "CreationDate", "PostId", "RelatedPostId"), "companion"),
        (table("tags", "Id", "TagName", "Count"), "companion"),
        ('<?xml version="1.0"?>\n<comments>\n</comments>', "companion"),
        ("<badges />", "companion"),
        (table("posts", "id", "title"), None),
        (table("rows", "Id", "PostTypeId"), None),
        ("<posts><post>words</post></posts>", None),
        ("<comments><comment>words</comment></comments>", None),
        ('<comments><row Id="1">PostId="2" CreationDate="3"</row></comments>', None),
        ('<comments><row Id="1" Text="PostId=2 CreationDate=3"/></comments>', None),
        ("posts: a list", None),
    ],
)
def test_recognises_its_tables_by_their_columns(tmp_path: Path, text: str, role: str | None) -> None:
    path = tmp_path / "some.xml"
    path.write_text(text, encoding="utf-8")
    assert PLATFORM.recognises(take_sample(Content(path))) == role


def test_other_xml_is_left_to_others(read: Callable[..., Reading]) -> None:
    with pytest.raises(UnknownFormat):
        read('<?xml version="1.0"?>\n<posts><post>words</post></posts>', "Posts.xml")


ODD = ["", "null", "-", "0", "1e9", "9" * 400, "[]", "&#xA;", "2021-99-99", "&lt;p", "ｎ"]


@pytest.mark.parametrize("name", ["Posts", "Comments", "Users"])
def test_any_value_may_be_odd(dump: Callable[..., Path], name: str) -> None:
    text = {"Posts": POSTS, "Comments": COMMENTS, "Users": USERS}[name]
    whole = {"Posts": 9, "Comments": 3}
    for column in sorted(set(re.findall(r" (\w+)=", text))):
        for value in ("", *(f' {column}="{odd}"' for odd in ODD)):
            place = dump(**{name: re.sub(rf' {column}="[^"]*"', value, text)})
            for table, rows in whole.items():
                assert read_or_refuse(place / f"{table}.xml") in (rows, None), value


def read_or_refuse(path: Path) -> int | None:
    try:
        reader = read_comments(path, "s")
        list(reader)
    except QAError as error:
        return None if error.hint else -1
    return reader.counts.records


@pytest.mark.parametrize("name", ["Posts", "Comments", "Users"])
def test_a_table_cut_off_anywhere_is_malformed(dump: Callable[..., Path], name: str) -> None:
    text = {"Posts": POSTS, "Comments": COMMENTS, "Users": USERS}[name]
    for end in range(text.index("/>"), len(text.rstrip()), 7):
        place = dump(**{name: text[:end]})
        with pytest.raises(Malformed) as caught:
            list(read_comments(place / ("Posts.xml" if name == "Users" else f"{name}.xml"), "s"))
        assert str(caught.value.path).endswith(f"{name}.xml")
        assert caught.value.line


@pytest.mark.shared
def test_a_real_dump(shared: Path, read_file: Callable[[Path], Reading]) -> None:
    place = shared / "exports/stackexchange_xml"
    raw = {name: list(ET.parse(place / f"{name}.xml").getroot()) for name in ("Posts", "Comments", "Users")}
    users = {row.get("Id"): row.get("DisplayName") for row in raw["Users"]}
    posts = {row.get("Id"): row for row in raw["Posts"]}
    for name in ("Posts", "Comments"):
        comments, reader = read_file(place / f"{name}.xml")
        assert reader.counts.records == len(raw[name]) == (place / f"{name}.xml").read_bytes().count(b"<row ")
        assert reader.counts.notices == sum(1 for row in raw[name] if row.get("PostTypeId", "1") not in "126")
        assert len(comments) > 150
        lines = (place / f"{name}.xml").read_text(encoding="utf-8-sig").split("\n")
        for comment in comments[:: len(comments) // 20]:
            row = raw[name][comment.record - 1]
            assert f'Id="{row.get("Id")}"' in lines[comment.line_start - 1]
            assert comment.comment_id == f"so:{name[:-1].lower()}/{row.get('Id')}"
            owner = row.get("OwnerUserId") or row.get("UserId")
            assert comment.author == (users.get(owner) or row.get("OwnerDisplayName") or row.get("UserDisplayName"))
            assert comment.created_at == datetime.fromisoformat(row.get("CreationDate", "")).replace(tzinfo=UTC)
            parent = row.get("ParentId") or row.get("PostId")
            assert (comment.parent_id or "/None").rsplit("/", 1)[1] == str(parent)
            post = posts[parent or row.get("Id")]
            question = posts[post.get("ParentId") or post.get("Id")]
            assert comment.thread_title == question.get("Title")
            assert (comment.thread_id or "").endswith(f"post/{question.get('Id')}")
            if name == "Comments":
                assert comment.text == row.get("Text")
            else:
                words = re.findall(r"\w+", unescape(re.sub(r"<[^>]*>", " ", row.get("Body", ""))))
                assert words
                assert set(words) <= set(re.findall(r"\w+", comment.text))
    assert read_file(place / "Users.xml")[1].role == "companion"
