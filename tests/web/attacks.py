"""What comments may carry that a page must not obey."""

from __future__ import annotations

from pathlib import Path

from tests.web.ovens import build

ATTACKS = [
    "<script>alert('oven')</script>",
    "</blockquote></article><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)>",
    "</title><script>alert(2)</script>",
    "<style>body{display:none}</style>",
    "<base href='https://evil.example/'>",
    "<form action='https://evil.example/'><input name=q>",
    "{{ 7 * 7 }}{% raw %}${7*7}<%= 7*7 %>",
    "javascript:alert(1)",
    "\u202eevil\u2066 \u200f",
    "\x1b[31mred\x1b]8;;https://evil.example\x07link",
    "\x00\x08\x9b2J",
    "\ud800 half a pair",
    "--><!--<script>",
    "<!--#exec cmd=\"id\"-->",
    "&lt;script&gt;&#x3c;script&#62;",
]  # fmt: skip
ADDRESSES = [
    "javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>1</script>",
    "file:///etc/passwd", "vbscript:x", "//evil.example/x", "https://ok.example/\" onclick=\"alert(1)",
    "https://ok.example/'><script>", "http://[broken", "https://ok.example/\u202e\ud800",
]  # fmt: skip


def build_hostile(folder: Path) -> Path:
    """Return an index of one comment for each attack, which stands wherever a comment has a text."""
    said = [
        {"id": f"h{at} {attack}", "author": attack, "title": f"Oven {attack}", "thread_id": attack,
         "date": "2024-01-01", "parent": f"h{at - 1} {ATTACKS[at - 1]}" if at else None,
         "url": ADDRESSES[at % len(ADDRESSES)], "text": f"An oven says: {attack} It is hot. {attack}"}
        for at, attack in enumerate(ATTACKS)
    ]  # fmt: skip
    return build(folder / "<img src=x onerror=alert(1)>.jsonl", said)
