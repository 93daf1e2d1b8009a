"""Put a readable store in place of one that SQLite cannot read any more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from qa.errors import IndexDamaged, IndexNotFound
from qa.index.layout import store_path, write_lock
from qa.store import connect, is_sound, mapped, salvage


def save_store(folder: Path, notice: Callable[[str], None]) -> Path | None:
    """Replace a damaged store by one of all rows that can be read; return where the damaged one is kept.

    Returns None where the store is sound. Raises: IndexNotFound, IndexBusy, IndexTooNew, IndexNotWritable.
    """
    path = store_path(folder)
    if not path.is_file():
        raise IndexNotFound(f"no index at {folder}", "qa index PATH...")
    with write_lock(folder):
        try:
            with mapped(path), closing(connect(path, write=True)) as connection:
                if is_sound(connection):
                    return None
        except IndexDamaged:
            pass
        kept = _free(path.with_name(path.name + ".damaged"))
        fresh = path.with_name(path.name + ".saved")
        fresh.unlink(missing_ok=True)
        notice(f"{path} cannot be read whole: saving what can be; the damaged file stays as {kept}")
        shutil.copy2(path, kept)
        with mapped(fresh):
            salvage(path, fresh)
        path.unlink()
        for log in ("-wal", "-shm"):
            path.with_name(path.name + log).unlink(missing_ok=True)
            fresh.with_name(fresh.name + log).unlink(missing_ok=True)
        fresh.rename(path)
        return kept


def _free(path: Path) -> Path:
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
