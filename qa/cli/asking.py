"""Commands that read an index: ask, show, list, status."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

import qa
from qa.cli import options
from qa.cli.telling import Telling
from qa.errors import UsageError
from qa.records import Answer
from qa.render import (
    answer_json,
    answer_markdown,
    answer_plain,
    comment_json,
    comment_plain,
    dump_json,
    explained_plain,
    explanation_json,
    listing_plain,
    print_answer,
    print_comment,
    record_json,
    stale_line,
    status_json,
    status_plain,
)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(ask)
    app.command()(show)
    app.command("list")(list_comments)
    app.command()(status)


def ask(
    question: Annotated[
        str | None, typer.Argument(help="A question in plain English; without one a prompt opens.", show_default=False)
    ] = None,
    index: options.Index = options.DEFAULT,
    k: Annotated[int, typer.Option("-k", help="How many passages to return at most.")] = 5,
    author: options.Author = None,
    since: options.Since = None,
    before: options.Before = None,
    thread: options.Thread = None,
    source: options.Source = None,
    mode: options.Mode = "hybrid",
    every: Annotated[
        bool, typer.Option("--all", help="Fold nothing, and let a thread take any number of places.")
    ] = False,
    rerank: Annotated[
        str | None,
        typer.Option("--rerank", metavar="MODEL", help="A cross-encoder, a folder or a hub name, decides the order."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each hit stands where it does.")] = False,
    json: options.Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown with footnote citations.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Do not shorten long quotes on a terminal.")] = False,
    offline: options.Offline = False,
) -> None:
    """Ask a question; print the passages that answer it, each with its source.

    Without a question, on a terminal, a prompt opens that stays warm.
    Exit code 0: answered, 1: no good answer, 2: error.
    """
    asked: dict[str, Any] = {"author": author, "since": since, "before": before, "thread": thread, "source": source}
    asked |= {"k": k, "mode": mode, "every": every, "rerank": rerank}
    if question is None and (json or markdown or explain or not _on_a_terminal()):
        raise UsageError("no question was given", 'qa ask "QUESTION"')
    with Telling() as telling:
        assistant = qa.open(index, events=telling)
        if question is None:
            _converse(assistant, asked, full)
            return
        answer = assistant.ask(question, **asked)
    if json:
        print(dump_json({**answer_json(answer), **({"explanation": explanation_json(answer)} if explain else {})}))
    elif markdown:
        print(answer_markdown(answer))
    else:
        _print(answer, full)
    if explain and not json:
        print(f"\n{explained_plain(answer)}")
    if answer.abstained:
        raise typer.Exit(1)


def _on_a_terminal() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout.isatty())


def _converse(assistant: qa.Assistant, asked: dict[str, Any], full: bool) -> None:
    from qa.cli.prompt import Conversation, converse

    converse(Conversation(assistant, options.console(), asked, full))


def _print(answer: Answer, full: bool) -> None:
    if sys.stdout.isatty():
        print_answer(answer, options.console(), full=full)
        return
    print(answer_plain(answer))
    footer = stale_line(answer.index)
    if footer:
        print(footer, file=sys.stderr)


def show(
    comment_id: Annotated[str, typer.Argument(help="The id that ask, list and --json give.", show_default=False)],
    index: options.Index = options.DEFAULT,
    json: options.Json = False,
) -> None:
    """Show a whole comment: its place, what it answers, its replies, its neighbours."""
    with Telling() as telling:
        found = qa.open(index, events=telling).show(comment_id)
    if json:
        print(dump_json(comment_json(found.comment, found.parents, found.replies, found.neighbours)))
    elif sys.stdout.isatty():
        print_comment(found.comment, found.parents, found.replies, found.neighbours, options.console())
    else:
        print(comment_plain(found.comment, found.parents, found.replies, found.neighbours))


def list_comments(
    index: options.Index = options.DEFAULT,
    author: options.Author = None,
    since: options.Since = None,
    before: options.Before = None,
    thread: options.Thread = None,
    source: options.Source = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most this many; 0 for all.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each comment.")] = False,
) -> None:
    """List the comments in the index, one on a line: id, author, date, first words."""
    with Telling() as telling:
        comments = qa.open(index, events=telling).comments(
            author=author, since=since, before=before, thread=thread, source=source, limit=limit or None
        )
    for comment in comments:
        print(dump_json(record_json(comment), indent=None) if json else listing_plain(comment))
    if not comments:
        raise typer.Exit(1)


def status(index: options.Index = options.DEFAULT, json: options.Json = False) -> None:
    """Say what the index holds, from which sources, and which of them changed since."""
    with Telling() as telling:
        found = qa.open(index, events=telling).status()
    print(dump_json(status_json(found)) if json else status_plain(found))
