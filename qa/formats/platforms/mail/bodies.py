"""A message's parts -> its text."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from qa.formats.markup.body import Body
from qa.formats.platforms.mail.charsets import decoded, from_base64
from qa.formats.platforms.mail.headers import Header, read_header

_BLANK = re.compile(rb"\n[ \t]*\r?\n")
_PARAMETER = re.compile(r";\s*([\w-]+)\*?(?:0\*?)?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))")
# Text that is not written for a reader.
_DATA = frozenset(("text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/css", "text/rtf"))
_DATA |= {"text/rfc822-headers", "text/x-amp-html"}
_DEEPEST = 20
_ARMOUR = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Z][\w-]*:.*\n)*\n?"
    r"|^-----BEGIN PGP (SIGNATURE|MESSAGE|PUBLIC KEY BLOCK)-----[ \t]*\n"
    r"(?:.*\n){0,1000}?-----END PGP \1-----[ \t]*(?:\n|\Z)",
    re.M,
)
_SCRUBBED = re.compile(
    r"^-{10,} next part -{10,}[ \t]*(?:\n(?:An?\b.*\bscrubbed\.\.\.[ \t]*(?:\n(?:Name|Type|Size|Desc|URL|Url) ?:.*)*"
    r"|Skipped content of type .*))?(?:\n|\Z)",
    re.M,
)


class _Part(NamedTuple):
    """A part that holds text: its kind, text/plain or text/html, its header and its bytes as they were sent."""

    kind: str
    header: Header
    source: bytes

    def shown(self) -> Body:
        """Return the part's text."""
        text = _text(self)
        if self.kind == "text/html":
            from qa.formats.markup.html import from_html  # imported here: most mail is plain

            return from_html(text)
        parameters = _parameters(self.header.get("content-type", ""))
        if parameters.get("format", "").lower() == "flowed":
            text = _reflowed(text, parameters.get("delsp", "").lower() == "yes")
        text = text.strip("\n")
        return Body(text, tuple(_asides(text)))


def split(message: bytes) -> tuple[Header, bytes]:
    """Cut a message or a part into header and body."""
    if message[:1] in (b"\n", b"\r"):
        return {}, message.lstrip(b"\r\n")
    found = _BLANK.search(message)
    if found is None:
        return read_header(message), b""
    return read_header(message[: found.start()]), message[found.end() :]


def body(header: Header, source: bytes) -> tuple[Body, str]:
    """Return a message's text, and the kind of part that its beginning was taken from."""
    whole, field = "", ""
    asides: tuple[tuple[int, int], ...] = ()
    for part in _parts(header, source, _DEEPEST):
        one = part.shown()
        if not one.text.strip():
            continue
        if whole:
            whole += "\n\n"
        asides += tuple((start + len(whole), end + len(whole)) for start, end in one.asides)
        whole, field = whole + one.text, field or part.kind
    return Body(whole, asides), field or "text/plain"


def _parts(header: Header, source: bytes, depth: int) -> Iterator[_Part]:
    """Walk the parts that a mail client shows as text, in their order."""
    written = header.get("content-type", "")
    kind = written.split(";", 1)[0].strip().lower()
    if kind.startswith("multipart/") and kind != "multipart/digest":
        boundary = _parameters(written).get("boundary", "")
        inner = list(_cut(source, boundary)) if boundary and depth else []
        if inner:
            found = [part for one in inner for part in _parts(*split(one), depth - 1)]
            yield from _chosen(found) if kind == "multipart/alternative" else found
            return
        # A broken container is shown as what it is.
        kind = "text/plain"
    if "/" not in kind:
        kind = "text/plain"
    if kind.startswith("text/") and kind not in _DATA and not _is_attached(header, written):
        yield _Part("text/html" if kind == "text/html" else "text/plain", header, source)


def _chosen(versions: list[_Part]) -> list[_Part]:
    """Choose among versions of one text the plain one, where it says something."""
    plain = [part for part in versions if part.kind == "text/plain"]
    return plain if any(part.shown().text.strip() for part in plain) else [p for p in versions if p not in plain]


def _cut(source: bytes, boundary: str) -> Iterator[bytes]:
    """Give what stands between a boundary's lines; what stands before the first and after the last is no part."""
    mark = re.compile(
        rb"^--" + re.escape(boundary.encode("utf-8", "surrogateescape")) + rb"(--)?[ \t]*\r?(?:\n|\Z)", re.M
    )
    start: int | None = None
    for found in mark.finditer(source):
        if start is not None:
            yield source[start : found.start()]
        start = found.end()
        if found[1]:
            return
    if start is not None:
        yield source[start:]


def _is_attached(header: Header, content_type: str) -> bool:
    disposition = header.get("content-disposition", "")
    if disposition.lstrip().lower().startswith("attachment"):
        return True
    return "filename" in _parameters(disposition) or "name" in _parameters(content_type)


@lru_cache(256)
def _parameters(written: str) -> Mapping[str, str]:
    """Return the parameters of a field; mails of one list have few different ones."""
    if ";" not in written:
        return {}
    # A longer field is an attack: an open quotation mark would be searched to the end from each place.
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(written[:4000])}


def _text(part: _Part) -> str:
    encoding = part.header.get("content-transfer-encoding", "").strip().lower()
    source = part.source
    if encoding == "quoted-printable":
        source = quopri.decodestring(source)
    elif encoding == "base64":
        source = from_base64(source)
    parameters = _parameters(part.header.get("content-type", ""))
    # A charset may come with its language, as in utf-8'en'name.
    text = decoded(source, parameters.get("charset", "").split("'", 1)[0] or None)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _reflowed(text: str, delete_space: bool) -> str:
    """Join the lines that a mail program broke: those that end with a space, at the same depth of quotation."""
    lines: list[str] = []
    open_at: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_at == depth and content != "-- ":
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth and content else "") + content)
        flows = content.endswith(" ") and content != "-- "
        open_at = depth if flows else None
        if flows and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _asides(text: str) -> Iterator[tuple[int, int]]:
    """Find armour and an archive's notes about attachments."""
    spans: list[tuple[int, int]] = []
    if "-----BEGIN PGP" in text:
        spans += (found.span() for found in _ARMOUR.finditer(text))
    if " next part --" in text:
        spans += (found.span() for found in _SCRUBBED.finditer(text))
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            yield start, stop
            end = stop
