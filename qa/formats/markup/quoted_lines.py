"""Lines that quote: ``> like this``, and the line above them that says who wrote it; ``[quote]`` of forums.

Not taken: Python's prompts and markers of a merge, whatever stands in a fence of Markdown, a face (``>:(``), and a line
like ``> 5 is too much`` where it is the only one and continues the line before it; nor a text of a single line: what
exported it may have joined a quote and its answer. A prompt of another kind (``> ls``) cannot be told from a quote.
``| `` quotes in two lines or more, or below a line that says who wrote; a line with a second bar in it belongs to a
table.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from qa.formats.markup.spans import Span, merged

# Every pattern looks at the text with one line end put before it: what begins a line follows a line end.
# One that begins with a character is searched for many times as fast as one that begins with a group.
_QUOTE = re.compile(r"\n[ \t]{0,3}>[^\n]*+(?:\n[ \t]{0,3}>[^\n]*+)*+")
_BARS = re.compile(r"(?:\n\|(?: ?[|>])*+ {0,2}(?![ |+=_/\\`-])[^\n|]*+(?=\n|\Z))++")
_FENCE = re.compile(r"\n[ \t]{0,3}(```+|~~~+)([^\n]*)")
_SHALLOW = re.compile(r"\n[ \t]*>{1,2}(?!>)")
_PROMPT = re.compile(r"\n[ \t]*>>>(?:[ \t\r]|>{4}|\Z|\n)")
_COMPARISON = re.compile(r"\n[ \t]*>(?:=|[ \t]*[-+.$€£]?\d)")
_FACE = re.compile(r"\n[ \t]*>[:;]['-]?[()\[\]DPpOo/\\|@][ \t\r]*\Z")
_STUFFED = re.compile(r"\n>From [^\n]*\Z")  # a mailbox's way to write a line that begins with "From "
_BRACKETS = re.compile(r"\[(/?)quote(?:[=:; ][^\]\n]{0,200})?\]", re.I)
_WORD = re.compile(r"[^\W_]")

_REACH = 600  # characters before a quote in which its attribution stands
_LONGEST, _MOST_WORDS = 200, 8  # characters of a line that attributes; words of one that names no date
_BEFORE = r"(?:.*[ >)\]\"'*_])?"
_SAYS = re.compile(
    rf"{_BEFORE}(?:wrote|writes)(?: (?:on|at|in) .*\d.*)?[*_]*\s*:[*_]*\Z"
    rf"|{_BEFORE}(?:schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|napisał|napisał\(?a\)?|kirjoitti)"
    r"[^:]{0,80}:\Z"
    r"|(?:Quoting|Zitat von) .{2,120}:\Z"
    r"|@?[\w.-]{1,40} said[*_]*\s*:[*_]*\Z"
)
_TALKS_OF = re.compile(r".*\S (?:what|you|I|that|which|as|when|have|had)\b.*(?:wrote|writes)")
_DATED = re.compile(r"[*_]*(?:On|At|Am|Le|El|Em|Il|Op|Den|Dne|W dniu|In (?:article|message|reply to)|Quoting)\b.*[\d<]")


def find_quoted_lines(text: str) -> list[Span]:
    """Find the quoted blocks of a text, each with its attribution; offsets in the text, sorted and apart."""
    bracketed = _bracketed(text) if "[/" in text else []
    if ">" not in text and "\n|" not in text:
        return bracketed
    padded = "\n" + text
    blocks = list(_QUOTE.finditer(padded)) if ">" in text and "\n" in text.rstrip() else []
    bars = list(_BARS.finditer(padded)) if "\n|" in padded else []
    if not blocks and not bars:
        return bracketed
    fences = _fences(padded)
    alone = len(blocks) == 1
    spans: list[Span] = []
    for block in blocks + bars:
        if fences and _inside(fences, block.start()):
            continue
        start = _attribution(text, block.start())
        if start is None and not _quotes(padded, block, alone=alone):
            continue
        spans.append((block.start() if start is None else start, _end(padded, block)))
    return list(merged(spans, bracketed)) if bars or bracketed else spans


def _bracketed(text: str) -> list[Span]:
    """Find what stands between ``[quote]`` and its ``[/quote]``, others inside it included."""
    spans: list[Span] = []
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text):
        if not bracket[1]:
            opened.append(bracket.start())
        elif opened:
            start = opened.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, bracket.end()))
    return spans


def _quotes(padded: str, block: re.Match[str], *, alone: bool) -> bool:
    """Tell whether a block without an attribution is a quote. alone: there is no other block."""
    lines = block[0]
    if _WORD.search(lines) is None or (_PROMPT.match(lines) and _SHALLOW.search(lines) is None):
        return False
    if lines.count("\n") > 1:
        return True
    if lines[1] == "|" or _FACE.match(lines) or _STUFFED.match(lines):
        return False
    line_before = padded[padded.rfind("\n", 0, block.start()) + 1 : block.start()] if block.start() else ""
    return not (alone and line_before.strip() and _COMPARISON.match(lines))


def _end(padded: str, block: re.Match[str]) -> int:
    """Return the offset in the text where a block's last line ends."""
    end = block.end()
    while padded[end - 1] in " \t\r":
        end -= 1
    return end - 1


def _attribution(text: str, start: int) -> int | None:
    """Return where the lines begin, three at most, that say who wrote the quote at an offset."""
    lines = text[max(0, start - _REACH) : start].rsplit("\n", 6)[-6:-1]
    at = start - 1
    if len(lines) > 1 and not lines[-1].strip():
        at -= len(lines.pop()) + 1
    if not lines or not _attributes(lines[-1].strip()):
        return None
    at -= len(lines[-1])
    further = at
    for number, line in enumerate(reversed(lines[-3:])):
        if number:
            further -= len(line) + 1
        if not line.strip() or line.lstrip().startswith(">"):
            break
        if _DATED.match(line.strip()):
            return further
    last = lines[-1].strip()
    return at if len(last.split()) <= _MOST_WORDS and not _TALKS_OF.match(last) else None


def _attributes(line: str) -> bool:
    return len(line) <= _LONGEST and line.endswith((":", ":*", ":_")) and line[0] != ">" and bool(_SAYS.match(line))


def _fences(padded: str) -> list[Span]:
    """Find Markdown's fenced code; one that is never closed runs to the end."""
    if "```" not in padded and "~~~" not in padded:
        return []
    spans: list[Span] = []
    opened, mark = -1, ""
    for fence in _FENCE.finditer(padded):
        if opened < 0:
            if fence[1][0] not in fence[2]:
                opened, mark = fence.start(), fence[1]
        elif fence[1].startswith(mark) and not fence[2].strip():
            spans.append((opened, fence.end()))
            opened = -1
    if opened >= 0:
        spans.append((opened, len(padded)))
    return spans


def _inside(spans: list[Span], at: int) -> bool:
    """Tell whether an offset is in one of sorted spans."""
    before = bisect_right(spans, at, key=lambda span: span[0])
    return before > 0 and at < spans[before - 1][1]
