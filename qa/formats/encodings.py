"""Bytes -> text: find the encoding in one pass over blocks, and refuse what is no text.

The order: a byte order mark, UTF-16 without one where every other byte is zero, UTF-8, Windows-1252.
"""

from __future__ import annotations

import codecs
import errno
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qa.errors import SourceNotFound, SourceUnreadable, Undecodable, UnknownFormat

BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a zip archive (or an office document)"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
)
# Bell, backspace, tab, line ends, form feed, Ctrl-Z and escape occur in pasted terminal text.
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27})
_UNDEFINED_1252 = b"\x81\x8d\x8f\x90\x9d"
_DAMAGED_UTF8 = 5  # so many characters beyond ASCII before the first wrong byte: UTF-8 that was damaged


def find_encoding(path: Path, file: BinaryIO) -> str:
    """Name the codec that reads a whole source; file is a buffered reader at its beginning, path names it.

    Raises: UnknownFormat for binary content, Undecodable where no encoding fits.
    """
    head = file.peek(4096)[:4096]  # type: ignore[attr-defined]
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise _binary(path, what)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _validated(path, file, encoding)
    wide = _obvious_utf16(head)
    if wide is not None:
        return _validated(path, file, wide)
    return _narrow(path, file)


def encoding_of_head(head: bytes) -> str:
    """Guess the codec of a source by its first bytes: a byte order mark, zero bytes, else UTF-8."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    return marked or _obvious_utf16(head[:4096]) or "utf-8"


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Let what the system or a decoder says about a source become a QAError."""
    try:
        if not _is_file_or_missing(path):
            raise SourceUnreadable(f"{path} is not a file", f"ls -ld {shlex.quote(str(path))}")
        yield
    except FileNotFoundError as error:
        if path.is_symlink():
            raise SourceUnreadable(f"{path} is a link to nothing", f"ls -l {shlex.quote(str(path))}") from error
        raise SourceNotFound(f"{path} does not exist", f"ls {shlex.quote(str(path.parent))}") from error
    except UnicodeError as error:
        raise Undecodable(
            f"{path}: the bytes changed while they were read: {error}", f"file {shlex.quote(str(path))}"
        ) from error
    except OSError as error:
        fact = f"{path} cannot be read: {error.strerror or error}"
        raise SourceUnreadable(fact, f"ls -l {shlex.quote(str(path))}") from error


def _is_file_or_missing(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP):  # as `Path.exists` has it
            return True
        raise
    except ValueError:
        return True


def _binary(path: Path, what: str) -> UnknownFormat:
    return UnknownFormat(f"{path} is {what}, not text", f"file {shlex.quote(str(path))}")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _obvious_utf16(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark by its zero bytes: every second one of "hi", in little-endian."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    first, second = head[0 : 2 * pairs : 2].count(0) / pairs, head[1 : 2 * pairs : 2].count(0) / pairs
    if second >= 0.4 and first <= 0.05:
        return "utf-16-le"
    return "utf-16-be" if first >= 0.4 and second <= 0.05 else None


def _validated(path: Path, file: BinaryIO, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(file):
            if "\0" in decoder.decode(block):
                raise _binary(path, "binary")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        fact = f"{path} starts like {encoding.upper()} and is not: {error}"
        raise Undecodable(fact, f"file {shlex.quote(str(path))}") from error
    return encoding


def _narrow(path: Path, file: BinaryIO) -> str:
    """Choose between UTF-8 and Windows-1252, and refuse binary content."""
    size = controls = seen = 0
    wrong: int | None = None
    fits_1252 = True
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in _blocks(file):
        if 0 in block:
            raise _binary(path, "binary")
        controls += len(block) - len(block.translate(None, _CONTROL))
        if not block.isascii():
            fits_1252 = fits_1252 and len(block) == len(block.translate(None, _UNDEFINED_1252))
        if wrong is None:
            wrong, beyond = _check_utf8(decoder, block, size)
            seen += beyond
        size += len(block)
    if wrong is None:
        wrong, _ = _check_utf8(decoder, b"", size)
    if controls * 50 > size or (wrong is not None and controls):
        raise _binary(path, "binary")
    if wrong is None:
        return "utf-8"
    if fits_1252 and seen < _DAMAGED_UTF8:
        return "cp1252"
    raise Undecodable(f"{path}: byte {wrong} fits neither UTF-8 nor Windows-1252", f"file {shlex.quote(str(path))}")


def _check_utf8(decoder: codecs.IncrementalDecoder, block: bytes, offset: int) -> tuple[int | None, int]:
    """Decode one block; return the offset of its first wrong byte, and the characters beyond ASCII before it."""
    pending = len(decoder.getstate()[0])
    try:
        text = decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode("utf-8", "ignore")
        return offset - pending + error.start, _beyond_ascii(good)
    return None, _beyond_ascii(text)


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
