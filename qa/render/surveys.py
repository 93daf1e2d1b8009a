"""Who says what, and what one author said over time -> text, a terminal, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qa.records import Answer
from qa.render.jsons import answer_json
from qa.render.lines import day
from qa.render.plain import Remarks, answer_plain
from qa.render.safe import safe_line
from qa.render.terminal import print_answer
from qa.reports import Timeline, Voices

if TYPE_CHECKING:
    from rich.console import Console


def voices_plain(found: Voices) -> str:
    """Return how many speak of it, then the best passage of each."""
    return "\n\n".join([*_headline(voices_line(found)), answer_plain(found.answer, _counts(found))])


def timeline_plain(found: Timeline) -> str:
    """Return the passages in order of time, each with what it seems to correct and by which it is corrected."""
    return "\n\n".join([*_headline(timeline_line(found)), answer_plain(found.answer, _corrections(found))])


def print_voices(found: Voices, console: Console, *, full: bool = False) -> None:
    """Draw how many speak of it, then the best passage of each."""
    _print(voices_line(found), found.answer, console, full, _counts(found))


def print_timeline(found: Timeline, console: Console, *, full: bool = False) -> None:
    """Draw the passages in order of time."""
    _print(timeline_line(found), found.answer, console, full, _corrections(found))


def voices_json(found: Voices) -> dict[str, Any]:
    """Return the object of ``qa voices --json``: that of ask, with counts; each hit with its author's comments."""
    shown = answer_json(found.answer)
    hits = [{**hit, "comments": count} for hit, count in zip(shown["hits"], found.comments, strict=True)]
    counts = {"authors": found.authors, "found": found.found, "nameless": found.nameless, "complete": found.complete}
    return {**shown, "hits": hits, **counts}


def timeline_json(found: Timeline) -> dict[str, Any]:
    """Return the object of ``qa timeline --json``: that of ask, in order of time; corrects is the rank of another."""
    shown = answer_json(found.answer)
    hits = [{**hit, "corrects": rank} for hit, rank in zip(shown["hits"], found.corrects, strict=True)]
    return {**shown, "hits": hits, "left_out": found.left_out}


def voices_line(found: Voices) -> str | None:
    """Say how many authors speak of it, in how many comments; None where nobody does."""
    if found.answer.abstained or not found.found:
        return None
    people = f"{found.authors:,} author{'' if found.authors == 1 else 's'}"
    comments = f"{found.found:,} comment{'' if found.found == 1 else 's'}"
    least = "" if found.complete else "at least "
    nameless = f", {found.nameless:,} of them without an author" if found.nameless else ""
    return f"{least}{people} in {comments} near the question{nameless}"


def timeline_line(found: Timeline) -> str | None:
    """Say how many comments there are and from when to when; None where there is none."""
    cited = found.answer.citations
    if found.answer.abstained or not cited:
        return None
    days = [shown for one in cited if (shown := day(one.comment.created_at))]
    span = f", {days[0]} to {days[-1]}" if days else ""
    more = f"; {found.left_out:,} less relevant left out: -k {len(cited) + found.left_out}" if found.left_out else ""
    return f"{len(cited):,} comment{'' if len(cited) == 1 else 's'}{span}{more}"


def _headline(line: str | None) -> list[str]:
    return [] if line is None else [line]


def _print(line: str | None, answer: Answer, console: Console, full: bool, remarks: Remarks) -> None:
    if line is not None:
        console.print(line, style="bold", markup=False, highlight=False, soft_wrap=True)
        console.print()
    print_answer(answer, console, full=full, remarks=remarks)


def _counts(found: Voices) -> Remarks:
    shown = zip(found.answer.citations, found.comments, strict=True)
    return {
        one.rank: [f"{count:,} comments by {safe_line(one.comment.author or '')} near the question"]
        for one, count in shown
        if count > 1
    }


def _corrections(found: Timeline) -> Remarks:
    remarks: dict[int, list[str]] = {}
    for one, earlier in zip(found.answer.citations, found.corrects, strict=True):
        if earlier is not None:
            when = day(one.comment.created_at)
            remarks.setdefault(one.rank, []).append(f"seems to correct [{earlier}]")
            remarks.setdefault(earlier, []).append(f"seems to be corrected by [{one.rank}], {when}")
        if one.comment.edited_at is not None:
            remarks.setdefault(one.rank, []).append(f"edited {day(one.comment.edited_at)}")
    return remarks
