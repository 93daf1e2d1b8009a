"""Discord channels as DiscordChatExporter writes them in JSON: one file for a channel, a thread or a part of one.

Rests on the exporter's public source and on type definitions that other readers of it published; no real file was at
hand. Discord's own data package, which holds one person's messages alone, is another format.

A record is an element of ``messages``. Messages, replies, a thread's opening and bots' answers to commands are
comments; every other type (joins, pins, calls) is a notice. A message of embeds alone, which only bots send, has their
text. Reactions count as votes. Left out: attachments, stickers and forwarded messages, which are another's words.

A thread's messages belong to the message that it was opened from, which has the thread's own id. Elsewhere a reply
belongs to the first message of its chain, as far as the file holds it; a number for each reply is kept for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.json_stream import JsonStream, Value
from qa.formats.tables.values import dict_of, dicts_of, id_of, line_of, number_of, text_of

# The exporter writes a type that it does not know as its number: 20 and 23 are commands, 21 opens a thread.
_WRITTEN = frozenset(("Default", "Reply", "ThreadStarter", "ChatInputCommand", "ContextMenuCommand", "20", "21", "23"))
_THREADS = ("GuildPublicThread", "GuildPrivateThread", "GuildNewsThread")
_MENTION = re.compile(r"<@!?(\d+)>|<a?:(\w+):\d+>")


@dataclass(slots=True)
class _Channel:
    """Where the messages stand; guild is @me for direct messages."""

    guild: str | None = None
    channel_id: str | None = None
    title: str | None = None
    is_thread: bool = False


def recognises(sample: Sample) -> Role | None:
    """Recognise an export by its server, its channel and its first messages."""
    value = sample.json
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return None
    guild, channel = dict_of(value.get("guild")), dict_of(value.get("channel"))
    if not ("id" in guild and "name" in guild and "id" in channel and "type" in channel):
        return None
    first = value["messages"][:20]
    known = sum(1 for one in first if isinstance(one, dict) and {"id", "type", "timestamp", "content"} <= one.keys())
    # The last message may be cut.
    return "comments" if 2 * known >= len(first) - 1 else None


def read(content: Content) -> Iterator[Draft]:
    """Read the messages; the server and the channel come before them. Raises: Malformed."""
    head: dict[str, dict[str, Any]] = {}
    number = 0
    with content.text() as file:
        stream = JsonStream(content.path, file)
        for key in stream.names():
            if key != "messages" or stream.peek() != "[":
                value = stream.next_value().value
                if key in ("guild", "channel"):
                    head[key] = dict_of(value)
                continue
            channel = _channel(head.get("guild", {}), head.get("channel", {}))
            roots: dict[str, str] = {}
            for value in stream.elements():
                number += 1
                yield _draft(value, number, channel, roots)
        stream.end()


def _channel(guild: dict[str, Any], channel: dict[str, Any]) -> _Channel:
    name, kind = line_of(channel.get("name")), line_of(channel.get("type")) or ""
    guild_id = id_of(guild.get("id"))
    is_thread = kind in _THREADS
    # A direct message's channel is named after its people, a thread by its title.
    title = f"#{name}" if name and kind.startswith("Guild") and not is_thread else name
    return _Channel("@me" if guild_id == "0" else guild_id, id_of(channel.get("id")), title, is_thread)


def _draft(value: Value, number: int, channel: _Channel, roots: dict[str, str]) -> Draft:
    message = dict_of(value.value)
    draft = Draft(None, value.line_start, value.line_end, record=number, title=channel.title)
    if not message:
        return draft
    author = dict_of(message.get("author"))
    draft.author = line_of(author.get("nickname")) or line_of(author.get("name"))
    draft.created_at = parse_date(message.get("timestamp"))
    draft.edited_at = parse_date(message.get("timestampEdited"))
    if "reactions" in message:
        draft.votes = sum(number_of(one.get("count")) for one in dicts_of(message["reactions"]))
    draft.text, draft.field = _text(message)
    draft.kind = "comment" if id_of(message.get("type")) in _WRITTEN else "notice"
    own = id_of(message.get("id"))
    if own is not None:
        _place(draft, own, id_of(dict_of(message.get("reference")).get("messageId")), channel, roots)
    return draft


def _place(draft: Draft, own: str, reply_to: str | None, channel: _Channel, roots: dict[str, str]) -> None:
    root = own if reply_to is None else roots.get(reply_to, reply_to)
    if channel.is_thread and channel.channel_id:
        root = channel.channel_id
        reply_to = reply_to or (None if own == root else root)
    elif root != own:
        roots[own] = root
    draft.platform = True
    draft.record_id, draft.thread_id = f"discord:{own}", f"discord:{root}"
    draft.parent_id = f"discord:{reply_to}" if reply_to and reply_to != own else None
    if channel.guild and channel.channel_id:
        draft.url = f"https://discord.com/channels/{channel.guild}/{channel.channel_id}/{own}"


def _text(message: dict[str, Any]) -> tuple[str | None, str]:
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        return None, "content"
    text = text_of(content) or ""
    if text.strip():
        return _with_names(text, message) if "<" in text else text, "content"
    embeds = "\n".join(part for embed in dicts_of(message.get("embeds")) for part in _embedded(embed))
    return (embeds, "embeds") if embeds else (text, "content")


def _with_names(text: str, message: dict[str, Any]) -> str:
    """Show names for the ids that an export without formatting keeps."""
    names = {id_of(one.get("id")): line_of(one.get("nickname")) or line_of(one.get("name")) for one in
             dicts_of(message.get("mentions"))}  # fmt: skip

    def shown(match: re.Match[str]) -> str:
        name = names.get(match[1]) if match[1] else None
        return f":{match[2]}:" if match[2] else f"@{name}" if name else match[0]

    return _MENTION.sub(shown, text)


def _embedded(embed: dict[str, Any]) -> Iterator[str]:
    """Give what a bot wrote in an embed."""
    parts = [text_of(embed.get("title")), text_of(embed.get("description"))]
    for field in dicts_of(embed.get("fields")):
        pair = (text_of(field.get("name")), text_of(field.get("value")))
        parts.append(": ".join(one for one in pair if one))
    yield from (part for part in parts if part and part.strip())


PLATFORM = Platform("discord", "a Discord channel, each message is a comment", recognises, read)
