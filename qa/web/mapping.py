"""The map: drawn beside the questions, kept in the user's cache, drawn again when the index has become another."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.assistant import Assistant
from qa.browsing import Points
from qa.encoder import cache_folder
from qa.errors import QAError
from qa.layout import MOST_LANDMARKS, Positions, lay_out, place

MOST_POINTS = 50_000
# Colours there are; the rest share one.
_NAMED = 10
_SCALE = 65_535
# A kept layout serves while this share of its landmarks is still there, and not many more comments came.
_STILL_THERE, _GROWN = 0.7, 1.5
Keys = NDArray[np.uint64]


class Map:
    """The map of one index, as JSON. It is drawn on a thread of its own, so that no question waits for it."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._drawing = threading.Lock()
        self._state = ""
        self._drawn: bytes | None = None
        self._failed: QAError | None = None

    def get(self) -> bytes | None:
        """Return the map, or None while the first is being drawn; while a later one is, that before it.

        Raises: QAError where it could not be drawn; the next call tries again.
        """
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed
        with self._assistant.browse() as browser:
            changed = browser.state != self._state
        if changed and self._drawing.acquire(blocking=False):
            threading.Thread(target=self._draw, daemon=True).start()
        return self._drawn

    def _draw(self) -> None:
        try:
            with self._assistant.browse() as browser:
                state, points = browser.state, browser.points(MOST_POINTS)
            self._drawn = encoded(points, positions_of(points, _place(self._assistant.folder)))
            self._state = state
        except QAError as error:
            self._failed = error
        finally:
            self._drawing.release()


def encoded(points: Points, positions: Positions) -> bytes:
    """Return points as the page reads them. Units: positions in 0 to 65535, x and y by turns."""
    years = [None if year is None else str(year) for year in points.years]
    shown = {
        "ids": points.comment_ids,
        "positions": np.round(positions * _SCALE).astype(int).ravel().tolist(),
        "total": points.total,
        "colours": {
            "author": _grouped(points.authors),
            "source": _grouped(points.sources),
            "year": _grouped(years, by_name=True),
        },
    }
    return json.dumps(shown, separators=(",", ":")).encode()


def _grouped(values: Sequence[str | None], by_name: bool = False) -> dict[str, list[str] | list[int]]:
    """Return the most frequent names, and for each point the number of its name; those of no name have the next."""
    names = [name for name, _ in Counter(one for one in values if one is not None).most_common(_NAMED)]
    number = {name: at for at, name in enumerate(sorted(names) if by_name else names)}
    return {"names": list(number), "of": [len(names) if one is None else number.get(one, len(names)) for one in values]}


def positions_of(points: Points, kept: Path) -> Positions:
    """Return where the points stand, by the kept layout or, where that no longer fits, by a new one. Shape (n, 2)."""
    keys = np.frombuffer(b"".join(_key(row) for row in points.vectors), np.uint64)
    found = _read(kept, keys)
    if found is None:
        unique, first = np.unique(keys, return_index=True)
        chosen = first[np.argsort(unique)[:MOST_LANDMARKS]]  # hashes are in no order: the first of them are a sample
        found = chosen, lay_out(points.vectors[chosen])
        _write(kept, keys[chosen], found[1], len(keys))
    chosen, positions = found
    return place(points.vectors, points.vectors[chosen], positions) if len(chosen) else positions


def _key(row: NDArray[np.float32]) -> bytes:
    return hashlib.blake2b(row.astype(np.float16).tobytes(), digest_size=8).digest()


def _read(kept: Path, keys: Keys) -> tuple[NDArray[np.int64], Positions] | None:
    """Return the kept landmarks that are still there, and their positions; None where the layout does not fit.

    Of the comments only hashes are kept, so that what is forgotten is not kept here.
    """
    try:
        with np.load(kept, allow_pickle=False) as file:
            landmarks, positions, count = file["keys"], file["positions"], int(file["count"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    where = {key: at for at, key in enumerate(keys.tolist())}
    there = np.array([where.get(key, -1) for key in landmarks.tolist()], np.int64)
    fits = positions.shape == (len(there), 2) and len(keys) <= _GROWN * count and len(there) > 0
    if not fits or np.mean(there >= 0) < _STILL_THERE:
        return None
    return there[there >= 0], positions[there >= 0].astype(np.float32)


def _write(kept: Path, keys: Keys, positions: Positions, count: int) -> None:
    """Keep a layout; where nothing can be written it is drawn again next time."""
    beside = kept.with_name(f"{kept.stem}-{os.getpid()}.npz")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(beside, keys=keys, positions=positions, count=np.int64(count))
        beside.replace(kept)
    except OSError:
        beside.unlink(missing_ok=True)


def _place(folder: Path) -> Path:
    return cache_folder() / "maps" / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]}.npz"
