from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import reddit
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut

POSTS = [
    {"id": "p1", "date": "2024-10-20 12:04:51", "title": "Which kettle?", "content": "Mine rusts.", "username": "ada",
     "commentCount": 2, "score": 7, "subreddit": "kettles"},
    {"id": "p2", "date": "2024-10-21 12:00:00", "title": "Just a title", "content": "", "username": "bo",
     "commentCount": 0, "score": 0, "subreddit": "kettles"},
]  # fmt: skip
COMMENTS = [
    {"id": "c1", "date": "2024-10-20 12:26:19", "content": "A > B", "username": "cy", "score": 3, "post_id": "p1",
     "parent_id": "t3_p1"},
    {"id": "c2", "date": "2024-10-20 12:30:00", "content": "&gt; typed so", "username": "[deleted]", "score": -2,
     "post_id": "p1", "parent_id": "t1_c1"},
    {"id": "c3", "date": "2024-10-20 12:31:00", "content": "[removed]", "username": "dee", "score": 1,
     "post_id": "p1", "parent_id": "t1_c1"},
    {"id": "c4", "date": "2024-10-20 12:31:00", "content": "I am a bot", "username": "AutoModerator", "score": 1,
     "post_id": "p9", "parent_id": "p9"},
]  # fmt: skip


def shown(comments) -> list[tuple]:
    return [(c.comment_id, c.text, c.author, c.parent_id, c.thread_id, c.thread_title) for c in comments]


def test_lists_of_a_program(tmp_path: Path, read_file) -> None:
    (tmp_path / "my_posts.json").write_text(json.dumps(POSTS))
    (tmp_path / "my_comments.json").write_text(json.dumps(COMMENTS, indent=1))
    comments, reader = read_file(tmp_path / "my_comments.json")
    assert reader.format == "reddit"
    assert shown(comments) == [
        ("reddit:t1_c1", "A > B", "cy", "reddit:t3_p1", "reddit:t3_p1", "Which kettle?"),
        ("reddit:t1_c2", "&gt; typed so", None, "reddit:t1_c1", "reddit:t3_p1", "Which kettle?"),
        ("reddit:t1_c4", "I am a bot", "AutoModerator", "reddit:t3_p9", "reddit:t3_p9", None),
    ]
    assert (reader.counts.deleted, reader.counts.records) == (1, 4)
    assert comments[0].created_at == datetime(2024, 10, 20, 12, 26, 19, tzinfo=UTC)
    assert comments[0].url == "https://www.reddit.com/comments/p1/_/c1/"
    assert (comments[0].line_start, comments[0].line_end) == (2, 10)
    assert tmp_path / "my_posts.json" in reader.beside
    posts, reader = read_file(tmp_path / "my_posts.json")
    assert shown(posts) == [
        ("reddit:t3_p1", "Mine rusts.", "ada", None, "reddit:t3_p1", "Which kettle?"),
        ("reddit:t3_p2", "Just a title", "bo", None, "reddit:t3_p2", "Just a title"),
    ]
    assert [p.field for p in posts] == ["content", "title"]
    assert posts[0].url == "https://www.reddit.com/r/kettles/comments/p1/"


def test_posts_beside_that_are_not_theirs_or_broken(tmp_path: Path, read_file) -> None:
    (tmp_path / "a_comments.json").write_text(json.dumps(COMMENTS))
    for name in ("b_posts.json", "c_posts.json"):
        (tmp_path / name).write_text(json.dumps(POSTS))
    assert {c.thread_title for c in read_file(tmp_path / "a_comments.json")[0]} == {None}
    (tmp_path / "a_posts.json").write_text(json.dumps(POSTS)[:-3])
    assert read_file(tmp_path / "a_comments.json")[1].counts.comments == 3


def comment(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "t1", "data": {
        "id": name, "name": f"t1_{name}", "author": f"u_{name}", "body": f"words {name}", "score": 2, "ups": 2,
        "created_utc": 1700000000.0, "edited": False, "link_id": "t3_p1", "parent_id": "t3_p1", "replies": "",
        "subreddit": "kettles", "permalink": f"/r/kettles/comments/p1/which/{name}/", **more,
    }}  # fmt: skip


def listing(*children: Any) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": None, "dist": None, "children": list(children)}}


POST = {"kind": "t3", "data": {
    "id": "p1", "name": "t3_p1", "title": "Tea &amp; coffee", "selftext": "1 &lt; 2", "author": "ada", "score": 9,
    "created_utc": 1699999999.0, "edited": 1700000500.0, "subreddit": "kettles", "num_comments": 4,
    "permalink": "/r/kettles/comments/p1/which/", "url": "https://www.reddit.com/r/kettles/comments/p1/which/",
}}  # fmt: skip
MORE = {"kind": "more", "data": {"count": 3, "name": "t1_zz", "id": "zz", "parent_id": "t1_a", "children": ["zz"]}}
THREAD = [
    listing(POST),
    listing(
        comment("a", body="&gt; quoted\n\n&amp;amp; mine", replies=listing(comment("b", parent_id="t1_a"), MORE)),
        comment("c", body="[deleted]", author="[deleted]"),
    ),
]


def test_a_thread_of_the_api(read) -> None:
    comments, reader = read(json.dumps(THREAD), "p1.json")
    assert shown(comments) == [
        ("reddit:t3_p1", "1 < 2", "ada", None, "reddit:t3_p1", "Tea & coffee"),
        ("reddit:t1_a", "> quoted\n\n&amp; mine", "u_a", "reddit:t3_p1", "reddit:t3_p1", "Tea & coffee"),
        ("reddit:t1_b", "words b", "u_b", "reddit:t1_a", "reddit:t3_p1", "Tea & coffee"),
    ]
    counts = reader.counts
    assert (counts.deleted, counts.notices, counts.records) == (1, 1, 5)
    assert comments[1].url == "https://www.reddit.com/r/kettles/comments/p1/which/a/"
    assert comments[1].created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_votes_and_edits(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(THREAD))
    drafts = list(reddit.read(Content(path)))
    assert [d.votes for d in drafts] == [9, 2, 2, None, 2]
    assert drafts[0].edited_at == datetime(2023, 11, 14, 22, 21, 40, tzinfo=UTC)
    assert [d.edited_at for d in drafts[1:]] == [None] * 4
    assert [d.kind for d in drafts] == ["comment", "comment", "comment", "notice", "deleted"]


@pytest.mark.parametrize("form", ["{}", "[{}]", "{}\n{}"])
def test_listings(read, form: str) -> None:
    page = json.dumps(listing(comment("a"), comment("b")))
    assert [c.comment_id for c in read(form.replace("{}", page), "user.json")[0]] == ["reddit:t1_a", "reddit:t1_b"]


def test_pushshift_dumps(tmp_path: Path, read_file) -> None:
    lines = "".join(json.dumps(one["data"]) + "\n" for one in (comment("a"), comment("b", parent_id="t1_a")))
    (tmp_path / "RC_2012-01.zst").write_bytes(zstandard.compress(lines.encode()))
    (tmp_path / "RS_2012-01").write_text(json.dumps(POST["data"]) + "\n")
    (tmp_path / "RS_2012-02").write_text(json.dumps({**POST["data"], "title": "another"}) + "\n")
    comments, reader = read_file(tmp_path / "RC_2012-01.zst")
    assert reader.format == "reddit"
    assert [(c.comment_id, c.line_start) for c in comments] == [("reddit:t1_a", 1), ("reddit:t1_b", 2)]
    assert {c.thread_id for c in comments} == {"reddit:t3_p1"}


def test_dumps_in_lines_find_their_posts(tmp_path: Path, read_file) -> None:
    lines = "".join(json.dumps(one["data"]) + "\n" for one in (comment("a"), comment("b", parent_id="t1_a")))
    (tmp_path / "RC_2012-01.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    (tmp_path / "RS_2012-01.jsonl.zst").write_bytes(zstandard.compress(json.dumps(POST["data"]).encode()))
    comments, _ = read_file(tmp_path / "RC_2012-01.jsonl.zst")
    assert [c.thread_title for c in comments] == ["Tea & coffee"] * 2


def test_replies_that_a_program_nested(read) -> None:
    inner = {"id": "b", "author": "x", "body": "deep", "created_utc": 1700000000}
    value = [{**POST["data"], "comments": [{"id": "a", "author": "y", "body": "top", "replies": [inner]}]}]
    comments, _ = read(json.dumps(value), "x.json")
    assert [(c.comment_id, c.parent_id, c.thread_id) for c in comments[1:]] == [
        ("reddit:t1_a", "reddit:t3_p1", "reddit:t3_p1"),
        ("reddit:t1_b", "reddit:t1_a", "reddit:t3_p1"),
    ]


def test_a_thread_is_found_by_its_parents(read) -> None:
    rows = [{"id": "b", "parent_id": "t1_a", "body": "x"}, {"id": "a", "parent_id": "t3_p1", "body": "y"}, POST["data"]]
    assert [c.thread_id for c in read(json.dumps(rows), "x.json")[0]] == ["reddit:t3_p1"] * 3


OWN_COMMENTS = """id,permalink,date,ip,subreddit,gildings,link,parent,body,media
a,https://www.reddit.com/r/k/comments/p1/x/a/,2020-01-02 03:04:05 UTC,,k,0,https://www.reddit.com/r/k/comments/p1/x/,,"One
two",
b,https://www.reddit.com/r/k/comments/p1/x/b/,2020-01-03 03:04:05 UTC,,k,0,https://www.reddit.com/r/k/comments/p1/x/,a,Three,
"""
OWN_POSTS = """id,permalink,date,ip,subreddit,gildings,title,url,body
p1,https://www.reddit.com/r/k/comments/p1/x/,2020-01-01 03:04:05 UTC,,k,0,My title,self,Body here
p2,https://www.reddit.com/r/k/comments/p2/y/,2020-01-01 03:04:05 UTC,,k,0,A link,https://x.example,
p3,https://www.reddit.com/r/k/comments/p3/z/,2020-01-01 03:04:05 UTC,,k,0,Gone,self,[removed]
"""


def test_ones_own_data(tmp_path: Path, read_file) -> None:
    (tmp_path / "comments.csv").write_text(OWN_COMMENTS)
    (tmp_path / "posts.csv").write_text(OWN_POSTS)
    comments, reader = read_file(tmp_path / "comments.csv")
    assert reader.format == "reddit"
    assert shown(comments) == [
        ("reddit:t1_a", "One\ntwo", None, "reddit:t3_p1", "reddit:t3_p1", "My title"),
        ("reddit:t1_b", "Three", None, "reddit:t1_a", "reddit:t3_p1", "My title"),
    ]
    assert comments[0].url == "https://www.reddit.com/r/k/comments/p1/x/a/"
    assert comments[0].created_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [(c.line_start, c.line_end) for c in comments] == [(2, 3), (4, 4)]
    posts, reader = read_file(tmp_path / "posts.csv")
    assert [(c.comment_id, c.text, c.thread_title) for c in posts] == [
        ("reddit:t3_p1", "Body here", "My title"),
        ("reddit:t3_p2", "A link", "A link"),
    ]
    assert (reader.counts.deleted, reader.counts.records) == (1, 3)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("post_votes.csv", "id,permalink,direction\nx,https://www.reddit.com/x,up\n"),
        ("subscribed_subreddits.csv", "subreddit\nkettles\n"),
        ("statistics.csv", "statistic,value\naccount name,ada\n"),
        ("comment_headers.csv", "id,permalink,date,ip,subreddit,gildings,link,parent\n"),
    ],
)
def test_what_completes_ones_own_data(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert reddit.recognises(take_sample(Content(path))) is None
    (tmp_path / "comments.csv").write_text(OWN_COMMENTS)
    reader = read_comments(path, "s")
    assert (reader.format, reader.role, list(reader)) == ("reddit", "companion", [])


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": "a", "parent_id": "b", "body": "hi", "author": "x"}]',
        '[{"id": "a", "title": "t", "body": "hi"}]',
        '[{"id": "a", "title": "t", "subreddit": "s", "text": "hi"}]',
        '{"kind": "Listing", "data": [1]}',
        '[{"kind": "t1", "data": {"text": "hi"}}]',
        "id,parent,body\n1,,hi\n",
        "[]",
    ],
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert reddit.recognises(take_sample(Content(path))) is None


@pytest.mark.parametrize("value", [COMMENTS[:2], THREAD, listing(comment("a"))])
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "reddit") > 100
    check_cut(tmp_path, json.dumps(value), "reddit")


def test_cut_tables(tmp_path: Path) -> None:
    check_cut(tmp_path, OWN_COMMENTS, "reddit")


@pytest.mark.shared
def test_real_lists(shared: Path, read_file) -> None:
    folder = shared / "exports/reddit_praw_json"
    rows = json.loads((folder / "reddit_comments.json").read_bytes())
    posts = {f"reddit:t3_{p['id']}": p for p in json.loads((folder / "reddit_posts.json").read_bytes())}
    comments, reader = read_file(folder / "reddit_comments.json")
    assert reader.format == "reddit"
    assert reader.counts.records == len(rows)
    by_id = {f"reddit:t1_{row['id']}": row for row in rows}
    for one in comments[:: len(comments) // 10]:
        row = by_id[one.comment_id]
        assert (one.text, one.author, one.parent_id) == (row["content"], row["username"], f"reddit:{row['parent_id']}")
        assert one.thread_title == posts[one.thread_id]["title"].strip()
        assert one.created_at == datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
        assert row["post_id"] in one.url
        assert one.url.endswith(f"/{row['id']}/")
    found, reader = read_file(folder / "reddit_posts.json")
    assert reader.counts.records == len(posts)
    assert {one.text for one in found} <= {p["content"] for p in posts.values()} | {p["title"] for p in posts.values()}
