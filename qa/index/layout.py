"""Where the files of an index are, and the lock that lets one process write."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.errors import IndexBusy, IndexNotWritable


def store_path(folder: Path) -> Path:
    """Return the path of the store, the one file that cannot be made again."""
    return folder / "index.sqlite3"


def words_path(folder: Path) -> Path:
    """Return the folder of the word index."""
    return folder / "words"


def vectors_path(folder: Path, generation: int) -> Path:
    """Return the path of that checkpoint's vectors."""
    return folder / f"vectors-{generation}.faiss"


def columns_path(folder: Path, generation: int) -> Path:
    """Return the path of that checkpoint's columns."""
    return folder / f"columns-{generation}.npy"


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write; the operating system frees it when its holder dies.

    Raises: IndexBusy with the holder's process id, IndexNotWritable.
    """
    from filelock import FileLock, Timeout

    holder = folder / "writer.pid"
    lock = FileLock(folder / "write.lock")
    try:
        lock.acquire(timeout=0)
        holder.write_text(str(os.getpid()), encoding="utf-8")
    except Timeout as error:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "unknown"
        raise IndexBusy(f"{folder} is being written by another process (id {who})", f"ps -p {who}") from error
    except OSError as error:
        lock.release()
        where = shlex.quote(str(folder))
        raise IndexNotWritable(
            f"cannot write to {folder}: {error.strerror}", f"ls -ld {where}; df -h {where}"
        ) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
