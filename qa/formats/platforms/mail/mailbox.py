"""Files -> messages: an mbox is cut at its ``From `` lines as it is read; any other file is one message."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.platforms.mail.headers import moment_of
from qa.formats.platforms.mail.messages import Correspondence
from qa.formats.platforms.platform import Role
from qa.formats.samples import Sample

_BLOCK = 1 << 20
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[A-Z][a-z]{2} +\d{1,2}"
_CLOCK = rb" +\d{1,2}:\d\d(?::\d\d)?(?: +(?:[+-]\d{4}|[A-Z]{1,5}))? +\d{4}(?: +[+-]\d{4})?"
_FROM_LINE = rb"From [^\n]{0,300}?" + _DAY + _CLOCK + rb"[ \t]*\r?\n"
_SEPARATOR = re.compile(_FROM_LINE + rb"(?:[!-9;-~]+:|>From )")
_NEXT = re.compile(rb"\n\r?\n(?=" + _FROM_LINE + rb"(?:[!-9;-~]+:|>From ))")
# A separator and the beginning of the header line after it are never longer, so that a block's end cannot hide one.
_LONGEST = 1024
_ESCAPED = re.compile(rb"^>(>*From )", re.M)
_HEADER_LINE = re.compile(r"[!-9;-~]+:|[ \t]+\S")
# One of these tells a message from a text that begins with From: and Date: lines.
_MACHINE_HEADERS = frozenset(("message-id", "received", "mime-version", "return-path", "delivered-to"))


class _Raw(NamedTuple):
    """A message's bytes, from its From line on, and its lines, 1-based and inclusive."""

    source: bytes
    line_start: int
    line_end: int


def recognises_mailbox(sample: Sample) -> Role | None:
    """Recognise an mbox by its first line."""
    return "comments" if _SEPARATOR.match(sample.head.lstrip(b"\r\n")) else None


def recognises_message(sample: Sample) -> Role | None:
    """Recognise a message by its header: who, when, and what only a mail program writes."""
    if not _HEADER_LINE.match(sample.text[:1000]) or sample.text[:1].isspace():
        return None
    names: set[str] = set()
    for line in sample.text.split("\n"):
        if not line.strip():
            break
        if not _HEADER_LINE.match(line):
            return None
        names.add(line.split(":", 1)[0].lower())
    return "comments" if {"from", "date"} <= names and names & _MACHINE_HEADERS else None


def read_mailbox(content: Content) -> Iterator[Draft]:
    """Read the messages of an mbox. Raises: Malformed where no message begins the file."""
    mails = Correspondence()
    with content.binary() as file:
        for number, raw in enumerate(_messages(content, file), 1):
            separator, _, message = raw.source.partition(b"\n")
            if b">From " in message:
                message = _ESCAPED.sub(rb"\1", message)
            draft = mails.draft(message, raw.line_start, raw.line_end)
            draft.created_at = draft.created_at or moment_of(_date_of(separator))
            draft.record = number
            yield draft


def read_message(content: Content) -> Iterator[Draft]:
    """Read a file that is one message."""
    with content.binary() as file:
        message = file.read()
    draft = Correspondence().draft(message, 1, max(1, message.rstrip(b"\r\n").count(b"\n") + 1))
    name, _, flags = content.path.name.rpartition(":2,")
    trashed = bool(name) and "T" in flags
    yield replace(draft, record=1, kind="deleted" if trashed else draft.kind)


def _messages(content: Content, file: BinaryIO) -> Iterator[_Raw]:
    """Cut an mbox into its messages; of a long one, as much again is read each time, so that time stays linear."""
    held = file.read(_BLOCK)
    blank = len(held) - len(held.lstrip(b"\r\n"))
    line = 1 + held[:blank].count(b"\n")
    held = held[blank:]
    if not _SEPARATOR.match(held):
        fact = "no mailbox begins here: a line like 'From ada@example.org Thu Mar  7 10:22:00 2024' is expected"
        raise Malformed(content.path, line, fact, f"qa index {shlex.quote(str(content.path))} --format text")
    at = searched = 0
    ended = False
    while True:
        found = _NEXT.search(held, max(at, searched))
        if found is None and not ended:
            searched = max(at, len(held) - _LONGEST) - at
            block = file.read(max(_BLOCK, len(held) - at))
            held, at, ended = held[at:] + block, 0, not block
            continue
        end = found.end() if found else len(held)
        source = held[at:end]
        height = source.count(b"\n")
        yield _Raw(source, line, line + max(0, source.rstrip(b"\r\n").count(b"\n")))
        if found is None:
            return
        line += height
        at = searched = end


def _date_of(separator: bytes) -> str:
    """Return the date that a From line ends with."""
    found = re.search(_DAY + _CLOCK, separator)
    return found[0].decode("ascii", "replace") if found else ""
