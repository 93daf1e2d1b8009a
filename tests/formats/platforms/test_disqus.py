from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.errors import Malformed, QAError
from qa.formats import CommentReader, read_comments
from qa.formats.contents import Content
from qa.formats.platforms.disqus import PLATFORM
from qa.formats.samples import take_sample
from qa.formats.tables import lookups
from qa.records import Comment

Reading = tuple[list[Comment], CommentReader]

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    '<category dsq:id="1"><forum>bakery</forum><title>General</title></category>\n'
)


def page(number: str, link: str, title: str) -> str:
    return (
        f'<thread dsq:id="{number}">\n<id>/p/{number}</id><forum>bakery</forum><category dsq:id="1"/>\n'
        f"<link>{link}</link><title>{title}</title><message/>\n<createdAt>2020-01-01T00:00:00Z</createdAt>\n"
        "<author><name>Owner</name><username>owner</username></author>\n"
        "<isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n"
    )


def post(number: str, message: str, more: str = "", author: str = "<name>Ada</name>", page: str = "70") -> str:
    return (
        f'<post dsq:id="{number}">\n<id>wp_id={number}</id>\n<message>{message}</message>\n'
        f"<createdAt>2020-02-03T04:05:06Z</createdAt>\n<author><email>x@example.org</email>{author}</author>\n"
        f'<ipAddress>192.0.2.1</ipAddress>{more}\n<thread dsq:id="{page}"/>\n</post>\n'
    )


EXPORT = (
    HEAD
    + page("70", "https://bakery.example/rye?a=1&amp;b=2#top", "Rye &amp; water")
    + page("71", "", "")
    + post("900", "<![CDATA[<p>Is it <b>heavy</b>?</p><blockquote>they say</blockquote>]]>")
    + post(
        "901",
        "<![CDATA[<p>No<a href='/up'>.</a></p>]]>",
        '<parent dsq:id="900"/><isDeleted>false</isDeleted><isSpam>false</isSpam>',
    )
    + post("902", "<![CDATA[gone]]>", "<isDeleted>true</isDeleted>")
    + post("903", "<![CDATA[Buy!]]>", "<isSpam>true</isSpam>")
    + post("904", "&lt;p&gt;Escaped&lt;/p&gt;", author="<username>bob</username>", page="71")
    + post("905", "", author="")
    + post("906", "<p>as XML</p>")
    + post("907", "<![CDATA[to no page]]>", author="<name/><username/>", page="99")
    + "</disqus>\n"
)


def test_posts(read: Callable[..., Reading]) -> None:
    comments, reader = read(EXPORT, "some.xml")
    first, reply, escaped, lost = comments
    assert first == Comment(
        comment_id="disqus:900",
        text="Is it heavy?\n\nthey say",
        source="s",
        author="Ada",
        created_at=datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC),
        thread_id="disqus:thread/70",
        thread_title="Rye & water",
        url="https://bakery.example/rye?a=1&b=2#comment-900",
        line_start=16,
        line_end=23,
        record=1,
        field="message",
        asides=((14, 22),),
    )
    assert (reply.text, reply.parent_id, reply.record) == ("No. (https://bakery.example/up)", "disqus:900", 2)
    assert (escaped.text, escaped.author, escaped.thread_id) == ("Escaped", "bob", "disqus:thread/71")
    assert (escaped.url, escaped.thread_title) == (None, None)
    assert (lost.author, lost.thread_id, lost.url) == (None, "disqus:thread/99", None)
    counts = reader.counts
    assert (counts.deleted, counts.empty, counts.unreadable, counts.records) == (2, 1, 1, 8)


def test_a_draft_knows_its_quotes(tmp_path: Path) -> None:
    path = tmp_path / "some.xml"
    path.write_text(EXPORT)
    first, *_ = PLATFORM.read(Content(path))
    assert first.text is not None
    assert [first.text[start:end] for start, end in first.asides] == ["they say"]


def test_many_pages_are_looked_up_on_disk(read: Callable[..., Reading], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "IN_MEMORY", 10)
    pages = "".join(page(str(n), f"https://bakery.example/{n}", f"Page {n}") for n in range(50))
    posts = "".join(post(str(900 + n), f"post {n}", page=str(n)) for n in range(50))
    comments, _ = read(f"{HEAD}{pages}{posts}</disqus>", "some.xml")
    assert [one.thread_title for one in comments] == [f"Page {n}" for n in range(50)]
    assert comments[7].url == "https://bakery.example/7#comment-907"


@pytest.mark.parametrize(
    ("data", "role"),
    [
        (EXPORT, "comments"),
        (HEAD + "</disqus>", "comments"),
        ("<disqus><post>words</post></disqus>", None),
        ('<rss xmlns:dsq="http://www.disqus.com/"><channel/></rss>', None),
        ("disqus: a list", None),
    ],
)
def test_recognises_an_export(tmp_path: Path, data: str, role: str | None) -> None:
    path = tmp_path / "some.xml"
    path.write_text(data, encoding="utf-8")
    assert PLATFORM.recognises(take_sample(Content(path))) == role


def records(path: Path) -> int:
    try:
        reader = read_comments(path, "s")
        list(reader)
    except QAError as error:
        return 0 if error.hint else -1
    return reader.counts.records


def test_any_value_may_be_odd(tmp_path: Path) -> None:
    path = tmp_path / "some.xml"
    odd = ("", "null", "9" * 300, "&#xA;", "<b/>", "javascript:alert(1)", "http://[", "http://[#x", "2020-99-99")
    for name in sorted(set(re.findall(r"<(\w+)>", EXPORT)) - {"post", "thread"}):
        for value in odd:
            path.write_text(re.sub(rf"<{name}>.*?</{name}>", f"<{name}>{value}</{name}>", EXPORT, flags=re.S))
            assert records(path) in (8, 0), (name, value)
        path.write_text(re.sub(rf"<{name}>.*?</{name}>", "", EXPORT, flags=re.S))
        assert records(path) in (8, 0), name
    for value in ("", ' dsq:id=""', ' dsq:id="x"', ' dsq:id="1"', ' id="1"'):
        path.write_text(re.sub(r' dsq:id="[^"]*"', value, EXPORT))
        assert records(path) == 8, value


def test_cut_off_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "some.xml"
    for end in range(len(HEAD), len(EXPORT.rstrip()), 11):
        path.write_text(EXPORT[:end])
        with pytest.raises(Malformed) as caught:
            list(read_comments(path, "s"))
        assert caught.value.line
