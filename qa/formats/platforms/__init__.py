"""What each platform gives its users: one module for each, recognised by content.

A module holds the functions that `Platform` names and ends with ``PLATFORM = Platform(...)``; its docstring says which
document or real export its reading rests on.
"""

from __future__ import annotations

from qa.formats.platforms import (
    bluesky,
    discord,
    discourse,
    discourse_archive,
    disqus,
    github,
    hackernews,
    lesswrong,
    mail,
    mastodon,
    reddit,
    saved_page,
    semeval,
    slack,
    stackexchange,
    telegram,
    whatsapp,
    youtube,
)
from qa.formats.platforms.platform import Platform, Role

# In the order in which they are asked; at most one may recognise a source.
PLATFORMS: tuple[Platform, ...] = (
    hackernews.PLATFORM,
    reddit.PLATFORM,
    github.PLATFORM,
    youtube.PLATFORM,
    bluesky.PLATFORM,
    mastodon.PLATFORM,
    slack.PLATFORM,
    mail.MBOX,
    mail.EML,
    discord.PLATFORM,
    discourse.PLATFORM,
    discourse_archive.PLATFORM,
    telegram.PLATFORM,
    whatsapp.PLATFORM,
    stackexchange.PLATFORM,
    semeval.PLATFORM,
    disqus.PLATFORM,
    lesswrong.PLATFORM,
    saved_page.PLATFORM,  # any page of HTML: asked last
)

__all__ = ["PLATFORMS", "Platform", "Role"]
