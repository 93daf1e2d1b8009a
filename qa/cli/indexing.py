"""Commands that write an index: index, update, demo."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

import qa
from qa.cli import options
from qa.cli.following import follow
from qa.cli.telling import Telling
from qa.errors import UsageError
from qa.render import answer_plain, dump_json, print_answer, report_json, report_plain
from qa.reports import Report

DEMO_QUESTIONS = (
    "Do I need HNSW for 80,000 vectors, or is brute force enough?",
    "Can I use the RRF score as a confidence threshold for refusing to answer?",
    "How do I replace an index file so that a crash never leaves it half-written?",
)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(index)
    app.command()(update)
    app.command()(demo)


def index(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input.")
    ],
    index: options.Index = options.DEFAULT,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("--format", metavar="NAME", help="Found by content; slack, mbox, csv, text …"),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="text=NAME,...", help="Which column is which: text author date id parent …"),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="HOW", help="How text is cut: line, paragraph, separator, header or file."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="A sentence-transformers folder or hub name; fetched where missing."
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Encode with int8 weights: faster, a little less exact (cosine 0.99).")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Let the first record that cannot be read be an error, not a count.")
    ] = False,
    prune: options.Prune = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    offline: options.Offline = False,
) -> None:
    """Read comments into an index and remember where they came from; run again, it updates."""
    read_as = qa.ReadOptions(format, _columns(columns), split, strict)
    with Telling() as telling:
        report = qa.build(
            paths, index, model=model, fast=fast, options=read_as, prune=prune, dry_run=dry_run, events=telling
        )
    _print_report(report, json)


def update(
    index: options.Index = options.DEFAULT,
    prune: options.Prune = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: follow the sources, a line for each commit; Ctrl-C ends.")
    ] = False,
    poll: Annotated[
        bool,
        typer.Option("--poll", help="With --watch: look for changes, for network drives (WATCHFILES_FORCE_POLLING=1)."),
    ] = False,
    offline: options.Offline = False,
) -> None:
    """Bring the index up to its sources: added, edited and deleted comments."""
    if poll and not watch:
        raise UsageError("--poll says how to watch, and there is no --watch", "qa update --watch --poll")
    if watch and dry_run:
        raise UsageError("--watch follows changes as they come, --dry-run changes nothing", "qa update --dry-run")
    if watch:
        follow(index, prune=prune, poll=poll, json=json)
        return
    with Telling() as telling:
        report = qa.open(index, events=telling).update(prune=prune, dry_run=dry_run)
    _print_report(report, json)


def demo(
    index: Annotated[Path, typer.Option("--index", metavar="DIR", help="Where to put the sample's index.")] = Path(
        "indexes/demo"
    ),
) -> None:
    """Index the sample collection that comes with the program and ask it three questions."""
    sample = Path(qa.__file__).parent / "sample" / "comments.jsonl"
    with Telling() as telling:
        report = qa.build([str(sample)], index, events=telling)
        assistant = qa.open(index, events=telling)
        answers = [assistant.ask(question, k=2) for question in DEMO_QUESTIONS]
    print(f"{report.comments} sample comments about searching text are in {index}.")
    for answer in answers:
        print(f'\n$ qa ask "{answer.question}" --index {shlex.quote(str(index))} -k 2\n')
        if sys.stdout.isatty():
            from rich.console import Console

            print_answer(answer, Console())
        else:
            print(answer_plain(answer))
    print("\nNow your own comments (an export of Slack, Reddit, Discourse, a mailbox …; text, Markdown, CSV, JSON):\n")
    print('  qa index PATH...\n  qa ask "a question in plain English"\n  qa update        # after the files changed')


def _columns(written: str | None) -> dict[str, str]:
    """Read ``text=body,author=name``."""
    columns = {}
    for part in (written or "").split(",") if written else []:
        name, equals, column = part.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise UsageError(f"--columns {written!r} is not of the form text=NAME,author=NAME", "--columns text=body")
        columns[name.strip()] = column.strip()
    return columns


def _print_report(report: Report, json: bool) -> None:
    print(dump_json(report_json(report)) if json else report_plain(report))
