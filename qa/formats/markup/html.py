"""HTML -> the text that a reader sees, with the quotes in it marked.

The parser's events are written down as they come: no tree is built, and depth is no limit. A paragraph, a list, a
table, a quote or code is set apart by a blank line. A ``div`` and a ``br`` end a line, because mail programs write a
``div`` for each line. An inline element leaves nothing but its text.
"""

from __future__ import annotations

import html as entities
import re
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from lxml import etree

from qa.formats.markup.body import Body
from qa.formats.markup.flow import Flow
from qa.formats.markup.shortcodes import emoji_of
from qa.formats.markup.spaces import collapsed


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Tab, LF, VT, FF and CR are spaces.
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\ud800-\udfff]")
_CONTROLS = bytes((*range(0x09), *range(0x0E, 0x20)))
_NO_TARGET = ("javascript:", "data:", "vbscript:", "blob:", "about:", "cid:", "#")
_LINES = _names(
    "address article body caption center dd div dt fieldset figcaption footer form header hgroup html legend main nav"
    " optgroup option search section summary tbody tfoot thead"
)
_BLOCKS = _names("aside details dl figure h1 h2 h3 h4 h5 h6 hr p")
_UNSEEN = _names(
    "annotation audio button canvas datalist embed head iframe noembed noframes noscript object script style svg"
    " template textarea title video"
)
# What mail programs and forums call the words of somebody else, a signature, or the preview of a linked page.
_QUOTES = _names(
    "gmail_quote gmail_attr gmail_signature moz-cite-prefix moz-signature yahoo_quoted email-quoted-reply"
    " email-signature-reply bbcode_quote bbCodeBlock--quote quoteheader quote_container onebox"
)
_PARTS = _names("blockquote li td th tr")
_NEVER_QUOTES = _names("a blockquote body br html img")
_MENTIONS = _names("mention mention-group user-mention team-mention hashtag hashtag-cooked")
_EMOJI = _names("emoji emoticon emojione twemoji joypixels smilie custom-emoji")

_Attributes = Mapping[str, str]
_Closer = Callable[[], None]


def from_html(html: str, base_url: str = "") -> Body:
    r"""Turn a fragment or a page into text; base_url makes its relative links absolute.

    Units: asides are offsets in the text, end exclusive.

    >>> from_html("<blockquote>Tea?</blockquote><p>No, <b>coffee</b>.")
    Body(text='Tea?\n\nNo, coffee.', asides=((0, 4),))
    """
    if "<" not in html:
        return Body(collapsed(cleaned(entities.unescape(html) if "&" in html else html)))
    writer = _HERE.writer
    writer.begin(base_url)
    etree.fromstring(_encoded(html), _HERE.parser)
    return writer.finish()


def element_text(element: Any, base_url: str = "", skip: Collection[Any] = ()) -> Body:
    """Turn an element that lxml parsed into text, as `from_html` does; what follows it is not part of it.

    skip: elements inside it that are left out. The element itself is never a quote or an item, only what is in it.
    """
    writer = _HERE.writer
    writer.begin(base_url)
    walker = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walker:
        left_out = node in skip and node is not element
        if event == "start":
            if left_out:
                walker.skip_subtree()
                continue
            if node is element:
                writer.start("div" if node.tag in _PARTS else node.tag, {})
            else:
                writer.start(node.tag, node.attrib)
            if node.text:
                writer.data(node.text)
            continue
        if event == "end" and not left_out:
            writer.end(node.tag)
        if node.tail and node is not element:
            writer.data(node.tail)
    return writer.finish()


def cleaned(text: str) -> str:
    """Put U+FFFD in place of what no text holds: control characters, halves of a surrogate pair."""
    return _CONTROL.sub("\ufffd", text) if _CONTROL.search(text) else text


def _encoded(text: str) -> bytes:
    """Clean a text and write it as UTF-8. A character that no text holds shows faster among the bytes."""
    try:
        source = text.encode("utf-8")
    except UnicodeEncodeError:
        return cleaned(text).encode("utf-8")
    return cleaned(text).encode("utf-8") if len(source.translate(None, _CONTROLS)) < len(source) else source


class _Writer(Flow):
    """A parser's target: writes the elements of HTML as a flow of text."""

    def begin(self, base_url: str) -> None:
        """Forget everything."""
        super().begin(base_url)
        self._closers: list[_Closer | None] = []
        self._unseen = 0

    def close(self) -> None:
        """End a parser's run; `finish` gives the result."""

    def start(self, tag: str, attributes: _Attributes) -> None:
        """Open an element."""
        if self._unseen:
            self._unseen += 1
            return
        names = attributes.get("class") if attributes else None
        if tag in _UNSEEN or (names == "meta" and self.in_link):  # the size of a picture, under it
            self.flush()
            self._unseen = 1
            return
        opener = _OPENERS.get(tag)
        closer = opener(self, attributes) if opener is not None else None
        self._closers.append(self._open_class(tag, names.split(), closer) if names else closer)

    def end(self, tag: str) -> None:
        """Close an element."""
        if self._unseen:
            self._unseen -= 1
            if not self._unseen:
                self._pieces.clear()
            return
        closer = self._closers.pop() if self._closers else None
        if closer is not None:
            if self._pieces:
                self.flush()
            closer()

    def open_line(self, attributes: _Attributes) -> _Closer:
        """Begin what has lines of its own."""
        self.flush()
        self.end_line()
        return self.end_line

    def open_block(self, attributes: _Attributes) -> _Closer:
        """Begin a paragraph, or what is set apart like one."""
        self.flush()
        self.end_block()
        return self.end_block

    def open_br(self, attributes: _Attributes) -> None:
        """End a line."""
        self.add_line_end()

    def open_pre(self, attributes: _Attributes) -> _Closer:
        """Begin code."""
        self.flush()
        self.end_block()
        self.open_code()
        return self.close_code

    def open_blockquote(self, attributes: _Attributes) -> _Closer:
        """Begin a quote."""
        self.flush()
        self.open_quote()
        return self.close_quote

    def open_ul(self, attributes: _Attributes) -> _Closer:
        """Begin a list of bullets."""
        self.flush()
        self.open_list(None)
        return self.close_list

    def open_ol(self, attributes: _Attributes) -> _Closer:
        """Begin a numbered list."""
        first = attributes.get("start", "")
        self.flush()
        self.open_list(int(first) if first.isascii() and first.isdigit() and len(first) < 9 else 1)
        return self.close_list

    def open_li(self, attributes: _Attributes) -> _Closer:
        """Begin an item of a list."""
        self.flush()
        self.open_item()
        return self.close_item

    def open_tables(self, attributes: _Attributes) -> _Closer:
        """Begin a table."""
        self.flush()
        self.open_table()
        return self.close_table

    def open_tr(self, attributes: _Attributes) -> _Closer:
        """Begin a row."""
        self.flush()
        self.open_row()
        return self.close_row

    def open_td(self, attributes: _Attributes) -> _Closer:
        """Begin a cell."""
        self.flush()
        self.open_cell()
        return self.close_cell

    def open_a(self, attributes: _Attributes) -> _Closer | None:
        """Begin a link, unless it leads nowhere or to the person that it names."""
        target = attributes.get("href", "").strip()
        if not target or self.in_link or target[:11].lower().startswith(_NO_TARGET):
            return None
        if not _MENTIONS.isdisjoint(attributes.get("class", "").split()):
            return None
        self.flush()
        self.open_link("%20".join(target.split()))
        return self.close_link

    def open_img(self, attributes: _Attributes) -> None:
        """Write what stands for a picture."""
        alt = attributes.get("alt", "")
        if alt.startswith(":") and not _EMOJI.isdisjoint(attributes.get("class", "").split()):
            alt = emoji_of(alt.strip(":")) or alt
        if alt:
            self.data(alt)

    def open_q(self, attributes: _Attributes) -> _Closer:
        """Begin words in quotation marks."""
        self.data('"')
        return self._close_q

    def _close_q(self) -> None:
        self.data('"')

    def _open_class(self, tag: str, names: list[str], closer: _Closer | None) -> _Closer | None:
        """Begin a quote where only its class tells that it is one."""
        quoted = not _QUOTES.isdisjoint(names) or ("quote" in names and tag in ("aside", "div"))
        if not quoted or tag in _NEVER_QUOTES:
            return closer
        self.flush()
        self.open_quote()
        if closer is None:
            return self.close_quote

        def close_both() -> None:
            self.close_quote()
            closer()

        return close_both


_OPENERS: dict[str, Callable[[_Writer, _Attributes], _Closer | None]] = {
    **dict.fromkeys(_LINES, _Writer.open_line),
    **dict.fromkeys(_BLOCKS, _Writer.open_block),
    "a": _Writer.open_a,
    "blockquote": _Writer.open_blockquote,
    "br": _Writer.open_br,
    "dir": _Writer.open_ul,
    "img": _Writer.open_img,
    "li": _Writer.open_li,
    "listing": _Writer.open_pre,
    "menu": _Writer.open_ul,
    "ol": _Writer.open_ol,
    "plaintext": _Writer.open_pre,
    "pre": _Writer.open_pre,
    "q": _Writer.open_q,
    "table": _Writer.open_tables,
    "td": _Writer.open_td,
    "th": _Writer.open_td,
    "tr": _Writer.open_tr,
    "ul": _Writer.open_ul,
    "xmp": _Writer.open_pre,
}


class _Here(threading.local):
    """A parser and its target, one pair for each thread: making them costs more than a comment does."""

    def __init__(self) -> None:
        self.writer = _Writer()
        target = cast(Any, self.writer)  # lxml asks for no method that it does not find
        self.parser = etree.HTMLParser(encoding="utf-8", target=target, huge_tree=True, no_network=True)


_HERE = _Here()
