"""A channel's day -> drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft, Kind
from qa.formats.platforms.slack.export import TS, Export, open_export, shown_name
from qa.formats.platforms.slack.mrkdwn import Mrkdwn
from qa.formats.tables.json_stream import Value, json_values
from qa.formats.tables.values import dict_of, dicts_of, line_of, number_of, text_of

# What a person or a bot wrote. Every other subtype is the platform telling what happened.
_WRITTEN = frozenset(("bot_message", "me_message", "thread_broadcast", "file_share", "file_comment", "reply_broadcast"))
_DELETED = frozenset(("This message was deleted.", "This comment was deleted."))
_OWN_FILE = re.compile(rb'"permalink"\s*:\s*"https:\\?/\\?/([a-z0-9][a-z0-9.-]*)\.slack\.com\\?/')
_CHANGES = (b'"message_changed"', b'"message_deleted"')
_SHARED = re.compile(r"<@[^>]+> (?:uploaded|shared|created) (?:a|an) [^<]*<[^>]*>(?:[^<]*? and commented: (.*))?", re.S)
_BLOCK = 1 << 20
_OVERLAP = 400


@dataclass(slots=True)
class _Survey:
    """What a day's file says about its other records, found before they are read."""

    domain: str | None = None
    latest: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)


def read(content: Content) -> Iterator[Draft]:
    """Read the messages of a day. Raises: Malformed, also for a list of the export that breaks."""
    messages = _Messages(open_export(content), _survey(content))
    for number, value in enumerate(json_values(content), 1):
        yield messages.draft(value, number)


def _survey(content: Content) -> _Survey:
    """Find the workspace's address, and the edits, of which most exports have none."""
    survey = _Survey()
    changes = False
    with content.binary() as file:
        rest = b""
        while block := file.read(_BLOCK):
            held = rest + block
            if survey.domain is None and (found := _OWN_FILE.search(held)):
                survey.domain = found[1].decode("ascii")
            changes = changes or any(mark in held for mark in _CHANGES)
            rest = held[-_OVERLAP:]
    if changes:
        for value in json_values(content):
            _note_change(survey, dict_of(value.value))
    return survey


def _note_change(survey: _Survey, message: dict[str, Any]) -> None:
    kind, latest = message.get("subtype"), dict_of(message.get("message"))
    if kind == "message_changed" and (ts := line_of(latest.get("ts"))):
        survey.latest[ts] = latest
    elif kind == "message_deleted" and (ts := _deleted_ts(message)):
        survey.gone.add(ts)


def _deleted_ts(message: dict[str, Any]) -> str | None:
    return line_of(message.get("deleted_ts")) or line_of(dict_of(message.get("previous_message")).get("ts"))


class _Messages:
    """The messages of one file."""

    def __init__(self, export: Export, survey: _Survey) -> None:
        self._export = export
        self._survey = survey
        self._mrkdwn = Mrkdwn(export)
        channel = export.channel
        prefix = f"{export.team}/" if export.team else ""
        self._scope = f"slack:{prefix}{channel.channel_id}/" if channel else ""
        self._archive = None
        if survey.domain and channel and channel.known:
            self._archive = f"https://{survey.domain}.slack.com/archives/{channel.channel_id}/p"

    def draft(self, value: Value, number: int) -> Draft:
        """Make the draft of one record."""
        draft = Draft(None, value.line_start, value.line_end, record=number)
        message = value.value
        if not isinstance(message, dict):
            return draft
        subtype = message.get("subtype")
        if subtype == "message_changed" or subtype == "message_deleted":
            message = self._change(message, draft)
        else:
            ts = message.get("ts")
            if isinstance(ts, str) and (ts in self._survey.latest or ts in self._survey.gone):
                message = self._as_it_is_now(message, ts)
        self._fill(draft, message)
        return draft

    def _change(self, event: dict[str, Any], draft: Draft) -> dict[str, Any]:
        """Let an edit stand for its message, once, where no record before it in this file did."""
        gone = event.get("subtype") == "message_deleted"
        ts = _deleted_ts(event) if gone else line_of(dict_of(event.get("message")).get("ts"))
        if ts is None or ts in self._survey.seen:
            draft.kind = "notice"
            return event
        return self._as_it_is_now(dict_of(event.get("previous_message")) | {"ts": ts}, ts)

    def _as_it_is_now(self, message: dict[str, Any], ts: str) -> dict[str, Any]:
        self._survey.seen.add(ts)
        latest = message | self._survey.latest.get(ts, {})
        return latest | {"subtype": "tombstone"} if ts in self._survey.gone else latest

    def _fill(self, draft: Draft, message: dict[str, Any]) -> None:
        ts = line_of(message.get("ts")) or ""
        draft.author = self._author(message)
        draft.created_at = parse_date(ts) if TS.match(ts) else None
        draft.edited_at = parse_date(dict_of(message.get("edited")).get("ts"))
        draft.title = self._export.channel.title if self._export.channel else None
        if "reactions" in message:
            draft.votes = sum(number_of(one.get("count")) for one in dicts_of(message["reactions"]))
        if TS.match(ts):
            root = line_of(message.get("thread_ts")) or ts
            self._place(draft, ts, root if TS.match(root) else ts)
        if draft.kind == "comment":
            draft.text, draft.field = self._text(message)
            draft.kind = _kind(message, draft.text)

    def _place(self, draft: Draft, ts: str, root: str) -> None:
        draft.platform = bool(self._scope)
        draft.record_id = self._scope + ts
        draft.thread_id = self._scope + root
        draft.parent_id = None if root == ts else draft.thread_id
        if self._archive:
            draft.url = self._archive + ts.replace(".", "")
            if root != ts and self._export.channel:
                draft.url += f"?thread_ts={root}&cid={self._export.channel.channel_id}"

    def _author(self, message: dict[str, Any]) -> str | None:
        """Name who wrote it; a bot may write under another name each time."""
        bot = dict_of(message.get("bot_profile"))
        if message.get("subtype") == "bot_message" or "bot_id" in message:
            name = line_of(message.get("username"))
            # In older exports a person's file has the person's markup in place of a bot's name.
            if name and not name.startswith("<@"):
                return name
        user = line_of(message.get("user")) or line_of(dict_of(message.get("comment")).get("user"))
        profile = shown_name(dict_of(message.get("user_profile")))
        known = self._export.users.get(user) if user else None
        if user == "USLACKBOT":
            return known or "Slackbot"
        return known or profile or line_of(bot.get("name")) or user or line_of(message.get("bot_id"))

    def _text(self, message: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return the text and the field that held it; None where the text is no text."""
        source = message.get("text")
        if message.get("subtype") in ("file_share", "file_comment"):
            written = _file_words(message)
            if written is not None:
                return self._mrkdwn.plain(written[0]), written[1]
        if isinstance(source, str) and source.strip():
            return self._mrkdwn.plain(text_of(source) or ""), "text"
        if text := self._mrkdwn.of_blocks(message.get("blocks")):
            return text, "blocks"
        if text := self._mrkdwn.of_attachments(message.get("attachments")):
            return text, "attachments"
        return ("" if source is None or isinstance(source, str) else None), "text"


def _file_words(message: dict[str, Any]) -> tuple[str, str] | None:
    """Return what a person wrote to a file, and where it stands.

    Until 2018 Slack put a sentence of its own around it: "@ada uploaded a file: plan.png and commented: our plan".
    """
    comment = text_of(dict_of(message.get("comment")).get("comment"))
    if message.get("subtype") == "file_comment" and comment is not None:
        return comment, "comment.comment"
    shared = _SHARED.match(text_of(message.get("text")) or "") if "file" in message else None
    if shared is None:
        return None
    first = text_of(dict_of(dict_of(message.get("file")).get("initial_comment")).get("comment"))
    return (first, "file.initial_comment.comment") if first is not None else (shared[1] or "", "text")


def _kind(message: dict[str, Any], text: str | None) -> Kind:
    subtype = line_of(message.get("subtype"))
    if subtype == "tombstone" or (text in _DELETED and message.get("user") in ("USLACKBOT", None)):
        return "deleted"
    if (subtype is not None and subtype not in _WRITTEN) or message.get("type", "message") != "message":
        return "notice"
    if subtype == "reply_broadcast" and "thread_ts" not in message:
        # Its text is "replied to a thread"; the reply itself is another record.
        return "notice"
    sentence = subtype == "file_share" and not text and "file" in message
    return "notice" if sentence else "comment"
