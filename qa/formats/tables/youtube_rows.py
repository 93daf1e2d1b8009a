"""YouTube's comments in tables: the same names as in the exports of its API.

Rows are told by their ids' shapes. Google Takeout writes a comment as objects of pieces, ``{"text":"…"},{"text":"…"}``
(support.google.com/accounts/answer/3024190 leads to it; its columns are as people report them: no real file was at
hand).
"""

from __future__ import annotations

import json
import re

from qa.formats.drafts import Draft
from qa.formats.tables.values import storable

_COMMENT = re.compile(r"(?:Ug|z[0-3])[\w-]{18,24}(?:\.[\w-]{16,24})?")
_VIDEO = re.compile(r"[\w-]{11}")
_PIECES = re.compile(r"\{.*\}", re.DOTALL)


def name_as_youtube(draft: Draft) -> None:
    """Give a comment of YouTube's the ids and the link that it has in every export; others stay as they are."""
    name, video = draft.record_id or "", draft.thread_id or ""
    if not (_COMMENT.fullmatch(name) and _VIDEO.fullmatch(video)):
        return
    parent = draft.parent_id or name.partition(".")[0]
    draft.platform = True
    draft.record_id, draft.thread_id = f"youtube:{name}", f"youtube:{video}"
    draft.parent_id = f"youtube:{parent}" if parent != name else None
    draft.url = f"https://www.youtube.com/watch?v={video}&lc={name}"
    draft.author = draft.author.removeprefix("@") if draft.author else None
    draft.text = _joined(draft.text)


def _joined(text: str | None) -> str | None:
    """Return the words of a text that is a list of pieces; any other text as it is."""
    if text is None or not _PIECES.fullmatch(text.strip()):
        return text
    try:
        pieces = json.loads(f"[{text}]")
    except ValueError:
        return text
    words = [piece.get("text") for piece in pieces if isinstance(piece, dict)]
    known = [word for word in words if isinstance(word, str)]
    return storable("".join(known)) if len(known) == len(pieces) else text
