"""Values of JSON taken for what they should be: an export may hold null, a number or a list anywhere."""

from __future__ import annotations

from typing import Any


def whole(text: str) -> str:
    """Put U+FFFD for half a surrogate pair, which an exporter left when it cut an emoji and no file can hold."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def as_text(value: Any) -> str | None:
    """Return a text, which may be empty, or None."""
    return whole(value) if isinstance(value, str) else None


def as_name(value: Any) -> str | None:
    """Return a text of one line without the space around it, or None where nothing is left."""
    return (" ".join(whole(value).split()) or None) if isinstance(value, str) else None


def as_id(value: Any) -> str | None:
    """Return what can identify a record, a text or a whole number, as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        # A number this long has no text in Python, and no platform gives it.
        return str(value) if abs(value) < 10**40 else None
    return as_name(value)


def as_count(value: Any) -> int:
    """Return a whole number that the store can hold, or 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else 0


def as_object(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
