"""Decide how a plain text separates its comments.

The rule, in this order; the first that holds wins:

1. separator: lines such as ``---`` or ``* * *``, unless header lines are more than twice as many as the pieces
   (then the separators stand inside comments). A lone separator among more than 20 lines, or pieces of more than
   50 lines on average, do not separate comments.
2. header: the text begins with an author/date line, or has at least three, one per 20 lines.
3. line: no blank line stands between the lines: a page that was pasted.
4. paragraph: blank lines are common (4 lines to a paragraph, or fewer), or the lines are wrapped: 30 lines to a
   paragraph or fewer, the longest of 40 to 120 characters, 7 of 10 inner lines at least 0.6 of it, and most of
   them not the end of a sentence.
5. line: blank lines are few, so they do not separate comments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from qa.formats.prose.headers import starts_header

_SEPARATOR = re.compile(r"\s{0,3}([-*=_+—])(?:[ \t]*\1){2,}\s*$")
_WIDEST = 120
_SENTENCE_ENDS = (".", "!", "?", "…", ")", '"', "”", ":")


class Line(NamedTuple):
    """A line of a source. mark is what its layout is judged by: its text, unless it stands in a code block."""

    number: int
    text: str
    mark: str


@dataclass(slots=True)
class Layout:
    """What a pass over the lines counted.

    gaps are runs of blank lines between lines. An inner line is directly followed by another: widths counts them
    by length, ended those that end a sentence.
    """

    lines: int = 0
    gaps: int = 0
    separators: int = 0
    headers: int = 0
    begins_with_header: bool = False
    widths: Counter[int] = field(default_factory=Counter)
    ended: int = 0

    @property
    def paragraphs(self) -> int:
        """The number of paragraphs."""
        return self.gaps + 1

    @property
    def wrapped(self) -> bool:
        """Tell whether the lines were broken to a width: none too long, and most nearly as long as the longest."""
        inner = sum(self.widths.values())
        longest = max(self.widths, default=0)
        full = sum(count for width, count in self.widths.items() if width >= 0.6 * longest)
        return 40 <= longest <= _WIDEST and full >= 0.7 * inner and 2 * self.ended <= inner

    def headed(self, pieces: int) -> bool:
        """Tell whether headers are a habit here: at least every second piece can have one."""
        return self.headers > 0 and self.headers * 2 >= pieces


def is_separator(mark: str) -> bool:
    """Tell whether a line is a rule of three or more equal signs."""
    return len(mark) >= 3 and _SEPARATOR.match(mark) is not None


def with_neighbours(lines: Iterable[Line]) -> Iterator[tuple[Line, bool]]:
    """Give each line and whether it starts a header, which its neighbours help to tell."""
    previous, current = "", None
    for line in chain(lines, (None,)):
        if current is not None:
            yield current, starts_header(previous, current.mark, line.mark if line else "")
            previous = current.mark
        current = line


def survey(lines: Iterable[Line]) -> Layout:
    """Count what `decide` needs, in one pass."""
    layout = Layout()
    blank = separated = False
    last = ""  # counted as an inner line once another line follows it directly
    for line, header in with_neighbours(lines):
        if not line.mark.strip():
            blank, last = layout.lines > 0, ""
            continue
        if is_separator(line.mark):
            separated, last = layout.lines > 0, ""
            continue
        if last:
            layout.widths[min(len(last), _WIDEST + 1)] += 1
            layout.ended += last.rstrip().endswith(_SENTENCE_ENDS)
        layout.gaps += blank
        layout.separators += separated
        layout.headers += header
        layout.begins_with_header |= header and not layout.lines
        layout.lines += 1
        blank = separated = False
        last = line.text
    return layout


def decide(layout: Layout) -> str:
    """Choose one of the splits by the rule above."""
    if _by_separator(layout):
        return "separator"
    if _by_header(layout):
        return "header"
    if not layout.gaps:
        return "line"
    share = layout.lines / layout.paragraphs
    return "paragraph" if share <= 4 or (share <= 30 and layout.wrapped) else "line"


def _by_separator(layout: Layout) -> bool:
    pieces = layout.separators + 1
    if not layout.separators or layout.headers > 2 * pieces or layout.lines > 50 * pieces:
        return False
    return layout.separators > 1 or layout.lines <= 20


def _by_header(layout: Layout) -> bool:
    if layout.begins_with_header:
        return layout.lines <= (20 if layout.headers == 1 else 50 * layout.headers)
    return layout.headers >= 3 and layout.headers * 20 >= layout.lines
