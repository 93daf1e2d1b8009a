"""A value of a JSON record, which may be of any type -> what a draft may hold, or None."""

from __future__ import annotations

from typing import Any


def storable(text: str) -> str:
    """Put U+FFFD for half a surrogate pair, which an exporter left when it cut an emoji and no file can hold."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def body_of(value: Any) -> str | None:
    """Return a text as it is written, "" where there is none, or None where the value is no text."""
    if isinstance(value, str):
        return value if value.isascii() else storable(value)
    return "" if value is None else None


def string_of(value: Any) -> str | None:
    """Return a string that is not blank, without the space around it."""
    if not isinstance(value, str):
        return None
    return (value if value.isascii() else storable(value)).strip() or None


def id_of(value: Any) -> str | None:
    """Return an identifier, which exports give as a number or as a string.

    >>> id_of(8863), id_of(" 8863 "), id_of(True), id_of("")
    ('8863', '8863', None, None)
    """
    if type(value) is int:
        # A number this long has no text in Python, and no platform gives it.
        return str(value) if abs(value) < 10**40 else None
    return string_of(value)


def count_of(value: Any) -> int | None:
    """Return a whole number that fits in 64 bits, also one written in digits.

    >>> count_of(3), count_of("-3"), count_of(3.5), count_of(True)
    (3, -3, None, None)
    """
    if type(value) is int:  # asked first: most are
        return value if abs(value) < 2**63 else None
    if isinstance(value, str):
        digits = value.strip()
        if len(digits) > 18 or not digits.isascii() or not digits.removeprefix("-").isdigit():
            return None
        return int(digits)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return None


def dict_of(value: Any) -> dict[str, Any]:
    """Return an object, empty where the value is none."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list, empty where the value is none."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str | None:
    """Return a text, which may be empty, or None where the value is none."""
    return storable(value) if isinstance(value, str) else None


def line_of(value: Any) -> str | None:
    """Return a text on one line without the space around it, or None where nothing is left."""
    return (" ".join(storable(value).split()) or None) if isinstance(value, str) else None


def number_of(value: Any) -> int:
    """Return a whole number that fits in 64 bits, or 0."""
    return count_of(value) or 0


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
