"""The user's cache folder, and the hashes of large files remembered there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for compiled models: QA_CACHE, or the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("QA_CACHE") or platformdirs.user_cache_dir("comment-qa", appauthor=False))


def hash_once(path: Path) -> str:
    """Return the SHA-256 of a file, remembered by its path, size and modification time."""
    return remembered_hash(path) or hash_again(path)


def hash_again(path: Path) -> str:
    """Return the SHA-256 of a file as it is now, and remember it in place of what was remembered."""
    key = _key(path)
    digest = hash_file(path)
    write_atomically(_book(), json.dumps({**_remembered(), key: digest}, indent=1))
    return digest


def remembered_hash(path: Path) -> str | None:
    """Return what is remembered of a file that has not been touched since; None for nothing."""
    known = _remembered().get(_key(path))
    return known if isinstance(known, str) else None


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write a small cache file so that a reader sees the old one or the new one; a read-only cache is no error."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError:
        return


def _book() -> Path:
    return cache_folder() / "hashes.json"


def _key(path: Path) -> str:
    stat = path.stat()
    return f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"


def _remembered() -> dict[str, object]:
    try:
        known = json.loads(_book().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
