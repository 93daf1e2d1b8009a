"""Emoji by the names that chats and forums give them, for the names that are used most."""

from __future__ import annotations

import re

_EMOJI = {
    "100": "💯",
    "+1": "👍",
    "-1": "👎",
    "angry": "😠",
    "blush": "😊",
    "bug": "🐛",
    "bulb": "💡",
    "clap": "👏",
    "confused": "😕",
    "cry": "😢",
    "disappointed": "😞",
    "exploding_head": "🤯",
    "eyes": "👀",
    "face_with_rolling_eyes": "🙄",
    "fire": "🔥",
    "fist_bump": "👊",
    "frowning": "😦",
    "grimacing": "😬",
    "grin": "😁",
    "grinning": "😀",
    "heart": "❤️",
    "heart_eyes": "😍",
    "heavy_check_mark": "✔️",
    "hugging_face": "🤗",
    "hugs": "🤗",
    "innocent": "😇",
    "joy": "😂",
    "kissing_heart": "😘",
    "laughing": "😆",
    "muscle": "💪",
    "neutral_face": "😐",
    "ok_hand": "👌",
    "open_mouth": "😮",
    "party_parrot": "🦜",
    "partying_face": "🥳",
    "point_right": "👉",
    "point_up": "☝️",
    "pray": "🙏",
    "question": "❓",
    "rage": "😡",
    "raised_hands": "🙌",
    "relaxed": "☺️",
    "rocket": "🚀",
    "rofl": "🤣",
    "rolling_on_the_floor_laughing": "🤣",
    "scream": "😱",
    "shrug": "🤷",
    "simple_smile": "🙂",
    "slight_frown": "🙁",
    "slight_smile": "🙂",
    "skull": "💀",
    "slightly_frowning_face": "🙁",
    "slightly_smiling_face": "🙂",
    "smile": "😄",
    "smiley": "😃",
    "smirk": "😏",
    "sob": "😭",
    "sparkles": "✨",
    "star": "⭐",
    "stuck_out_tongue": "😛",
    "sunglasses": "😎",
    "sweat_smile": "😅",
    "tada": "🎉",
    "thinking": "🤔",
    "thinking_face": "🤔",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "upside_down_face": "🙃",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "wink": "😉",
    "x": "❌",
    "zap": "⚡",
}
# Not inside a word or a time: ``10:x:30`` names nothing.
_SHORTCODE = re.compile(r"(?<!\w)(?<!\w:):([a-z0-9_+-]{1,40})(?:::skin-tone-\d|:t\d)?:(?!\w)")


def emoji_of(name: str) -> str | None:
    """Return the emoji of a name without its colons, or None for one that is not known.

    >>> emoji_of("tada"), emoji_of("our_own_logo")
    ('🎉', None)
    """
    found = _EMOJI.get(name)
    return _EMOJI.get(name.replace("-", "_").lower()) if found is None else found


def decode_shortcodes(text: str) -> str:
    """Put emoji in place of their names in a chat's text; an unknown name stays.

    >>> decode_shortcodes("done :tada: :our_own_logo:")
    'done 🎉 :our_own_logo:'
    """
    return _SHORTCODE.sub(_decoded, text) if text.count(":") > 1 else text


def _decoded(match: re.Match[str]) -> str:
    return emoji_of(match[1]) or match[0]
