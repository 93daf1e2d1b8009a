"""The public Python API around an index: build it, check it, mend it.

>>> import qa
>>> report = qa.build(["comments.csv"], "indexes/default")     # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qa.assistant import DEFAULT_INDEX
from qa.encoder import DEFAULT_MODEL, fast_name, load_encoder
from qa.errors import IndexDamaged, IndexNotFound
from qa.events import Events
from qa.index import encoder_name
from qa.reports import Repaired, Report, Verification
from qa.sources import root_of

if TYPE_CHECKING:
    from qa.formats import ReadOptions

_SILENT = Events()


def build(
    paths: Sequence[str | os.PathLike[str]],
    index: str | os.PathLike[str] = DEFAULT_INDEX,
    *,
    model: str | None = None,
    fast: bool = False,
    options: ReadOptions | None = None,
    prune: bool = False,
    dry_run: bool = False,
    events: Events = _SILENT,
) -> Report:
    """Read the comments in paths (files, folders, globs, "-" for standard input) into an index; remember the paths.

    Run again, it updates. model is a name for `qa.encoder.load_encoder`; by default the one the index was made with.
    A hub model that is named here is fetched where it is not cached, unless QA_OFFLINE=1. fast takes the model's int8
    form. dry_run reads and counts, and changes nothing. Raises: SourceError, EncoderError, IndexStoreError.
    """
    from qa.formats import ReadOptions
    from qa.updating import Request, bring_up_to_date

    folder = Path(index)
    read_as = (options or ReadOptions()).to_json()
    roots = [root_of(os.fspath(path), read_as) for path in paths]
    encoder = load_encoder(*_model_for(folder, model, fast, events))
    return bring_up_to_date(folder, encoder, Request(roots, prune, dry_run), events)


def _model_for(folder: Path, given: str | None, fast: bool, events: Events) -> tuple[str, Callable[[str], None], bool]:
    """Return what to load: a model that a user names may be fetched, one that only an index names may not."""
    try:
        recorded = None if given else encoder_name(folder)
    except (IndexNotFound, IndexDamaged):
        recorded = None
    name = recorded or given or os.environ.get("QA_MODEL") or DEFAULT_MODEL
    return fast_name(name) if fast else name, events.notice, recorded is None


def verify(
    index: str | os.PathLike[str] = DEFAULT_INDEX, *, deep: bool = False, events: Events = _SILENT
) -> Verification:
    """Check that everything agrees: checksums, counts, every citation with its source, vectors encoded again.

    deep checks every byte that has a checksum. Raises: IndexNotFound, IndexTooNew.
    """
    from qa.upkeep import verify

    folder = Path(index)
    return verify(folder, load_encoder(*_model_for(folder, None, False, events)), events, deep=deep)


def repair(
    index: str | os.PathLike[str] = DEFAULT_INDEX, *, compact: bool = False, events: Events = _SILENT
) -> Repaired:
    """Mend an index with what is left of it: save what can be read, read the rest again from its sources.

    compact also rewrites the store without the gaps that deletions left. Raises: IndexNotFound, IndexBusy.
    """
    from qa.upkeep import repair

    folder = Path(index)
    return repair(folder, lambda: load_encoder(*_model_for(folder, None, False, events)), events, compact=compact)
