"""The thread that a reply belongs to, found by going up from parent to parent; for sources of any size."""

from __future__ import annotations

from types import TracebackType
from typing import NamedTuple

from qa.formats.tables.lookups import Entry, Lookup

_REMEMBERED = 20_000


class Thread(NamedTuple):
    """The id and the title of the post that opened a thread, as far as they are known."""

    opener: str | None
    title: str | None


class Threads:
    """What a first pass over a source told of its posts and replies; gone when its ``with`` ends."""

    def __init__(self) -> None:
        self._lookup: Lookup[Entry] = Lookup()  # of parents and titles
        self._found: dict[str, Thread] = {}

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lookup.close()

    def opened(self, post: str, title: str | None) -> None:
        """Remember a post that opens a thread."""
        self._lookup.put(post, (None, title or ""))

    def named(self, post: str) -> None:
        """Remember a post that a reply names as the opener of its thread, and that may not be in the source."""
        self._lookup.suggest(post, (None, ""))

    def replied(self, reply: str, parent: str) -> None:
        """Remember what a reply answers."""
        self._lookup.put(reply, (parent, None))

    def parent(self, key: str) -> str | None:
        """Return what was remembered as the parent of a reply."""
        row = self._lookup.get(key)
        return row[0] if row else None

    def of(self, key: str | None) -> Thread:
        """Return the thread of a post or a reply; nothing is known where the way to it leaves the source."""
        way: dict[str, None] = {}
        found = Thread(None, None)
        at = key
        while at is not None and at not in way:
            if at in self._found:
                found = self._found[at]
                break
            parent, title = self._lookup.get(at) or (None, None)
            way[at] = None
            if title is not None:
                found = Thread(at, title or None)
                break
            at = parent
        if len(self._found) > _REMEMBERED:
            self._found.clear()
        self._found.update(dict.fromkeys(way, found))
        return found
