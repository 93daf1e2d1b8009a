"""The folder around a day of a channel: who is who, what the channel is, where the workspace lives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from qa.formats.contents import Content
from qa.formats.encodings import mapped
from qa.formats.platforms.platform import Role
from qa.formats.samples import Sample
from qa.formats.tables.json_stream import json_values
from qa.formats.tables.values import dict_of, line_of

TS = re.compile(r"\d{9,11}\.\d{1,9}$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d$")
_USER = re.compile(r"[UWB][A-Z0-9]{2,}$")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}$")
_USERS = ("users.json", "org_users.json")
_CHANNELS = ("channels.json", "groups.json", "mpims.json", "dms.json")
# What stands beside them in some exports, in shapes that are documented nowhere.
_OTHERS: tuple[str, ...] = (
    "integration_logs.json",
    "canvases.json",
    "lists.json",
    "file_conversations.json",
    "content_flags.json",
)
_OTHERS += ("huddle_transcripts.json", "user_groups.json")


class People(NamedTuple):
    """The members by their ids, as Slack shows them, and the workspace of most of them."""

    users: dict[str, str]
    team: str | None


class Conversation(NamedTuple):
    """A channel's name, or the ids of who talks where it has none."""

    name: str
    people: list[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation. title is as Slack shows it: ``#general``, or the names of who talks."""

    channel_id: str
    title: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Export:
    """What the files beside the channels' folders say. team is the workspace of most members."""

    users: dict[str, str]
    channels: dict[str, str]
    team: str | None
    channel: Channel | None


def recognises(sample: Sample) -> Role | None:
    """Recognise a day's messages by their type and timestamp, and the lists of an export by their ids."""
    value = sample.json
    if isinstance(value, list) and not value:
        return "companion" if _beside_members(sample, (*_CHANNELS, *_OTHERS)) else None
    # The last record may be cut, and one or the other broken; most decide.
    whole = (value[:-1] or value) if isinstance(value, list) else []
    if _most(_is_message, whole):
        return "comments"
    if _most(_is_member, whole) or _most(_is_channel, whole):
        return "companion"
    return "companion" if value is not None and _beside_members(sample, _OTHERS) else None


def open_export(content: Content) -> Export:
    """Read what completes a day's file. Raises: Malformed where one of those files breaks."""
    users: dict[str, str] = {}
    team = None
    for name in _USERS:
        if (companion := content.companion(f"../{name}")) is not None:
            people = _people(*_version(companion))
            users, team = people.users | users, team or people.team
    listed: dict[str, Conversation] = {}
    for name in _CHANNELS:
        if (companion := content.companion(f"../{name}")) is not None:
            listed |= _conversations(*_version(companion))
    channels = {key: one.name for key, one in listed.items()}
    return Export(users, channels, team, _channel(content.path, listed, users))


def _channel(path: Path, listed: dict[str, Conversation], users: dict[str, str]) -> Channel | None:
    """Find the channel by its folder's name, which is the channel's name or its id."""
    folder = path.absolute().parent.name
    for channel_id, (name, people) in listed.items():
        if folder in (name, channel_id):
            title = f"#{name}" if name else ", ".join(users.get(one, one) for one in people)
            return Channel(channel_id, title or channel_id)
    stem = path.name.split(".", 1)[0]
    return Channel(folder, f"#{folder}", known=False) if _DAY.match(stem) and folder else None


def _version(content: Content) -> tuple[Path, int, int]:
    """Return what changes when the file does: each list is read once for all the days beside it."""
    with mapped(content.path):
        status = content.path.stat()
    return content.path, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=8)
def _people(path: Path, size: int, changed: int) -> People:
    users: dict[str, str] = {}
    teams: Counter[str] = Counter()
    for value in json_values(Content(path)):
        user = dict_of(value.value)
        if key := line_of(user.get("id")):
            users[key] = shown_name(user) or key
            teams.update(name for name in (line_of(user.get("team_id")),) if name)
    return People(users, min(teams, key=lambda team: (-teams[team], team), default=None))


@lru_cache(maxsize=16)
def _conversations(path: Path, size: int, changed: int) -> dict[str, Conversation]:
    listed: dict[str, Conversation] = {}
    for value in json_values(Content(path)):
        channel = dict_of(value.value)
        if key := line_of(channel.get("id")):
            members, name = channel.get("members"), line_of(channel.get("name")) or ""
            people = [one for one in members if isinstance(one, str)] if isinstance(members, list) else []
            # Only a direct message is named after its people; thousands in a channel need not be kept.
            listed[key] = Conversation(name, [] if name else people[:20])
    return listed


def shown_name(user: dict[str, Any]) -> str | None:
    """Return the name that Slack shows: the one chosen for display, else the full name, else the account's."""
    profile = dict_of(user.get("profile")) or user
    written = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((name for one in written if (name := line_of(one))), None)


def _most(test: Callable[[dict[str, Any]], bool], records: list[Any]) -> bool:
    return 2 * sum(1 for one in records if isinstance(one, dict) and test(one)) > len(records)


def _is_message(record: dict[str, Any]) -> bool:
    ts = record.get("ts")
    return record.get("type") == "message" and isinstance(ts, str) and TS.match(ts) is not None


def _is_member(record: dict[str, Any]) -> bool:
    user_id = record.get("id")
    named = isinstance(record.get("profile"), dict) and isinstance(record.get("name"), str)
    return isinstance(user_id, str) and _USER.match(user_id) is not None and named


def _is_channel(record: dict[str, Any]) -> bool:
    channel_id = record.get("id")
    if not isinstance(channel_id, str) or _CHANNEL.match(channel_id) is None or "created" not in record:
        return False
    return isinstance(record.get("members"), list) and (channel_id[0] == "D" or isinstance(record.get("creator"), str))


def _beside_members(sample: Sample, names: tuple[str, ...]) -> bool:
    """Tell whether this is a list that Slack's documentation names, beside the members of a workspace."""
    if sample.content.path.name.removesuffix(".gz") not in names:
        return False
    for name in _USERS:
        users = sample.content.companion(name)
        if users is not None:
            with users.binary() as file:
                head = Sample(users, file.read(1 << 16), whole=False).records
            return _most(_is_member, list(head[:-1] or head))
    return False
