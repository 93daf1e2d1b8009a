"""Bytes of a mail -> text, whatever charset they name: a mail client shows something, and so does this."""

from __future__ import annotations

import binascii
import re

from qa.formats.tables.values import storable

# What mail programs mean by these names is the larger charset.
_MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932"}
_MEANT |= {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252"}
_MEANT |= {"iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254", "tis-620": "cp874", "utf8": "utf-8"}
# Decoders that are no charset: they would act on what somebody else's mail tells them to.
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
# In these, ASCII bytes are not what they look like.
_SHIFTING = ("utf-7", "utf-16", "utf-32", "iso-2022", "hz")
_NO_CHARSET = ("unicode", "raw", "idna", "punycode", "undefined", "mbcs", "oem")


def decoded(source: bytes, charset: str | None) -> str:
    """Decode by the named charset, or by what fits where it is wrong, unknown or missing."""
    name = (charset or "").strip().strip("\"'").lower()
    if source.isascii() and not name.startswith(_SHIFTING):
        return source.decode("ascii")
    name = _MEANT.get(name, name)
    if name and name not in ("us-ascii", "ascii") and not name.startswith(_NO_CHARSET):
        try:
            return storable(source.decode(name)).removeprefix("\ufeff")
        except (LookupError, ValueError):
            pass
    return guessed(source)


def guessed(source: bytes) -> str:
    """Decode bytes that name no charset: UTF-8, else Windows-1252, whose few gaps stay control characters."""
    try:
        return source.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    try:
        return source.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in source)


def from_base64(source: bytes) -> bytes:
    """Decode what can be decoded: without strange characters and without an unfinished last one."""
    try:
        return binascii.a2b_base64(source)
    except binascii.Error:
        letters = _NO_BASE64.sub(b"", source)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
