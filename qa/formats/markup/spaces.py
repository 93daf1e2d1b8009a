"""White space as HTML has it: a no-break space is one like others, the other spaces beyond ASCII are letters."""

from __future__ import annotations

_SPACES = " \t\n\r\f\v\xa0"
_ASCII_SPACES = " \t\n\r\f\v\x1c\x1d\x1e\x1f"  # as `str.split` has them


def collapsed(text: str) -> str:
    r"""Make every run of white space one space, and take it off the edges.

    >>> collapsed(" one\n two")
    'one two'
    """
    if text.isascii():
        return " ".join(text.split())
    for space in _SPACES[1:]:
        if space in text:
            text = text.replace(space, " ")
    return " ".join(filter(None, text.split(" "))) if "  " in text else text.strip(" ")


def spaces_of(text: str) -> str:
    """Return the characters that `collapsed` takes for white space in a text."""
    return _ASCII_SPACES if text.isascii() else _SPACES
