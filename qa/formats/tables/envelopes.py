"""JSON as programs save what an API gave them -> its parts, one at a time.

A source is an array, arrays one after the other (pages), objects one after the other (one to a line or not), or one
object around the records. Arrays are never held whole; nor is an object, where the caller says that it is an envelope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from qa.formats.contents import Content
from qa.formats.samples import take_sample
from qa.formats.tables.json_stream import JsonStream


class Part(NamedTuple):
    """A parsed value and its place; lines are 1-based and inclusive.

    listed: it stands in a list or at the top; otherwise it is a member of the envelope. key: what the member is named.
    """

    value: Any
    line_start: int
    line_end: int
    listed: bool = True
    key: str | None = None


def parts(content: Content, is_envelope: Callable[[dict[str, Any]], bool]) -> Iterator[Part]:
    """Give the elements of arrays, and the objects or, where the first is an envelope, what stands in them.

    Raises: Malformed, naming the line.
    """
    first = take_sample(content).json
    opened = isinstance(first, dict) and is_envelope(first)
    with content.text() as file:
        stream = JsonStream(content.path, file)
        while start := stream.peek():
            if start == "[":
                for value, line_start, line_end in stream.elements():
                    yield Part(value, line_start, line_end)
            elif start == "{" and opened:
                yield from _members(stream)
            else:
                yield Part(*stream.next_value())


def _members(stream: JsonStream) -> Iterator[Part]:
    for key in stream.names():
        if stream.peek() == "[":
            for value, start, end in stream.elements():
                yield Part(value, start, end, True, key)
        else:
            yield Part(*stream.next_value(), False, key)
