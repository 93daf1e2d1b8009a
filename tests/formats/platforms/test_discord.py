from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.errors import Malformed, NoComments, QAError
from qa.formats import ReadOptions, read_comments
from tests.formats.platforms.damage import damaged

ADA = {"id": "1", "name": "ada", "discriminator": "0000", "nickname": "Ada B", "isBot": False}
GRACE = {"id": "2", "name": "grace", "nickname": None}


def message(own: str, content: object = "text", **fields: object) -> dict[str, Any]:
    base = {"id": own, "type": "Default", "timestamp": "2024-03-07T10:22:00.5+00:00", "timestampEdited": None}
    return base | {"isPinned": False, "content": content, "author": ADA, "embeds": [], "reactions": []} | fields


def reply(own: str, to: str, **fields: object) -> dict[str, Any]:
    return message(own, type="Reply", reference={"messageId": to, "channelId": "77", "guildId": "9"}, **fields)


def export(*messages: object, **fields: object) -> dict[str, Any]:
    guild, channel = {"id": "9", "name": "Figs"}, {"id": "77", "type": "GuildTextChat", "name": "garden"}
    head = {"guild": guild, "channel": channel, "dateRange": {}, "exportedAt": "2024-03-08T00:00:00+00:00"}
    return head | fields | {"messages": list(messages), "messageCount": len(messages)}


@pytest.fixture
def drafts(tmp_path: Path):
    def run(value: object) -> list:
        path = tmp_path / "garden.json"
        path.write_text(json.dumps(value, indent=1), encoding="utf-8")
        return list(read_comments(path, "s", ReadOptions(format="discord"))._drafts)

    return run


def test_every_field(read, drafts) -> None:
    reactions = [{"emoji": {"name": "x"}, "count": 2}, {"emoji": {"name": "y"}, "count": 1}]
    first = message("100", "When do we *water*?", reactions=reactions, timestampEdited="2024-03-07T11:00:00+01:00")
    value = export(first, reply("101", "100", author=GRACE), message("102", "Pinned", type="ChannelPinnedMessage"))
    (one, two), reader = read(json.dumps(value, indent=1))
    assert (reader.format, reader.counts.notices, reader.counts.records) == ("discord", 1, 3)
    assert (one.text, one.author, one.thread_title) == ("When do we *water*?", "Ada B", "#garden")
    assert (one.comment_id, one.thread_id, one.parent_id) == ("discord:100", "discord:100", None)
    assert one.url == "https://discord.com/channels/9/77/100"
    assert one.created_at == datetime(2024, 3, 7, 10, 22, 0, 500000, tzinfo=UTC)
    assert (one.record, one.field) == (1, "content")
    lines = json.dumps(value, indent=1).split("\n")
    assert '"100"' in lines[one.line_start]
    assert lines[one.line_end - 1].strip() == "},"
    assert (two.author, two.parent_id, two.thread_id) == ("grace", "discord:100", "discord:100")
    draft = drafts(value)[0]
    assert (draft.votes, draft.edited_at) == (3, datetime(2024, 3, 7, 10, 0, tzinfo=UTC))


def test_chains_of_replies(drafts) -> None:
    found = drafts(export(reply("1", "0"), reply("2", "1"), reply("3", "2"), message("4"), reply("5", "5")))
    assert [(d.thread_id, d.parent_id) for d in found] == [
        ("discord:0", "discord:0"),
        ("discord:0", "discord:1"),
        ("discord:0", "discord:2"),
        ("discord:4", None),
        ("discord:5", None),
    ]


def test_threads_and_direct_messages(drafts) -> None:
    channel = {"id": "50", "type": "GuildPublicThread", "category": "garden", "name": "Figs in winter"}
    found = drafts(export(message("50"), message("51"), reply("52", "51"), channel=channel))
    assert [(d.title, d.thread_id, d.parent_id) for d in found] == [
        ("Figs in winter", "discord:50", None),
        ("Figs in winter", "discord:50", "discord:50"),
        ("Figs in winter", "discord:50", "discord:51"),
    ]
    channel = {"id": "60", "type": "DirectTextChat", "name": "grace"}
    (direct,) = drafts(export(message("61"), channel=channel, guild={"id": "0", "name": "Direct Messages"}))
    assert (direct.title, direct.url) == ("grace", "https://discord.com/channels/@me/60/61")


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (message("1", "a"), "comment", "a"),
        (message("1", "a", type="20"), "comment", "a"),
        (message("1", "", type="21"), "comment", ""),
        (message("1", "Joined", type="GuildMemberJoin"), "notice", "Joined"),
        (message("1", "Started a thread", type="ThreadCreated"), "notice", "Started a thread"),
        (message("1", "x", type=["Default"]), "notice", "x"),
        (message("1", ""), "comment", ""),
        (message("1", 5), "comment", None),
        (message("1", ["x"]), "comment", None),
        ("words", "comment", None),
        (None, "comment", None),
        ({}, "comment", None),
    ],
)
def test_what_a_record_is(drafts, record: object, kind: str, text: str | None) -> None:
    (draft,) = drafts(export(record))
    assert (draft.kind, draft.text) == (kind, text)


def test_embeds_and_names(drafts) -> None:
    embed = {
        "title": "Ants",
        "url": "https://a.org",
        "description": "On the figs",
        "fields": [{"name": "a", "value": "b"}],
    }
    raw = "<@1> <@!2> <@3> <:fig:12> <a:leaf:13> 1 < 2"
    first, second = drafts(export(message("1", "", embeds=[embed]), message("2", raw, mentions=[ADA, GRACE])))
    assert (first.text, first.field) == ("Ants\nOn the figs\na: b", "embeds")
    assert second.text == "@Ada B @grace <@3> :fig: :leaf: 1 < 2"


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"id": "1", "text": "generic"}]},
        {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": [{"id": "1", "text": "generic"}]},
        {"guild": "x", "channel": "y", "messages": [{"id": "1", "type": "x", "text": "generic"}]},
    ],
)
def test_other_json_is_not_taken(read, value: object) -> None:
    assert read(json.dumps(value))[1].format == "json"


def test_a_cut_file(tmp_path: Path) -> None:
    whole = json.dumps(export(message("1"), message("2")), indent=1)
    path = tmp_path / "garden.json"
    for end in range(0, len(whole) - 1, 9):
        path.write_text(whole[:end], encoding="utf-8")
        with pytest.raises((Malformed, NoComments)):
            list(read_comments(path, "s", ReadOptions(format="discord")))


def test_broken_shapes(tmp_path: Path) -> None:
    whole = export(
        reply("1", "0", mentions=[ADA], reactions=[{"count": 1}], content="<@1>"),
        message("2", "", embeds=[{"title": "t", "fields": [{"name": "n", "value": "v"}]}]),
    )
    path = tmp_path / "garden.json"
    for value in damaged(whole):
        path.write_text(json.dumps(value), encoding="utf-8")
        try:
            reader = read_comments(path, "s", ReadOptions(format="discord"))
            list(reader)
        except QAError:
            pass
        messages = value["messages"]
        assert reader.counts.records == (len(messages) if isinstance(messages, list) else 0)
