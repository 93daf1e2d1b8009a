"""HTML -> the text a reader sees, with the quotes in it marked.

The parser's events are written down as they come, so that no tree is built and depth is no limit. A paragraph, a list, a
table, a quote or code is set apart by a blank line; a ``div`` and a ``br`` end a line, because mail programs write one
``div`` a line. A no-break space is a space: nobody searches for the other kind.
"""

from __future__ import annotations

import html as entities
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from qa.formats.markup.body import Body
from qa.formats.markup.links import with_target
from qa.formats.markup.shortcodes import emoji_of

_SPACE = re.compile(r"[ \t\n\r\f\v\xa0]+")
# What no text holds: control characters, halves of a surrogate pair. Tab, LF, VT, FF and CR are spaces.
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NO_TARGET = ("javascript:", "data:", "vbscript:", "blob:", "about:", "cid:", "#")

_LINES = frozenset(
    "address article body caption center dd div dt fieldset figcaption footer form header hgroup html legend main nav "
    "optgroup option search section summary tbody tfoot thead".split()
)
_BLOCKS = frozenset("aside details dl figure h1 h2 h3 h4 h5 h6 hr p".split())
_UNSEEN = frozenset(
    "annotation audio button canvas datalist embed head iframe noembed noframes noscript object script style svg "
    "template textarea title video".split()
)
# What mail programs and forums call the words of somebody else, and a signature.
_QUOTE_CLASSES = frozenset(
    "gmail_quote gmail_attr gmail_signature moz-cite-prefix moz-signature yahoo_quoted email-quoted-reply "
    "email-signature-reply bbcode_quote bbCodeBlock--quote quoteheader quote_container onebox".split()
)
_MENTION_CLASSES = frozenset("mention mention-group user-mention team-mention hashtag hashtag-cooked".split())
_EMOJI_CLASSES = frozenset("emoji emoticon emojione twemoji joypixels smilie custom-emoji".split())

_Closer = Callable[[], None]


def from_html(html: str, base_url: str = "") -> Body:
    """Turn a fragment or a page into text; base_url makes its relative links absolute.

    Units: asides are offsets in the text, end exclusive.

    >>> from_html("<blockquote>Tea?</blockquote><p>No, <b>coffee</b>.")
    Body(text='Tea?\\n\\nNo, coffee.', asides=((0, 4),))
    """
    if "<" not in html:
        return Body(_collapsed(_cleaned(entities.unescape(html) if "&" in html else html)).strip(" "))
    writer = _HERE.writer
    writer.begin(base_url)
    etree.fromstring(_cleaned(html).encode("utf-8"), _HERE.parser)
    return writer.finish()


def element_text(element: Any, base_url: str = "") -> Body:
    """Turn an element that lxml parsed into text, as `from_html` does; what follows it is not part of it."""
    writer = _HERE.writer
    writer.begin(base_url)
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start":
            writer.start(node.tag, node.attrib)
            if node.text:
                writer.data(node.text)
            continue
        if event == "end":
            writer.end(node.tag)
        if node.tail and node is not element:
            writer.data(node.tail)
    return writer.finish()


def _cleaned(text: str) -> str:
    return _CONTROL.sub("\ufffd", text) if _CONTROL.search(text) else text


def _collapsed(text: str) -> str:
    """Make every run of white space one space; at the edges too."""
    if not text.isascii():
        return _SPACE.sub(" ", text)
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


class _List:
    """An open list: the number of its next item (None for bullets), and how deep its items are indented."""

    def __init__(self, number: int | None, indent: str) -> None:
        self.number = number
        self.indent = indent
        self.items = 0

    @property
    def inner(self) -> str:
        return self.indent + ("  " if self.number is None else "   ")

    def next_marker(self) -> str:
        self.items += 1
        if self.number is None:
            return f"{self.indent}- "
        self.number += 1
        return f"{self.indent}{self.number - 1}. "


class _Writer:
    """A parser target: takes start, end and data, and writes text.

    What separates two pieces of text is held back (breaks, a space, a list's marker, a cell's bar) until the second
    piece comes, so that nothing trails. fresh: a marker or a bar waits, and a block that begins now needs no line.
    """

    def __init__(self) -> None:
        self._buffer: list[str] = []
        self.data = self._buffer.append
        self.begin("")

    def begin(self, base_url: str) -> None:
        """Forget everything."""
        self._base = base_url
        self._buffer.clear()
        self._out: list[str] = []
        self._length = 0
        self._asides: list[tuple[int, int]] = []
        self._closers: list[_Closer | None] = []
        self._unseen = self._pre = self._quotes = self._breaks = 0
        self._quote_from = 0  # -1 from the beginning of a quote to its first text
        self._space = self._fresh = False
        self._marker = self._bar = self._held = ""
        self._lists: list[_List] = []
        self._rows: list[tuple[int, int]] = []
        self._target: str | None = None
        self._link_from = 0

    def finish(self) -> Body:
        """Return what was written."""
        self._flush()
        if self._quotes and self._quote_from >= 0:
            self._asides.append((self._quote_from, self._length))
        return Body("".join(self._out), tuple(self._asides))

    def close(self) -> None:
        """End a parser's run; `finish` gives the result."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open an element."""
        if self._unseen:
            self._unseen += 1
            return
        if tag in _UNSEEN:
            self._flush()
            self._unseen = 1
            return
        opener = _OPENERS.get(tag)
        closer: _Closer | None = None
        if opener is not None:
            closer = opener(self, attributes)
        elif tag in _LINES:
            closer = self._open_line()
        elif tag in _BLOCKS:
            closer = self._open_block()
        if attributes and (names := attributes.get("class")):
            closer = self._open_class(tag, names.split(), closer)
        self._closers.append(closer)

    def end(self, tag: str) -> None:
        """Close an element."""
        if self._unseen:
            self._unseen -= 1
            if not self._unseen:
                self._buffer.clear()
            return
        closer = self._closers.pop() if self._closers else None
        if closer is not None:
            self._flush()
            closer()

    def _flush(self) -> None:
        """Write the text that has come since the last boundary."""
        buffer = self._buffer
        if not buffer:
            return
        text = buffer[0] if len(buffer) == 1 else "".join(buffer)
        buffer.clear()
        if self._pre:
            self._write_code(text)
            return
        text = _collapsed(text)
        words = text.strip(" ")
        if not words:
            self._space = self._space or bool(text)
            return
        self._space = self._space or text[0] == " "
        self._write(words)
        self._space = text[-1] == " "

    def _write(self, text: str) -> None:
        if self._breaks or self._fresh or self._quote_from < 0 or not self._length:
            self._lead()
        elif self._space:
            self._append(" ")
        if self._link_from < 0:
            self._link_from = len(self._out)
        self._append(text)

    def _append(self, text: str) -> None:
        self._out.append(text)
        self._length += len(text)

    def _lead(self) -> None:
        """Write what was held back before a piece of text."""
        begins = not self._length or self._breaks > 0
        if begins:
            self._append("\n" * self._breaks if self._length else "")
        elif self._bar:
            self._append(self._bar)
        elif self._space and not self._marker:
            self._append(" ")
        if self._quote_from < 0:
            self._quote_from = self._length
        if self._marker:
            self._append(self._marker)
        elif begins and self._lists and not self._pre:
            self._append(self._lists[-1].inner)
        if begins and self._bar:
            self._append(self._bar.lstrip())
        self._breaks = 0
        self._marker = self._bar = ""
        self._space = self._fresh = False

    def _write_code(self, text: str) -> None:
        text = self._held + text.replace("\r\n", "\n").replace("\r", "\n")
        kept = text.rstrip()
        self._held = text[len(kept) :]
        if self._breaks or self._fresh or not self._length:
            first = len(kept) - len(kept.lstrip())
            kept = kept[kept.rfind("\n", 0, first) + 1 :]
        if kept:
            self._write(kept)

    def _break(self, lines: int) -> None:
        if not self._fresh and self._breaks < lines:
            self._breaks = lines

    def _end_line(self) -> None:
        self._break(1)

    def _end_block(self) -> None:
        self._break(2)

    def _open_line(self) -> _Closer:
        self._flush()
        self._break(1)
        return self._end_line

    def _open_block(self) -> _Closer:
        self._flush()
        self._break(2)
        return self._end_block

    def _open_br(self, attributes: Mapping[str, str]) -> None:
        if self._pre:
            self.data("\n")
            return
        self._flush()
        if not self._fresh and self._length:
            self._breaks = min(self._breaks + 1, 2)

    def _open_pre(self, attributes: Mapping[str, str]) -> _Closer:
        self._open_block()
        self._pre += 1
        return self._close_pre

    def _close_pre(self) -> None:
        self._pre -= 1
        self._held = ""
        self._break(2)

    def _open_quote(self, attributes: Mapping[str, str]) -> _Closer:
        self._open_block()
        if not self._quotes:
            self._quote_from = -1
        self._quotes += 1
        return self._close_quote

    def _close_quote(self) -> None:
        self._quotes -= 1
        if not self._quotes:
            if self._quote_from >= 0:
                self._asides.append((self._quote_from, self._length))
            self._quote_from = 0
        self._break(2)

    def _open_list(self, attributes: Mapping[str, str], number: int | None = None) -> _Closer:
        self._flush()
        self._break(1 if self._lists else 2)
        self._lists.append(_List(number, self._lists[-1].inner if self._lists else ""))
        return self._close_list

    def _open_numbered(self, attributes: Mapping[str, str]) -> _Closer:
        first = attributes.get("start", "")
        return self._open_list(attributes, int(first) if first.isascii() and first.isdigit() and len(first) < 9 else 1)

    def _close_list(self) -> None:
        self._lists.pop()
        self._break(1 if self._lists else 2)

    def _open_item(self, attributes: Mapping[str, str]) -> _Closer:
        self._flush()
        items = self._lists[-1] if self._lists else None
        if items is not None and items.items and not self._fresh:
            self._breaks = 1
        self._break(1)
        self._marker = "- " if items is None else items.next_marker()
        self._fresh = True
        return self._close_item

    def _close_item(self) -> None:
        if self._marker:
            self._marker = ""
            self._fresh = bool(self._bar)
        self._break(1)

    def _open_table(self, attributes: Mapping[str, str]) -> _Closer:
        self._open_block()
        self._rows.append((0, self._length))
        return self._close_table

    def _close_table(self) -> None:
        self._rows.pop()
        self._break(2)

    def _open_row(self, attributes: Mapping[str, str]) -> _Closer:
        self._open_line()
        if self._rows:
            self._rows[-1] = (0, self._length)
        return self._close_row

    def _close_row(self) -> None:
        self._bar = ""
        self._fresh = bool(self._marker)
        self._break(1)

    def _open_cell(self, attributes: Mapping[str, str]) -> _Closer | None:
        if not self._rows:
            return self._open_line()
        self._flush()
        cells, before = self._rows[-1]
        self._rows[-1] = (cells + 1, before)
        if cells:
            self._bar += " | "
            if self._length > before:
                self._breaks = 0
        self._fresh = True
        return self._end_cell

    def _end_cell(self) -> None:
        self._fresh = bool(self._bar or self._marker)

    def _open_link(self, attributes: Mapping[str, str]) -> _Closer | None:
        target = "".join(attributes.get("href", "").split())
        if not target or self._target is not None or target[:11].lower().startswith(_NO_TARGET):
            return None
        if not _MENTION_CLASSES.isdisjoint(attributes.get("class", "").split()):
            return None
        self._flush()
        self._target = target
        self._link_from = -1
        return self._close_link

    def _close_link(self) -> None:
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

    def _open_image(self, attributes: Mapping[str, str]) -> None:
        alt = attributes.get("alt", "")
        if alt.startswith(":") and not _EMOJI_CLASSES.isdisjoint(attributes.get("class", "").split()):
            alt = emoji_of(alt.strip(":")) or alt
        if alt:
            self.data(alt)

    def _open_inline_quote(self, attributes: Mapping[str, str]) -> _Closer:
        self.data('"')
        return self._close_inline_quote

    def _close_inline_quote(self) -> None:
        self.data('"')

    def _open_class(self, tag: str, names: list[str], closer: _Closer | None) -> _Closer | None:
        """Open what only its class tells: a quote, or a text that the platform shows under a picture."""
        quoted = not _QUOTE_CLASSES.isdisjoint(names) or ("quote" in names and tag in ("aside", "div"))
        if not quoted or tag in ("blockquote", "a", "img", "br", "html", "body"):
            return closer
        close_quote = self._open_quote({})
        if closer is None:
            return close_quote

        def close_both() -> None:
            close_quote()
            closer()

        return close_both


_OPENERS: dict[str, Callable[[_Writer, Mapping[str, str]], _Closer | None]] = {
    "a": _Writer._open_link,
    "blockquote": _Writer._open_quote,
    "br": _Writer._open_br,
    "dir": _Writer._open_list,
    "img": _Writer._open_image,
    "li": _Writer._open_item,
    "listing": _Writer._open_pre,
    "menu": _Writer._open_list,
    "ol": _Writer._open_numbered,
    "plaintext": _Writer._open_pre,
    "pre": _Writer._open_pre,
    "q": _Writer._open_inline_quote,
    "table": _Writer._open_table,
    "td": _Writer._open_cell,
    "th": _Writer._open_cell,
    "tr": _Writer._open_row,
    "ul": _Writer._open_list,
    "xmp": _Writer._open_pre,
}


def _joined(base_url: str, target: str) -> str:
    try:
        return urljoin(base_url, target)
    except ValueError:  # a host in brackets that is no address
        return target


class _Here(threading.local):
    """A parser and its target, one pair for each thread: making them costs more than a comment does."""

    def __init__(self) -> None:
        self.writer = _Writer()
        self.parser = etree.HTMLParser(encoding="utf-8", target=self.writer, huge_tree=True, no_network=True)


_HERE = _Here()
