"""An answer -> HTML that a notebook shows: what comments hold is escaped, and neither run nor typeset."""

from __future__ import annotations

from html import escape

from qa.records import Answer, Citation, Statement
from qa.render.lines import answered, around, author, day, notes, place, segments, title, verdict_line
from qa.render.safe import safe_line, safe_text, web_address

# Notebooks typeset $formulas$, by MathJax, where an element does not say that it wants none.
_PLAIN = 'class="qa-answer tex2jax_ignore mathjax_ignore"'
_KEPT = 'style="white-space: pre-wrap"'


def answer_html(answer: Answer) -> str:
    """Return the question, the sentences that answer, each quote with what answers marked, and its source."""
    blocks = [f"<p><strong>{escape(safe_line(answer.question))}</strong></p>"]
    verdict = verdict_line(answer)
    if verdict is not None:
        blocks.append(f"<p>{escape(verdict)}{' Nearest:' if answer.citations else ''}</p>")
    if answer.statements:
        blocks.append("\n".join(["<ul>", *map(_statement, answer.statements), "</ul>"]))
    blocks += [_quote(citation) for citation in answer.citations]
    return "\n".join([f"<div {_PLAIN}>", *blocks, "</div>"])


def _statement(statement: Statement) -> str:
    ranks = "".join(f"[{rank}]" for rank in statement.ranks)
    return f"<li>{escape(safe_line(' '.join(statement.text.split())))} {ranks}</li>"


def _quote(citation: Citation) -> str:
    pieces = segments(citation.quote, citation.highlights)
    said = "".join(f"<mark>{_text(piece)}</mark>" if lit else _text(piece) for piece, lit in pieces)
    before = "[…] " if citation.start > 0 else ""
    after = " […]" if citation.end < len(citation.comment.text) else ""
    remarks = [*notes(citation), *around(citation)]
    if citation.answers_to:
        remarks.insert(0, answered(citation.answers_to))
    below = "".join(f"<br><small>{escape(remark)}</small>" for remark in remarks)
    return f"<blockquote><div {_KEPT}>{before}{said.strip()}{after}</div>\n{_source(citation)}{below}</blockquote>"


def _source(citation: Citation) -> str:
    comment, where = citation.comment, escape(place(citation))
    thread, address = title(comment), web_address(comment.url)
    parts = [author(comment), day(comment.created_at), f"“{thread}”" if thread else None]
    if address is not None:
        where = f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{where}</a>'
    return f"<small>[{citation.rank}] {', '.join([*(escape(part) for part in parts if part), where])}</small>"


def _text(piece: str) -> str:
    return escape(safe_text(piece))
