"""What an author did not write, in plain text, Markdown and mail: quoted lines, signatures, footers, bots' phrases.

The rules lean towards the author: where a line could be either, it is the author's and is searched. What is quoted
line by line is in `quoted_lines`; what stands at the end of a mail or is added by a machine is in `boilerplate`.
"""

from __future__ import annotations

from qa.formats.markup.boilerplate import find_boilerplate
from qa.formats.markup.quoted_lines import find_quoted_lines
from qa.formats.markup.spans import Span, merged

__all__ = ["find_asides", "merged"]


def find_asides(text: str) -> list[Span]:
    r"""Find what the author of a text did not write; a text that is nothing else is one aside.

    Units: (start, end) offsets in the text, end exclusive, sorted and apart.

    >>> text = "Ann wrote:\n> Is it far?\nNo.\n-- \nBob"
    >>> [text[start:end] for start, end in find_asides(text)]
    ['Ann wrote:\n> Is it far?', '-- \nBob']
    """
    quoted = find_quoted_lines(text)
    added = find_boilerplate(text, quoted)
    return list(merged(quoted, added)) if added else quoted
