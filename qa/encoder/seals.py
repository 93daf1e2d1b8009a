"""The seal on a compiled model: which files were made, of what, and how they measured.

A seal is written last, so a folder without one is unfinished. Opening compares sizes and hashes the tokenizer alone,
because hashing the weights would take longer than answering; `altered` hashes everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from qa.encoder.cache import hash_file

SEAL = "complete.json"
_VERSION = 2
_FILES = ("model.onnx", "weights.bin", "tokenizer.json", "probes.json")


@dataclass(frozen=True, slots=True)
class Measured:
    """What compiling measured: the lowest cosine to the original on the probe texts, and speed on this machine."""

    agreement: float
    characters_per_second: float


@dataclass(frozen=True, slots=True)
class Seal:
    """A compiled model as it was made. Units: files maps a name to its size in bytes and its SHA-256."""

    name: str
    source: str
    version: int
    onnxruntime: str
    files: Mapping[str, tuple[int, str]]
    measured: Measured


def write_seal(folder: Path, name: str, source: Path, measured: Measured) -> None:
    """Seal what stands in the folder."""
    present = [folder / file for file in _FILES if (folder / file).is_file()]
    files = {path.name: (path.stat().st_size, hash_file(path)) for path in present}
    seal = Seal(name, str(source), _VERSION, _runtime(), files, measured)
    (folder / SEAL).write_text(json.dumps(asdict(seal), indent=1), encoding="utf-8")


def read_seal(folder: Path) -> Seal | None:
    """Return the seal; None where there is none, or it cannot be read."""
    try:
        found = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        files = {str(name): (int(size), str(sha256)) for name, (size, sha256) in found["files"].items()}
        measured = Measured(float(found["measured"]["agreement"]), float(found["measured"]["characters_per_second"]))
        return Seal(found["name"], found["source"], found["version"], found["onnxruntime"], files, measured)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def fault(folder: Path, seal: Seal | None) -> str | None:
    """Return why the folder cannot be used as it is, as a clause; None where nothing speaks against it."""
    if seal is None:
        return "has no seal: it is unfinished, or of an earlier version"
    if seal.version != _VERSION:
        return "was made by another version of the program"
    if seal.onnxruntime != _runtime():
        return f"was made for onnxruntime {seal.onnxruntime}, and {_runtime()} runs now"
    for name, (size, _) in seal.files.items():
        path = folder / name
        if not path.is_file():
            return f"is damaged: {name} is missing"
        if path.stat().st_size != size:
            return f"is damaged: {name} has {path.stat().st_size:,} bytes of {size:,}"
    return (
        "is damaged: tokenizer.json was changed"
        if "tokenizer.json" in altered(folder, seal, "tokenizer.json")
        else None
    )


def altered(folder: Path, seal: Seal, *only: str) -> list[str]:
    """Return the files, or those among `only`, whose content is not what was sealed; this reads them whole."""
    names = [name for name in seal.files if not only or name in only]
    return [name for name in names if not (folder / name).is_file() or hash_file(folder / name) != seal.files[name][1]]


def _runtime() -> str:
    import onnxruntime

    return str(onnxruntime.__version__)
