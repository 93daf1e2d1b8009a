"""A message's header: names, dates, subjects and ids as mail clients show and join them."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from qa.dates import in_utc, parse_date
from qa.formats.platforms.mail.charsets import decoded, from_base64, guessed

_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.M)
_WORDS = r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?="
# The space between two such words is not shown.
_ENCODED = re.compile(_WORDS + r"(?:[ \t]+(?=" + _WORDS + r"))?", re.I)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# As almost every mail is dated; at the edges of what a year may be the zone decides, and the slow way is taken.
_DATE = re.compile(
    rf"[A-Z][a-z]{{2}}, (\d\d?) ({_MONTHS}) (19[1-9]\d|20\d\d) (\d\d):(\d\d):(\d\d)"
    r" ([+-])([01]\d)([0-5]\d)\Z",
    re.A,
)
_ANGLED = re.compile(r"^(.*?)<([^<>]*)>")
_COMMENTED = re.compile(r"^([^\s()]+(?: at [^\s()]+)?)\s+\((.*)\)$")
_MESSAGE_ID = re.compile(r"<([^<>]{3,998})>")
_BARE_ID = re.compile(r"^[^\s<>]+@[^\s<>]+$")
# "Re" and "Fwd" in the languages whose mail programs translate them.
_REPLY = re.compile(r"(?:re|aw|sv|antw|vs|odp|rif|res|r|fwd?|wg|tr|rv|enc|doorst)(?:\[\d+\]|\(\d+\))?\s*[:：]\s*", re.I)
_TAG = re.compile(r"\[([^\[\]]{1,60})\]\s*")
_WORD = re.compile(r"[\W_]+")

Header = dict[str, str]


def read_header(source: bytes) -> Header:
    """Read the fields of a header, unfolded, by their names in lower case; the first of a name counts."""
    fields: Header = {}
    text = guessed(source)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for name, value in _FIELD.findall(text):
        fields.setdefault(name.lower(), value.replace("\n", " ").strip() if "\n" in value else value.strip())
    return fields


def readable(value: str) -> str:
    """Decode the words that a header cannot hold as they are; neighbours of one charset may share a character.

    >>> readable("=?utf-8?q?Caf=C3?= =?utf-8?q?=A9_8?= on Monday")
    'Café 8 on Monday'
    """
    if "=?" not in value:
        return " ".join(value.split())
    shown: list[str] = []
    run, charset, at = b"", "", 0
    for word in _ENCODED.finditer(value):
        if word.start() > at or word[1].lower() != charset:
            shown += (decoded(run, charset), value[at : word.start()])
            run, charset = b"", word[1].lower()
        source = word[3].encode("utf-8")
        run += from_base64(source) if word[2] in "bB" else binascii.a2b_qp(source, header=True)
        at = word.end()
    return " ".join("".join((*shown, decoded(run, charset), value[at:])).split())


def author(header: Header) -> str | None:
    """Return who wrote a message: the name, or the address where there is none.

    >>> author({"from": "ada at example.org (Ada Byron)"}), author({"from": '"Byron, Ada" <ada@example.org>'})
    ('Ada Byron', 'Byron, Ada')
    """
    written = (header.get("from") or header.get("sender") or "").strip()
    name, address = "", written
    if found := _ANGLED.match(written):
        name, address = found[1].strip(), found[2].strip()
    elif found := _COMMENTED.match(written):
        address, name = found[1], found[2]
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    if "\\" in name:
        name = re.sub(r"\\(.)", r"\1", name)
    name = readable(name).strip().strip("\"'").strip()
    return name or readable(address) or None


def moment_of(written: str) -> datetime | None:
    """Read the date of a message, or None."""
    if not written:
        return None
    try:
        usual = _DATE.match(written)
        moment = in_utc(_read(usual) if usual else parsedate_to_datetime(written))
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        moment = None
    return moment or parse_date(re.sub(r"\s*\([^)]*\)\s*$", "", written))


def _read(date: re.Match[str]) -> datetime:
    """Read a date as the standard library does, in a fourth of the time."""
    day, month, year, hour, minute, second, sign, hours, minutes = date.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes))
    number = _MONTHS.index(month) // 4 + 1
    moment = datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    return moment + east if sign == "-" else moment - east


def message_ids(value: str | None) -> list[str]:
    """Return the ids in a field, oldest first, without brackets; archives write " at " for "@"."""
    if not value:
        return []
    if "<" not in value:
        return [word for word in value.split() if _BARE_ID.match(word)]
    return ["".join(one.replace(" at ", "@").split()) for one in _MESSAGE_ID.findall(value)]


def subject(header: Header) -> tuple[str | None, bool]:
    """Return the subject without ``Re:`` and the list's tag, and whether it says that this is a reply."""
    title = readable(header.get("subject", ""))
    reply = tagged = False
    at = 0
    while True:
        found = _REPLY.match(title, at)
        reply = reply or found is not None
        if found is None and not tagged:
            found = _TAG.match(title, at)
            tagged = found is not None and _is_list(found[1], header)
            found = found if tagged else None
        if found is None or found.end() == len(title):
            return title[at:] or None, reply
        at = found.end()


def _is_list(tag: str, header: Header) -> bool:
    """Tell whether a tag names the mailing list. An archive of one list says nowhere to whom a mail went."""
    addressed = " ".join(header.get(name, "") for name in ("list-id", "list-post", "to", "cc", "sender"))
    bare = _WORD.sub("", tag).lower()
    if not bare:
        return False
    if addressed.strip():  # mostly it stands there as it is written, which is told sooner
        return tag.lower() in addressed.lower() or bare in _WORD.sub("", addressed).lower()
    return not bare.isdigit() and " " not in tag
