"""What an index follows, read without opening the rest of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from qa.index.layout import store_path
from qa.sources import Root
from qa.store import StoreReader, connect
from qa.store.connection import mapped


def remembered_roots(folder: Path) -> list[Root]:
    """Return the roots that the index in `folder` follows. Raises: IndexNotFound, IndexDamaged, IndexTooNew."""
    with mapped(store_path(folder)), contextlib.closing(connect(store_path(folder))) as connection:
        return StoreReader(connection).roots()
