"""Roots -> the folders to listen at, and which of the changes heard there matter.

A file is listened for at its folder, because an editor may put a new file in its place; what is missing, at the
nearest folder that exists. Paths are real ones, with no link in them, as some systems report no others.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path

from qa.sources import Root

# A link met on the way to a file; more than this many hops is a loop.
_MOST_LINKS = 16


@dataclass(frozen=True, slots=True)
class Folders:
    """Where to listen, each path with what it is now, so that a folder made again is told from the one it was."""

    whole: frozenset[tuple[str, int]]
    top: frozenset[tuple[str, int]]


class Places:
    """The places on disk that the roots of one index are read from, as they are now."""

    def __init__(self, roots: Iterable[Root], index: Path) -> None:
        self._index = os.path.realpath(index)
        self._roots = [_place(root) for root in roots if root.kind != "stdin"]
        whole = {path for place in self._roots for path in place.whole()}
        top = {_nearest(path) for place in self._roots for path in place.top()}
        whole = {path for path in whole if not any(_within(path, other) for other in whole - {path})}
        top = {path for path in top if not any(_within(path, other) for other in whole)}
        self.folders = Folders(_identified(whole), _identified(top))

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._roots)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and (self._roots, self.folders) == (other._roots, other.folders)

    def concern(self, path: str) -> bool:
        """Tell whether a change at path can change a comment: not the index itself, nothing hidden."""
        if _within(path, self._index):
            return False
        return any(place.concerns(path) for place in self._roots)

    def lost(self, path: str) -> bool:
        """Tell whether listening at a folder may have ended because path, it or one above it, went or came."""
        return any(_within(folder, path) for folder, _ in self.folders.whole | self.folders.top)


@dataclass(frozen=True, slots=True)
class _Place:
    """One root. entries: the path itself and each path that its links lead over, to where its content is."""

    entries: tuple[str, ...]

    def whole(self) -> Iterator[str]:
        """Yield the folders to listen at with all that is below them."""
        yield from ()

    def top(self) -> Iterator[str]:
        """Yield the folders to listen at for what lies directly in them; they may be missing."""
        yield from (os.path.dirname(entry) for entry in self.entries)  # noqa: PTH120 - plain text, as reported

    def concerns(self, path: str) -> bool:
        """Tell whether path is the place, or above it."""
        return any(_within(entry, path) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _FolderPlace(_Place):
    def whole(self) -> Iterator[str]:
        if Path(self.entries[-1]).is_dir():
            yield self.entries[-1]

    def concerns(self, path: str) -> bool:
        below = _below(path, self.entries[-1])
        return _is_read(self.entries[-1], below) if below else _Place.concerns(self, path)


@dataclass(frozen=True, slots=True)
class _GlobPlace(_Place):
    """entries lead to the folder before the first part with a wildcard; pattern is that part and those after it."""

    pattern: tuple[str, ...]

    def _levels(self) -> Iterator[list[str]]:
        """Yield the folders in which each part of the pattern is looked for, then those that the last one matched."""
        level = [self.entries[-1]]
        yield level
        for part in self.pattern:
            if part == "**":
                return
            found = [path for folder in level for path in glob.glob(os.path.join(glob.escape(folder), part))]  # noqa: PTH118, PTH207
            level = [os.path.realpath(path) for path in found if Path(path).is_dir()]
            yield level

    def whole(self) -> Iterator[str]:
        *_, last = self._levels()
        yield from (folder for folder in last if Path(folder).is_dir())

    def top(self) -> Iterator[str]:
        yield from _Place.top(self)
        *levels, _ = self._levels()
        yield from (folder for level in levels for folder in level)

    def concerns(self, path: str) -> bool:
        below = _below(path, self.entries[-1])
        return self._matches(below) if below else _Place.concerns(self, path)

    def _matches(self, below: tuple[str, ...]) -> bool:
        """Tell whether the parts of a path, as far as both go, match those of the pattern."""
        for number, (part, wanted) in enumerate(zip(below, self.pattern, strict=False)):
            if wanted == "**":
                return _is_read(os.path.join(self.entries[-1], *below[:number]), below[number:])  # noqa: PTH118
            if not fnmatch(part, wanted) or (part.startswith(".") and not wanted.startswith(".")):
                return False
        matched = len(self.pattern)
        return _is_read(os.path.join(self.entries[-1], *below[:matched]), below[matched:])  # noqa: PTH118


def _place(root: Root) -> _Place:
    if root.kind == "glob":
        parts = Path(root.path).parts
        fixed = list(takewhile(lambda part: not glob.has_magic(part), parts))
        return _GlobPlace(_entries(str(Path(*fixed))), parts[len(fixed) :])
    return _FolderPlace(_entries(root.path)) if root.kind == "folder" else _Place(_entries(root.path))


def _entries(path: str) -> tuple[str, ...]:
    """Return path, with no link above its last part, and where each link there leads."""
    found: list[str] = []
    for _ in range(_MOST_LINKS):
        above, name = os.path.split(path)
        found.append(os.path.join(os.path.realpath(above), name) if name else path)  # noqa: PTH118
        if not Path(found[-1]).is_symlink():
            break
        path = os.path.join(os.path.dirname(found[-1]), os.readlink(found[-1]))  # noqa: PTH115, PTH118, PTH120
    return tuple(found)


def _is_read(top: str, below: tuple[str, ...]) -> bool:
    """Tell whether what lies there below top would be read: nothing hidden, no folder of an index on the way."""
    if any(part.startswith(".") for part in below):
        return False
    above = [Path(top, *below[:depth]) for depth in range(len(below))]
    return not any((folder / "index.sqlite3").exists() for folder in above)


def _nearest(path: str) -> str:
    """Return the folder at path, or the nearest one above it."""
    folder = Path(path)
    return str(next((one for one in (folder, *folder.parents) if one.is_dir()), folder))


def _identified(paths: Iterable[str]) -> frozenset[tuple[str, int]]:
    def identity(path: str) -> int:
        try:
            return Path(path).stat().st_ino
        except OSError:
            return 0

    return frozenset((path, identity(path)) for path in paths)


def _below(path: str, folder: str) -> tuple[str, ...]:
    """Return the parts of path below folder; none where it is not below it."""
    return Path(path).relative_to(folder).parts if _within(path, folder) else ()


def _within(path: str, folder: str) -> bool:
    """Tell whether path is folder or lies below it."""
    inner, outer = _comparable(path), _comparable(folder)
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)


def _comparable(path: str) -> str:
    """Return path as this system compares it: Windows and macOS fold case."""
    return os.path.normcase(path).casefold() if sys.platform == "darwin" else os.path.normcase(path)
