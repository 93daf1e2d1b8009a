"""What the classes and ids of a page's elements are called: a comment, its body, who wrote it, when."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HASH = re.compile(r"__[\w+/-]{0,12}\d[\w+/-]*$")  # what a build puts behind a class's name
_NOUNS = frozenset({"comment", "reply", "post", "message", "msg", "answer", "review", "hentry"})
_WRAPS = frozenset({"item", "wrapper", "wrap", "container", "node", "block", "box", "root", "row", "card", "full"})
_INNER = frozenset(
    {"list", "count", "form", "link", "button", "area", "section", "respond", "header", "footer", "meta"}
)
_TEXTS = frozenset({"content", "text", "html", "copy", "markdown", "prose"})
_EXACT_TEXTS = frozenset(
    {"md", "cooked", "usertext-body", "e-content", "s-prose", "commtext", "entry-content", "bbwrapper", "p-content"}
)
_GLUED = re.compile(r"(?:comment|post|reply|message|msg|answer)(body|text|content|message)$")
_AUTHORS = frozenset({"author", "username", "commenter", "poster", "byline", "creator", "nickname", "fn", "hnuser"})
_AUTHOR_PAIRS = frozenset({"user-name", "screen-name", "display-name", "user-link", "p-author"})
_TIMES = frozenset({"date", "time", "timestamp", "datetime", "published", "posted", "created", "age"})
_VOTES = frozenset({"score", "points", "votes", "karma", "upvotes"})
_CHILDREN = frozenset({"children", "child", "replies", "subcomments"})
_CHROME = frozenset(
    {"actions", "controls", "buttons", "toolbar", "share", "vote", "voting", "avatar", "badge", "permalink"}
)
_HOLDERS = frozenset({"div", "li", "article", "section", "tr", "table", "dl", "dd", "details", "td", "main"})
_TYPES = re.compile(
    r"schema\.org/(?:Comment|UserComments|Question|Answer|DiscussionForumPosting|SocialMediaPosting|Review|BlogPosting)\b"
)
_TEXT_PROPERTIES = frozenset({"text", "articleBody", "commentText", "reviewBody"})
_DEPTH = re.compile(r"(?:depth|level)-(\d{1,3})$")

TEXT, MESSAGE, BODY = 1, 2, 3  # how surely an element is a comment's text alone; 0 where the page's author says so


class Names(NamedTuple):
    """What an element's names say. body is 0 to 3, best first, or None; noun is what a comment is called."""

    noun: str | None
    body: int | None
    author: bool
    time: bool
    votes: bool
    children: bool
    chrome: bool
    depth: int | None


_NOTHING = Names(None, None, False, False, False, False, False, None)


def words_of(name: str) -> list[str]:
    """Split a class or an id into its words, in lower case.

    >>> words_of("dsq-commentBody_17")
    ['dsq', 'comment', 'body', '17']
    """
    return [part.lower() for part in _PART.findall(name)]


def names_of(element: Any) -> Names:
    """Read an element's class, id and microdata."""
    get = element.get
    written = (get("class") or "").split()
    if identifier := get("id"):
        written.append(identifier)
    declared = get("itemprop"), get("itemtype")
    if not written and declared == (None, None):
        return _NOTHING
    noun = body = depth = None
    kinds: set[str] = set()
    for name in written:
        parts = words_of(_HASH.sub("", name))
        words = [part for part in parts if not part.isdigit()]
        if words:
            noun = noun or _noun(words, numbered=len(words) < len(parts))
            body = _better(body, _body(name.lower(), words))
            kinds.update(words, ["-".join(words)])
            level = _DEPTH.search(name)
            depth = int(level[1]) if level else depth
    if _TYPES.search(declared[1] or ""):
        noun = "item"
    return Names(
        noun=noun if element.tag in _HOLDERS or "-" in str(element.tag) else None,
        body=0 if declared[0] in _TEXT_PROPERTIES else body,
        author=bool(kinds & (_AUTHORS | _AUTHOR_PAIRS)) or declared[0] in ("author", "creator"),
        time=bool(kinds & _TIMES),
        votes=bool(kinds & _VOTES) or declared[0] == "upvoteCount",
        children=bool(kinds & _CHILDREN),
        chrome=bool(kinds & _CHROME),
        depth=depth,
    )


def _noun(words: list[str], *, numbered: bool) -> str | None:
    """Tell what an element is called that holds one comment: ``comment``, ``post-17``, ``comment-item``."""
    if words[-2:] in (["h", "entry"], ["h", "cite"]):
        return "h-entry"
    if len(words) > 1 and words[-1] in _WRAPS and words[-2] in (*_NOUNS, "comments"):
        return words[-2]
    if words[-1] in ("message", "msg") and _NOUNS.intersection(words[:-1]):
        return None
    if words[-1] in _NOUNS and not _INNER.intersection(words) and (len(words) == 1 or numbered or words[0] == "bbp"):
        return words[-1]
    return None


def _body(name: str, words: list[str]) -> int | None:
    if name in _EXACT_TEXTS:
        return 0 if name in ("e-content", "p-content") else TEXT
    last = words[-1]
    if glued := _GLUED.search(name):
        return {"body": BODY, "message": MESSAGE}.get(glued[1], TEXT)
    if _NOUNS.intersection(words[:-1]) or "comments" in words[:-1]:
        if last in _TEXTS:
            return TEXT
        if last in ("message", "msg"):
            return MESSAGE
        if last == "body":
            return BODY
    return MESSAGE if words == ["content"] else None


def _better(one: int | None, other: int | None) -> int | None:
    return other if one is None or (other is not None and other < one) else one
