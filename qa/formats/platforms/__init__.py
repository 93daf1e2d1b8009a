"""What each platform gives its users: one module for each, recognised by content.

A module holds the functions that `Platform` names and ends with ``PLATFORM = Platform(...)``; its docstring says which
document or real export its reading rests on.
"""

from __future__ import annotations

from qa.formats.platforms.discord import PLATFORM as DISCORD
from qa.formats.platforms.mail import EML, MBOX
from qa.formats.platforms.platform import Platform, Role
from qa.formats.platforms.slack import PLATFORM as SLACK
from qa.formats.platforms.telegram import PLATFORM as TELEGRAM
from qa.formats.platforms.whatsapp import PLATFORM as WHATSAPP

# In the order in which they are asked; at most one may recognise a source.
PLATFORMS: tuple[Platform, ...] = (
    SLACK,
    MBOX,
    EML,
    DISCORD,
    TELEGRAM,
    WHATSAPP,
)

__all__ = ["PLATFORMS", "Platform", "Role"]
