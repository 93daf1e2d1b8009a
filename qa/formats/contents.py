"""What a format reads: one source's text or bytes, decompressed, and the files beside it that complete it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shlex
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import zstandard

from qa.errors import Malformed
from qa.formats.encodings import find_encoding, mapped

_OPENERS = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
)
_DECODERS: dict[str, Callable[[BinaryIO], Any]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    # Pushshift's dumps need the largest window there is; a decoder holds as much.
    "zstandard": lambda file: zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(
        file, read_across_frames=True
    ),
}

_SMALL = 1 << 17  # bytes of a file that is held
_NEIGHBOURS = 32
_CROWD = 1000


class Content:
    """One source. It can be opened any number of times; a compressed file is decompressed as it is read.

    beside holds, once the source was read, every path that was looked for next to it, found or not: where one of them
    changes, the source says something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = str(path.parent)
        self.beside: dict[Path, None] = {}
        self.sample: Any = None  # as `take_sample` took it

    @cached_property
    def compression(self) -> str | None:
        """The compression of the file: gzip, zstandard, bzip2, xz or None."""
        head, _ = self._beginning
        return next((name for magic, name in _OPENERS if head.startswith(magic)), None)

    @property
    def size(self) -> int:
        """The bytes of the file, as it lies there. Raises: SourceNotFound, SourceUnreadable."""
        with mapped(self.path):
            return self.path.stat().st_size

    @cached_property
    def encoding(self) -> str:
        """The codec that reads the whole source. Raises: UnknownFormat, Undecodable, and as `binary`."""
        with self.binary() as file:
            return find_encoding(self.path, file)

    @contextmanager
    def binary(self) -> Iterator[BinaryIO]:
        """Open the source for its bytes. Raises: SourceNotFound, SourceUnreadable, Malformed where it is cut off."""
        with mapped(self.path), self._opened() as file:
            try:
                with self._decompressed(file) as bytes_:
                    yield bytes_
            except (EOFError, OSError, zlib.error, zstandard.ZstdError, lzma.LZMAError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # of the system, not of a decoder
                fact = f"the {self.compression} file breaks: {str(error).rstrip('.')}"
                raise Malformed(self.path, None, fact, f"file {shlex.quote(str(self.path))}") from error

    @contextmanager
    def text(self, newline: str | None = None) -> Iterator[TextIO]:
        """Open the source for its text; newline as in `open`. Raises: as `encoding` and `binary`."""
        encoding = self.encoding
        with self.binary() as file:
            yield io.TextIOWrapper(file, encoding=encoding, newline=newline)

    def companion(self, relative: str) -> Content | None:
        """Return a file beside this one, by its path from this one's folder (``../users.json``), or None."""
        name = os.path.normpath(os.path.join(self._folder, relative))  # noqa: PTH118 - six for each day of a chat
        path = Path(name)
        self.beside[path] = None
        return Content(path) if os.path.isfile(name) else None  # noqa: PTH113

    def neighbours(self, suffixes: Collection[str]) -> list[Content]:
        """Return the other files of the folder whose names end so, a compression's ending aside; none if too many."""
        with mapped(self.path), os.scandir(self.path.parent) as found:
            entries = list(islice(found, _CROWD))
        if len(entries) == _CROWD:
            return []
        # What comes to lie there later counts too: `qa.sources` goes by the names that the folder lists.
        self.beside[Path(self._folder, " ".join(f"*{one}" for one in sorted(suffixes)))] = None
        names = sorted(one.name for one in entries if not one.name.startswith("."))
        alike = [name for name in names if name != self.path.name and _suffix(name) in suffixes]
        beside = [self.companion(name) for name in alike[: _NEIGHBOURS + 1]]
        return [one for one in beside if one is not None] if len(beside) <= _NEIGHBOURS else []

    @cached_property
    def _beginning(self) -> tuple[bytes, bool]:
        """The first bytes, and whether they are all: a small file is opened once and gone through several times."""
        with mapped(self.path), self.path.open("rb") as file:
            head = file.read(_SMALL + 1)
        return (head, True) if len(head) <= _SMALL else (head[:16], False)

    def _opened(self) -> BinaryIO:
        head, whole = self._beginning
        return io.BufferedReader(io.BytesIO(head)) if whole else self.path.open("rb")

    @contextmanager
    def _decompressed(self, file: BinaryIO) -> Iterator[BinaryIO]:
        opener = _DECODERS.get(self.compression or "")
        if opener is None:
            yield file
            return
        with opener(file) as opened, io.BufferedReader(opened, 1 << 20) as buffered:
            yield buffered


def _suffix(name: str) -> str:
    """Return how a name ends, without the ending that a compression gave it.

    >>> _suffix("RS_2012-01.jsonl.zst"), _suffix("posts.CSV"), _suffix("RS_2012-01.zst")
    ('.jsonl', '.csv', '')
    """
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122 - a name, not a path
    return os.path.splitext(stem)[1] if suffix in (".gz", ".zst", ".bz2", ".xz") else suffix  # noqa: PTH122
