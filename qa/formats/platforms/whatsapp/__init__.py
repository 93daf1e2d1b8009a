"""WhatsApp's "export chat": a text file, in the words and the dates of the phone that wrote it.

::

    [12/03/2024, 14:05:33] Ada: text          iPhone; a left-to-right mark stands before what WhatsApp itself wrote
    12/03/2024, 14:05 - Ada: text             Android; also 3/12/24, 2:05 PM - Ada: text
    12.03.24, 14:05 - Ada created the group   a notice: no name and colon

Rests on WhatsApp's help page about exporting a chat and on public descriptions by those who read such files; no real
file was at hand. A record begins at a line with a date and reaches to the next one. WhatsApp's own sentences are
notices; a message that was deleted is deleted, where the phone spoke English, German, Spanish, French, Portuguese,
Italian or Dutch; a photo without words is empty, and words beside it stay.

Nothing in a file says whether the day or the month comes first. A first number above 12 anywhere in it is a day, and a
second one tells the opposite; else the order in which fewer messages go back in time; else AM and PM in capitals mean
the month first, and anything else the day. Times are the phone's own and are read as UTC. There are neither ids nor
replies. The chat's name is its title where the file's name has it.
"""

from __future__ import annotations

from qa.formats.platforms.platform import Platform
from qa.formats.platforms.whatsapp.chat import read, recognises

PLATFORM = Platform("whatsapp", "a WhatsApp chat, each message is a comment", recognises, read)

__all__ = ["PLATFORM"]
