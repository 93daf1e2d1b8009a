"""A saved page of HTML: its tree, its title, where it was, and on which lines an element stands.

A page is one document: it is parsed whole.
"""

from __future__ import annotations

import codecs
import re
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.markup.html import cleaned

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.I)
# Charsets that browsers take for UTF-8 where a page declares them in ASCII, and codecs that are none.
_NOT_TAKEN = ("utf-8", "utf-16", "utf-32", "utf-7", "unicode", "raw", "punycode")
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S+)\s*-->")
# Browsers ignore these ends; the parser would leave out what follows them.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.I)


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page. url is where it was, base what its links are relative to ("" where that is unknown)."""

    root: Any
    title: str | None
    url: str | None
    base: str

    def link(self, target: str | None) -> str | None:
        """Make a link absolute; None where it cannot be followed."""
        try:
            joined = urljoin(self.base, (target or "").strip())
        except ValueError:
            return None
        return joined if target and joined.startswith(("http://", "https://")) else None


def read_page(content: Content) -> Page | None:
    """Parse a page, or return None where there is no element in it. Raises: Malformed if it is nested too deep."""
    with content.binary() as file:
        raw = file.read()
    text = raw.decode(_charset(content, raw), "replace")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(_ENDS.sub("", cleaned(text)).encode("utf-8"), parser)
    except etree.XMLSyntaxError:  # nothing but space
        return None
    deep = next((entry for entry in parser.error_log if entry.type_name == "ERR_RESOURCE_LIMIT"), None)
    if deep is not None:
        fact = "the elements are nested deeper than a browser would show them"
        raise Malformed(content.path, deep.line, fact, f"file {shlex.quote(str(content.path))}")
    if root is None:
        return None
    saved = _SAVED_FROM.search(text[:4096])
    url = _first(root, "//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
    if not (url or "").startswith("http"):
        url = saved[1] if saved else None
    title = _first(
        root, "//meta[@property='og:title']/@content", "//head/title/text()", "//title/text()", "//h1//text()"
    )
    return Page(root, title, url, _first(root, "//base/@href") or url or "")


def lines_of(element: Any) -> tuple[int, int]:
    """Return the lines from an element's beginning to the last thing in it."""
    start = end = element.sourceline or 1
    last = element
    while len(last):
        last = last[-1]
        end = max(end, (last.sourceline or 1) + (last.tail or "").rstrip().count("\n"))
    return start, end + (last.text or "").rstrip().count("\n")


def _charset(content: Content, raw: bytes) -> str:
    """Name the codec: what the page declares, unless it is what is found anyway."""
    declared = _CHARSET.search(raw[:4096])
    if declared and not raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            b" ".decode(name, "replace")  # raises for a codec that is no charset, such as hex
        except (LookupError, UnicodeError):
            name = "utf-8"
        if not name.startswith(_NOT_TAKEN):
            return _MEANT.get(name, name)
    return content.encoding


def _first(root: Any, *paths: str) -> str | None:
    for path in paths:
        for found in root.xpath(path):
            if text := " ".join(str(found).split()):
                return text
    return None
