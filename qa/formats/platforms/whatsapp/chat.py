"""A chat's lines -> drafts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from qa.errors import Malformed
from qa.formats.contents import Content
from qa.formats.drafts import Draft, Kind
from qa.formats.platforms.platform import Role
from qa.formats.platforms.whatsapp.starts import MARKS, Order, Start, moment, read_start
from qa.formats.samples import Sample

# A sentence of WhatsApp's own that holds a colon quotes what was changed, and so has quotation marks before it.
_SAID = re.compile(rf"[{MARKS}]*(?:~\s?)?([^:\n\"“”«»„]{{1,100}}?)[{MARKS}\s]*:(?:[ \t]|\n|$)(.*)", re.S)
_ENCRYPTED: tuple[str, ...] = (
    "end-to-end",
    "Ende-zu-Ende",
    "extremo a extremo",
    "bout en bout",
    "ponta a ponta",
    "uçtan uca",
)
_ENCRYPTED += ("сквозн", "端到端", "エンドツーエンド", "종단간")
_DELETED = re.compile(
    r"(?:This message was deleted(?: by admin .{1,80})?|You deleted this message(?: as admin)?"
    r"|Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht"
    r"|Se eliminó este mensaje|Este mensaje fue eliminado|Eliminaste este mensaje"
    r"|Ce message a été supprimé|Vous avez supprimé ce message"
    r"|Mensagem apagada|Esta mensagem foi apagada|(?:Você )?[Aa]pagou esta mensagem"
    r"|Questo messaggio è stato eliminato|Hai eliminato questo messaggio"
    r"|Dit bericht is verwijderd|(?:Je hebt|U hebt|U heeft) dit bericht verwijderd)\.?$"
)
_FILE = re.compile(
    r"\u200e?<[^<>\n:]{1,30}: [^<>\n]{1,200}\.\w{1,5}>"
    r"|^\u200e?[^\n]{1,200}\.\w{1,5} \((?:file attached|Datei angehängt|archivo adjunto|fichier joint"
    r"|arquivo anexado|file allegato|bestand bijgevoegd)\)$",
    re.M,
)
_NO_FILE = re.compile(
    r"<[^\W\d_]+(?: [^\W\d_]+){1,4}>$|\u200e?(?:image|video|audio|sticker|GIF|document|Contact card)(?: note)? omitted$"
)
_EDITED = re.compile(r"\s?\u200e<[^<>\n]{3,60}>$|\s?<This message was edited>$")
_NAMED = re.compile(
    r"WhatsApp[ -](?:Chat )?(?:with|mit|con|avec|com|met|-) ?(.+?)(?:\.txt)?(?:\.(?:gz|xz|bz2|zst))?$", re.I
)


def recognises(sample: Sample) -> Role | None:
    """Recognise a chat by its first line and others of the same form, which no other log has.

    A comma after a date whose year stands last tells, in three lines; any form will do with WhatsApp's own marks or
    its sentence about encryption.
    """
    if not sample.text[:8].lstrip(MARKS)[:1].isdigit() and sample.text[:8].lstrip(MARKS)[:1] != "[":
        return None
    lines = sample.text.split("\n")[:2000]
    starts = [start for line in lines if (start := read_start(line)) is not None]
    if not starts or read_start(lines[0]) is None or len({start.form for start in starts}) > 1:
        return None
    said = sum(1 for start in starts if _SAID.match(start.rest))
    own = any(start.marked for start in starts) or any(words in starts[0].rest for words in _ENCRYPTED)
    typical = starts[0].form[1] and not starts[0].year_first
    return "comments" if (own and len(starts) >= 2) or (typical and said >= 2 and len(starts) >= 3) else None


def read(content: Content) -> Iterator[Draft]:
    """Read the messages, after a first reading for the order of day and month. Raises: Malformed."""
    order = Order()
    found = False
    with content.text() as file:
        for line in file:
            if (start := read_start(line)) is not None:
                order.note(start)
                found = True
    if not found:
        fact = "no line of it begins with a date and a time as WhatsApp writes them"
        raise Malformed(content.path, None, fact, f"qa index {shlex.quote(str(content.path))} --format text")
    title, day_first = _title(content.path), order.day_first
    with content.text() as file:
        for number, (at, begin, lines) in enumerate(_records(file), 1):
            height = "".join(lines).rstrip().count("\n")
            draft = Draft("".join(lines).strip(), at, at + height, record=number, title=title)
            if begin is not None:
                draft.created_at = moment(begin, day_first)
                draft.author, draft.kind, draft.text = _message("".join((begin.rest, *lines[1:])))
            yield draft


def _records(file: Iterable[str]) -> Iterator[tuple[int, Start | None, list[str]]]:
    """Give each record's first line's number, its start and its lines; only the first may have no start."""
    at, start = 1, None
    lines: list[str] = []
    for number, line in enumerate(file, 1):
        found = read_start(line)
        if found is not None:
            if start is not None or "".join(lines).strip():
                yield at, start, lines
            at, start, lines = number, found, []
        lines.append(line)
    if start is not None or "".join(lines).strip():
        yield at, start, lines


def _message(written: str) -> tuple[str | None, Kind, str]:
    """Return who wrote a message, what it is, and its text without what WhatsApp added."""
    said = _SAID.match(written)
    if said is None:
        return None, "notice", written.strip(f"{MARKS} \n")
    author, text = said[1].strip(f"{MARKS} \t~\u202f\xa0"), said[2].rstrip()
    if _DELETED.match(text.strip(MARKS)):
        return author, "deleted", text.strip(MARKS)
    if _NO_FILE.match(text):
        return author, "comment", ""
    unfiled = _FILE.sub("", _EDITED.sub("", text) if text.endswith(">") else text) if _may_hold_file(text) else text
    if text.startswith("\u200e") and unfiled == text:
        return author, "notice", text.strip(MARKS)
    return author, "comment", unfiled.strip("\n").strip("\u200e")


def _may_hold_file(text: str) -> bool:
    return ">" in text or ")" in text


def _title(path: Path) -> str | None:
    """Return the chat's name, which phones put into the file's."""
    found = _NAMED.match(path.name)
    return found[1].strip() if found else None
