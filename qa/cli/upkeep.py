"""Commands that keep an index as it should be: forget, verify, repair."""

from __future__ import annotations

from typing import Annotated

import typer

import qa
from qa.cli import options
from qa.cli.telling import Telling
from qa.render import (
    dump_json,
    forgotten_json,
    forgotten_plain,
    repaired_json,
    repaired_plain,
    report_json,
    report_plain,
    verification_json,
    verification_plain,
)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(forget)
    app.command()(verify)
    app.command()(repair)


def forget(
    name: Annotated[
        str, typer.Argument(metavar="SOURCE|COMMENT_ID", help="As qa status and qa list name it.", show_default=False)
    ],
    index: options.Index = options.DEFAULT,
    undo: Annotated[bool, typer.Option("--undo", help="Take in again what was forgotten.")] = False,
    json: options.Json = False,
) -> None:
    """Remove a source or a comment for good: from the index, from the disk, and from every later update."""
    with Telling() as telling:
        assistant = qa.open(index, events=telling)
        if undo:
            report = assistant.take_in_again(name)
            print(dump_json(report_json(report)) if json else report_plain(report))
            return
        gone = assistant.forget(name)
    print(dump_json(forgotten_json(gone)) if json else forgotten_plain(gone, str(index)))


def verify(
    index: options.Index = options.DEFAULT,
    deep: Annotated[bool, typer.Option("--deep", help="Check every byte that has a checksum.")] = False,
    json: options.Json = False,
) -> None:
    """Check that everything agrees: checksums, counts, every citation with its source, vectors encoded again.

    Exit code 0: all is well, 2: something is wrong.
    """
    with Telling() as telling:
        found = qa.verify(index, deep=deep, events=telling)
    print(dump_json(verification_json(found)) if json else verification_plain(found))
    if found.findings:
        raise typer.Exit(2)


def repair(
    index: options.Index = options.DEFAULT,
    compact: Annotated[bool, typer.Option("--compact", help="Also rewrite the store without gaps.")] = False,
    json: options.Json = False,
) -> None:
    """Mend an index with what is left of it: save what can be read, read the rest again from its sources."""
    with Telling() as telling:
        done = qa.repair(index, compact=compact, events=telling)
    print(dump_json(repaired_json(done)) if json else repaired_plain(done, str(index)))
