"""The members of a zip archive, checked before any of them is read."""

from __future__ import annotations

import errno
import lzma
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qa.formats.archives.members import CHUNK, Member

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# Members at the root by which a document or a program is known that only its own program reads.
_DOCUMENTS = frozenset(
    (b"[Content_Types].xml", b"mimetype", b"META-INF/MANIFEST.MF", b"AndroidManifest.xml", b"Index/Document.iwa")
)
_END, _END_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x01\x02"
_TAIL = 22 + 0xFFFF + 20 + 56
_LOCAL_HEADER = 30
_ENTRY_HEADER = 46
_ENCRYPTED, _IN_UTF8 = 0x1, 0x800
_ASKED = 10_000  # members that are looked at to tell a document from an archive
_KNOWN_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class BrokenZip(Exception):
    """The archive cannot be read; says why."""


class EncryptedZip(BrokenZip):
    """The archive asks for a password."""


def is_document(file: BinaryIO) -> bool:
    """Tell whether a zip file is a document of some program, no archive of files."""
    with _told():
        names = (name for number, name in zip(range(_ASKED), _names(file), strict=False))
        return any(name in _DOCUMENTS for name in names)


def zip_members(path: Path, most: int, count: Callable[[int], None]) -> Iterator[Member]:
    """Give the members of an archive, of which there may be so many; count is told of the bytes that are unpacked.

    Raises: BrokenZip, EncryptedZip.
    """
    with path.open("rb") as file:
        _refuse_too_many(file, most)
        with _told():
            archive = zipfile.ZipFile(file)
        with archive:
            infos = archive.infolist()
            _refuse_overlaps(infos, archive.start_dir)
            for info in infos:
                yield _member(archive, info, count)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, count: Callable[[int], None]) -> Member:
    name = _name(info)
    is_folder = name.endswith(("/", "\\"))
    return Member(name, lambda: _data(archive, info, count), _modified(info), is_folder, _refusal(info))


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo, count: Callable[[int], None]) -> Iterator[bytes]:
    if info.flag_bits & _ENCRYPTED:
        raise EncryptedZip("its files are encrypted")
    with _told(), archive.open(info) as file:
        while chunk := file.read(CHUNK):
            count(len(chunk))
            yield chunk


def _refusal(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a device"
    known = info.compress_type in _KNOWN_COMPRESSIONS or info.flag_bits & _ENCRYPTED
    return None if known else f"compressed in a way that is not known, {info.compress_type}"


def _name(info: zipfile.ZipInfo) -> str:
    """Read a name: many programs write UTF-8 and do not say so, and then it is read as the code page of old."""
    name = info.orig_filename.split("\0")[0]
    if info.flag_bits & _IN_UTF8:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _modified(info: zipfile.ZipInfo) -> float | None:
    """Return the time in UTC where the archive has it, else the one in nobody's time zone, taken for ours."""
    extra = info.extra
    while len(extra) >= 4:
        field, length = struct.unpack("<HH", extra[:4])
        if field == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + length :]
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (OverflowError, ValueError):
        return None


def _refuse_overlaps(infos: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse members that share their bytes: a small file that unpacks to a huge one, in one go, is made of them."""
    before = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < before:
            raise BrokenZip("its members overlap, as in a zip bomb")
        before = info.header_offset + _LOCAL_HEADER + info.compress_size
    if before > end and infos:
        raise BrokenZip("its members overlap, as in a zip bomb")


def _refuse_too_many(file: BinaryIO, most: int) -> None:
    """Count the members before a list of them is made."""
    _, size = _directory(file)
    if size < most * _ENTRY_HEADER:
        return
    if sum(1 for _ in _names(file)) > most:
        raise BrokenZip(f"it has more than {most:,} members")


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Find the list of members at the end of the file: its place and its size."""
    length = file.seek(0, 2)
    start = file.seek(max(0, length - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise BrokenZip("its end is missing")
    size: int = struct.unpack("<I", tail[at + 12 : at + 16])[0]
    end = start + at
    at_64 = tail.rfind(_END_64, 0, at)
    if size == 0xFFFFFFFF and at_64 >= 0 and len(tail) >= at_64 + 56:
        size = struct.unpack("<Q", tail[at_64 + 40 : at_64 + 48])[0]
        end = start + at_64
    if size > end:
        raise BrokenZip("the list of its members is damaged")
    return end - size, size


def _names(file: BinaryIO) -> Iterator[bytes]:
    at, size = _directory(file)
    file.seek(at)
    while size >= _ENTRY_HEADER:
        entry = file.read(_ENTRY_HEADER)
        if len(entry) < _ENTRY_HEADER or not entry.startswith(_ENTRY):
            return
        name, extra, comment = struct.unpack("<HHH", entry[28:34])
        yield file.read(name)
        file.seek(extra + comment, 1)
        size -= _ENTRY_HEADER + name + extra + comment


@contextmanager
def _told() -> Iterator[None]:
    """Let what zipfile and its decoders say of a damaged archive become one error."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error) as error:
        raise BrokenZip(str(error).rstrip(".") or "it ends too early") from error
    except (NotImplementedError, RuntimeError, ValueError, OverflowError) as error:
        raise BrokenZip(f"it is damaged ({error})") from error
    except OSError as error:
        if error.errno is not None and error.errno != errno.EINVAL:  # a seek to where no file can be
            raise
        raise BrokenZip(f"it is damaged ({error})") from error
