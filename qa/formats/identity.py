"""Name every comment of one source, so that the same comment has the same name at the next reading.

A record's own id is namespaced by its source. A record without one is named by its content and its occurrence:
a line added on top renumbers nothing.
"""

from __future__ import annotations

import shlex
from hashlib import blake2b
from pathlib import Path

from qa.errors import DuplicateId
from qa.formats.drafts import Draft


class Identity:
    """Give ids to the drafts of one source, in their order."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source
        self._explicit: dict[str, tuple[bytes, int]] = {}
        self._occurrences: dict[str, int] = {}

    def name(self, draft: Draft) -> str | None:
        """Return the comment's id, or None where the draft repeats an id with the same content.

        Raises: DuplicateId where one id stands for two contents.
        """
        content = blake2b(_content(draft))
        if draft.record_id is None:
            return f"{self._source}#{self._derived(content.hexdigest()[:12])}"
        digest = content.digest()[:16]
        earlier = self._explicit.get(draft.record_id)
        if earlier is None:
            self._explicit[draft.record_id] = (digest, draft.line_start)
            return self.qualified(draft, draft.record_id)
        if earlier[0] != digest and not draft.platform:
            raise self._duplicate(draft, earlier[1])
        return None

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
