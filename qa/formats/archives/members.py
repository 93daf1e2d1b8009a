"""A member of an archive, and the name under which it may be written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

CHUNK = 1 << 20
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST_PART, _LONGEST = 240, 1024  # bytes of a name, with room for a number; characters of a path
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.I)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')


@dataclass(frozen=True, slots=True)
class Member:
    """What an archive says of one of its members.

    data gives the content, in the order of the archive: it must be read, or left, before the next member is asked
    for. refusal says why it is not read, if so. Units: modified in seconds since 1970.
    """

    name: str
    data: Callable[[], Iterator[bytes]]
    modified: float | None = None
    is_folder: bool = False
    refusal: str | None = None

    @property
    def shown(self) -> str:
        """The name as it may be printed."""
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", self.name)

    @property
    def path(self) -> PurePosixPath:
        """The relative path that the member is written to."""
        return PurePosixPath(*(_writable(part) for part in _parts(self.name)))

    @property
    def is_hidden(self) -> bool:
        """Whether the member is none that a person put there: a hidden file, or what a Mac adds."""
        parts = _parts(self.name)
        return not parts or any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)

    @property
    def objection(self) -> str | None:
        """Say why nothing may be written under the member's name, if so."""
        name = self.name.replace("\\", "/")
        parts = _parts(name)
        if name.startswith("/") or _DRIVE.match(name):
            return "an absolute path"
        if ".." in parts:
            return "a path that leaves the archive"
        longest = max((len(os.fsencode(_writable(part))) for part in parts), default=0)
        return "a name that is too long" if longest > _LONGEST_PART or len(name) > _LONGEST else None


def _parts(name: str) -> list[str]:
    """Split a name at slashes of either kind: programs on Windows write their own."""
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]


def _writable(part: str) -> str:
    part = _CONTROL.sub("_", part)
    if os.name != "nt":
        return part
    part = _NOT_ON_WINDOWS.sub("_", part)
    return f"_{part}" if _RESERVED.match(part) else part
