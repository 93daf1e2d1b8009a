r"""Untrusted text -> text that a terminal shows and does not obey.

A comment may carry an escape sequence that rewrites the screen, or a bidi control that makes a line read
backwards. Such characters are made visible and nothing else is touched::

    >>> safe_text("\x1b[31mred\u202e")
    '␛[31mred\\u202e'

C0 controls and DEL become their control pictures (ESC -> ␛, CR -> ␍, DEL -> ␡); everything else becomes its
Python escape (``\x9b``, ``\u202e``, ``\U000e0041``). Kept, because ordinary text needs them: newline, tab, the
joiners U+200C and U+200D, variation selectors, the soft hyphen and the zero-width space.

Offsets refer to raw text: slice first, neutralise after.
"""

from __future__ import annotations

import re
from urllib.parse import quote

UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates
    "\u2028\u2029\u180e\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # separators, invisible formatting, BOM
    "\U000e0000-\U000e007f"  # tag characters
    "\ud800-\udfff"  # lone surrogates
    "]"
)
_UNSAFE_OR_CRLF = re.compile("\r\n|" + UNSAFE.pattern)
_WEB = ("https://", "http://")
_ADDRESS_KEPT = "%/:?#[]@!$&'*+,;=~-._"
_LINE_SPACE = str.maketrans("\n\t", "  ")


def safe_text(text: str) -> str:
    """Make every character visible that a terminal would obey or hide; keep newlines and tabs.

    A CR before a newline is dropped: it is a line ending, and nothing is hidden by it.
    """
    return _UNSAFE_OR_CRLF.sub(_visible, text)


def safe_line(text: str) -> str:
    """Return the text as one safe line: a newline or a tab becomes a space."""
    return safe_text(text).translate(_LINE_SPACE)


def clip(text: str, limit: int) -> str:
    """Return one safe line of at most limit characters, white space collapsed, ending in … where it was cut."""
    line = safe_line(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def web_address(url: str | None) -> str | None:
    """Return an address that may be linked to, percent-encoded, or None: only the web's are, no scripts or files.

    >>> web_address("https://example.org/a b"), web_address("javascript:alert(1)")
    ('https://example.org/a%20b', None)
    """
    if not url or not url.lower().startswith(_WEB):
        return None
    return quote(url, safe=_ADDRESS_KEPT, errors="replace")


def _visible(match: re.Match[str]) -> str:
    found = match.group()
    if found == "\r\n":
        return "\n"
    code = ord(found)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
