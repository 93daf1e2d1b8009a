from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.errors import Malformed, NoComments, SourceError
from qa.formats import ReadOptions, read_comments
from tests.formats.platforms.damage import damaged

USERS = [
    {"id": "U1A", "team_id": "T9", "name": "ada", "profile": {"display_name": "Ada B", "real_name": "Ada Byron"}},
    {"id": "U2B", "team_id": "T9", "name": "grace", "profile": {"display_name": "", "real_name": "Grace H"}},
    {"id": "U3C", "team_id": "T8", "name": "kurt", "real_name": "", "profile": {"real_name": ""}},
]
CHANNELS = [{"id": "C77", "name": "garden", "created": 1, "creator": "U1A", "members": ["U1A", "U2B"]}]
DMS = [{"id": "D55", "created": 1, "members": ["U1A", "U2B"]}]
T0 = "1600000000.000100"
MESSAGES = [
    {"type": "message", "user": "U1A", "text": "When do we water the figs?", "ts": T0, "thread_ts": T0,
     "reactions": [{"name": "fig", "users": ["U2B"], "count": 2}, {"name": "eyes", "users": [], "count": 1}]},
    {"type": "message", "user": "U2B", "text": "At dawn.", "ts": "1600000060.000200", "thread_ts": T0,
     "edited": {"user": "U2B", "ts": "1600000099.000000"}},
    {"type": "message", "subtype": "channel_join", "user": "U3C", "text": "<@U3C> joined", "ts": "1600000070.000100"},
    {"type": "message", "user": "U3C", "text": "", "ts": "1600000080.000100"},
]  # fmt: skip


def write(root: Path, messages: object, day: str = "garden/2020-09-13.json", **lists: object) -> Path:
    path = root / "export" / day
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, value in ({"users": USERS, "channels": CHANNELS, "dms": DMS} | lists).items():
        (root / "export" / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    path.write_text(messages if isinstance(messages, str) else json.dumps(messages, indent=1), encoding="utf-8")
    return path


def message(text: object, **fields: object) -> dict[str, object]:
    return {"type": "message", "user": "U1A", "text": text, "ts": "1600000001.000100"} | fields


def test_every_field(tmp_path: Path, read_file) -> None:
    (first, reply), reader = read_file(write(tmp_path, MESSAGES))
    assert reader.format == "slack"
    assert (reader.counts.comments, reader.counts.notices, reader.counts.empty, reader.counts.records) == (2, 1, 1, 4)
    assert first.comment_id == first.thread_id == f"slack:T9/C77/{T0}"
    assert (first.author, first.text, first.thread_title) == ("Ada B", "When do we water the figs?", "#garden")
    assert first.created_at == datetime(2020, 9, 13, 12, 26, 40, 100, tzinfo=UTC)
    assert (first.parent_id, first.url, first.record, first.field, first.line_start) == (None, None, 1, "text", 2)
    assert (reply.author, reply.parent_id, reply.thread_id) == ("Grace H", first.comment_id, first.comment_id)
    assert reply.comment_id == "slack:T9/C77/1600000060.000200"
    lines = (tmp_path / "export/garden/2020-09-13.json").read_text(encoding="utf-8").split("\n")
    assert '"At dawn."' in "".join(lines[reply.line_start - 1 : reply.line_end])


def drafts(path: Path) -> list:
    return list(read_comments(path, "s")._drafts)


def test_votes_and_edits(tmp_path: Path) -> None:
    first, reply, *_ = drafts(write(tmp_path, MESSAGES))
    assert (first.votes, first.edited_at, reply.votes) == (3, None, None)
    assert reply.edited_at == datetime(2020, 9, 13, 12, 28, 19, tzinfo=UTC)


def test_an_address_where_the_export_tells_the_workspace(tmp_path: Path, read_file) -> None:
    file = {"id": "F1", "permalink": "https://figs.slack.com/files/U1A/F1/a.png"}
    path = write(tmp_path, [*MESSAGES, message("look", files=[file])])
    assert [c.url for c in read_file(path)[0]] == [
        "https://figs.slack.com/archives/C77/p1600000000000100",
        f"https://figs.slack.com/archives/C77/p1600000060000200?thread_ts={T0}&cid=C77",
        "https://figs.slack.com/archives/C77/p1600000001000100",
    ]
    quoted = write(tmp_path, [message('they wrote "permalink": "https://other.slack.com/files/x"')])
    assert read_file(quoted)[0][0].url is None


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<@U1A> and <@U2B|grace> and <@U9Z|zed> and <@U9Z>", "@Ada B and @Grace H and @zed and @U9Z"),
        ("see <#C77|garden>, <#C77> and <#C99>", "see #garden, #garden and #C99"),
        ("<!here> <!channel|@channel> <!everyone> <!subteam^S1|@growers> <!subteam^S2>",
         "@here @channel @everyone @growers @S2"),
        ("<!date^1600000000^{date}|13 September 2020>", "13 September 2020"),
        ("<https://a.org/?x=1&amp;y=2> <https://a.org|the page> <http://a.org|a.org> <https://a.org/|https://a.org/>",
         "https://a.org/?x=1&y=2 the page (https://a.org) a.org https://a.org/"),
        ("<mailto:a@b.org|a@b.org> <mailto:a@b.org|mail us> <tel:123|123> <mailto:a@b.org>",
         "a@b.org mail us (a@b.org) 123 a@b.org"),
        ("1 &lt; 2 &amp;&amp; x &amp;lt; y &gt; 0", "1 < 2 && x &lt; y > 0"),
        ("&gt; quoted\nanswer", "> quoted\nanswer"),
        ("*bold* `code` :fig:", "*bold* `code` :fig:"),
        ("&quot;as it is&quot; <>", "&quot;as it is&quot; <>"),
        ("<|x> <@> <#> <!>", "x @ # @"),
    ],
)  # fmt: skip
def test_markup(tmp_path: Path, read_file, source: str, shown: str) -> None:
    (comment,), _ = read_file(write(tmp_path, [message(source)]))
    assert comment.text == shown


def test_who_wrote(tmp_path: Path) -> None:
    records = [
        message("a", user="U3C"),
        message("b", user="U9Z"),
        message("c", user="U9Z", user_profile={"display_name": "Zed", "real_name": "Z"}),
        message("d", user=None, subtype="bot_message", username="Weather", bot_id="B1"),
        message("e", user=None, subtype="bot_message", bot_id="B1"),
        message("f", user="U2B", bot_id="B1", bot_profile={"name": "Robot"}),
        message("g", user=None, bot_id="B1", bot_profile={"name": "Robot"}),
        message("h", user="USLACKBOT"),
        message("i", user="U1A", bot_id=None, username="<@U1A|ada>"),
    ]
    found = [draft.author for draft in drafts(write(tmp_path, records))]
    assert found == ["kurt", "U9Z", "Zed", "Weather", "B1", "Grace H", "Robot", "Slackbot", "Ada B"]


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (message("waves", subtype="me_message"), "comment", "waves"),
        (message("told all", subtype="thread_broadcast", thread_ts=T0), "comment", "told all"),
        (message("x", subtype="reply_broadcast"), "notice", "x"),
        (message("set the topic", subtype="channel_topic"), "notice", "set the topic"),
        (message("", subtype="something_new"), "notice", ""),
        (message("This message was deleted.", subtype="tombstone"), "deleted", "This message was deleted."),
        (message("This message was deleted.", user="USLACKBOT"), "deleted", "This message was deleted."),
        (message("This message was deleted."), "comment", "This message was deleted."),
        (message(7), "comment", None),
        (message(["x"]), "comment", None),
        ("words", "comment", None),
        (None, "comment", None),
    ],
)
def test_what_a_record_is(tmp_path: Path, record: object, kind: str, text: str | None) -> None:
    *_, draft = drafts(write(tmp_path, [*MESSAGES, record]))
    assert (draft.kind, draft.text) == (kind, text)


def test_text_in_blocks_and_attachments(tmp_path: Path, read_file) -> None:
    words = [{"type": "text", "text": "Ask "}, {"type": "user", "user_id": "U2B"}, {"type": "emoji", "name": "fig"}]
    words += [{"type": "link", "url": "https://a.org", "text": "here"}, {"type": "broadcast", "range": "here"}]
    rich = [
        {"type": "rich_text_section", "elements": words},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "one\ntwo"}]},
        {"type": "rich_text_list", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]},
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "second"}]}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
    ]  # fmt: skip
    kit = [
        {"type": "header", "text": {"type": "plain_text", "text": "Harvest"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "By <@U1A>"}, "fields": [{"text": "12 kg"}]},
        {"type": "divider"},
    ]
    told = [
        {
            "pretext": "New issue",
            "title": "Ants",
            "text": "by <@U2B>",
            "fields": [{"title": "Priority", "value": "High"}],
        },
        {"fallback": "Only this"},
        {"from_url": "https://a.org", "text": "preview"},
    ]
    path = write(tmp_path, [
        message("", ts="1600000001.000100", blocks=[{"type": "rich_text", "elements": rich}]),
        message("", ts="1600000002.000100", blocks=kit),
        message("", ts="1600000003.000100", attachments=told),
        message("", ts="1600000004.000100", attachments=[{"is_msg_unfurl": True, "text": "somebody else's"}]),
    ])  # fmt: skip
    comments, reader = read_file(path)
    assert [(c.text, c.field) for c in comments] == [
        ("Ask @Grace H:fig:here (https://a.org)@here\n> one\n> two\n• first\n• second\n```x = 1```", "blocks"),
        ("Harvest\nBy @Ada B\n12 kg", "blocks"),
        ("New issue\nAnts\nby @Grace H\nPriority: High\nOnly this", "attachments"),
    ]
    assert reader.counts.empty == 1


def test_files(tmp_path: Path) -> None:
    sentence = "<@U1A|ada> uploaded a file: <https://figs.slack.com/x|Figs.png>"
    told = f"{sentence} and commented: Ripe, at la..."
    comment = {"user": "U2B", "comment": "So <@U1A> grew them"}
    records = [
        message(sentence, subtype="file_share", file={"id": "F1"}),
        message(told, subtype="file_share", file={"id": "F1", "initial_comment": {"comment": "Ripe, at last"}}),
        message(told, subtype="file_share", file={"id": "F1"}),
        message("Ripe", subtype="file_share", files=[{"id": "F1"}]),
        message("", files=[{"id": "F1"}]),
        {"type": "message", "subtype": "file_comment", "text": "x commented", "ts": T0, "comment": comment, "file": {}},
    ]
    found = [(d.kind, d.text, d.author) for d in drafts(write(tmp_path, records))]
    assert found == [
        ("notice", "", "Ada B"),
        ("comment", "Ripe, at last", "Ada B"),
        ("comment", "Ripe, at la...", "Ada B"),
        ("comment", "Ripe", "Ada B"),
        ("comment", "", "Ada B"),
        ("comment", "So @Ada B grew them", "Grace H"),
    ]


def test_edits_and_deletions_kept_as_messages(tmp_path: Path, read_file) -> None:
    late = "1600000500.000100"
    edit = {"user": "U1A", "text": "At dusk", "ts": "1600000001.000100", "edited": {"ts": late}}
    old = {"user": "U2B", "text": "Never", "ts": "1599000000.000100", "edited": {"ts": late}}
    records = [
        message("At dawn"),
        message("oops", ts="1600000002.000100"),
        {"type": "message", "subtype": "message_changed", "hidden": True, "ts": late, "message": edit},
        {"type": "message", "subtype": "message_changed", "hidden": True, "ts": late, "message": old},
        {"type": "message", "subtype": "message_deleted", "ts": late, "deleted_ts": "1600000002.000100"},
        {"type": "message", "subtype": "message_deleted", "ts": late, "deleted_ts": "1598000000.000100"},
    ]
    comments, reader = read_file(write(tmp_path, records))
    assert [(c.text, c.author, c.comment_id) for c in comments] == [
        ("At dusk", "Ada B", "slack:T9/C77/1600000001.000100"),
        ("Never", "Grace H", "slack:T9/C77/1599000000.000100"),
    ]
    assert comments[0].created_at == datetime(2020, 9, 13, 12, 26, 41, 100, tzinfo=UTC)
    assert (reader.counts.deleted, reader.counts.notices, reader.counts.records) == (2, 2, 6)


def test_direct_messages_and_unlisted_channels(tmp_path: Path, read_file) -> None:
    (comment,), _ = read_file(write(tmp_path, [message("hello")], day="D55/2020-09-13.json"))
    assert (comment.thread_title, comment.comment_id) == ("Ada B, Grace H", "slack:T9/D55/1600000001.000100")
    (comment,), _ = read_file(write(tmp_path, [message("hello")], day="attic/2020-09-13.json"))
    assert (comment.thread_title, comment.comment_id) == ("#attic", "slack:T9/attic/1600000001.000100")


def test_a_file_alone(read) -> None:
    (comment,), _ = read(json.dumps([message("hi <@U1A>")]), name="some.json")
    assert (comment.text, comment.author, comment.thread_title) == ("hi @U1A", "U1A", None)
    assert (comment.comment_id, comment.thread_id) == ("s#1600000001.000100", "1600000001.000100")


def test_lists_are_read_again_when_they_change(tmp_path: Path, read_file) -> None:
    assert read_file(write(tmp_path, [message("hi")]))[0][0].author == "Ada B"
    users = [USERS[0] | {"profile": {"display_name": "Ada Byron King"}}]
    (comment,), reader = read_file(write(tmp_path, [message("hi")], users=users))
    assert comment.author == "Ada Byron King"
    assert {path.name for path in reader.beside} >= {"users.json", "channels.json", "groups.json", "dms.json"}


def test_companions(tmp_path: Path, read_file) -> None:
    logs = [{"user_id": "U1A", "user_name": "ada", "date": "1600000000", "change_type": "added"}]
    root = write(tmp_path, MESSAGES, integration_logs=logs, groups=[], canvases=[{"x": 1}]).parent.parent
    for name in ("users", "channels", "dms", "groups", "integration_logs", "canvases"):
        comments, reader = read_file(root / f"{name}.json")
        assert (comments, reader.role, reader.format) == ([], "companion", "slack"), name


@pytest.mark.parametrize(
    "value",
    [
        [{"type": "message", "text": "generic", "ts": "today"}],
        [{"type": "message", "text": "generic", "ts": 1600000000.5}],
        [{"id": "U1A", "name": "x", "text": "generic"}],
        [{"id": "C1A", "name": "x", "text": "generic", "members": []}],
        [*MESSAGES[:1], {"text": "generic"}, {"text": "generic"}],
    ],
)
def test_other_json_is_not_taken(read, value: object) -> None:
    assert read(json.dumps(value), name="users.json")[1].format == "json"


def test_a_broken_file(tmp_path: Path, read_file) -> None:
    written = json.dumps(MESSAGES, indent=1)
    for end in range(250, len(written), 7):
        with pytest.raises((Malformed, NoComments)):
            read_file(write(tmp_path, written[:end]))
    path = write(tmp_path, MESSAGES)
    (path.parent.parent / "users.json").write_text('[{"id": "U1A", ', encoding="utf-8")
    with pytest.raises(Malformed, match=r"users\.json"):
        read_file(path)


def test_broken_shapes_are_counted(tmp_path: Path) -> None:
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "t"}]}],
    }
    whole = [
        MESSAGES[0],
        message("", blocks=[rich], bot_profile={"name": "x"}, user_profile={"name": "y"}, edited={"ts": T0}),
        message("", attachments=[{"text": "x", "fields": [{"title": "a", "value": "b"}]}]),
        message("x", subtype="file_comment", comment={"comment": "c", "user": "U1A"}, file={"initial_comment": {}}),
        {"type": "message", "subtype": "message_changed", "message": message("n"), "previous_message": message("o")},
        {"type": "message", "subtype": "message_deleted", "deleted_ts": T0, "previous_message": message("o")},
    ]
    for value in damaged(whole):
        path = write(tmp_path, [*value, message("the last", ts="1600000009.000100")])
        reader = read_comments(path, "s", ReadOptions(format="slack"))
        comments = list(reader)
        assert reader.counts.records == len(value) + 1
        assert comments[-1].text == "the last"


def test_broken_lists_are_survived(tmp_path: Path) -> None:
    for name, whole in (("users", USERS[:1]), ("channels", CHANNELS), ("dms", DMS)):
        for value in damaged(whole):
            path = write(tmp_path, MESSAGES, **{name: value})
            try:
                assert len(list(read_comments(path, "s"))) == 2
            except SourceError as error:
                pytest.fail(str(error))


@pytest.mark.shared
def test_the_real_export(shared: Path, read_file) -> None:
    root = shared / "exports/slack_json"
    users = {user["id"]: user for user in json.loads((root / "users.json").read_bytes())}
    channels = {one["name"]: one["id"] for one in json.loads((root / "channels.json").read_bytes())}
    records = comments_read = 0
    ids: set[str] = set()
    for path in sorted(root.glob("*/*.json")):
        raw = json.loads(path.read_bytes())
        records += len(raw)
        reader = read_comments(path, path.name)
        try:
            comments = list(reader)
        except NoComments:
            comments = []
        assert reader.format == "slack"
        assert reader.counts.records == len(raw), path
        assert not reader.counts.unreadable
        comments_read += len(comments)
        for comment in comments:
            source = raw[comment.record - 1]
            assert comment.comment_id == f"slack:T061A2UFL/{channels[path.parent.name]}/{source['ts']}"
            assert comment.thread_title == f"#{path.parent.name}"
            assert abs(comment.created_at.timestamp() - float(source["ts"])) < 1e-5
            author = users[source.get("user") or source["comment"]["user"]]
            assert comment.author == (author["profile"].get("real_name", "").strip() or author["name"])
            assert not re.search(r"<[@#!h]|&(?:amp|lt|gt);", comment.text)
            plain = re.sub(r"<[^>]*>|&\w+;", "\0", source["text"]).split("\0")
            if "subtype" not in source:
                assert all(part in comment.text for part in plain)
        ids.update(comment.comment_id for comment in comments)
    written = [
        one
        for path in root.glob("*/*.json")
        for one in json.loads(path.read_bytes())
        if one.get("subtype") in (None, "file_comment") or "initial_comment" in one.get("file", {})
    ]
    assert (records, len(ids)) == (sum(len(json.loads(p.read_bytes())) for p in root.glob("*/*.json")), comments_read)
    assert comments_read == len(written) - sum(not re.search(r"\w", one["text"]) for one in written)
    for name in ("users", "channels", "integration_logs"):
        assert read_file(root / f"{name}.json")[1].role == "companion"
