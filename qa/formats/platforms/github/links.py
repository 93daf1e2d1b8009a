"""Where a record of GitHub stands, and its number, by its links."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from qa.formats.tables.values import id_of

_PLACE = re.compile(
    r"https?://(?P<host>[\w.-]+(?::\d+)?)/(?P<api>api/v3/repos/|repos/)?(?P<repo>[\w.-]+/[\w.-]+)"
    r"/(?P<what>issues|pulls?|discussions)/(?P<number>\d{1,12})(?:[/?#]|$)"
)
_ANCHOR = re.compile(r"#(issuecomment-|discussion_r|pullrequestreview-|discussioncomment-)(\d{1,20})$")
_HOSTS = ("github.com", "www.github.com", "api.github.com")
_LINKS = ("html_url", "url", "issue_url", "pull_request_url")


class Opener(NamedTuple):
    """An issue or a pull request: where it is, and which."""

    repo: str
    number: str
    what: str = "issues"

    @property
    def name(self) -> str:
        """Its id among those of all platforms."""
        return f"github:{self.repo}#{self.number}"

    @property
    def url(self) -> str:
        """Its page."""
        host = "" if self.repo.count("/") > 1 else "github.com/"
        return f"https://{host}{self.repo}/{self.what}/{self.number}"


def links_of(value: dict[str, Any]) -> Iterator[re.Match[str]]:
    """Give the links of a record that lead to an issue, taken apart."""
    for name in _LINKS:
        link = value.get(name)
        found = _PLACE.match(link) if isinstance(link, str) else None
        if found is not None:
            yield found


def is_linked(value: dict[str, Any]) -> bool:
    """Tell that a link of a record leads to GitHub, or to the API of a GitHub on another host."""
    return any(one["host"] in _HOSTS or one["api"] is not None for one in links_of(value))


def place_of(value: dict[str, Any]) -> Opener | None:
    """Return the issue that a record opens or belongs to, by its links."""
    found = next(links_of(value), None)
    if found is None:
        return None
    host = found["host"].removeprefix("api.").removeprefix("www.")
    repo = found["repo"] if host == "github.com" else f"{host}/{found['repo']}"
    pull = found["what"].startswith("pull") or "pull_request" in value
    return Opener(repo, found["number"], "pull" if pull else found["what"])


def anchor_of(value: dict[str, Any]) -> tuple[str, str | None]:
    """Return what a comment is and its number, as they stand at the end of its link."""
    for name in ("html_url", "url"):
        link = value.get(name)
        found = _ANCHOR.search(link) if isinstance(link, str) else None
        if found is not None:
            return found[1], found[2]
    on_code = "diff_hunk" in value or "pull_request_review_id" in value
    review = value.get("event") == "reviewed" or "submittedAt" in value or "submitted_at" in value
    kind = "discussion_r" if on_code else "pullrequestreview-" if review else "issuecomment-"
    number = value.get("id")
    if isinstance(number, str) and not number.isdigit():
        number = number_of_node(number)
    return kind, id_of(number)


def number_of_node(node: str) -> int | None:
    """Return the number of a comment that a node id stands for.

    The first form is base64 of ``012:IssueComment345``; the second of a MessagePack array that ends with the number.

    >>> number_of_node("IC_kwDOAP4Jqs45wICQ")
    968917136
    """
    try:
        written = node if node.startswith("M") else node.partition("_")[2]
        raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except (binascii.Error, ValueError):
        return None
    named = re.fullmatch(rb"\d+:[A-Za-z]+(\d{1,18})", raw)
    if named is not None:
        return int(named[1])
    for mark, size in ((b"\xcf", 8), (b"\xce", 4), (b"\xcd", 2), (b"\xcc", 1)):
        if raw[:1] in (b"\x92", b"\x93") and raw[-size - 1 : -size] == mark:
            return int.from_bytes(raw[-size:], "big")
    return None
