"""JSON values from a file of any length, one after the other, with the lines they stand on.

The text is read in blocks and forgotten once it is parsed, so that an export is never held in memory whole.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from qa.errors import Malformed
from qa.formats.contents import Content

BLOCK = 1 << 20
_SPACE = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,")
# What `raw_decode` calls; tells the end of a value.
_SCAN: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


class Value(NamedTuple):
    """A parsed value and its place; lines are 1-based and inclusive."""

    value: Any
    line_start: int
    line_end: int


def json_values(content: Content, key: str | None = None) -> Iterator[Value]:
    """Give the records of a source, one at a time: the elements of an array, JSON lines, or one object.

    key names an array inside the one object, whose elements are given instead.
    Raises: Malformed, naming the line.
    """
    with content.text() as file:
        stream = JsonStream(content.path, file)
        if stream.peek() == "[" and key is None:
            yield from stream.elements()
            stream.end()
        elif key is not None:
            for found in stream.names():
                if found == key and stream.peek() == "[":
                    yield from stream.elements()
                else:
                    stream.next_value()
            stream.end()
        else:
            while stream.peek():
                yield stream.next_value()


class JsonStream:
    """A cursor over JSON text. The file must translate line ends to LF."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._file = file
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._line = 1
        self._counted = 0  # where the lines are counted up to

    @property
    def line(self) -> int:
        """The line of the cursor, 1-based."""
        self._line += self._buffer.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> str:
        """Return the next character that is no space, or "" at the end."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Step over one character."""
        found = self.peek()
        if found != expected:
            raise self.broken(f"{expected!r} expected, {found!r} found" if found else f"ends before {expected!r}")
        self._at += 1

    def next_value(self) -> Value:
        """Parse the value that begins here."""
        if not self.peek():
            raise self.broken("ends where a value is expected")
        while True:
            try:
                value, end = _SCAN(self._buffer, self._at)
            except (StopIteration, json.JSONDecodeError) as error:
                if not self._more():
                    raise self._wrong(error) from error
                continue
            except (ValueError, RecursionError) as error:
                raise self.broken(f"a value that cannot be read: {error}") from error
            if end < len(self._buffer) or not self._more():
                break
        start = self.line
        self._at = end
        return Value(value, start, self.line)

    def elements(self) -> Iterator[Value]:
        """Parse the elements of the array that begins here."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.next_value()
            if comma := _COMMA.match(self._buffer, self._at):
                self._at = comma.end()
                continue
            if self.peek() == "]":
                self.take("]")
                return
            self.take(",")

    def names(self) -> Iterator[str]:
        """Give the keys of the object that begins here; the caller must parse the value after each."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            if self.peek() != '"':
                raise self.broken("a key in double quotes is expected")
            key: str = self.next_value().value
            self.take(":")
            yield key
            if self.peek() == "}":
                self.take("}")
                return
            self.take(",")

    def end(self) -> None:
        """Refuse what stands after the value."""
        if self.peek():
            raise self.broken("more text after the end of the JSON value", f"qa index {self._quoted} --format jsonl")

    def broken(self, fact: str, hint: str | None = None) -> Malformed:
        """Make the error that names this line."""
        return Malformed(
            self._path, self.line, f"JSON breaks: {fact}", hint or f"qa index {self._quoted} --format text"
        )

    @property
    def _quoted(self) -> str:
        return shlex.quote(str(self._path))

    def _wrong(self, error: StopIteration | json.JSONDecodeError) -> Malformed:
        if isinstance(error, StopIteration):
            error = json.JSONDecodeError("Expecting value", self._buffer, error.value)
        self._at = max(self._at, error.pos)
        return self.broken(f"{error.msg} (column {error.colno})")

    def _more(self) -> bool:
        """Read on; as much as is held, so that a long value is tried again only a few times."""
        block = "" if self._ended else self._file.read(max(BLOCK, len(self._buffer) - self._at))
        self._ended = not block
        if block:
            self._line = self.line
            self._buffer = self._buffer[self._at :] + block
            self._at = self._counted = 0
        return bool(block)
