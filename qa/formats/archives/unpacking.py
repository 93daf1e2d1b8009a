"""An archive -> the files in it, in a folder that the caller gives and removes.

An archive says where its files go and how large they are; none of that is trusted. A file is written only below the
folder, under a name that leads nowhere else; links and devices are not made; bytes are counted as they are written.
What is not unpacked is named, unless it is hidden.
"""

from __future__ import annotations

import os
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from qa.errors import Malformed, SourceUnreadable
from qa.formats.archives import tars, zips
from qa.formats.archives.members import Member
from qa.formats.contents import Content
from qa.formats.encodings import mapped

# Text is seldom compressed to less than a thirtieth; a bomb to a thousandth and much less.
_RATIO = 200
_AT_LEAST = 1 << 30
_MOST_MEMBERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive: paths relative to the folder, and each member that was refused, with the reason."""

    files: tuple[Path, ...]
    refused: tuple[str, ...]


def is_archive(path: Path) -> bool:
    """Tell by content whether a file is an archive of files: zip, or tar with or without a compression.

    A document that is a zip file inside (docx, odt, epub, jar) is none. Raises: SourceNotFound, SourceUnreadable.
    """
    with mapped(path), path.open("rb") as file:
        if file.read(4) in zips.MAGIC:
            try:
                return not zips.is_document(file)
            except zips.BrokenZip:
                return True  # unpacking it says what is wrong
    try:
        with Content(path).binary() as content:
            return tars.looks_like_tar(content.read(tars.BLOCK))
    except Malformed:
        return False


def unpack(path: Path, into: Path) -> Unpacked:
    """Write the regular files of an archive below a folder, with the times they have in the archive.

    An archive inside the archive is a file. Of two members with one name the later counts; one whose name differs from
    an earlier one in case alone gets a number, for file systems that do not tell them apart.
    Raises: Malformed where the archive is damaged, encrypted, or larger than any honest one; SourceUnreadable.
    """
    with mapped(path):
        folder = _Folder(path, into, max(_AT_LEAST, _RATIO * path.stat().st_size))
        quoted = shlex.quote(str(path))
        try:
            with _members(path, folder.count) as members:
                for member in members:
                    folder.take(member)
        except zips.EncryptedZip as error:
            raise Malformed(path, None, f"the archive cannot be read: {error}", f"unzip {quoted}") from error
        except zips.BrokenZip as error:
            raise Malformed(path, None, f"the archive breaks: {error}", f"unzip -t {quoted}") from error
        except tars.BrokenTar as error:
            raise Malformed(path, None, f"the archive breaks: {error}", f"tar -tf {quoted}") from error
    return folder.unpacked()


@contextmanager
def _members(path: Path, count: Callable[[int], None]) -> Iterator[Iterator[Member]]:
    with path.open("rb") as file:
        is_zip = file.read(4) in zips.MAGIC
    if is_zip:
        yield zips.zip_members(path, _MOST_MEMBERS, count)
        return
    with Content(path).binary() as content:
        yield tars.tar_members(content, count)


class _Folder:
    """The folder that is filled; knows the names in it as a file system would that ignores case."""

    def __init__(self, path: Path, into: Path, most: int) -> None:
        self._path = path
        self._into = into
        self._most = most
        self._left = most
        self._members = 0
        self._files: dict[PurePosixPath, PurePosixPath] = {}  # by the name in the archive
        self._taken: set[str] = set()
        self._clashes: dict[str, int] = {}
        self._folders: set[str] = set()
        self._refused: list[str] = []

    def take(self, member: Member) -> None:
        """Write a member, or note why not."""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise self._too_large(f"has more than {_MOST_MEMBERS:,} members")
        refusal = member.objection
        if refusal is None and (member.is_hidden or member.is_folder):
            return
        refusal = refusal or member.refusal or self._in_the_way(member.path)
        if refusal is not None:
            self._refused.append(f"{member.shown} ({refusal})")
        else:
            self._write(member, self._place(member))

    def unpacked(self) -> Unpacked:
        """Say what became of the members."""
        return Unpacked(tuple(Path(place) for place in self._files.values()), tuple(self._refused))

    def _in_the_way(self, path: PurePosixPath) -> str | None:
        """Tell whether a file's name is a folder's too."""
        folded = [_folded(parent) for parent in path.parents[:-1]]
        clash = _folded(path) in self._folders or any(parent in self._taken for parent in folded)
        return "a file where the archive also has a folder" if clash else None

    def _place(self, member: Member) -> PurePosixPath:
        wanted = place = member.path
        if wanted in self._files:
            self._refused.append(f"{member.shown} (an earlier one of two with this name)")
            return self._files[wanted]
        folded = _folded(wanted)
        while _folded(place) in self._taken:
            self._clashes[folded] = number = self._clashes.get(folded, 1) + 1
            place = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        self._taken.add(_folded(place))
        self._folders.update(_folded(parent) for parent in place.parents[:-1])
        self._files[wanted] = place
        return place

    def _write(self, member: Member, place: PurePosixPath) -> None:
        target = Path(self._into, place)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for chunk in member.data():
                    file.write(chunk)
        except OSError as error:
            if error.errno is None:
                raise  # of a decoder, not of the system
            fact = f"{self._path} cannot be unpacked: {error.strerror}"
            raise SourceUnreadable(fact, f"df -h {shlex.quote(str(self._into))}") from error
        if member.modified is not None:
            try:
                os.utime(target, (member.modified, member.modified))
            except (OSError, OverflowError, ValueError):
                return  # a time that no file can have: it keeps the present one

    def count(self, size: int) -> None:
        """Count bytes that were unpacked, whatever became of them."""
        self._left -= size
        if self._left < 0:
            raise self._too_large(f"unpacks to more than {self._most:,} bytes, which no honest one of its size does")

    def _too_large(self, fact: str) -> Malformed:
        return Malformed(self._path, None, f"the archive {fact}", f"ls -l {shlex.quote(str(self._path))}")


def _folded(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
