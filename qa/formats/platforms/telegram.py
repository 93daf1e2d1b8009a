"""Telegram Desktop's export in JSON, ``result.json``: of one chat, or of an account with all its chats.

Rests on Telegram's public document "Telegram Data Export Schema"; no real file was at hand.

A record is an element of a chat's ``messages``. One of type ``service`` is a notice; one that the exporting program
was too old for (``unsupported``) has no text. A forwarded message is a comment of whom it was forwarded from:
those are that person's words. Quotations inside a text are asides. A poll's question and answers are its text.
Reactions count as votes. Left out: files, the account's other data.

A reply belongs to the first message of its chain, as far as the file holds it; a number for each reply is kept for
that. Times come from ``date_unixtime``; older exports have the local time alone, which is read as UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.body import Body
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.json_stream import JsonStream, Value
from qa.formats.tables.values import dict_of, dicts_of, id_of, line_of, number_of, text_of

_TYPES = ("message", "service", "unsupported")
_CHATS = ("chats", "left_chats")
# Messages of these have an address that their members can open.
_ADDRESSED = ("private_supergroup", "public_supergroup", "private_channel", "public_channel")


@dataclass(slots=True)
class _Chat:
    """The chat whose messages are read. roots holds the first message of each reply's chain."""

    chat_id: str | None = None
    name: str | None = None
    kind: str = ""
    roots: dict[str, str] = field(default_factory=dict)


def recognises(sample: Sample) -> Role | None:
    """Recognise a chat by its type and its first messages, and an account by what stands around its chats."""
    value = sample.json
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("about"), str) and (
        isinstance(value.get("personal_information"), dict) or isinstance(dict_of(value.get("chats")).get("list"), list)
    ):
        return "comments"
    messages = value.get("messages")
    if not isinstance(messages, list) or not isinstance(value.get("type"), str) or "id" not in value:
        return None
    first = messages[:20]
    known = sum(
        1 for one in first if isinstance(one, dict) and one.get("type") in _TYPES and {"id", "date"} <= one.keys()
    )
    return "comments" if first and 2 * known >= len(first) else None


def read(content: Content) -> Iterator[Draft]:
    """Read the messages of every chat, one at a time. Raises: Malformed."""
    number = 0
    with content.text() as file:
        stream = JsonStream(content.path, file)
        for chat, value in _account(stream):
            number += 1
            yield _draft(value, number, chat)
        stream.end()


def _account(stream: JsonStream) -> Iterator[tuple[_Chat, Value]]:
    """Walk the whole file, which is itself a chat or holds lists of them."""
    chat = _Chat()
    for key in stream.names():
        if key in _CHATS and stream.peek() == "{":
            for inner in stream.names():
                if inner == "list" and stream.peek() == "[":
                    yield from _listed(stream)
                else:
                    stream.next_value()
        else:
            yield from _member(stream, key, chat)


def _listed(stream: JsonStream) -> Iterator[tuple[_Chat, Value]]:
    stream.take("[")
    if stream.peek() == "]":
        stream.take("]")
        return
    while True:
        if stream.peek() == "{":
            chat = _Chat()
            for key in stream.names():
                yield from _member(stream, key, chat)
        else:
            stream.next_value()
        if stream.peek() == "]":
            stream.take("]")
            return
        stream.take(",")


def _member(stream: JsonStream, key: str, chat: _Chat) -> Iterator[tuple[_Chat, Value]]:
    """Read one member of a chat; its name and id come before its messages."""
    if key == "messages" and stream.peek() == "[":
        for value in stream.elements():
            yield chat, value
        return
    value = stream.next_value().value
    if key == "id":
        chat.chat_id = id_of(value)
    elif key == "name":
        chat.name = line_of(value)
    elif key == "type":
        chat.kind = line_of(value) or ""


def _draft(value: Value, number: int, chat: _Chat) -> Draft:
    message = dict_of(value.value)
    title = chat.name or ("Saved Messages" if chat.kind == "saved_messages" else None)
    draft = Draft(None, value.line_start, value.line_end, record=number, title=title)
    if not message:
        return draft
    draft.author = line_of(message.get("from")) or line_of(message.get("actor"))
    if "forwarded_from" in message:
        draft.author = line_of(message["forwarded_from"])
    draft.created_at = parse_date(message.get("date_unixtime")) or parse_date(message.get("date"))
    draft.edited_at = parse_date(message.get("edited_unixtime")) or parse_date(message.get("edited"))
    if "reactions" in message:
        draft.votes = sum(number_of(one.get("count")) for one in dicts_of(message["reactions"]))
    kind = message.get("type")
    draft.kind = "notice" if kind == "service" else "comment"
    if kind != "unsupported":
        body, draft.field = _text(message)
        draft.text, draft.asides = (body.text, body.asides) if body else (None, ())
    _place(draft, id_of(message.get("id")), message, chat)
    return draft


def _place(draft: Draft, own: str | None, message: dict[str, Any], chat: _Chat) -> None:
    if own is None:
        return
    reply_to = id_of(message.get("reply_to_message_id"))
    if reply_to == own or "reply_to_peer_id" in message:
        # The message that it answers stands in another chat.
        reply_to = None
    root = own if reply_to is None else chat.roots.get(reply_to, reply_to)
    if root != own:
        chat.roots[own] = root
    draft.platform = chat.chat_id is not None
    scope = f"telegram:{chat.chat_id}/" if draft.platform else ""
    draft.record_id, draft.thread_id = scope + own, scope + root
    draft.parent_id = scope + reply_to if reply_to else None
    if chat.chat_id and chat.kind in _ADDRESSED:
        draft.url = f"https://t.me/c/{chat.chat_id.removeprefix('-100')}/{own}"


def _text(message: dict[str, Any]) -> tuple[Body | None, str]:
    """Return a message's text and the field that held it; None where that is no text."""
    written = message.get("text", "")
    field_name = "text"
    if "text" not in message and isinstance(message.get("text_entities"), list):
        written, field_name = message["text_entities"], "text_entities"
    if not isinstance(written, str | list):
        return None, field_name
    body = _joined([written] if isinstance(written, str) else written)
    if body.text.strip():
        return body, field_name
    poll = dict_of(message.get("poll"))
    question = text_of(poll.get("question"))
    if question:
        answers = [text_of(answer.get("text")) or "" for answer in dicts_of(poll.get("answers"))]
        return Body("\n".join((question, *(f"• {answer}" for answer in answers)))), "poll"
    return body, field_name


def _joined(pieces: list[Any]) -> Body:
    """Join the pieces of a text: plain ones, and those with a format of their own."""
    text = ""
    asides: list[tuple[int, int]] = []
    for piece in pieces:
        entity = dict_of(piece)
        part = text_of(entity.get("text") if entity else piece) or ""
        href = line_of(entity.get("href"))
        if href and href != part:
            part = f"{part} ({href})"
        if part and entity.get("type") == "blockquote":
            asides.append((len(text), len(text) + len(part)))
        text += part
    return Body(text, tuple(asides))


PLATFORM = Platform("telegram", "a Telegram export, each message is a comment", recognises, read)
