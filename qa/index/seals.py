"""Whether a derived file is still the one that was written: its size and the hash of its head tell when it is opened,
the hash of all of it when it is verified.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Seal:
    """What a finished file was.

    Units: size and head in bytes. The head is what a library parses; behind it are plain rows, in which a flipped bit
    changes a row and nothing else.
    """

    size: int
    head: int
    head_hash: str
    whole_hash: str

    @classmethod
    def of(cls, path: Path, head: int) -> Seal:
        """Seal the file as it is now."""
        return cls(path.stat().st_size, head, _hash(path, head), _hash(path))

    def fits(self, path: Path) -> bool:
        """Tell whether the file can be opened without harm."""
        try:
            return path.stat().st_size == self.size and _hash(path, self.head) == self.head_hash
        except OSError:
            return False

    def holds(self, path: Path) -> bool:
        """Tell whether every byte of the file is as it was written. It reads all of it."""
        try:
            return path.stat().st_size == self.size and _hash(path) == self.whole_hash
        except OSError:
            return False


def _hash(path: Path, length: int = -1) -> str:
    with path.open("rb") as file:
        if length >= 0:
            return hashlib.blake2b(file.read(length), digest_size=16).hexdigest()
        return hashlib.file_digest(file, "sha256").hexdigest()
