"""Records that are gone through more than once: first for what they tell of each other, then for the drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from qa.formats.contents import Content

_HELD = 4 << 20  # bytes of a source whose records are held

T = TypeVar("T")


class Passes(Generic[T]):
    """The records of a source, any number of times: those of a small one are held, those of another read again."""

    def __init__(self, content: Content, read: Callable[[Content], Iterator[T]]) -> None:
        self._content = content
        self._read = read
        self._held: list[T] | None = None

    def __iter__(self) -> Iterator[T]:
        """Give the records. Raises: as reading them."""
        if self._held is not None:
            return iter(self._held)
        if self._content.compression is not None or self._content.size > _HELD:
            return self._read(self._content)
        self._held = list(self._read(self._content))
        return iter(self._held)
