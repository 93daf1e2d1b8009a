"""An archive as a folder, for as long as it is read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.formats.archives.unpacking import Unpacked, unpack


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, Unpacked]]:
    """Unpack an archive for a while; give the folder, which has the archive's name: it may say whose export this is.

    Raises: as `unpack`.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / (path.name.partition(".tar")[0].removesuffix(".zip") or "archive")
        folder.mkdir()
        yield folder, unpack(path, folder)
