"""JSON with one value in it replaced by each of the shapes that it should not have."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

WRONG: tuple[Any, ...] = (None, 7, -1.5, True, "", "words", [], [None], ["words"], [[1]], {}, {"a": None})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def damaged(value: Any) -> Iterator[Any]:
    """Give a copy for every place and every wrong shape."""
    for path in places(value):
        for wrong in WRONG:
            whole = copy.deepcopy(value)
            inner = whole
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = wrong
            yield whole
