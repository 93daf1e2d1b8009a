"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.assistant import DEFAULT_INDEX
from qa.encoder import hub
from qa.records import Mode as AnyMode

if TYPE_CHECKING:
    from rich.console import Console

Index = Annotated[
    Path, typer.Option("--index", envvar="QA_INDEX", metavar="DIR", help="The index's folder.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Author = Annotated[
    list[str] | None, typer.Option("--author", metavar="NAME", help="Only this author's comments (repeatable).")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only comments from this date on (UTC).")]
Before = Annotated[str | None, typer.Option("--before", metavar="DATE", help="Only comments before this date (UTC).")]
Thread = Annotated[
    list[str] | None,
    typer.Option("--thread", metavar="ID|WORDS", help="Only threads with this id, or these words in their title."),
]
Source = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only this source, folder or glob of sources (repeatable)."),
]
Mode = Annotated[AnyMode, typer.Option("--mode", help="Rank by meaning and words together, or by one of them alone.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and count, print the plan, change nothing.")]
Prune = Annotated[bool, typer.Option("--prune", help="Also remove comments whose source is gone.")]


def _offline(wanted: bool) -> bool:
    if wanted:
        hub.go_offline()
    return wanted


Offline = Annotated[
    bool,
    typer.Option("--offline", callback=_offline, help="Never fetch a model; QA_OFFLINE=1 and HF_HUB_OFFLINE=1 do too."),
]

DEFAULT = Path(DEFAULT_INDEX)


def console() -> Console:
    """Return what draws on the terminal. rich is imported here: ``--json`` need not wait for it."""
    from rich.console import Console

    return Console()
