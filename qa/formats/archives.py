"""Placeholder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unpacked:
    files: tuple[Path, ...]
    refused: tuple[str, ...]


def is_archive(path: Path) -> bool:
    return False


def unpack(path: Path, into: Path) -> Unpacked:
    return Unpacked((), ())
