"""Name every comment of one source, so that the same comment has the same name at the next reading.

A record's own id is namespaced by its source. A record without one is named by its content and its occurrence:
a line added on top renumbers nothing.
"""

from __future__ import annotations

import shlex
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from qa.errors import DuplicateId
from qa.formats.drafts import Draft
from qa.formats.tables.lookups import Lookup


class _Earlier(NamedTuple):
    """What is remembered of a comment with an id. Units: version is seconds since 1970, or nothing where unknown."""

    content: int
    line: int
    version: float | None


class Identity:
    """Give ids to the drafts of one source, in their order.

    replaced: the last id that was given out stands for an earlier version too, which the new one replaces.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source
        self._explicit: Lookup[_Earlier] = Lookup()
        self._occurrences: dict[str, int] = {}
        self.replaced = False

    def name(self, draft: Draft) -> str | None:
        """Return the comment's id, or None where the draft repeats an id with the same content, or an older one.

        Raises: DuplicateId where one id, which is no platform's, stands for two contents.
        """
        self.replaced = False
        record_id = draft.record_id
        if record_id is None:
            return f"{self._source}#{self._derived(blake2b(_content(draft)).hexdigest()[:12])}"
        version = draft.edited_at or draft.created_at
        this = _Earlier(_fingerprint(draft), draft.line_start, None if version is None else version.timestamp())
        earlier = self._explicit.get(record_id)
        if earlier is not None:
            if earlier[0] == this.content:
                return None
            if not draft.platform:
                raise self._duplicate(draft, earlier[1])
            if this.version is None or (earlier[2] is not None and this.version <= earlier[2]):
                return None
            self.replaced = True
        self._explicit.put(record_id, this)
        return self.qualified(draft, record_id)

    def close(self) -> None:
        """Let what is remembered go."""
        self._explicit.close()

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


def _fingerprint(draft: Draft) -> int:
    """Tell two contents apart within one reading; a moment is a naive or an aware one, never both."""
    return hash((draft.text or "", draft.author or "", draft.created_at))
