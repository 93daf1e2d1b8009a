"""A message -> a draft, with its place among the messages before it."""

from __future__ import annotations

import re

from qa.formats.drafts import Draft, Kind
from qa.formats.platforms.mail.bodies import body, split
from qa.formats.platforms.mail.headers import Header, author, message_ids, moment_of, subject

_LINK = re.compile(r"<?(https?://[^\s<>]+)>?")
_EXPUNGED = 0x0008


class Correspondence:
    """The messages of one file, in their order: which thread each belongs to."""

    def __init__(self) -> None:
        # By the hash of an id and of a subject; every message adds to them.
        self._roots: dict[int, str] = {}
        self._subjects: dict[int, str] = {}

    def draft(self, message: bytes, line_start: int, line_end: int) -> Draft:
        """Read one message."""
        header, source = split(message)
        content, field = body(header, source)
        title, reply = subject(header)
        draft = Draft(content.text, line_start, line_end, field=field, asides=content.asides, title=title)
        draft.author = author(header)
        draft.created_at = moment_of(header.get("date", ""))
        draft.url = _permalink(header)
        draft.kind = _kind(header)
        self._place(draft, header, title, reply)
        return draft

    def _place(self, draft: Draft, header: Header, title: str | None, reply: bool) -> None:
        own = next(iter(message_ids(header.get("message-id"))), None)
        references = message_ids(header.get("references"))
        parent = next(iter(message_ids(header.get("in-reply-to"))), None) or (references[-1] if references else None)
        if parent == own:
            parent = None
        root = self._root(own, parent, references, hash(title.casefold()) if title else None, reply)
        draft.platform = root is not None
        draft.record_id = f"mail:{own}" if own else None
        draft.parent_id = f"mail:{parent}" if parent else None
        draft.thread_id = f"mail:{root}" if root else None

    def _root(
        self, own: str | None, parent: str | None, references: list[str], title: int | None, reply: bool
    ) -> str | None:
        """Find a thread's first message: by what is known of those it refers to, else by what it says itself."""
        known = (self._roots.get(hash(one)) for one in (*references, parent) if one)
        root = next((one for one in known if one), None) or next(iter(references), None) or parent
        if root is None and reply and title is not None:
            root = self._subjects.get(title)
        root = root or own
        if root is not None:
            if own:
                self._roots[hash(own)] = root
            if title is not None:
                self._subjects.setdefault(title, root)
        return root


def _permalink(header: Header) -> str | None:
    """Return where the list's archive shows the message, which newer lists say."""
    found = _LINK.match(header.get("archived-at", ""))
    return found[1] if found else None


def _kind(header: Header) -> Kind:
    internal = "x-imapbase" in header and "internal data" in header.get("subject", "").lower()
    if internal or "x-imap" in header:
        return "notice"
    try:
        expunged = int(header.get("x-mozilla-status", "0"), 16) & _EXPUNGED
    except ValueError:
        expunged = 0
    return "deleted" if expunged or "D" in header.get("x-status", "") else "comment"
