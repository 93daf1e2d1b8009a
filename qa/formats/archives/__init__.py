"""Archives are read where they lie: told from other files by their content, and unpacked without trust."""

from __future__ import annotations

from qa.formats.archives.folders import unpacked
from qa.formats.archives.unpacking import Unpacked, is_archive, unpack

__all__ = ["Unpacked", "is_archive", "unpack", "unpacked"]
