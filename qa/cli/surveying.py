"""Commands that go beyond one answer: voices, timeline."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import qa
from qa.cli import options
from qa.cli.telling import Telling
from qa.records import Answer
from qa.render import (
    dump_json,
    print_timeline,
    print_voices,
    stale_line,
    timeline_json,
    timeline_plain,
    voices_json,
    voices_plain,
)

Full = Annotated[bool, typer.Option("--full", help="Do not shorten long quotes on a terminal.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(timeline)
    app.command()(voices)


def timeline(
    question: Annotated[str, typer.Argument(help='A topic, or "NAME on TOPIC".', show_default=False)],
    index: options.Index = options.DEFAULT,
    k: Annotated[int, typer.Option("-k", help="How many comments at most, the most relevant.")] = 20,
    author: options.Author = None,
    since: options.Since = None,
    before: options.Before = None,
    thread: options.Thread = None,
    source: options.Source = None,
    json: options.Json = False,
    full: Full = False,
) -> None:
    """Print what one author said of something, in order of time, later corrections with what they correct.

    Exit code 0: found, 1: nothing near the topic, 2: error.
    """
    with Telling() as telling:
        found = qa.open(index, events=telling).timeline(
            question, k=k, author=author, since=since, before=before, thread=thread, source=source
        )
    if json:
        print(dump_json(timeline_json(found)))
    elif sys.stdout.isatty():
        print_timeline(found, options.console(), full=full)
    else:
        print(timeline_plain(found))
    _leave(found.answer)


def voices(
    question: Annotated[str, typer.Argument(help="A question in plain English.", show_default=False)],
    index: options.Index = options.DEFAULT,
    k: Annotated[int, typer.Option("-k", help="How many authors at most.")] = 10,
    since: options.Since = None,
    before: options.Before = None,
    thread: options.Thread = None,
    source: options.Source = None,
    json: options.Json = False,
    full: Full = False,
) -> None:
    """Print the best passage of each author, and how many authors speak of what is asked.

    Exit code 0: found, 1: nothing near the question, 2: error.
    """
    with Telling() as telling:
        found = qa.open(index, events=telling).voices(
            question, k=k, since=since, before=before, thread=thread, source=source
        )
    if json:
        print(dump_json(voices_json(found)))
    elif sys.stdout.isatty():
        print_voices(found, options.console(), full=full)
    else:
        print(voices_plain(found))
    _leave(found.answer)


def _leave(answer: Answer) -> None:
    """Say what changed where no terminal was drawn on; end with 1 where there is no answer."""
    footer = stale_line(answer.index)
    if footer and not sys.stdout.isatty():
        print(footer, file=sys.stderr)
    if answer.abstained:
        raise typer.Exit(1)
