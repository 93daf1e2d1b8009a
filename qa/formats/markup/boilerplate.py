"""What is added to a text: signatures, footers of mailing lists, the mail below a reply, what bots say of bots."""

from __future__ import annotations

import re
from collections.abc import Callable

from qa.formats.markup.spans import Span, merged

_WINDOW = 4000  # characters at the end of the author's part in which a signature or a footer begins
_TAIL = 1500  # characters at the end in which a bot speaks of itself
_NOTICE = 1200  # characters of a whole text that is a notice
_SIGNATURE_LINES = 12
_BARE_SIGNATURE_LINES, _BARE_WIDTH = 4, 72  # below "--" without the space that the custom asks for
_FOOTER_LINES = 10
_HEADERS_REACH = 2000  # characters from the head of an answered mail to its first quoted line

# Every pattern looks at the text with one line end put before it.
_SIGNATURE = re.compile(r"\n--([ \t\xa0]?)\r?(?=\n|\Z)")
_RULE = re.compile(r"\n(?:[_=]{8,}|-{8,})[ \t\r]*(?=\n)")
_RULED = ("\n____", "\n====", "\n----")
_LIST = re.compile(r"mailing list|listinfo|unsubscribe|mailman|list archive|subscription|\blists?\.", re.I)
_SCRUBBED = re.compile(
    r"\n-{6,} next part -{6,}[ \t\r]*+(?:\n[^\n]{0,40}attachment was scrubbed[^\n]*"
    r"(?:\n(?:Name|Type|Size|Desc|URL|Url) ?:[^\n]*)*+)?+"
)
_SEALED = re.compile(
    r"\n-----BEGIN PGP SIGNED MESSAGE-----[ \t\r]*+(?:\nHash: [^\n]*)?+"
    r"|\n-----BEGIN PGP SIGNATURE-----[ \t\r]*\n(?:[^\n-][^\n]*\n|\r?\n)*+-----END PGP SIGNATURE-----"
)
_ORIGINAL = re.compile(
    r"\n[ \t]{0,3}(?:-{2,} ?(?:Original Message|Forwarded message|Original-Nachricht|Ursprüngliche Nachricht"
    r"|Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)(?: from [^\n]{1,80})? ?-{2,}"
    r"|Begin forwarded message:)[ \t\r]*(?=\n|\Z)",
    re.I,
)
_HEADERS = re.compile(
    r"\n(?:[_=-]{8,}[ \t\r]*\n)?+[ \t]{0,3}\*{0,2}(?:From|Von|De|Van|Da):\*{0,2}[ \t][^\n]+"
    r"(?:\n[ \t]{0,3}\*{0,2}(?:Sent|Date|To|Cc|Reply-To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado"
    r"|Para|Asunto|Verzonden|Aan|Onderwerp|Inviato|Oggetto) ?:\*{0,2}(?:[ \t][^\n]*|\r)?(?=\n|\Z))++"
)
_SUBJECT = re.compile(r"\n[ \t]*\*{0,2}(?:Subject|Betreff|Objet|Asunto|Onderwerp|Oggetto) ?:")
_FROM = re.compile(r"\n[ \t]{0,3}\*{0,2}(?:From|Von|De|Van|Da):")
_DEVICE = re.compile(
    r"[*_<]{0,2}(?:Sent (?:from|via|with|using) (?:my|a|the|Mail|Outlook|Yahoo|Gmail|Proton|ProtonMail|Tapatalk"
    r"|Windows|iPhone|iPad|Samsung|BlackBerry|Thunderbird|Spark|Superhuman|mobile)\b|Get Outlook for"
    r"|Von meinem .{2,30} gesendet|Gesendet (?:von|mit) |Envoyé (?:de|depuis) (?:mon|ma|l)|Enviado desde mi"
    r"|Inviato da(?:l mio)? |Verzonden vanaf mijn|Skickat från min)[^\n]{0,60}\Z"
)
_NOTIFICATION = re.compile(
    r"(?:(?:—|--+|_+)[ \t\r]*\n)?(?:Reply to this email directly|To unsubscribe\b|To stop receiving"
    r"|You (?:are receiving|received) this (?:message |e-?mail )?because)"
)
_BOT = re.compile(
    r"\n[^\n]{0,400}?\bi(?:[\^ ]+am|['’]m)[ ^]+a[ ^]+bot\b ?(?=[,.!|*)^(\[~])[^\n]*"
    r"|\n[>*_^~( \t]{0,6}(?:beep|bleep)[^\w\n]{1,4}(?:boop|bloop)\b[^\n]*",
    re.I,
)
_BOT_TALK = re.compile(
    r"automatic|performed|bee+p|blee+p|boop|bloop|moderator|feedback|contact|source|github|bugs?\b|opt.?out|delete"
    r"|pm me|message|creator|my (?:owner|master)|\^",
    re.I,
)
_STALE = re.compile(
    r"\n[^\n]{0,80}?this (?:issue|pull request|pr|merge request|thread|discussion|topic|question|ticket|conversation"
    r"|item|bug) (?:has been|was|is|will be) (?:automatically |being )*"
    r"(?:marked|closed|locked|labell?ed|flagged|archived)\b[^\n]*",
    re.I,
)
_STALE_WHY = re.compile(r"stale|inactiv|activity|abandoned|after it was closed", re.I)
_HINTS = (
    *(
        "a bot",
        "^bot",
        "beep",
        "bleep",
        "automatically",
        "sent from",
        "sent via",
        "sent with",
        "sent using",
        "get outlook",
    ),
    *("gesendet", "envoyé d", "enviado desde", "inviato da", "verzonden", "skickat", "unsubscribe", "this email"),
    *("to stop receiving", "you are receiving", "you received"),
)
# One of these is in every hint, and seldom in another text.
_IN_HINTS = (
    *("bot", "eep", "automatically", "sent ", "get outlook", "gesendet", "envoyé d", "enviado desde", "inviato da"),
    *("verzonden", "skickat", "unsubscribe", "this email", "receiv"),
)


def find_boilerplate(text: str, quoted: list[Span]) -> list[Span]:
    """Find what was added to a text, whose quoted lines are known."""
    tail = text[-_TAIL:].lower()
    hinted = _holds(tail, _IN_HINTS) and _holds(tail, _HINTS)
    ruled = "\n--" in text or "\n__" in text or "\n==" in text or text.startswith("-")
    padded = "\n" + text
    headed = _FROM.search(padded) is not None
    marked = ruled or headed or "orwarded message" in text
    if not (hinted or marked):
        return []
    spans: list[Span] = []
    if marked:
        spans += _below(padded, quoted, headed)
        added = list(_SCRUBBED.finditer(padded)) if " next part -" in text else []
        added += _SEALED.finditer(padded) if "-BEGIN PGP SIGN" in text else ()
        spans += [(one.start(), one.end() - 1) for one in added]
    spans += _at_the_end(text, list(merged(spans, quoted)) if spans else list(quoted))
    if hinted:
        spans += _of_bots(text)
    return [(start, _trimmed(text, end)) for start, end in spans]


def _holds(text: str, words: tuple[str, ...]) -> bool:
    return any(map(text.__contains__, words))


def _below(padded: str, quoted: list[Span], headed: bool) -> list[Span]:
    """Find the mail that was answered or forwarded: to the end, or to the lines quoted from it, with answers between.

    headed: a line says from whom one is. Headers alone tell it only where the author wrote something above them.
    """
    starts = [found.start()] if (found := _ORIGINAL.search(padded)) else []
    headers = _HEADERS.finditer(padded) if headed else ()
    found = next((one for one in headers if _SUBJECT.search(one[0])), None)
    if found and padded[: found.start()].strip():
        starts.append(found.start())
    if not starts:
        return []
    start = min(starts)
    first = next((at for at, end in quoted if end > start), len(padded) - 1)
    return [(start, first if first - start < _HEADERS_REACH else len(padded) - 1)]


def _at_the_end(text: str, asides: list[Span]) -> list[Span]:
    """Find signatures and footers: what stands last, but for what is an aside already."""
    spans: list[Span] = []
    end = _own_end(text, len(text), asides)
    for _ in range(8):
        first = max(0, end - _WINDOW, asides[-1][1] if asides else 0)
        window = "\n" + text[first:end]
        start = next((at for rule in _RULES if (at := rule(window)) is not None), None)
        if start is None:
            break
        spans.append((first + start, end))
        end = _own_end(text, first + start, asides)
    return spans


def _own_end(text: str, end: int, asides: list[Span]) -> int:
    """Return where the text ends without the asides that stand last; takes them off the list."""
    end = _trimmed(text, end)
    while asides and asides[-1][1] >= end:
        end = _trimmed(text, min(end, asides.pop()[0]))
    return end


def _trimmed(text: str, end: int) -> int:
    while end and text[end - 1].isspace():
        end -= 1
    return end


def _footer(window: str) -> int | None:
    """Find a rule with few lines below it that name a mailing list."""
    for rule in _RULE.finditer(window) if _holds(window, _RULED) else ():
        if window.count("\n", rule.end()) <= _FOOTER_LINES and _LIST.search(window, rule.end()):
            return rule.start()
    return None


def _signature(window: str) -> int | None:
    """Find "-- " with few lines below it; without the space, with very few and short ones below a text."""
    for mark in _SIGNATURE.finditer(window) if "\n--" in window else ():
        if window.count("\n", mark.end()) > 2 * _SIGNATURE_LINES:
            continue
        lines = [line for line in window[mark.end() :].split("\n") if line.strip()]
        short = len(lines) <= _BARE_SIGNATURE_LINES and all(len(line) <= _BARE_WIDTH for line in lines)
        if len(lines) <= _SIGNATURE_LINES and (mark[1] or (short and mark.start())):
            return mark.start()
    return None


def _device(window: str) -> int | None:
    """Find a last line that names a device or a program."""
    start = window.rfind("\n")
    return start if _DEVICE.match(window, start + 1) else None


def _notification(window: str) -> int | None:
    """Find a last paragraph that says why the mail was sent."""
    blank = max(window.rfind("\n\n"), window.rfind("\n\r\n"))
    start = window.index("\n", blank + 1) if blank >= 0 else 0
    return start if _NOTIFICATION.match(window, start + 1) and window.count("\n", start) <= _FOOTER_LINES else None


_RULES: tuple[Callable[[str], int | None], ...] = (_footer, _notification, _signature, _device)


def _of_bots(text: str) -> list[Span]:
    """Find a bot's phrases line by line; a short text that begins as a notice of something stale is one."""
    first = max(0, len(text) - _TAIL)
    window = "\n" + text[first:]
    spans = [(first + one.start(), first + one.end() - 1) for one in _BOT.finditer(window) if _BOT_TALK.search(one[0])]
    if len(text) > _NOTICE or "automatically" not in text.lower() or not _STALE_WHY.search(text):
        return spans
    notice = _STALE.search(window)
    if notice:
        whole = not window[: notice.start()].strip()
        spans.append((0, len(text)) if whole else (notice.start(), notice.end() - 1))
    return spans
