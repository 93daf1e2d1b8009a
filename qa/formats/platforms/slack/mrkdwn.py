"""Slack's markup -> the text that Slack shows.

::

    <@U024BE7LH> · <#C024BE7LR|general> · <!here> · <https://example.com|the page> · a &amp; b
    @Ada Byron   · #general             · @here   · the page (https://example.com) · a & b
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from qa.formats.platforms.slack.export import Export
from qa.formats.tables.values import dict_of, dicts_of, line_of, text_of

# In a message's source a bare < begins markup: what a person typed is written as &lt;.
_MARKUP = re.compile(r"<([^<>]+)>|&(amp|lt|gt);")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)", re.I)
_CALLS = frozenset(("here", "channel", "everyone", "group"))
_DEEPEST = 12


class Mrkdwn:
    """Texts of one export, with the names of its people and channels."""

    def __init__(self, export: Export) -> None:
        self._users: Mapping[str, str] = export.users
        self._channels: Mapping[str, str] = export.channels

    def plain(self, source: str) -> str:
        """Return a message's source as it is shown; emphasis and code keep their marks.

        >>> Mrkdwn(Export({"U1": "Ada"}, {}, None, None)).plain("<@U1>: 1 &lt; 2, see <https://x.org|this>")
        '@Ada: 1 < 2, see this (https://x.org)'
        """
        return _MARKUP.sub(self._shown, source) if "<" in source or "&" in source else source

    def of_blocks(self, blocks: Any) -> str:
        """Return the text of a message that is made of blocks."""
        return "\n".join(part for block in dicts_of(blocks) for part in self._block(block, _DEEPEST) if part.strip())

    def of_attachments(self, attachments: Any) -> str:
        """Return what a bot wrote in its attachments; previews of links and of other messages are not its words."""
        written = (a for a in dicts_of(attachments) if not ("from_url" in a or a.get("is_msg_unfurl")))
        return "\n".join(part for attachment in written for part in self._attachment(attachment) if part.strip())

    def _shown(self, match: re.Match[str]) -> str:
        inner = match[1]
        if inner is None:
            return _CHARACTERS[match[2]]
        target, _, label = inner.partition("|")
        label = _unescaped(label)
        if not target:
            return label
        if target[0] == "@":
            return "@" + (self._users.get(target[1:]) or label.removeprefix("@") or target[1:])
        if target[0] == "#":
            return "#" + (label.removeprefix("#") or self._channels.get(target[1:]) or target[1:])
        if target[0] == "!":
            return _called(target[1:], label)
        return _linked(_unescaped(target), label)

    def _block(self, block: dict[str, Any], depth: int) -> Iterator[str]:
        kind = block.get("type")
        if kind == "rich_text":
            for element in dicts_of(block.get("elements")):
                yield self._rich(element, depth)
        elif kind in ("section", "header", "context", "markdown"):
            parts = [block.get("text"), *dicts_of(block.get("fields")), *dicts_of(block.get("elements"))]
            for part in parts:
                source = text_of(dict_of(part).get("text")) if isinstance(part, dict) else text_of(part)
                yield self.plain(source or "")

    def _rich(self, element: dict[str, Any], depth: int) -> str:
        """Return one element of rich text and what is inside it."""
        kind = element.get("type")
        children = dicts_of(element.get("elements")) if depth else []
        inner = [self._rich(child, depth - 1) for child in children]
        if kind == "rich_text_list":
            return "\n".join(f"• {part}" for part in inner)
        if kind == "rich_text_quote":
            return "\n".join(f"> {line}" for line in "".join(inner).split("\n"))
        if kind == "rich_text_preformatted":
            return f"```{''.join(inner)}```"
        if children:
            return "".join(inner)
        text = text_of(element.get("text")) or ""
        if kind == "link":
            return _linked(text_of(element.get("url")) or "", text)
        return text or self._reference(kind, element)

    def _reference(self, kind: Any, element: dict[str, Any]) -> str:
        user, channel = line_of(element.get("user_id")), line_of(element.get("channel_id"))
        if kind == "user" and user:
            return "@" + self._users.get(user, user)
        if kind == "channel" and channel:
            return "#" + self._channels.get(channel, channel)
        name = line_of(element.get("name")) or line_of(element.get("range")) or line_of(element.get("usergroup_id"))
        marks = {"emoji": f":{name}:", "broadcast": f"@{name}", "usergroup": f"@{name}"}
        return marks.get(kind, "") if name and isinstance(kind, str) else text_of(element.get("fallback")) or ""

    def _attachment(self, attachment: dict[str, Any]) -> Iterator[str]:
        parts = [text_of(attachment.get(key)) or "" for key in ("pretext", "title", "text")]
        for field in dicts_of(attachment.get("fields")):
            pair = (text_of(field.get("title")), text_of(field.get("value")))
            parts.append(": ".join(one for one in pair if one))
        blocks = self.of_blocks(attachment.get("blocks"))
        shown = [self.plain(part) for part in parts if part.strip()]
        if blocks or shown:
            yield from (*shown, blocks)
        else:
            yield self.plain(text_of(attachment.get("fallback")) or "")


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda match: _CHARACTERS[match[1]], text) if "&" in text else text


def _called(special: str, label: str) -> str:
    """Show ``<!here>``, a group of users or a date, for which Slack gives words as the label."""
    name = special.split("^", 1)[0]
    if name in _CALLS:
        return f"@{name}"
    return label or f"@{special.rsplit('^', 1)[-1]}"


def _linked(url: str, label: str) -> str:
    """Show a link; where the label is the address itself, which Slack made of it, it is shown once."""
    bare = _SCHEME.sub("", url)
    if not label:
        return bare if url.lower().startswith(("mailto:", "tel:")) else url
    if label == url or label.rstrip("/") == bare.rstrip("/"):
        return label
    return f"{label} ({bare if url.lower().startswith(('mailto:', 'tel:')) else url})"
