"""The comments that a page declares in JSON-LD, with schema.org's names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qa.formats.markup.page import Page

_COMMENTS = frozenset(
    {"Comment", "Question", "Answer", "DiscussionForumPosting", "SocialMediaPosting", "Review", "UserComments"}
)
_ARTICLES = frozenset({"BlogPosting", "Article", "NewsArticle"})
_TEXTS = ("text", "articleBody", "commentText", "reviewBody")
_DEEPEST = 500


@dataclass(eq=False)
class Declared:
    """An object that is a comment; element is the script that it stands in."""

    value: dict[str, Any]
    text: str
    parent: Declared | None
    element: Any

    def get(self, *names: str) -> str | None:
        """Return the first of some properties that is a text or has a name."""
        for name in names:
            value = self.value.get(name)
            value = value[0] if isinstance(value, list) and value else value
            value = value.get("name") if isinstance(value, dict) else value
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
        return None


def declared_comments(page: Page) -> list[Declared]:
    """Return the comments that a page declares, in their order; a script that is no JSON declares none."""
    found: list[Declared] = []
    for script in page.root.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json":
            try:
                value = json.loads(script.text or "", strict=False)
            except (ValueError, RecursionError):
                continue
            found += _walk(value, script)
    return found


def _walk(value: Any, script: Any) -> Iterator[Declared]:
    waiting: list[tuple[Any, Declared | None, int]] = [(value, None, 0)]
    while waiting:
        one, parent, depth = waiting.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(one, list):
            waiting += [(inner, parent, depth + 1) for inner in reversed(one)]
        elif isinstance(one, dict):
            text = _text(one)
            if text is not None:
                parent = Declared(one, text, parent, script)
                yield parent
            waiting += [
                (inner, parent, depth + 1) for inner in reversed(one.values()) if isinstance(inner, list | dict)
            ]


def _text(value: dict[str, Any]) -> str | None:
    """Return what an object says if it is a comment; a question may have nothing but its name."""
    kind = value.get("@type")
    kinds = {one.rpartition("/")[2] for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str)}
    if not kinds & (_COMMENTS | _ARTICLES):
        return None
    texts = (*_TEXTS, "name", "headline") if kinds & {"Question", "DiscussionForumPosting"} else _TEXTS
    return next((text for name in texts if isinstance(text := value.get(name), str) and text.strip()), None)
