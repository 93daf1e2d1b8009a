from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.formats.contents import Content
from qa.formats.platforms import bluesky
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut

AT = "at://did:plc:ada/app.bsky.feed.post/"


def record(text: str, parent: str | None = None, root: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"$type": "app.bsky.feed.post", "createdAt": "2024-01-02T03:04:05.678Z", "text": text}
    if parent:
        found["reply"] = {
            "root": {"cid": "c", "uri": AT + (root or parent)},
            "parent": {"cid": "c", "uri": AT + parent},
        }
    return found


def post(key: str, text: str, parent: str | None = None, root: str | None = None) -> dict[str, Any]:
    author = {"did": "did:plc:ada", "handle": "ada.example", "displayName": "Ada"}
    return {"uri": AT + key, "cid": "c", "author": author, "record": record(text, parent, root), "likeCount": 4}


def shown(comments) -> list[tuple]:
    return [(c.comment_id.rpartition("/")[2], c.text, c.author, c.parent_id, c.thread_id) for c in comments]


A, B = f"bluesky:{AT}a", f"bluesky:{AT}b"
FIRST = ("a", "one", "Ada", None, A)
SECOND = ("b", "two", "Ada", A, A)
THIRD = ("c", "three", "Ada", B, A)


def test_a_feed(read) -> None:
    repost = {"post": post("x", "theirs"), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}
    reply = {"post": post("b", "two", "a"), "reply": {"root": post("a", "one"), "parent": post("a", "one")}}
    comments, reader = read(
        json.dumps({"feed": [{"post": post("a", "one")}, reply, repost], "cursor": "2024"}), "f.json"
    )
    assert reader.format == "bluesky"
    assert shown(comments) == [FIRST, SECOND]
    counts = reader.counts
    assert (counts.duplicates, counts.notices, counts.records) == (2, 1, 5)
    assert comments[0].url == "https://bsky.app/profile/ada.example/post/a"
    assert comments[0].created_at == datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def test_a_thread(read) -> None:
    gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": AT + "z", "notFound": True}
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": AT + "y", "blocked": True, "author": {"did": "x"}}
    view = {"$type": "app.bsky.feed.defs#threadViewPost"}
    thread = {**view, "post": post("b", "two", "a"), "parent": {**view, "post": post("a", "one")},
              "replies": [{**view, "post": post("c", "three", "b", "a"), "replies": []}, gone, blocked]}  # fmt: skip
    comments, reader = read(json.dumps({"thread": thread}), "t.json")
    assert shown(comments) == [FIRST, SECOND, THIRD]
    assert (reader.counts.deleted, reader.counts.notices, reader.counts.records) == (1, 1, 5)


def test_records_of_a_repository(read, tmp_path: Path) -> None:
    rows = [
        {"uri": AT + "a", "cid": "c", "value": record("one")},
        {"uri": AT + "b", "cid": "c", "value": record("two", "a")},
    ]
    comments, reader = read(json.dumps({"records": rows, "cursor": "b"}), "records.json")
    assert reader.format == "bluesky"
    assert shown(comments) == [("a", "one", None, None, A), ("b", "two", None, A, A)]
    assert comments[0].url == "https://bsky.app/profile/did:plc:ada/post/a"
    bare, _ = read("\n".join(json.dumps(row["value"]) for row in rows), "records.jsonl")
    assert [(c.text, c.parent_id) for c in bare] == [("one", None), ("two", A)]
    (tmp_path / "v.json").write_text(json.dumps([post("a", "one")]))
    assert [d.votes for d in bluesky.read(Content(tmp_path / "v.json"))] == [4]


@pytest.mark.parametrize(
    "content", ['[{"uri": "http://x", "text": "hi"}]', '{"feed": [{"post": {"text": "hi"}}]}', '[{"text": "x"}]', "[]"]
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert bluesky.recognises(take_sample(Content(path))) is None


@pytest.mark.parametrize("value", [{"feed": [{"post": post("b", "two", "a"), "reply": {"root": post("a", "one")}}]}])
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "bluesky") > 100
    check_cut(tmp_path, json.dumps(value), "bluesky")
