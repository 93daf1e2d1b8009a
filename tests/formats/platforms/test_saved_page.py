from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.errors import Malformed, NoComments
from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import PLATFORMS, saved_page
from qa.formats.samples import take_sample

HEAD = """<!DOCTYPE html>
<html><head><title>Tea | A blog</title><meta property="og:title" content="Tea">
<link rel="canonical" href="https://example.org/tea"></head><body><nav><div class="comment">menu</div></nav>
"""

WORDPRESS = (
    HEAD
    + """<article id="post-7" class="post hentry"><header><h1 class="entry-title">Tea</h1>
<span class="byline">by <a class="url fn n" rel="author">Ann</a></span>
<time class="entry-date published" datetime="2024-03-01T10:00:00+00:00">1 March</time></header>
<div class="entry-content"><p>Tea is good.</p></div></article>
<div id="comments" class="comments-area"><ol class="comment-list">
<li id="comment-5" class="comment even depth-1"><article id="div-comment-5" class="comment-body">
<footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Bob</b> <i class="says">says:</i></div>
<div class="comment-metadata"><a href="https://example.org/tea#comment-5"><time datetime="2024-03-02T10:00:00+00:00">
2 March</time></a></div></footer>
<div class="comment-content"><p>No.</p></div><div class="reply"><a class="comment-reply-link">Reply</a></div></article>
<ol class="children"><li id="comment-6" class="comment odd depth-2"><article id="div-comment-6" class="comment-body">
<footer class="comment-meta"><b class="fn">Cid</b></footer>
<div class="comment-content"><blockquote>No.</blockquote>Yes.</div></article></li></ol></li>
<li id="comment-8" class="comment even depth-1"><article id="div-comment-8" class="comment-body">
<footer class="comment-meta"><b class="fn">Dan</b></footer><div class="comment-content"></div></article></li>
</ol></div></body></html>"""
)


def test_blog(read: Callable) -> None:
    comments, reader = read(WORDPRESS, "page.html")
    assert reader.format == "html"
    assert (reader.counts.comments, reader.counts.empty) == (3, 1)
    assert [(c.comment_id, c.author, c.text, c.parent_id) for c in comments] == [
        ("s#post-7", "Ann", "Tea is good.", None),
        ("s#div-comment-5", "Bob", "No.", None),
        ("s#div-comment-6", "Cid", "No.\n\nYes.", "s#div-comment-5"),
    ]
    assert [c.created_at for c in comments] == [
        datetime(2024, 3, 1, 10, tzinfo=UTC),
        datetime(2024, 3, 2, 10, tzinfo=UTC),
        None,
    ]
    assert comments[1].url == "https://example.org/tea#comment-5"
    assert {(c.thread_id, c.thread_title) for c in comments} == {("https://example.org/tea", "Tea")}
    lines = WORDPRESS.split("\n")
    for comment in comments:
        assert f'id="{comment.comment_id[2:]}"' in lines[comment.line_start - 1]
        assert comment.line_start <= comment.line_end


def test_quotes_and_identity(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(WORDPRESS)
    drafts = list(saved_page.read(Content(path)))
    assert [draft.asides for draft in drafts] == [(), (), ((0, 3),), ()]
    assert not any(draft.platform for draft in drafts)
    assert [draft.record for draft in drafts] == [1, 2, 3, 4]


def test_microdata(read: Callable) -> None:
    page = (
        HEAD
        + """<div itemscope itemtype="https://schema.org/Question" id="q"><h1 itemprop="name">How hot?</h1>
<div itemprop="text"><p>How hot is tea?</p></div><span itemprop="upvoteCount">12</span>
<span itemprop="author" itemscope><span itemprop="name">Ann</span></span>
<time itemprop="dateCreated" datetime="2024-03-01T10:00:00Z">then</time>
<div itemprop="suggestedAnswer" itemscope itemtype="https://schema.org/Answer" id="a1"><div itemprop="text">Very.</div>
<span itemprop="upvoteCount">-3</span><meta itemprop="dateModified" content="2024-03-05">
<a itemprop="url" href="/tea/a1">link</a><span itemprop="author"><span itemprop="name">Bob</span></span>
<div itemprop="comment" itemscope itemtype="https://schema.org/Comment"><span itemprop="text">Thanks!</span>
<a rel="author">Ann</a></div></div></div>"""
    )
    comments, _ = read(page, "page.html")
    assert [(c.text, c.author, c.parent_id) for c in comments] == [
        ("How hot is tea?", "Ann", None),
        ("Very.", "Bob", "s#q"),
        ("Thanks!", "Ann", "s#a1"),
    ]
    assert comments[0].created_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert comments[1].url == "https://example.org/tea/a1"
    assert comments[2].comment_id not in ("s#", "s#None")


def test_votes_and_edits(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        """<html><body><div class="comment" id="c1"><i class="score">-4 points</i>
<span class="user-name">Ann</span>
<time class="dt-updated" datetime="2024-03-05">later</time><span class="date" title="2024-03-01 10:00:00">x</span>
<div class="comment-text">One.</div></div><div class="comment" id="c2"><div class="comment-text">Two.</div></div>"""
    )
    first, second = saved_page.read(Content(path))
    assert (first.votes, first.edited_at, first.author) == (-4, datetime(2024, 3, 5, tzinfo=UTC), "Ann")
    assert first.created_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert (second.votes, second.edited_at, second.author, second.text) == (None, None, None, "Two.")


def test_microformat(read: Callable) -> None:
    page = """<html><body><div class="h-entry"><a class="p-author h-card">Ann</a><div class="e-content">Tea.</div>
<a class="u-url" href="https://example.org/1"><time class="dt-published" datetime="2024-03-01T10:00:00Z">t</time></a>
<div class="u-comment h-cite"><a class="p-author">Bob</a><p class="e-content">No.</p></div></div>"""
    comments, _ = read(page, "page.html")
    assert [(c.text, c.author, c.url) for c in comments] == [
        ("Tea.", "Ann", "https://example.org/1"),
        ("No.", "Bob", None),
    ]


def test_forum_of_tables(read: Callable) -> None:
    row = """<tr class="post" id="post_{0}"><td class="poster-info"><a class="username">{1}</a></td>
<td><div class="postbody"><p class="author">by <b>{1}</b></p><div class="content">{2}</div></div></td></tr>"""
    page = f"<html><body><table>{row.format(1, 'Ann', 'Tea is good.')}{row.format(2, 'Bob', 'No.')}</table>"
    comments, _ = read(page, "page.html")
    assert [(c.comment_id, c.author, c.text) for c in comments] == [
        ("s#post_1", "Ann", "Tea is good."),
        ("s#post_2", "Bob", "No."),
    ]


def test_comments_without_bodies(read: Callable) -> None:
    item = '<li class="Comment_item__x9"><i class="author">{}</i> <time datetime="2024-03-0{}">x</time><p>{}</p></li>'
    page = f"<html><body><ul>{item.format('Ann', 1, 'Tea.')}{item.format('Bob', 2, 'No.')}</ul>"
    comments, _ = read(page, "page.html")
    assert [(c.author, c.text, c.created_at.day) for c in comments] == [("Ann", "Tea.", 1), ("Bob", "No.", 2)]


def test_replies_beside_their_parent(read: Callable) -> None:
    page = """<html><body><ul><li class="comment" id="c-1"><div class="comment-body">Tea.</div></li>
<ul class="children"><li class="comment" id="c-2"><div class="comment-body">No.</div></li></ul>
<li class="comment" id="c-3"><div class="comment-body">Yes.</div></li></ul>"""
    comments, _ = read(page, "page.html")
    assert [c.parent_id for c in comments] == [None, "s#c-1", None]


def test_depth_by_number(read: Callable) -> None:
    page = "<html><body>" + "".join(
        f'<div class="comment depth-{depth}" id="c-{number}"><p class="comment-text">Word {number}.</p></div>'
        for number, depth in enumerate((1, 2, 3, 2, 1))
    )
    comments, _ = read(page, "page.html")
    assert [c.parent_id for c in comments] == [None, "s#c-0", "s#c-1", "s#c-0", None]


def test_ids_that_repeat_name_nothing(read: Callable) -> None:
    page = "<html><body>" + '<div class="comment" id="c"><p class="comment-text">{}</p></div>' * 2
    comments, _ = read(page.format("One.", "Two."), "page.html")
    assert len({c.comment_id for c in comments}) == 2
    assert "s#c" not in [c.comment_id for c in comments]


def ld(value: object) -> str:
    return HEAD + f'<script type="application/ld+json">{json.dumps(value)}</script><p>Something short.</p>'


def test_linked_data(read: Callable) -> None:
    value = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "name": "x"},
            {
                "@type": "DiscussionForumPosting",
                "@id": "https://example.org/tea",
                "headline": "Tea",
                "text": "<p>Tea is <b>good</b>.",
                "author": {"@type": "Person", "name": "Ann"},
                "datePublished": "2024-03-01T10:00:00Z",
                "comment": [
                    {
                        "@type": "Comment",
                        "text": "No.",
                        "author": [{"name": "Bob"}],
                        "url": "/tea#2",
                        "upvoteCount": 4,
                        "comment": {"@type": ["Comment"], "text": "Yes & no.", "author": "Cid"},
                    }
                ],
            },
        ],
    }
    comments, _ = read(ld(value), "page.html")
    assert [(c.text, c.author) for c in comments] == [("Tea is good.", "Ann"), ("No.", "Bob"), ("Yes & no.", "Cid")]
    assert [c.url for c in comments] == [
        "https://example.org/tea",
        "https://example.org/tea#2",
        "https://example.org/tea",
    ]
    assert comments[1].parent_id == "s#https://example.org/tea"
    assert comments[0].created_at == datetime(2024, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [None, 5, [], {}, "x", [[[]]], {"@type": 5}, {"@type": "Comment", "text": {}}])
def test_linked_data_of_any_shape(read: Callable, wrong: object) -> None:
    value = {"@type": "Comment", "text": "Tea.", "author": wrong, "dateCreated": wrong, "comment": wrong, "url": wrong}
    comments, _ = read(ld([value, wrong, {"@type": wrong, "text": wrong}]), "page.html")
    assert "Tea." in [c.text for c in comments]


def test_broken_linked_data(read: Callable) -> None:
    page = HEAD + '<script type="application/ld+json">{"@type": "Comment", "te</script><p>A text.</p>'
    assert [c.text for c in read(page, "page.html")[0]] == ["A text."]


def test_main_text(read: Callable) -> None:
    page = (
        HEAD
        + """<header>Site</header><ul class="menu"><li>Home</li></ul><div id="wrap"><div id="page">
<h1>Tea</h1><p>Tea is good, and this text is long enough to be the one.</p><ul class="share"><li>Tell</li></ul>
</div><div id="sidebar"><p>Others.</p></div></div><footer>Imprint</footer>"""
    )
    comments, reader = read(page, "page.html")
    assert reader.format == "html"
    assert [c.text for c in comments] == ["Tea\n\nTea is good, and this text is long enough to be the one."]
    assert (comments[0].thread_title, comments[0].url) == ("Tea", "https://example.org/tea")


def test_article(read: Callable) -> None:
    page = """<html><head><meta name="author" content="Ann">
<meta property="article:published_time" content="2024-03-01">
</head><body><div>Short.</div><article><p>This is what the page is about.</p></article></body></html>"""
    comments, _ = read(page, "page.html")
    assert [(c.text, c.author) for c in comments] == [("This is what the page is about.", "Ann")]
    assert comments[0].created_at == datetime(2024, 3, 1, tzinfo=UTC)


def test_where_the_page_was_saved_from(read: Callable) -> None:
    page = "<!DOCTYPE html>\n<!-- saved from url=(0023)https://example.org/tea -->\n<html><p>Tea.</p><a href='/x'>x</a>"
    comments, _ = read(page, "page.html")
    assert comments[0].url == "https://example.org/tea"
    assert "x (https://example.org/x)" in comments[0].text


@pytest.mark.parametrize(
    "charset", ["hex", "rot13", "idna", "undefined", "punycode", "unicode_escape", "utf-16", "utf-32", "x", "utf-8"]
)
def test_a_charset_that_is_none_or_cannot_be(read: Callable, charset: str) -> None:
    page = f'<html><head><meta charset="{charset}"></head><body><p>Thé, sucre et eau \\x41</p></body></html>'
    comments, _ = read(page.encode(), "page.html")
    assert [comment.text for comment in comments] == ["Thé, sucre et eau \\x41"]


@pytest.mark.parametrize("charset", ["iso-8859-1", "latin1", "us-ascii", "windows-1252"])
def test_latin1_means_what_browsers_take_it_for(read: Callable, charset: str) -> None:
    page = f'<html><head><meta charset="{charset}"></head><body><p>“Thé” – 3 €, sucre et eau</p></body></html>'
    comments, _ = read(page.encode("cp1252"), "page.html")
    assert [comment.text for comment in comments] == ["“Thé” – 3 €, sucre et eau"]


def test_declared_charset(read: Callable) -> None:
    page = '<html><head><meta charset="koi8-r"></head><body><p>чай и вода</p></body></html>'
    assert [c.text for c in read(page.encode("koi8-r"), "page.html")[0]] == ["чай и вода"]


def test_two_pages_in_one_file(read: Callable) -> None:
    one = '<html><body><div class="comment"><p class="comment-text">{}</p></div></body></html>'
    comments, _ = read(one.format("One.") + one.format("Two."), "page.html")
    assert [c.text for c in comments] == ["One.", "Two."]


def test_empty_page(read: Callable) -> None:
    with pytest.raises(NoComments):
        read("<!DOCTYPE html><html><head><title>x</title></head><body></body></html>", "page.html")


def test_a_page_too_deep(read: Callable) -> None:
    with pytest.raises(Malformed):
        read("<html><body>" + "<div>" * 10_000 + "x", "page.html")


def test_cut_off(read: Callable) -> None:
    for end in range(30, len(WORDPRESS), 53):
        with contextlib.suppress(NoComments):
            read(WORDPRESS[:end], "page.html")


def test_a_page_ends_in_its_main_text(read: Callable) -> None:
    page = "<html><body><div><div><p>One paragraph only.</p></div></div><footer>Imprint</footer>"
    assert [(c.text, c.line_start) for c in read(page, "page.html")[0]] == [("One paragraph only.", 1)]


def test_it_is_asked_last() -> None:
    assert PLATFORMS[-1].name == "html"


@pytest.mark.parametrize(
    "text",
    ["<p>a fragment", "plain", '<?xml version="1.0"?><rss></rss>', '{"html": "<html>"}', "# <html>\n", "<row/>"],
)
def test_what_is_no_page(tmp_path: Path, text: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(text)
    assert saved_page.recognises(take_sample(Content(path))) is None


PIECES = [
    '<div class="comment" id="c1">',
    '<li class="comment-item">',
    '<div class="comment-body">',
    "</div>",
    "</li>",
    "x",
]
PIECES += [
    '<ul class="children">',
    "</ul>",
    '<span class="author">',
    "</span>",
    "<time datetime='2024-03-01'>",
    "</time>",
]
PIECES += [
    '<a href="#c1" rel="bookmark">',
    "</a>",
    '<p class="e-content">',
    "<article>",
    '<div itemtype="schema.org/Comment">',
]
PIECES += [
    '<p itemprop="text">',
    "<nav>",
    "</nav>",
    "<body>",
    "<blockquote class='comment'>",
    '<i class="votes">3</i>',
    "&#0;",
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_page(tmp_path: Path, body: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<html><body>{body}word", encoding="utf-8")
    for draft in saved_page.read(Content(path)):
        assert draft.text is not None
        assert 1 <= draft.line_start <= draft.line_end
        assert all(0 <= start < end <= len(draft.text) for start, end in draft.asides)


@pytest.mark.shared
def test_real_pages(shared: Path) -> None:
    read = 0
    for path in sorted((shared / "exports/lesswrong_html").glob("*.html")):
        raw = path.read_text(encoding="utf-8", errors="replace")
        comments = list(reader := read_comments(path, "s"))
        if reader.format != "html":
            continue
        read += 1
        bodies = re.findall(r'<div id="dsq-comment-message-(\d+)"', raw)
        assert len(comments) == 1 + len(bodies)
        title = re.search(r"<title>([^<]*)</title>|<h1>([^<]*)", raw)
        assert comments[0].thread_title == (title[1] or title[2])
        if bodies:
            assert [c.comment_id for c in comments[1:]] == [f"s#dsq-comment-{number}" for number in bodies]
            names = re.findall(
                r'<span id="dsq-author-user-\d+">([^<]*)</span>|id="dsq-author-user-\d+"[^>]*>([^<]*)</a>', raw
            )
            assert [c.author for c in comments[1:]] == [one or other for one, other in names]
            deep = re.findall(r'<li class="comment [^"]*depth-(\d)[^"]*" id="dsq-comment-(\d+)"', raw)
            assert [bool(c.parent_id) for c in comments[1:]] == [depth != "1" for depth, _ in deep]
    assert read == 5
