"""Every way in which one value of an export may have another type than the documents say."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa.errors import SourceError
from qa.formats import CommentReader, ReadOptions, read_comments

OTHERS: tuple[Any, ...] = (None, 7, -1.5, True, "x", "", "\ud83d", [], [7], [None], {}, {"a": {"b": []}}, [[{}]])


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*at, key))


def broken(value: Any) -> Iterator[Any]:
    """Give the value with one of its values replaced, for each of them and each other type; and with it missing."""
    for *way, last in paths(value):
        for other in (*OTHERS, paths):
            changed = copy.deepcopy(value)
            place = changed
            for key in way:
                place = place[key]
            if other is paths:
                del place[last]
            else:
                place[last] = other
            yield changed


def read_as(path: Path, name: str) -> tuple[list[Any], CommentReader]:
    reader = read_comments(path, "s", ReadOptions(format=name))
    return list(reader), reader


def check_broken(folder: Path, value: Any, name: str, suffix: str = "json") -> int:
    """Read every broken form by content and as the platform; return how many were tried. Raises all but SourceError."""
    path = folder / f"broken.{suffix}"
    tried = 0
    for changed in broken(value):
        path.write_text(json.dumps(changed), encoding="utf-8")
        for options in (ReadOptions(), ReadOptions(format=name)):
            try:
                reader = read_comments(path, "s", options)
                comments = list(reader)
            except SourceError as error:
                assert error.message  # noqa: PT017 - any other error fails the test
            else:
                assert len(comments) == reader.counts.comments
                assert all(isinstance(one.text, str) and one.text.encode() for one in comments)
            tried += 1
    return tried


def check_cut(folder: Path, text: str, name: str) -> None:
    """Read a file cut at every place: a SourceError, or whole records."""
    path = folder / "cut.json"
    for end in range(1, len(text), max(1, len(text) // 200)):
        path.write_text(text[:end], encoding="utf-8")
        try:
            list(read_comments(path, "s", ReadOptions(format=name)))
        except SourceError as error:
            assert error.message  # noqa: PT017
