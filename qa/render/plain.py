"""Answers and comments -> plain text for pipes: no colour, no wrapping.

Every line of a quote is indented by four spaces or more and no other line is, save the sentences that answer above all
quotes, and a quote's notes and address below it: a comment cannot pass for a heading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.records import Answer, Citation, Comment, Statement
from qa.render.lines import answered, around, author, day, notes, place, segments, title, verdict_line
from qa.render.safe import clip, safe_line, safe_text

Remarks = Mapping[int, Sequence[str]]

NO_REMARKS: Remarks = {}
EXCERPT = 240
_INDENT = "    "


def answer_plain(answer: Answer, remarks: Remarks = NO_REMARKS) -> str:
    """Return the answer as text, the sentences that answer first, then one numbered hit after another.

    remarks are more notes on citations, by their ranks.
    """
    blocks = [_hit_block(citation, remarks.get(citation.rank, ())) for citation in answer.citations]
    if answer.statements:
        blocks.insert(0, "\n".join(["Answer:", *map(_statement, answer.statements)]))
    verdict = verdict_line(answer)
    if verdict is not None:
        blocks = [f"{verdict}\nNearest:", *blocks] if blocks else [verdict]
    return "\n\n".join(blocks)


def comment_plain(
    comment: Comment,
    parents: Sequence[Comment] = (),
    replies: Sequence[Comment] = (),
    neighbours: Sequence[Comment] = (),
) -> str:
    """Return a whole comment amid its thread or, where it has none, its neighbours in the source.

    parents run from the first comment of the thread down to the one that this comment answers.
    """
    lines = [_header(comment), *_indented(safe_text(comment.text)), *_trailer(comment)]
    blocks = ["\n".join(lines)]
    if parents:
        blocks.insert(0, _listing("In reply to:", parents))
    if replies:
        blocks.append(_listing("Replies:", replies))
    if neighbours and not parents and not replies:
        blocks.append(_listing(f"Nearby in {safe_line(comment.source)}:", neighbours))
    return "\n\n".join(blocks)


def marked(quote: str, highlights: Sequence[tuple[int, int]]) -> str:
    """Return the quote, safe to print, with » « around what is highlighted."""
    pieces = segments(quote, highlights)
    return "".join(f"»{safe_text(piece)}«" if lit else safe_text(piece) for piece, lit in pieces)


def _statement(statement: Statement) -> str:
    ranks = "".join(f"[{rank}]" for rank in statement.ranks)
    return f"{_INDENT}»{safe_line(' '.join(statement.text.split()))}« {ranks}"


def _hit_block(citation: Citation, remarks: Sequence[str]) -> str:
    lines = [f"[{citation.rank}] {_header(citation, score=citation.score)}"]
    if citation.answers_to:
        lines.append(f"  {answered(citation.answers_to)}")
    lines += _indented(marked(citation.quote, citation.highlights))
    return "\n".join([*lines, *(f"{_INDENT}({remark})" for remark in remarks), *_trailer(citation)])


def _header(item: Citation | Comment, score: float | None = None) -> str:
    comment = item.comment if isinstance(item, Citation) else item
    thread = title(comment)
    parts = [
        place(item),
        author(comment),
        day(comment.created_at),
        f'"{thread}"' if thread else None,
        None if score is None else f"score {score:.2f}",
        f"id {safe_line(comment.comment_id)}",
    ]
    return "  ".join(part for part in parts if part)


def _trailer(item: Citation | Comment) -> list[str]:
    comment = item.comment if isinstance(item, Citation) else item
    remarks = [*notes(item), *(around(item) if isinstance(item, Citation) else [])]
    lines = [f"{_INDENT}({remark})" for remark in remarks]
    return [*lines, f"{_INDENT}{safe_line(comment.url)}"] if comment.url else lines


def _indented(text: str) -> list[str]:
    return [_INDENT + line for line in text.strip("\n").split("\n")]


def _listing(heading: str, comments: Sequence[Comment]) -> str:
    lines = [heading]
    for comment in comments:
        lines += [f"  {_header(comment)}", f"  {_INDENT}{clip(comment.text, EXCERPT)}"]
    return "\n".join(lines)
