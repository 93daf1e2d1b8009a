"""An answer -> Markdown that can be pasted: blockquotes with footnotes.

A quote is shown as it was written, so what Markdown would interpret in it is escaped: a comment can
neither run HTML, load an image, nor define a footnote that passes for our citation.
"""

from __future__ import annotations

import re

from qa.records import Answer, Citation, Statement
from qa.render.lines import answered, around, author, day, notes, place, segments, title, verdict_line
from qa.render.safe import safe_line, safe_text, web_address

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;"})
_SPECIAL = re.compile(r"[\\`*\[\]~|$]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([ \t]*)(?:([#>+=-])|(\d+)([.)]))?", re.MULTILINE)


def answer_markdown(answer: Answer) -> str:
    """Return the question in bold, what answers it, each quote as a blockquote, a footnote for each source."""
    blocks = [f"**{_inline(safe_line(answer.question).strip())}**"]
    verdict = verdict_line(answer)
    if verdict is not None:
        blocks.append(f"{verdict} Nearest:" if answer.citations else verdict)
    blocks += [_statement(statement) for statement in answer.statements]
    blocks += [_blockquote(citation) for citation in answer.citations]
    if answer.citations:
        blocks.append("\n".join(_footnote(citation) for citation in answer.citations))
    return "\n\n".join(blocks)


def _statement(statement: Statement) -> str:
    ranks = "".join(f"[^{rank}]" for rank in statement.ranks)
    return f"{_escaped(safe_line(' '.join(statement.text.split())))} {ranks}"


def _blockquote(citation: Citation) -> str:
    before = "\\[…\\] " if citation.start > 0 else ""
    after = " \\[…\\]" if citation.end < len(citation.comment.text) else ""
    lines = f"{before}{_body(citation)}{after} [^{citation.rank}]".split("\n")
    shown = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        hard_break = "  " if line.strip() and following.strip() else ""
        shown.append(f"> {line}".rstrip() + hard_break)
    return "\n".join(shown)


def _body(citation: Citation) -> str:
    """Return the quote with its highlights in bold, where ``**`` would be read as bold: white space around it."""
    body = ""
    pieces = segments(citation.quote, citation.highlights)
    for (piece, lit), (following, _) in zip(pieces, [*pieces[1:], ("", False)], strict=True):
        shown = _inline(safe_text(piece))
        body += _bold(shown) if lit and not body[-1:].strip() and not following[:1].strip() else shown
    return _LINE_START.sub(_escaped_start, body.strip())


def _bold(text: str) -> str:
    """Embolden line by line, since bold ends with its paragraph."""
    return re.sub(r"^(\s*)(\S.*?)(\s*)$", r"\1**\2**\3", text, flags=re.MULTILINE)


def _inline(text: str) -> str:
    """Escape what Markdown interprets anywhere in a line."""
    return _SPECIAL.sub(r"\\\g<0>", text.translate(_ENTITIES))


def _escaped(text: str) -> str:
    """Escape what Markdown interprets anywhere, and at the start of a line."""
    return _LINE_START.sub(_escaped_start, _inline(text))


def _escaped_start(match: re.Match[str]) -> str:
    space, sign, number, stop = match.groups()
    indent = space.replace("\t", "    ").replace(" ", "&nbsp;")
    if sign:
        return f"{indent}\\{sign}"
    return f"{indent}{number}\\{stop}" if number else indent


def _footnote(citation: Citation) -> str:
    comment = citation.comment
    thread = title(comment)
    parts = [author(comment), day(comment.created_at), f"“{thread}”" if thread else None]
    known = [_escaped(part) for part in parts if part]
    remarks = "".join(f" ({note})" for note in (*notes(citation), *around(citation)))
    reply = f", {_escaped(answered(citation.answers_to))}" if citation.answers_to else ""
    return f"[^{citation.rank}]: {', '.join([*known, _link(citation)])}{reply}{_inline(remarks)}"


def _link(citation: Citation) -> str:
    where, address = _escaped(place(citation)), web_address(citation.comment.url)
    return where if address is None else f"[{where}]({address.replace('&', '&amp;')})"
