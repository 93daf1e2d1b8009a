"""Name every comment of one source, so that the same comment has the same name at the next reading.

A record's own id is namespaced by its source. A record without one is named by its content and its occurrence:
a line added on top renumbers nothing.
"""

from __future__ import annotations

import shlex
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from qa.errors import DuplicateId
from qa.formats.drafts import Draft


class Name(NamedTuple):
    """The id of a comment. again: an earlier version of it was given out before, which this one replaces."""

    comment_id: str
    again: bool = False


class _Earlier(NamedTuple):
    digest: bytes
    line: int
    version: datetime | None


class Identity:
    """Give ids to the drafts of one source, in their order."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source
        self._explicit: dict[str, _Earlier] = {}
        self._occurrences: dict[str, int] = {}

    def name(self, draft: Draft) -> Name | None:
        """Return the comment's id, or None where the draft repeats an id with the same content, or an older one.

        Raises: DuplicateId where one id, which is no platform's, stands for two contents.
        """
        content = blake2b(_content(draft))
        if draft.record_id is None:
            return Name(f"{self._source}#{self._derived(content.hexdigest()[:12])}")
        version = draft.edited_at or draft.created_at
        this = _Earlier(content.digest()[:16], draft.line_start, version)
        earlier = self._explicit.setdefault(draft.record_id, this)
        if earlier is this:
            return Name(self.qualified(draft, draft.record_id))
        if earlier.digest == this.digest:
            return None
        if not draft.platform:
            raise self._duplicate(draft, earlier.line)
        if version is None or (earlier.version is not None and version <= earlier.version):
            return None
        self._explicit[draft.record_id] = this
        return Name(self.qualified(draft, draft.record_id), again=True)

    def qualified(self, draft: Draft, record_id: str) -> str:
        """Namespace an id of a draft by its source; a platform's own is the same everywhere."""
        return record_id if draft.platform else f"{self._source}#{record_id}"

    def _derived(self, digest: str) -> str:
        count = self._occurrences[digest] = self._occurrences.get(digest, 0) + 1
        return digest if count == 1 else f"{digest}-{count}"

    def _duplicate(self, draft: Draft, earlier: int) -> DuplicateId:
        fact = f"the id {draft.record_id!r} has another text, author or date than on line {earlier}"
        hint = f"sed -n '{earlier}p;{draft.line_start}p' {shlex.quote(str(self._path))}"
        return DuplicateId(self._path, draft.line_start, fact, hint)


def _content(draft: Draft) -> bytes:
    moment = draft.created_at.isoformat() if draft.created_at else ""
    return "\0".join((draft.text or "", draft.author or "", moment)).encode("utf-8")
