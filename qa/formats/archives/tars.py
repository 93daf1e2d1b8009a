"""The members of a tar archive, in one pass over its bytes, so that a compressed one is decompressed once.

Reads the formats of POSIX (ustar, pax) and of GNU tar, and the older one without a mark. Written for archives of
unknown origin: what is held of a header is bounded, and nothing is ever done that a header asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from qa.formats.archives.members import CHUNK, Member

BLOCK = 512
_LARGEST_HEADER = 1 << 20
_FILES = (b"0", b"\0", b"7")
_HOLES = "GNU.sparse"
_USED = ("path", "size", "mtime")
_REFUSALS = {
    b"1": "a link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a file with holes",
}


class BrokenTar(Exception):
    """The archive breaks; says where."""


def looks_like_tar(block: bytes) -> bool:
    """Tell whether a file that begins with these bytes is a tar archive."""
    if len(block) < BLOCK or 0 not in block[:BLOCK]:
        return False
    return block[257:262] == b"ustar" or (block[0] != 0 and _sum(block) == _sum_told(block))


def tar_members(file: BinaryIO, count: Callable[[int], None]) -> Iterator[Member]:
    """Give the members of an archive; count is told of all bytes as they are read. Raises: BrokenTar."""
    reader = _Reader(file, count)
    longer: dict[str, str] = {}
    while block := reader.header():
        kind, size = block[156:157], _size(block)
        if kind in (b"x", b"L"):
            longer |= _pax(reader.text(size)) if kind == b"x" else {"path": _decoded(reader.text(size))}
            continue
        if kind in (b"g", b"K"):  # what holds for all members, and the target of a link: nothing that is needed here
            reader.skip(size)
            continue
        yield _member(block, longer, reader)
        longer = {}


class _Reader:
    """A tar file, read forward."""

    def __init__(self, file: BinaryIO, count: Callable[[int], None]) -> None:
        self._file = file
        self._count = count
        self._at = 0
        self._ends = 0  # where the next header is

    def header(self) -> bytes:
        """Read the next header; nothing at the end of the archive."""
        for _ in self.data(self._ends - self._at):
            pass
        block = self._read(BLOCK)
        self._ends = self._at
        if len(block) < BLOCK:
            raise BrokenTar(f"it ends too early, at byte {self._at:,}")
        if not any(block):
            while self._read(CHUNK):  # to the end, where a compression has its checksum
                pass
            return b""
        if _sum(block) != _sum_told(block):
            raise BrokenTar(f"a header is damaged, at byte {self._at - BLOCK:,}")
        return block

    def text(self, size: int) -> bytes:
        """Read what belongs to a header."""
        if size > _LARGEST_HEADER:
            raise BrokenTar(f"a header of {size:,} bytes, at byte {self._at:,}")
        self.skip(size)
        return b"".join(self.data(size))

    def skip(self, size: int) -> None:
        """Let the next header come after so much."""
        self._ends = self._at + -(-size // BLOCK) * BLOCK

    def data(self, size: int) -> Iterator[bytes]:
        """Read so much of a member."""
        while size:
            chunk = self._read(min(size, CHUNK))
            if not chunk:
                raise BrokenTar(f"it ends inside a member, at byte {self._at:,}")
            size -= len(chunk)
            yield chunk

    def _read(self, size: int) -> bytes:
        """Read as much as is asked for, unless the file ends."""
        parts = []
        while size and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
            self._at += len(part)
            self._count(len(part))
        return b"".join(parts)


def _member(block: bytes, longer: dict[str, str], reader: _Reader) -> Member:
    kind = block[156:157]
    name = longer.get("path") or _name(block)
    told = longer.get("size", "")
    size = int(told) if told.isascii() and told.isdigit() and len(told) < 20 else _size(block)
    is_folder = kind == b"5" or (kind in _FILES and name.endswith("/"))
    refusal = None if kind in _FILES or is_folder else _REFUSALS.get(kind, "of a kind that is not known")
    if _HOLES in longer:
        refusal = _REFUSALS[b"S"]
    # A link or a folder has no content, whatever its header says of its size.
    reader.skip(0 if kind in (b"1", b"2", b"3", b"4", b"5", b"6") else size)
    return Member(name, lambda: reader.data(size), _modified(block, longer), is_folder, refusal)


def _modified(block: bytes, longer: dict[str, str]) -> float | None:
    try:
        return float(longer["mtime"]) if "mtime" in longer else float(_number(block[136:148]))
    except (ValueError, BrokenTar):
        return None


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _decoded(prefix + b"/" + name if prefix else name)


def _decoded(name: bytes) -> str:
    """Read a name; tar does not say in which encoding it is."""
    name = name.split(b"\0")[0]
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _pax(records: bytes) -> dict[str, str]:
    """Read what is used of an extended header, whose records are a length, a key and a value."""
    found: dict[str, str] = {}
    at = 0
    while at < len(records) and records[at] != 0:
        length, _, rest = records[at : at + 20].partition(b" ")
        if not rest or not length.isdigit() or int(length) <= len(length) + 1:
            raise BrokenTar("an extended header is damaged")
        key, _, value = records[at + len(length) + 1 : at + int(length)].rstrip(b"\n").partition(b"=")
        if (name := _HOLES if key.startswith(_HOLES.encode()) else _decoded(key)) in (*_USED, _HOLES):
            found[name] = _decoded(value)
        at += int(length)
    return found


def _size(block: bytes) -> int:
    size = _number(block[124:136])
    if size < 0:
        raise BrokenTar("a member has a size below zero")
    return size


def _number(field: bytes) -> int:
    """Read a number: octal digits, or binary where it is too large for them."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big", signed=True)
        return number if field[0] & 0x40 else number + (1 << (8 * len(field) - 1))
    try:
        return int(field.strip(b" \0").split(b"\0")[0] or b"0", 8)
    except ValueError as error:
        raise BrokenTar("a header holds no number where one belongs") from error


def _sum(block: bytes) -> int:
    return sum(block[:148]) + 8 * 32 + sum(block[156:BLOCK])


def _sum_told(block: bytes) -> int | None:
    try:
        return _number(block[148:156])
    except BrokenTar:
        return None
