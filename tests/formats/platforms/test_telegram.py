from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.errors import Malformed, NoComments, QAError
from qa.formats import ReadOptions, read_comments
from tests.formats.platforms.damage import damaged


def message(own: int, text: object = "text", **fields: object) -> dict[str, Any]:
    base = {"id": own, "type": "message", "date": "2024-03-07T12:22:00", "date_unixtime": "1709806920"}
    return base | {"from": "Ada B", "from_id": "user1", "text": text, "text_entities": []} | fields


def chat(*messages: object, **fields: object) -> dict[str, Any]:
    return {"name": "Figs", "type": "private_supergroup", "id": 555} | fields | {"messages": list(messages)}


@pytest.fixture
def drafts(tmp_path: Path):
    def run(value: object) -> list:
        path = tmp_path / "result.json"
        path.write_text(json.dumps(value, indent=1), encoding="utf-8")
        return list(read_comments(path, "s", ReadOptions(format="telegram"))._drafts)

    return run


def test_every_field(read, drafts) -> None:
    reactions = [{"type": "emoji", "count": 2, "emoji": "x"}, {"type": "emoji", "count": 3, "emoji": "y"}]
    first = message(1, "When do we water?", reactions=reactions, edited_unixtime="1709806980")
    second = message(2, "At dawn", reply_to_message_id=1, **{"from": "Grace"})
    joined = {"id": 3, "type": "service", "date_unixtime": "1709806990", "actor": "Ada B", "action": "join", "text": ""}
    value = chat(first, second, joined)
    (one, two), reader = read(json.dumps(value, indent=1))
    assert (reader.format, reader.counts.notices, reader.counts.records) == ("telegram", 1, 3)
    assert (one.text, one.author, one.thread_title) == ("When do we water?", "Ada B", "Figs")
    assert (one.comment_id, one.thread_id, one.parent_id) == ("telegram:555/1", "telegram:555/1", None)
    assert one.created_at == datetime(2024, 3, 7, 10, 22, tzinfo=UTC)
    assert (one.url, one.record, one.field) == ("https://t.me/c/555/1", 1, "text")
    assert (two.author, two.parent_id, two.thread_id) == ("Grace", "telegram:555/1", "telegram:555/1")
    lines = json.dumps(value, indent=1).split("\n")
    assert lines[two.line_start].strip() == '"id": 2,'
    draft = drafts(value)[0]
    assert (draft.votes, draft.edited_at) == (5, datetime(2024, 3, 7, 10, 23, tzinfo=UTC))


def test_an_account(read) -> None:
    value = {
        "about": "Your data",
        "personal_information": {"user_id": 1},
        "contacts": {"about": "x", "list": [{"first_name": "x", "date": "y"}]},
        "chats": {
            "about": "chats",
            "list": [
                chat(message(1), message(2, reply_to_message_id=1), name="Grace", type="personal_chat", id=22),
                chat(message(1), id=33, type="public_channel"),
                7,
                {"type": "saved_messages", "id": 44, "messages": [message(1)]},
                chat(id=45),
            ],
        },
        "left_chats": {"about": "left", "list": [chat(message(9), id=66)]},
    }
    comments, reader = read(json.dumps(value))
    assert reader.format == "telegram"
    assert [(c.comment_id, c.thread_title, c.url, c.record) for c in comments] == [
        ("telegram:22/1", "Grace", None, 1),
        ("telegram:22/2", "Grace", None, 2),
        ("telegram:33/1", "Figs", "https://t.me/c/33/1", 3),
        ("telegram:44/1", "Saved Messages", None, 4),
        ("telegram:66/9", "Figs", "https://t.me/c/66/9", 5),
    ]


def test_chains_of_replies(drafts) -> None:
    found = drafts(
        chat(
            message(5, reply_to_message_id=2),
            message(6, reply_to_message_id=5),
            message(7, reply_to_message_id=6),
            message(8, reply_to_message_id=3, reply_to_peer_id="channel9"),
            message(9, reply_to_message_id=9),
        )
    )
    assert [(d.thread_id[13:], d.parent_id and d.parent_id[13:]) for d in found] == [
        ("2", "2"), ("2", "5"), ("2", "6"), ("8", None), ("9", None),
    ]  # fmt: skip


def test_texts(drafts) -> None:
    pieces = [
        "See ",
        {"type": "text_link", "text": "this", "href": "https://a.org"},
        ": ",
        {"type": "blockquote", "text": "their words\n"},
        {"type": "bold", "text": "mine"},
        {"type": "link", "text": "https://b.org"},
        5,
    ]
    poll = {"question": "Water?", "answers": [{"text": "Yes", "voters": 1}, {"text": "No", "voters": 0}]}
    only_entities = message(4, text_entities=["by ", {"type": "plain", "text": "pieces"}])
    del only_entities["text"]
    quoted, asked, empty, entities = drafts(
        chat(message(1, pieces), message(2, "", poll=poll), message(3, ""), only_entities)
    )
    assert quoted.text == "See this (https://a.org): their words\nminehttps://b.org"
    assert [quoted.text[start:end] for start, end in quoted.asides] == ["their words\n"]
    assert (asked.text, asked.field) == ("Water?\n• Yes\n• No", "poll")
    assert empty.text == ""
    assert (entities.text, entities.field) == ("by pieces", "text_entities")


@pytest.mark.parametrize(
    ("record", "kind", "author", "text"),
    [
        (message(1), "comment", "Ada B", "text"),
        (message(1, forwarded_from="Kurt"), "comment", "Kurt", "text"),
        (message(1, forwarded_from=None), "comment", None, "text"),
        (message(1, type="service", actor="Kurt", **{"from": None}), "notice", "Kurt", "text"),
        (message(1, type="unsupported"), "comment", "Ada B", None),
        (message(1, 7), "comment", "Ada B", None),
        (message(1, {"a": 1}), "comment", "Ada B", None),
        ("words", "comment", None, None),
        (None, "comment", None, None),
    ],
)
def test_what_a_record_is(drafts, record: object, kind: str, author: str | None, text: str | None) -> None:
    (draft,) = drafts(chat(record))
    assert (draft.kind, draft.author, draft.text) == (kind, author, text)


def test_local_time_where_there_is_no_other(drafts) -> None:
    old = message(1)
    del old["date_unixtime"]
    assert drafts(chat(old))[0].created_at == datetime(2024, 3, 7, 12, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "x", "type": "y", "id": 1, "messages": [{"id": 1, "text": "generic"}]},
        {"about": "x", "messages": [{"id": 1, "text": "generic"}]},
        {"messages": [message(1)]},
    ],
)
def test_other_json_is_not_taken(read, value: object) -> None:
    assert read(json.dumps(value))[1].format == "json"


def test_a_cut_file(tmp_path: Path) -> None:
    whole = json.dumps({"about": "x", "personal_information": {}, "chats": {"list": [chat(message(1), message(2))]}})
    path = tmp_path / "result.json"
    for end in range(0, len(whole) - 1, 7):
        path.write_text(whole[:end], encoding="utf-8")
        with pytest.raises((Malformed, NoComments)):
            list(read_comments(path, "s", ReadOptions(format="telegram")))


def test_broken_shapes(tmp_path: Path) -> None:
    one = message(1, ["a", {"type": "text_link", "text": "b", "href": "c"}], reactions=[{"count": 1}])
    two = message(2, "", poll={"question": "q", "answers": [{"text": "a"}]}, reply_to_message_id=1)
    path = tmp_path / "result.json"
    for value in damaged({"about": "x", "chats": {"about": "y", "list": [chat(one, two), chat(two)]}}):
        path.write_text(json.dumps(value), encoding="utf-8")
        try:
            reader = read_comments(path, "s", ReadOptions(format="telegram"))
            list(reader)
        except QAError:
            pass
        chats = value["chats"].get("list") if isinstance(value["chats"], dict) else None
        lists = [one.get("messages") for one in chats if isinstance(one, dict)] if isinstance(chats, list) else []
        assert reader.counts.records == sum(len(one) for one in lists if isinstance(one, list))
