"""Spans of a text: (start, end) offsets, end exclusive."""

from __future__ import annotations

from collections.abc import Collection

Span = tuple[int, int]


def merged(*spans: Collection[Span]) -> tuple[Span, ...]:
    """Unite spans: sorted, apart from each other, those that touch joined; empty ones vanish.

    >>> merged([(5, 9), (0, 2)], [(2, 4), (8, 12)])
    ((0, 4), (5, 12))
    """
    if not any(spans):
        return ()
    united: list[Span] = []
    for start, end in sorted(span for some in spans for span in some):
        if end <= start:
            continue
        if united and start <= united[-1][1]:
            if end > united[-1][1]:
                united[-1] = (united[-1][0], end)
        else:
            united.append((start, end))
    return tuple(united)
