"""What each platform gives its users: one module for each, recognised by content.

A module holds the functions that `Platform` names and ends with ``PLATFORM = Platform(...)``; its docstring says which
document or real export its reading rests on.
"""

from __future__ import annotations

from qa.formats.platforms import lesswrong, saved_page
from qa.formats.platforms.platform import Platform, Role

# In the order in which they are asked; at most one may recognise a source.
PLATFORMS: tuple[Platform, ...] = (
    lesswrong.PLATFORM,
    saved_page.PLATFORM,  # any page of HTML: asked last
)

__all__ = ["PLATFORMS", "Platform", "Role"]
