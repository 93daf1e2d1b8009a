"""Paths -> files, and which of those files changed since they were read.

A root is what the user named: a file, a folder, a glob, or standard input. It expands to source files, each with a
short name: its path relative to the folder that was indexed.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path

from qa.errors import SourceNotFound, SourceUnreadable

Look = Callable[[str | Path], tuple[int, int]]

STDIN = "stdin"
# A file modified this close to the moment it was read may change again without its time changing (git calls such an
# entry racily clean), so its content is hashed.
_RACY_NS = 2_000_000_000
# A folder of as many files is not gone through for what may lie beside a source.
_CROWD = 1000


@dataclass(frozen=True, slots=True)
class Root:
    """What the user named. path is absolute; kind is "file", "folder", "glob" or "stdin"; options as recorded."""

    kind: str
    path: str
    options: str = "{}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read, the name it is cited by, and the root it came from."""

    name: str
    path: Path
    root: Root


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file was when it was read. Units: times in nanoseconds since 1970; sha256 in hex.

    beside holds, as JSON, the [path, size, mtime_ns] of each file that completes this one; size -1: it was not there.
    """

    size: int
    mtime_ns: int
    read_at_ns: int
    sha256: str
    beside: str = "[]"


def root_of(path: str, options: str = "{}") -> Root:
    """Return the root that a path given by the user names. Raises: SourceNotFound."""
    if path == "-":
        return Root("stdin", STDIN, options)
    absolute = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - resolve() would follow links
    if absolute.is_dir():
        return Root("folder", str(absolute), options)
    if absolute.exists():
        return Root("file", str(absolute), options)
    if glob.has_magic(path):
        if any(True for _ in glob.iglob(str(absolute), recursive=True)):  # noqa: PTH207 - absolute pattern
            return Root("glob", str(absolute), options)
        raise SourceNotFound(f"no file matches {path}", "ls " + (os.path.dirname(path) or "."))  # noqa: PTH120
    raise SourceNotFound(f"no such file or folder: {path}", "qa index PATH...")


def expand(roots: Iterable[Root], known: Mapping[str, str]) -> list[SourceFile]:
    """Return every source file of the roots, each file once, with names that do not clash.

    A file that was named itself belongs to that root, and is read as it says, whatever folder holds it too.
    known maps the path of a file already in the index to its name, which it keeps. Hidden files and folders that
    hold an index are passed over.
    """
    found: dict[str, SourceFile] = {}
    names = dict.fromkeys((STDIN, *known.values()))  # what standard input is cited by is no file's name
    for root in sorted(roots, key=lambda root: root.kind != "file"):
        for name, path in _files(root):
            if str(path) in found:
                continue
            chosen = known.get(str(path)) or _free_name(name, path, names)
            names[chosen] = None
            found[str(path)] = SourceFile(chosen, path, root)
    return list(found.values())


def is_gone(root: Root) -> bool:
    """Tell whether nothing is left of a root: its file or folder is missing, or not one file remains in it."""
    return root.kind != "stdin" and next(_files(root), None) is None


def _files(root: Root) -> Iterator[tuple[str, Path]]:
    path = Path(root.path)
    if root.kind == "file" and path.exists():
        yield path.name, path
    elif root.kind == "folder" and path.is_dir():
        yield from ((found.relative_to(path).as_posix(), found) for found in files_below(path))
    elif root.kind == "glob":
        yield from _matches(root.path)


def _matches(pattern: str) -> Iterator[tuple[str, Path]]:
    fixed = Path(*_before_magic(Path(pattern).parts))
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - absolute pattern
        path = Path(match)
        files = files_below(path) if path.is_dir() else [path]
        yield from ((found.relative_to(fixed).as_posix(), found) for found in files)


def _before_magic(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below, in order; what is hidden or lies in an index is passed over."""

    def refuse(error: OSError) -> None:
        raise SourceUnreadable(f"cannot list {error.filename}: {error.strerror}", f"ls -ld {error.filename}")

    for place, folders, files in os.walk(folder, onerror=refuse):
        if "index.sqlite3" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(place, name)


def _free_name(name: str, path: Path, taken: Mapping[str, None]) -> str:
    """Return name, with as many parent folders before it as it takes to differ from the names taken."""
    chosen = name
    for parent in path.parents[len(Path(name).parts) - 1 :]:
        if chosen not in taken:
            return chosen
        chosen = f"{parent.name}/{chosen}" if parent.name else f"{parent.as_posix()}{chosen}"
    return chosen


def fingerprint(path: Path, now_ns: int) -> Fingerprint:
    """Return what the file is now; its content is read once. Raises: SourceNotFound, SourceUnreadable."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            stat = os.fstat(file.fileno())
    except FileNotFoundError as error:
        raise SourceNotFound(f"no such file: {path}", "qa update") from error
    except OSError as error:
        raise SourceUnreadable(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from error
    return Fingerprint(stat.st_size, stat.st_mtime_ns, now_ns, digest)


def looks_unchanged(path: str | Path, before: Fingerprint, look: Look | None = None) -> bool:
    """Tell by size and time alone that the file is as it was; False where only its content can tell."""
    racy = before.read_at_ns - before.mtime_ns < _RACY_NS
    same = (look or size_and_time)(path) == (before.size, before.mtime_ns) and not racy
    return same and companions_unchanged(before, look)


def state_of(paths: Iterable[Path], look: Look | None = None) -> str:
    """Return what `Fingerprint.beside` holds of files that complete another."""
    return json.dumps([[str(path), *(look or size_and_time)(path)] for path in paths])


def companions_unchanged(before: Fingerprint, look: Look | None = None) -> bool:
    """Tell whether the files that complete one are as they were; one written as it was read counts as changed."""
    return before.beside == "[]" or all(
        (look or size_and_time)(path) == (size, mtime_ns) and before.read_at_ns - mtime_ns >= _RACY_NS
        for path, size, mtime_ns in _companions(before.beside)
    )


@lru_cache(4096)
def _companions(beside: str) -> list[tuple[str, int, int]]:
    """Return path, size and time of each; read once, since every question asks whether its sources changed."""
    return [(path, size, mtime_ns) for path, size, mtime_ns in json.loads(beside)]


def size_and_time(path: str | Path) -> tuple[int, int]:
    """Return a file's size and the time it was changed, in nanoseconds since 1970; (-1, 0) where there is none.

    Of ``folder/*.csv *.tsv`` it is a checksum of the names that the folder lists with such endings: what is looked for
    beside a source may come later.
    """
    try:
        stat = os.stat(path)  # noqa: PTH116 - thousands of times for one question: no Path is made for it
    except OSError:
        folder, _, name = os.fspath(path).rpartition(os.sep)
        return (_listed(folder, name.replace("*", "").split()), 0) if name.startswith("*.") else (-1, 0)
    return stat.st_size, stat.st_mtime_ns


def _listed(folder: str, endings: Sequence[str]) -> int:
    try:
        with os.scandir(folder) as found:
            names = [one.name for one in islice(found, _CROWD)]
    except OSError:
        return -1
    if len(names) == _CROWD:
        return -2
    alike = sorted(name for name in names if any(one in name.lower() for one in endings))
    return zlib.crc32("\0".join(alike).encode("utf-8", "surrogateescape"))


def stale(known: Iterable[tuple[str, str, Fingerprint]]) -> list[str]:
    """Return the names of those sources that changed or went since they were read; each file is looked at once."""
    look = cache(size_and_time)
    found = cache(partial(is_stale, look=look))
    return [name for name, path, before in known if found(path, before)]


def is_stale(path: str | Path, before: Fingerprint, look: Look | None = None) -> bool:
    """Tell whether the file's content differs from what was read, or the file is gone or unreadable."""
    if looks_unchanged(path, before, look):
        return False
    beside = [Path(one[0]) for one in json.loads(before.beside)]
    if (look or size_and_time)(path)[0] != before.size or state_of(beside, look) != before.beside:
        return True
    try:
        return fingerprint(Path(path), 0).sha256 != before.sha256
    except (SourceNotFound, SourceUnreadable):
        return True
