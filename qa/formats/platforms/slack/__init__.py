"""Slack workspace exports: a folder for each channel, a JSON file for each of its days.

Rests on a real export of 2016 and on Slack's public documentation: "How to read Slack data exports" for the files, the
reference of the message event and its subtypes for what stands in them, "Formatting text" for mrkdwn.

A record is an element of a day's array. ``users.json``, ``channels.json`` and the other lists beside the folders are
companions. A message that somebody wrote is a comment, also a bot's; the words given with a shared file are its
text. Joins, topics, pins and every other subtype are notices. An edit that the export records as a message of its own
(``message_changed``) gives the message its latest text and is itself a notice; where the message stands in another
day's file, the edit stands for it. Reactions count as votes.

Left out: files, also the text inside snippets and canvases; the unfurled previews of links; shared copies of other
messages, which their own file holds. ``:shortcodes:`` of emoji stay.
"""

from __future__ import annotations

from qa.formats.platforms.platform import Platform
from qa.formats.platforms.slack.export import recognises
from qa.formats.platforms.slack.messages import read

PLATFORM = Platform("slack", "a Slack export's channel, each message is a comment", recognises, read)

__all__ = ["PLATFORM"]
