"""Answers and comments -> a terminal, drawn with rich.

rich is imported inside the functions that draw: importing it takes time that ``--json`` need not pay.
Text reaches it as `rich.text.Text`, never as a markup string, so ``[red]`` in a comment stays ``[red]``.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa.records import Answer, Citation, Comment, Statement
from qa.render.lines import answered, around, author, day, notes, place, segments, stale_line, title, verdict_line
from qa.render.plain import EXCERPT, NO_REMARKS, Remarks
from qa.render.safe import clip, safe_line, safe_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDTH = 100
_LINES = 12
_NEAREST_LINES = 4
_LIT = "bold green"
_LABEL = "bold cyan"
_WARNING = "yellow"
_CUT = "[…]"


def print_answer(answer: Answer, console: Console, *, full: bool = False, remarks: Remarks = NO_REMARKS) -> None:
    """Draw the answer; the sentences that answer are bold, or stand in » « where the terminal has no styles.

    A quote of more than a dozen lines is shortened around those sentences unless full. remarks are more notes on
    citations, by their ranks.
    """
    from rich.text import Text

    verdict = verdict_line(answer)
    if verdict is not None:
        console.print(Text(verdict, style=f"bold {_WARNING}"), soft_wrap=True)
        if answer.citations:
            console.print(Text("Nearest:", style="dim"))
    for statement in answer.statements:
        _print_statement(statement, console)
    limit = None if full else _LINES if verdict is None else _NEAREST_LINES
    indent = max((len(str(citation.rank)) for citation in answer.citations), default=1) + 3
    for at, citation in enumerate(answer.citations):
        if at or verdict is not None or answer.statements:
            console.print()
        _print_hit(citation, console, indent, limit, remarks.get(citation.rank, ()))
    footer = stale_line(answer.index)
    if footer is not None:
        console.print()
        console.print(Text(footer, style="dim"), soft_wrap=True)


def print_comment(
    comment: Comment,
    parents: Sequence[Comment],
    replies: Sequence[Comment],
    neighbours: Sequence[Comment],
    console: Console,
) -> None:
    """Draw a whole comment amid its thread or, where it has none, its neighbours in the source."""
    if parents:
        _print_listing("In reply to", parents, console)
        console.print()
    _print_block(_heading(comment, _body_width(console, 0)), console, 0)
    console.print()
    _print_block(_quote_text(comment.text, (), console), console, 4)
    console.print()
    _print_trailer(comment, f"id {safe_line(comment.comment_id)}", console, 4)
    if replies:
        console.print()
        _print_listing("Replies", replies, console)
    if neighbours and not parents and not replies:
        console.print()
        _print_listing(f"Nearby in {safe_line(comment.source)}", neighbours, console)


def _print_statement(statement: Statement, console: Console) -> None:
    from rich.text import Text

    said = safe_line(" ".join(statement.text.split()))
    ranks = "".join(f"[{rank}]" for rank in statement.ranks)
    quoted = Text(said if console.color_system else f"»{said}«", style=_LIT if console.color_system else "")
    _print_block(Text.assemble(quoted, " ", (ranks, _LABEL)), console, 0)


def _print_hit(citation: Citation, console: Console, indent: int, limit: int | None, remarks: Sequence[str]) -> None:
    from rich.text import Text

    label = f"[{citation.rank}]"
    _print_block(_heading(citation, _body_width(console, indent)), console, indent, label)
    if citation.answers_to:
        _print_block(Text(answered(citation.answers_to), style="dim"), console, indent)
    lines = _wrapped(_quote_text(citation.quote, citation.highlights, console), console, indent)
    shown = lines if limit is None else _shortened(lines, limit)
    for line in shown:
        _print_line(line, console, indent)
    for remark in remarks:
        _print_block(Text(f"({remark})", style=_WARNING), console, indent)
    whole = citation.start == 0 and citation.end == len(citation.comment.text) and len(shown) == len(lines)
    identity = safe_line(citation.comment.comment_id)
    show = f"id {identity}" if whole else f"whole comment: qa show {shlex.quote(identity)}"
    _print_trailer(citation, f"score {citation.score:.2f} · {show}", console, indent)


def _heading(item: Citation | Comment, width: int) -> Text:
    """Say who, when, where and in which thread; a title that does not fit has a line to itself, cut to the width."""
    from rich.text import Text

    comment = item.comment if isinstance(item, Citation) else item
    heading = Text.assemble((" · ", "dim")).join(
        Text(part, style=style)
        for part, style in ((author(comment), ""), (day(comment.created_at), "dim"), (place(item), "dim"))
        if part
    )
    thread = title(comment)
    if thread:
        fits = heading.cell_len + len(" · “”") + Text(thread).cell_len <= width
        quoted = Text(f"“{thread}”", style="dim")
        quoted.truncate(width, overflow="ellipsis")
        heading.append(" · " if fits else "\n", style="dim").append_text(quoted)
    return heading


def _quote_text(quote: str, highlights: Sequence[tuple[int, int]], console: Console) -> Text:
    from rich.text import Text

    text = Text()
    for piece, lit in segments(quote, highlights):
        shown = safe_text(piece)
        if lit and console.color_system is None:
            shown = f"»{shown}«"
        text.append(shown, style=_LIT if lit else None)
    return text


def _print_trailer(item: Citation | Comment, detail: str, console: Console, indent: int) -> None:
    from rich.text import Text

    comment = item.comment if isinstance(item, Citation) else item
    for note in notes(item):
        _print_block(Text(f"({note})", style=_WARNING), console, indent)
    for remark in around(item) if isinstance(item, Citation) else []:
        _print_block(Text(f"({remark})", style="dim"), console, indent)
    if comment.url:
        _print_line(Text(safe_line(comment.url), style="dim"), console, indent)
    _print_line(Text(detail, style="dim"), console, indent)


def _print_listing(heading: str, comments: Sequence[Comment], console: Console) -> None:
    from rich.text import Text

    console.print(Text(heading, style=_LABEL), soft_wrap=True)
    for comment in comments:
        _print_block(_heading(comment, _body_width(console, 2)), console, 2)
        _print_block(Text(clip(comment.text, EXCERPT)), console, 4)
        _print_line(Text(f"id {safe_line(comment.comment_id)}", style="dim"), console, 4)


def _print_block(text: Text, console: Console, indent: int, label: str = "") -> None:
    """Print text wrapped and indented; label stands in the indent of its first line."""
    for at, line in enumerate(_wrapped(text, console, indent)):
        _print_line(line, console, indent, "" if at else label)


def _print_line(line: Text, console: Console, indent: int, label: str = "") -> None:
    """Print one line as it is, so that an address stays whole when it is copied."""
    from rich.text import Text

    whole = Text.assemble((label, _LABEL), " " * (indent - len(label)), line)
    whole.rstrip()
    console.print(whole, soft_wrap=True)


def _wrapped(text: Text, console: Console, indent: int) -> list[Text]:
    lines = list(text.wrap(console, _body_width(console, indent), overflow="fold"))
    for line in lines:
        line.rstrip()
    inked = [at for at, line in enumerate(lines) if line]
    return lines[inked[0] : inked[-1] + 1] if inked else []


def _body_width(console: Console, indent: int) -> int:
    return max(20, min(console.width, _WIDTH) - indent)


def _shortened(lines: list[Text], limit: int) -> list[Text]:
    """Keep about limit lines around the highlighted ones, and put […] where others were left out."""
    from rich.text import Text

    if len(lines) <= limit:
        return lines
    lit = [at for at, line in enumerate(lines) if any(span.style == _LIT for span in line.spans)]
    kept = set(lit[:limit]) or {0}
    while len(kept) < limit:
        kept |= {beside for at in kept for beside in (at - 1, at + 1) if 0 <= beside < len(lines)}
    shown: list[Text] = []
    for at, line in enumerate(lines):
        if at in kept:
            shown.append(line)
        elif at == 0 or at - 1 in kept:
            shown.append(Text(_CUT, style="dim"))
    return shown
