from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.errors import Malformed, NoComments
from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import lesswrong
from qa.formats.samples import take_sample


def old_comment(name: str, author: str, text: str, inner: str = "", shown: str = "18 January 2010 06:14:55PM") -> str:
    return f"""
<div id="thingrow_t1_{name}" class="comment">
<div id="entry_t1_{name}" class="entry"><div id="collapsed_t1_{name}" class="comment-meta">
<a id="author_t1_{name}" href="http://lesswrong.com/user/{author}/">{author}</a></div>
<div id="display_t1_{name}"><a id="author_t1_{name}">{author}</a>
<span class="comment-date" time="1263802495">
{shown}
<em>*</em>&nbsp;
</span>
<span class="votes" id="score_t1_{name}">
-3 points
</span>
<div id="body_t1_{name}" class="comment-content"><div class="md">{text}</div></div>
<a id="permalink_t1_{name}" href="http://lesswrong.com/lw/9z/tea/{name}">Permalink</a></div></div>
<div id="child_t1_{name}" class="child">{inner}</div></div>"""


def old_page(*comments: str) -> str:
    return f"""<!DOCTYPE html><html><head><title>
Tea - Less Wrong
</title></head><body><a href="http://lesswrong.com/">home</a>
<div id="thingrow_t3_9z" class="post"><h1><a href="/lw/9z/tea/?all=true">
Tea
</a></h1><span class="votes"><span class="votes" id="score_t3_9z">49</span></span>
<a id="author_t3_9z">Ann</a><span class="date">18 January 2010 04:18AM</span>
<div id="entry_t3_9z" class="content"><div class="md"><p>Tea is <i>good</i>.</p></div></div></div>
<div id="comments">{"".join(comments)}</div></body></html>"""


def test_old_page(read: Callable) -> None:
    page = old_page(
        old_comment("a1", "Bob", "<p>No.</p>", old_comment("a2", "Cid", "<blockquote><p>No.</p></blockquote><p>Yes.")),
        old_comment("a3", "Dan", "<p>[deleted]</p>"),
    )
    comments, reader = read(page, "page.html")
    assert reader.format == "lesswrong"
    assert [c.comment_id for c in comments] == ["lesswrong:t3_9z", "lesswrong:t1_a1", "lesswrong:t1_a2"]
    assert (reader.counts.comments, reader.counts.deleted) == (3, 1)
    post, first, second = comments
    assert (post.text, post.author, post.parent_id) == ("Tea is good.", "Ann", None)
    assert post.created_at == datetime(2010, 1, 18, 4, 18, tzinfo=UTC)
    assert post.url == "http://lesswrong.com/lw/9z/tea/"
    assert (first.text, first.author, first.parent_id) == ("No.", "Bob", "lesswrong:t3_9z")
    assert first.created_at == datetime(2010, 1, 18, 18, 14, 55, tzinfo=UTC)
    assert first.url == "http://lesswrong.com/lw/9z/tea/a1"
    assert (second.text, second.parent_id) == ("No.\n\nYes.", "lesswrong:t1_a1")
    assert {(c.thread_id, c.thread_title) for c in comments} == {("lesswrong:t3_9z", "Tea")}
    assert [c.record for c in comments] == [1, 2, 3]
    lines = page.split("\n")
    for comment in comments:
        name = comment.comment_id.removeprefix("lesswrong:")
        assert f'id="thingrow_{name}"' in lines[comment.line_start - 1]
        assert comment.text.split("\n")[-1].split()[0] in lines[comment.line_end - 1]


def test_votes_and_quotes_of_an_old_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(old_page(old_comment("a2", "Cid", "<blockquote><p>No.</p></blockquote><p>Yes.")))
    drafts = list(lesswrong.read(Content(path)))
    assert [draft.votes for draft in drafts] == [49, -3]
    assert [draft.asides for draft in drafts] == [(), ((0, 3),)]
    assert all(draft.platform for draft in drafts)


def test_flat_old_page(read: Callable) -> None:
    comment = """<a name="{0}"/><span class="author"><a id="author_t1_{0}">Bob</a></span>
<span class="comment-date" time="1177537492"> 26 April 2007 07:44:52AM </span><span class="votes "> 1 point </span>
<div id="body_t1_{0}" class="comment-content"><div class="md">Word {0}.</div></div><hr>"""
    head = """<html><body><h2><a href="http://lesswrong.com/lw/hp/x/?all=true">X</a></h2><a id="author_t3_hp">Ann</a>
<span class="date">26 April 2007 04:48AM</span><div class="md">Post.</div><hr>"""
    comments, _ = read(head + comment.format("e1") + comment.format("e2"), "page.html")
    assert [(c.comment_id, c.text, c.author) for c in comments] == [
        ("lesswrong:t3_hp", "Post.", "Ann"),
        ("lesswrong:t1_e1", "Word e1.", "Bob"),
        ("lesswrong:t1_e2", "Word e2.", "Bob"),
    ]
    assert comments[2].url == "http://lesswrong.com/lw/hp/x/e2"
    assert [c.parent_id for c in comments] == [None] * 3
    assert {c.thread_id for c in comments} == {"lesswrong:t3_hp"}


POST, FIRST, SECOND = "pppppppppppppppp1", "aaaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaaa2"
NEW_PAGE = f"""<!DOCTYPE html><html><head><title>Tea — LessWrong</title>
<link rel="canonical" href="https://www.lesswrong.com/posts/{POST}/tea"></head><body>
<h1 class="PostsPageTitle-root">Tea</h1><a class="UsersNameDisplay-userName" href="/users/ann">Ann</a>
<time datetime="2024-03-01T10:00:00.000Z">1st Mar 2024</time>
<div id="postContent"><p>Tea is good.</p></div>
<div class="comments-node comments-node-root" id="{FIRST}"><a class="UsersNameDisplay-userName">Bob</a>
<a href="/posts/{POST}/tea?commentId={FIRST}"><time datetime="2024-03-02T10:00:00.000Z">1y</time></a>
<span class="OverallVoteAxis-voteScore">7</span>
<div class="ContentStyles-base CommentBody-root"><div class="CommentBody-commentStyling"><p>No.</p></div></div>
<div class="comments-node comments-node-even"><a class="UsersNameDisplay-userName">Cid</a>
<a href="/posts/{POST}/tea?commentId={SECOND}"><time datetime="2024-03-03T10:00:00.000Z">1y</time></a>
<div class="CommentBody-commentStyling"><blockquote>No.</blockquote><p>Yes.</p></div></div></div>
<div class="comments-node" id="aaaaaaaaaaaaaaaa3"><span>[comment deleted]</span></div>
<div class="comments-node" id="aaaaaaaaaaaaaaaa4"><span>Collapsed beginning of</span></div>
</body></html>"""


def test_new_page(read: Callable) -> None:
    comments, reader = read(NEW_PAGE, "page.html")
    assert reader.format == "lesswrong"
    assert (reader.counts.comments, reader.counts.deleted, reader.counts.unreadable) == (3, 1, 1)
    assert [(c.comment_id, c.author, c.text, c.parent_id) for c in comments] == [
        (f"lesswrong:{POST}", "Ann", "Tea is good.", None),
        (f"lesswrong:{FIRST}", "Bob", "No.", f"lesswrong:{POST}"),
        (f"lesswrong:{SECOND}", "Cid", "No.\n\nYes.", f"lesswrong:{FIRST}"),
    ]
    assert [c.created_at.day for c in comments] == [1, 2, 3]
    assert comments[0].url == f"https://www.lesswrong.com/posts/{POST}/tea"
    assert comments[2].url == f"https://www.lesswrong.com/posts/{POST}/tea?commentId={SECOND}"
    assert {(c.thread_id, c.thread_title) for c in comments} == {(f"lesswrong:{POST}", "Tea")}


def post(**changes: object) -> dict:
    return {
        "_id": POST,
        "title": "Tea",
        "pageUrl": f"https://www.lesswrong.com/posts/{POST}/tea",
        "postedAt": "2024-03-01T10:00:00.000Z",
        "baseScore": 12,
        "htmlBody": "<p>Tea is <i>good</i>.</p>",
        "user": {"displayName": "Ann", "slug": "ann"},
    } | changes


def comment(name: str = FIRST, **changes: object) -> dict:
    return {
        "_id": name,
        "postId": POST,
        "parentCommentId": None,
        "postedAt": "2024-03-02T10:00:00.000Z",
        "baseScore": 3,
        "contents": {"html": "<p>No.</p>", "editedAt": "2024-03-05T10:00:00.000Z"},
        "user": {"displayName": "Bob"},
    } | changes


def answer(*comments: object) -> dict:
    return {"data": {"post": {"result": post()}, "comments": {"results": list(comments)}}}


def test_answer(read: Callable) -> None:
    reply = comment(SECOND, parentCommentId=FIRST, contents={"markdown": "> No.\n\n*Yes.*"}, user=None)
    comments, reader = read(json.dumps(answer(comment(), reply)), "answer.json")
    assert reader.format == "lesswrong"
    assert [(c.comment_id, c.author, c.text, c.parent_id, c.field) for c in comments] == [
        (f"lesswrong:{POST}", "Ann", "Tea is good.", None, "htmlBody"),
        (f"lesswrong:{FIRST}", "Bob", "No.", f"lesswrong:{POST}", "contents.html"),
        (f"lesswrong:{SECOND}", None, "> No.\n\n*Yes.*", f"lesswrong:{FIRST}", "contents.markdown"),
    ]
    assert comments[1].created_at == datetime(2024, 3, 2, 10, tzinfo=UTC)
    assert comments[1].url == f"https://www.lesswrong.com/posts/{POST}?commentId={FIRST}"
    assert {(c.thread_id, c.thread_title) for c in comments} == {(f"lesswrong:{POST}", "Tea")}
    assert [c.record for c in comments] == [1, 2, 3]


@pytest.mark.parametrize(
    "shape",
    [
        lambda p, c: {"data": {"posts": {"results": [p]}, "comments": {"results": [c]}}},
        lambda p, c: {"posts": {"results": [p]}, "comments": {"results": [c]}},
        lambda p, c: {"posts": [p], "comments": [c]},
        lambda p, c: {"results": [p, c]},
        lambda p, c: [p, c],
        lambda p, c: [{"data": {"posts": {"results": [p]}}}, {"data": {"comments": {"results": [c]}}}],
        lambda p, c: [p | {"comments": [c]}],
        lambda p, c: [p | {"comments": {"results": [{k: v for k, v in c.items() if k != "postId"}]}}],
    ],
)
def test_shapes(read: Callable, shape: Callable) -> None:
    comments, reader = read(json.dumps(shape(post(), comment()), indent=1), "answer.json")
    assert reader.format == "lesswrong"
    assert [(c.comment_id, c.parent_id) for c in comments] == [
        (f"lesswrong:{POST}", None),
        (f"lesswrong:{FIRST}", f"lesswrong:{POST}"),
    ]


def test_lines(read: Callable) -> None:
    text = json.dumps(post()) + "\n" + json.dumps(comment()) + "\n"
    comments, reader = read(text, "lines.jsonl")
    assert reader.format == "lesswrong"
    assert [(c.comment_id, c.line_start, c.line_end) for c in comments] == [
        (f"lesswrong:{POST}", 1, 1),
        (f"lesswrong:{FIRST}", 2, 2),
    ]


def test_records_that_are_no_comments(read: Callable, tmp_path: Path) -> None:
    records = [
        comment(deleted=True, contents=None),
        comment(SECOND, contents=None),
        comment("aaaaaaaaaaaaaaaa3", contents={"html": 5}),
        7,
        None,
        comment("aaaaaaaaaaaaaaaa5", htmlBody="<p>x</p>"),
    ]
    comments, reader = read(json.dumps(answer(*records)), "answer.json")
    counts = reader.counts
    assert [c.text for c in comments] == ["Tea is good.", "x"]
    assert (counts.deleted, counts.empty, counts.unreadable) == (1, 1, 3)


def test_a_post_of_a_title_alone(read: Callable) -> None:
    comments, _ = read(json.dumps([post(htmlBody=None), comment()]), "posts.json")
    assert (comments[0].text, comments[0].field) == ("Tea", "title")


def test_edits_and_votes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer(comment(), comment(SECOND, contents={"html": "x"}, baseScore="many"))))
    drafts = list(lesswrong.read(Content(path)))
    assert [draft.votes for draft in drafts] == [12, 3, None]
    assert [draft.edited_at for draft in drafts] == [None, datetime(2024, 3, 5, 10, tzinfo=UTC), None]


@pytest.mark.parametrize("wrong", [None, 5, "x", [], {}, [[]], True, 1e308, {"a": {"b": []}}])
def test_any_value_may_have_any_type(read: Callable, wrong: object) -> None:
    for name in (*comment(), "htmlBody", "title", "pageUrl", "post", "comments", "deleted"):
        value = answer(comment(), comment(SECOND, **{name: wrong}))
        comments, reader = read(json.dumps(value), "answer.json")
        counts = reader.counts
        total = counts.comments + counts.empty + counts.unreadable + counts.deleted + counts.duplicates
        assert total == 3 + (name == "comments" and isinstance(wrong, list)) * len(
            wrong if isinstance(wrong, list) else []
        )
        assert f"lesswrong:{FIRST}" in [c.comment_id for c in comments]


@pytest.mark.parametrize("url", ["https://[::1", "https://", "javascript:1", "/posts/x"])
def test_a_link_that_is_none(read: Callable, url: str) -> None:
    comments, _ = read(json.dumps(answer(comment(), comment(SECOND, pageUrl=url))), "answer.json")
    known = f"https://www.lesswrong.com/posts/{POST}"
    assert [one.url for one in comments[1:]] == [f"{known}?commentId={FIRST}", f"{known}?commentId={SECOND}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"displayName": "Bob \ud83d"}},
        {"title": "Tea \ud83d", "_id": "\ud83d"},
        {"contents": {"html": "<p>No \ud83d</p>"}},
        {"contents": {"markdown": "No \ud83d"}},
    ],
)
def test_half_an_emoji(read: Callable, changes: dict) -> None:
    comments, _ = read(json.dumps(answer(comment(**changes))), "answer.json")
    told = comments[1]
    shown = "".join(str(one) for one in (told.text, told.author, told.thread_title, told.comment_id))
    assert "\ufffd" in shown
    assert shown.encode()


def test_cut_off(read: Callable) -> None:
    text = json.dumps(answer(comment(), comment(SECOND)))
    for end in range(len(text) - 1, 420, -37):
        with pytest.raises(Malformed):
            read(text[:end], "answer.json")


def test_cut_off_page(read: Callable) -> None:
    page = old_page(old_comment("a1", "Bob", "<p>No.</p>"))
    for end in range(400, len(page), 41):
        with contextlib.suppress(NoComments):
            read(page[:end], "page.html")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps([{"_id": "1", "postedAt": "2024-03-01", "htmlBody": "x", "postId": "2"}]), "other.json"),
        (json.dumps([{"_id": POST, "title": "x", "text": "y"}]), "other.json"),
        (json.dumps({"data": {"children": []}}), "other.json"),
        ("<html><body>lesswrong.com is a site</body></html>", "other.html"),
        ('<html><head><link rel=canonical href="https://example.org/posts/1"></head></html>', "other.html"),
        ("a,b\n1,2\n", "other.csv"),
        ("I read https://www.lesswrong.com/posts/abc", "other.txt"),
    ],
)
def test_what_is_something_else(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert lesswrong.recognises(take_sample(Content(path))) is None


OLD_PAGES = ("FeelingRational.html", "Sorting Out Sticky Brains - Less Wrong.html")


@pytest.mark.shared
@pytest.mark.parametrize("name", OLD_PAGES)
def test_real_pages(shared: Path, name: str) -> None:
    path = shared / "exports/lesswrong_html" / name
    raw = path.read_text(encoding="utf-8")
    bodies = re.findall(r'id="body_(t1_\w+)"', raw)
    reader = read_comments(path, "s")
    comments = list(reader)
    counts = reader.counts
    assert reader.format == "lesswrong"
    assert counts.comments + counts.empty + counts.deleted + counts.unreadable == len(bodies) + 1
    assert {c.comment_id for c in comments if "t1_" in c.comment_id} == {f"lesswrong:{body}" for body in bodies}
    lines = raw.split("\n")
    ids = {c.comment_id: c for c in comments}
    for found in comments:
        thing = found.comment_id.removeprefix("lesswrong:")
        assert re.search(rf'id="author_{thing}"[^>]*>([^<]*)<', raw)[1] == found.author
        after = raw[raw.index(f'author_{thing}"') :]
        shown = re.search(r"(\d\d \w+ \d{4} [\d:]+[AP]M)", after)[1]
        form = "%d %B %Y %I:%M:%S%p" if shown.count(":") == 2 else "%d %B %Y %I:%M%p"
        assert datetime.strptime(shown, form).replace(tzinfo=UTC) == found.created_at
        assert f"{thing}" in lines[found.line_start - 1]
        assert found.url.startswith("http://lesswrong.com/lw/")
        assert found.url.endswith(thing[3:]) or thing.startswith("t3_")
        if parent := ids.get(found.parent_id):
            assert parent.created_at < found.created_at
            outer = parent.comment_id.removeprefix("lesswrong:")
            assert outer.startswith("t3_") or raw.index(f'"child_{outer}"') < raw.index(f'"thingrow_{thing}"')
