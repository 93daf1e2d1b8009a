from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.render.safe import UNSAFE, clip, safe_line, safe_text

NASTY = "\x00\x07\x08\x0b\x0c\r\x1b\x7f\x80\x85\x9b\x9d\u061c\u200e\u200f\u2028\u2029\u2066\u2069\ufeff\ud800\U000e0041"
TEXTS = st.text(st.one_of(st.characters(exclude_categories=[]), st.sampled_from(NASTY + "\n\t\\ "))).map("".join)


def _forbidden(char: str) -> bool:
    """State the rule a second time, by category and by range, to check the pattern against it."""
    code = ord(char)
    return (
        (unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} and char not in "\n\t")
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or code in {0x200E, 0x200F, 0x061C, 0xFEFF}
        or 0xE0000 <= code <= 0xE007F
    )


def test_every_forbidden_character_is_neutralised() -> None:
    for code in range(0x110000):
        shown = safe_text(chr(code))
        assert not any(map(_forbidden, shown)), hex(code)
        assert not _forbidden(chr(code)) or shown.isprintable(), hex(code)


@given(TEXTS)
def test_output_is_clean_and_idempotent(text: str) -> None:
    shown = safe_text(text)
    assert not any(map(_forbidden, shown))
    assert safe_text(shown) == shown
    assert safe_line(shown) == safe_line(text)
    assert not set("\n\t") & set(safe_line(text))


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_ordinary_characters_are_unchanged(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\nwith [red]brackets[/red] & <b>html</b>",
        "👩‍👩‍👧‍👦 👍🏽 ❤️ 🇳🇴 1️⃣",
        "مرحبا بالعالم",
        "שלום עולם",
        "می‌خواهم",
        "नमस्ते · 日本語 · ภาษาไทย",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\rb", "a␍b"),
        ("a\r\nb", "a\nb"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b1m", "\\x9b1m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ufeffx\ud800", "\\ufeffx\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_shown_forms(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_one_line() -> None:
    assert safe_line("a\nb\tc\r\nd") == "a b c d"
    assert clip("  a\n\n b ", 10) == "a b"
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"


def test_pattern_spares_what_emoji_need() -> None:
    assert not UNSAFE.search("\u200d\ufe0f\ufe0e\u200c\n\t")
