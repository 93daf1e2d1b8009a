from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.errors import QAError
from qa.formats import read_comments

from .damage import damaged


def post(number: int, **more: object) -> dict[str, Any]:
    return {
        "id": 70 + number, "username": f"user{number}", "created_at": f"2024-03-0{number}T10:00:00.000Z",
        "cooked": f"<p>Post {number}</p>", "post_number": number, "post_type": 1, "version": 1,
        "updated_at": "2024-04-01T10:00:00.000Z", "topic_id": 9, "topic_slug": "kettles", "reply_to_post_number": None,
        "avatar_template": "/letter/{size}.png", "actions_summary": [{"id": 2, "count": number}], "hidden": False,
        **more,
    }  # fmt: skip


def topic(*posts: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "post_stream": {"posts": list(posts), "stream": []},
        "id": 9,
        "slug": "kettles",
        "title": "Kettles?",
        **more,
    }


def test_a_topic(read) -> None:
    (first, second), reader = read(
        json.dumps(topic(post(1), post(2, version=2, reply_to_post_number=None))), "kettles.9.json"
    )
    assert reader.format == "discourse"
    assert (first.comment_id, first.parent_id, first.thread_id) == (
        "discourse:kettles.9/1",
        None,
        "discourse:kettles.9",
    )
    assert (first.text, first.author, first.votes, first.edited_at) == ("Post 1", "user1", 1, None)
    assert first.created_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert (first.thread_title, first.url, first.field, first.record) == ("Kettles?", None, "cooked", 1)
    assert (second.parent_id, second.edited_at) == ("discourse:kettles.9/1", datetime(2024, 4, 1, 10, tzinfo=UTC))


def test_replies_quotes_and_what_was_typed(read) -> None:
    quote = (
        '<aside class="quote"><div class="title">user1:</div><blockquote><p>Post 1</p></blockquote></aside><p>No.</p>'
    )
    (_, second, third), _ = read(
        json.dumps(topic(post(1), post(2, cooked=quote), post(3, raw="*No*", reply_to_post_number=2)))
    )
    assert "Post 1" in second.text
    assert second.searched.strip() == "No."
    assert (third.text, third.field, third.parent_id) == ("*No*", "raw", "discourse:kettles.9/2")


def test_what_is_no_comment_is_counted(read) -> None:
    posts = [
        post(1),
        post(2, post_type=3, action_code="closed.enabled", cooked=""),
        post(3, deleted_at="2024-03-04T00:00:00.000Z"),
        post(4, user_deleted=True),
        post(5, hidden=True),
        post(6, cooked="<p>(post deleted by author)</p>"),
        post(7, cooked="<p></p>"),
        post(8, cooked=3),
    ]
    comments, reader = read(json.dumps(topic(*posts)))
    counts = reader.counts
    assert len(comments) == 1
    assert (counts.notices, counts.deleted, counts.empty, counts.unreadable, counts.records) == (1, 4, 1, 1, 8)


@pytest.mark.parametrize(
    ("more", "host"),
    [
        ({"topic_url": "https://talk.example/t/kettles/9"}, "https://talk.example"),
        ({"avatar_template": "/user_avatar/talk.example.org/user1/{size}/1_2.png"}, "https://talk.example.org"),
        ({"url": "/t/kettles/9"}, None),
    ],
)
def test_permalinks_need_the_forum(read, more: dict[str, object], host: str | None) -> None:
    (_, second), _ = read(json.dumps(topic(post(1, **more), post(2, **more))))
    assert second.url == (f"{host}/t/kettles/9/2" if host else None)


def test_pages_and_lists_of_posts(read) -> None:
    page = {"post_stream": {"posts": [post(21 % 9), post(4)]}, "id": 9}
    comments, _ = read(json.dumps(page))
    assert [one.comment_id for one in comments] == ["discourse:kettles.9/3", "discourse:kettles.9/4"]
    comments, _ = read(json.dumps({"latest_posts": [post(2, topic_title="Kettles")]}))
    assert [(one.comment_id, one.thread_title) for one in comments] == [("discourse:kettles.9/2", "Kettles")]


def test_broken_shapes(tmp_path: Path) -> None:
    for number, broken in enumerate(damaged(topic(post(1), post(2, raw="typed")))):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(broken), encoding="utf-8")
        with suppress(QAError):
            reader = read_comments(path, "s")
            comments = list(reader)
            assert len(comments) == reader.counts.comments


ARCHIVE = """---
topic_id: 9
title: "Kettles?"
url: https://talk.example/t/9
---

# Kettles

**Topic ID**: 9
**URL**: https://talk.example/t/kettles/9

---

## Post #1 by @ada (2024-03-01 10:00 UTC)

<p>Which one?<br>The red one?</p>

---

## Post #2 by @bob (2024-03-01 10:05 UTC)

<h2>No</h2>
<hr>
<p>The blue one.</p>

---
"""


def test_an_archived_topic(read) -> None:
    (first, second), reader = read(ARCHIVE, "x.md")
    assert reader.format == "discourse-archive"
    assert (first.comment_id, first.thread_id, first.parent_id) == (
        "discourse:kettles.9/1",
        "discourse:kettles.9",
        None,
    )
    assert (first.text, first.author, first.thread_title) == ("Which one?\nThe red one?", "ada", "Kettles?")
    assert first.created_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert (first.line_start, first.line_end, first.record) == (14, 16, 1)
    assert first.url == "https://talk.example/t/kettles/9/1"
    assert (second.parent_id, second.line_start, second.line_end) == ("discourse:kettles.9/1", 20, 24)
    assert second.text.splitlines()[0] == "No"
    assert second.text.splitlines()[-1] == "The blue one."


def test_what_only_looks_like_an_archive(read) -> None:
    _, reader = read("# Notes\n\n## Post #1 by @ada (2024-03-01 10:00 UTC)\n\nHello\n", "x.md")
    assert reader.format == "markdown"


@pytest.mark.shared
def test_real_topics(shared: Path, read_file: Callable) -> None:
    paths = sorted((shared / "exports/discourse_json").glob("*.json"))
    assert paths
    seen = 0
    for path in paths:
        raw = json.loads(path.read_bytes())
        posts = raw["post_stream"]["posts"]
        comments, reader = read_file(path)
        assert reader.counts.records == len(posts)
        assert reader.counts.notices == sum(one["post_type"] == 3 for one in posts)
        by_number = {one["post_number"]: one for one in posts}
        for comment in comments:
            said = by_number[int(comment.comment_id.rpartition("/")[2])]
            assert comment.author == said["username"]
            assert comment.created_at == datetime.fromisoformat(said["created_at"])
            assert comment.thread_title == raw["title"]
            first_words = re.findall(r"[A-Za-z]{4,}", re.sub("<[^>]*>", " ", said["cooked"]))[:1]
            assert all(
                word in comment.text or "&" in said["cooked"] or "<img" in said["cooked"] for word in first_words
            )
            answered = said["reply_to_post_number"] or (1 if said["post_number"] > 1 else None)
            assert comment.parent_id == (f"discourse:{raw['slug']}.{raw['id']}/{answered}" if answered else None)
            assert comment.url is None or comment.url.endswith(f"/t/{raw['slug']}/{raw['id']}/{said['post_number']}")
            seen += 1
    assert seen > 500


@pytest.mark.shared
def test_a_real_archive(shared: Path, read_file: Callable) -> None:
    paths = sorted((shared / "exports/discourse_markdown").rglob("*.md"))
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        headings = re.findall(r"^## Post #(\d+) by @(\S+) \((.*) UTC\)$", text, re.M)
        address = re.search(r"^\*\*URL\*\*: (\S+)$", text, re.M)
        comments, reader = read_file(path)
        assert reader.counts.records == len(headings)
        told = {number: (author, date) for number, author, date in headings}
        for comment in comments:
            author, date = told[comment.comment_id.rpartition("/")[2]]
            assert (comment.author, comment.created_at) == (author, datetime.fromisoformat(date + "+00:00"))
            assert comment.url == f"{address[1]}/{comment.comment_id.rpartition('/')[2]}"
