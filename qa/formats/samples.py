"""The beginning of a source, parsed as far as it goes: what a format recognises itself by."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jiter

from qa.formats.contents import Content
from qa.formats.encodings import encoding_of_head

_SIZE = 1 << 17
_ROOT = re.compile(r"<([A-Za-z][\w.:-]*)[\s/>]")
_PROLOGUE = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?>)", re.S | re.I)


@dataclass(frozen=True)
class Sample:
    """The first 128 KiB of a source, decompressed. whole: that is all of it."""

    content: Content
    head: bytes
    whole: bool

    @cached_property
    def text(self) -> str:
        """The head as text; what cannot be decoded is U+FFFD."""
        return self.head.decode(encoding_of_head(self.head), "replace").lstrip("\ufeff")

    @cached_property
    def json(self) -> Any:
        """The JSON array or object that begins here, as far as the head holds it, or None."""
        text = self.text.lstrip()
        if text[:1] not in ("[", "{"):
            return None
        lines = self._lines(text)
        if len(lines) > 1:
            return lines
        try:
            return jiter.from_json(text.encode("utf-8", "replace"), partial_mode=True, catch_duplicate_keys=False)
        except ValueError:
            return _first(text)

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The first JSON objects: elements of an array, lines, or the one object; without the last if it is cut."""
        value = self.json
        if isinstance(value, dict):
            return [value]
        return [one for one in value or [] if isinstance(one, dict)]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names in the first row of a table, in lower case, or nothing where no comma or tab stands in it."""
        line = next((line for line in self.text.splitlines() if line.strip()), "")
        delimiter = "\t" if line.count("\t") > line.count(",") else ","
        if delimiter not in line or len(line) > 4096 or line.lstrip()[:1] in ("{", "[", "<"):
            return ()
        try:
            row = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return ()
        return tuple(name.strip().casefold() for name in row)

    @cached_property
    def root(self) -> str | None:
        """The name of the element that XML or HTML begins with, in lower case, or None."""
        text = self.text
        at = 0
        while match := _PROLOGUE.match(text, at):
            at = match.end()
        found = _ROOT.match(text[at:].lstrip()[:200])
        return found.group(1).casefold() if found else None

    @staticmethod
    def _lines(text: str) -> list[Any]:
        """Parse the first lines as JSON lines; nothing where this is one value, over one line or several."""
        first, _, rest = text.partition("\n")
        if not (first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")):
            return []
        values: list[Any] = []
        for line in text.split("\n")[:50]:
            if line.strip():
                try:
                    value = jiter.from_json(line.encode("utf-8", "replace"))
                except ValueError:
                    break
                if not isinstance(value, dict):
                    return []
                values.append(value)
        return values


def _first(text: str) -> Any:
    """Parse the value that others follow: the first of the pages that a program wrote one after the other."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def take_sample(content: Content) -> Sample:
    """Read the beginning of a source, once. Raises: as `Content.binary`."""
    if content.sample is None:
        with content.binary() as file:
            head = file.read(_SIZE)
        content.sample = Sample(content, head, len(head) < _SIZE)
    found: Sample = content.sample
    return found
