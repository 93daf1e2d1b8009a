"""Text as a page lays it out: pieces, what separates them, and where somebody else is quoted."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from qa.formats.markup.body import Body
from qa.formats.markup.links import with_target
from qa.formats.markup.spaces import collapsed, spaces_of

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DEEPEST = 40  # columns a list's items are indented at most
_HELD = 4096  # characters of white space in code that are kept until a word follows


class List:
    """An open list: the number of its next item (None for bullets), and how far its items are indented."""

    def __init__(self, number: int | None, indent: str) -> None:
        self.number = number
        self.indent = indent
        self.inner = indent if len(indent) >= _DEEPEST else indent + ("  " if number is None else "   ")
        self.items = 0

    def next_marker(self) -> str:
        """Begin the next item."""
        self.items += 1
        if self.number is None:
            return f"{self.indent}- "
        self.number += 1
        return f"{self.indent}{self.number - 1}. "


class Flow:
    """Text that is written piece by piece; `data` takes a piece.

    What separates two pieces (line ends, a space, a list's marker, a cell's bar) is held back until the second one
    comes, so that nothing trails. fresh: a marker or a bar waits, and a block that begins now needs no line of its own.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.data = self._pieces.append
        self.begin("")

    def begin(self, base_url: str) -> None:
        """Forget everything."""
        self._base = base_url
        self._pieces.clear()
        self._out: list[str] = []
        self._length = 0
        self._asides: list[tuple[int, int]] = []
        self._code = self._quotes = self._breaks = 0
        self._quote_from = 0  # -1 from the beginning of a quote to its first text
        self._space = self._fresh = False
        self._marker = self._bar = self._held = ""
        self._lists: list[List] = []
        self._rows: list[tuple[int, int]] = []  # of each open table: the cells in the row, the text before it
        self._target: str | None = None
        self._link_from = 0  # -1 from the beginning of a link to its first text

    def finish(self) -> Body:
        """Return what was written."""
        self.flush()
        if self._quotes and self._quote_from >= 0:
            self._asides.append((self._quote_from, self._length))
        return Body("".join(self._out), tuple(self._asides))

    def flush(self) -> None:
        """Write the pieces that have come since the last boundary."""
        pieces = self._pieces
        if not pieces:
            return
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        pieces.clear()
        if self._code:
            self._write_code(text)
            return
        words = collapsed(text)
        if not words:
            self._space = self._space or bool(text)
            return
        spaces = spaces_of(text)
        self._space = self._space or text[0] in spaces
        self._write(words)
        self._space = text[-1] in spaces

    def end_line(self) -> None:
        """Let what follows begin a line."""
        if not self._fresh and not self._breaks:
            self._breaks = 1

    def end_block(self) -> None:
        """Let what follows stand after a blank line."""
        if not self._fresh:
            self._breaks = 2

    def add_line_end(self) -> None:
        """End a line that the author ended."""
        if self._code:
            self.data("\n")
            return
        self.flush()
        if not self._fresh and self._length:
            self._breaks = min(self._breaks + 1, 2)

    def open_code(self) -> None:
        """Keep white space from here."""
        self._code += 1

    def close_code(self) -> None:
        """Collapse white space again."""
        self._code -= 1
        self._held = ""
        self.end_block()

    def open_quote(self) -> None:
        """Begin somebody else's words."""
        self.end_block()
        if not self._quotes:
            self._quote_from = -1
        self._quotes += 1

    def close_quote(self) -> None:
        """Go back to the author's words."""
        self._quotes -= 1
        if not self._quotes:
            if self._quote_from >= 0:
                self._asides.append((self._quote_from, self._length))
            self._quote_from = 0
        self.end_block()

    def open_list(self, number: int | None) -> None:
        """Begin a list, whose first item has a number or None."""
        (self.end_line if self._lists else self.end_block)()
        self._lists.append(List(number, self._lists[-1].inner if self._lists else ""))

    def close_list(self) -> None:
        """End a list."""
        self._lists.pop()
        (self.end_line if self._lists else self.end_block)()

    def open_item(self) -> None:
        """Begin an item; one outside of a list gets a bullet."""
        items = self._lists[-1] if self._lists else None
        if items is not None and items.items and not self._fresh:
            self._breaks = 1
        self.end_line()
        self._marker = "- " if items is None else items.next_marker()
        self._fresh = True

    def close_item(self) -> None:
        """End an item; nothing is left of an empty one."""
        if self._marker:
            self._marker = ""
            self._fresh = bool(self._bar)
        self.end_line()

    def open_table(self) -> None:
        """Begin a table."""
        self.end_block()
        self._rows.append((0, self._length))

    def close_table(self) -> None:
        """End a table."""
        self._rows.pop()
        self.end_block()

    def open_row(self) -> None:
        """Begin a row on a line of its own."""
        self.end_line()
        if self._rows:
            self._rows[-1] = (0, self._length)

    def close_row(self) -> None:
        """End a row; its last empty cells leave nothing."""
        self._bar = ""
        self._fresh = bool(self._marker)
        self.end_line()

    def open_cell(self) -> None:
        """Begin a cell of a row."""
        if not self._rows:
            self.end_line()
            return
        cells, before = self._rows[-1]
        self._rows[-1] = (cells + 1, before)
        if cells:
            self._bar += " | "
            if self._length > before:
                self._breaks = 0
        self._fresh = True

    def close_cell(self) -> None:
        """End a cell."""
        if not self._rows:
            self.end_line()
        self._fresh = bool(self._bar or self._marker)

    @property
    def in_link(self) -> bool:
        """Whether a link is open: one holds no other."""
        return self._target is not None

    def open_link(self, target: str) -> None:
        """Begin a link."""
        self._target = target
        self._link_from = -1

    def close_link(self) -> None:
        """Write a link's target after its text, if it has one."""
        target, first = self._target or "", self._link_from
        self._target = None
        self._link_from = 0
        if first < 0:
            return
        if self._base and not _SCHEME.match(target):
            target = _joined(self._base, target)
        text = "".join(self._out[first:])
        del self._out[first:]
        self._length -= len(text)
        self._append(with_target(text, target))

    def _write(self, text: str) -> None:
        if self._breaks or self._fresh or self._quote_from < 0 or not self._length:
            self._lead()
        elif self._space:
            self._append(" ")
        if self._link_from < 0:
            self._link_from = len(self._out)
        self._out.append(text)
        self._length += len(text)

    def _append(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _lead(self) -> None:
        """Write what was held back before a piece of text."""
        begins = not self._length or self._breaks > 0
        if begins:
            lead = "\n" * self._breaks if self._length else ""
        else:
            lead = self._bar or (" " if self._space and not self._marker else "")
        if self._quote_from < 0:
            self._quote_from = self._length + len(lead)
        if self._marker:
            lead += self._marker
        elif begins and self._lists and not self._code:
            lead += self._lists[-1].inner
        if begins and self._bar:
            lead += self._bar.lstrip()
        if lead:
            self._append(lead)
        self._breaks = 0
        self._marker = self._bar = ""
        self._space = self._fresh = False

    def _write_code(self, text: str) -> None:
        """Write text as it is, without its first and last blank lines."""
        text = self._held + text.replace("\r\n", "\n").replace("\r", "\n")
        kept = text.rstrip()
        self._held = text[len(kept) :][:_HELD]
        if self._breaks or self._fresh or not self._length:
            indent = len(kept) - len(kept.lstrip())
            kept = kept[kept.rfind("\n", 0, indent) + 1 :]
        if kept:
            self._write(kept)


def _joined(base_url: str, target: str) -> str:
    try:
        return urljoin(base_url, target)
    except ValueError:  # a host in brackets that is no address
        return target
