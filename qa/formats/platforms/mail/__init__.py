"""Mail: mbox files and pipermail's monthly archives, single messages, and Maildir, whose files are single messages.

Rests on a real mailing list's archive of 2012 and 2013 and on the standards: RFC 4155 (mbox), 5322 (messages), 2045 to
2047 (MIME), 3676 (flowed text), 5064 (``Archived-At``). Where a message breaks them it is read as mail clients do.

A record is a message. In an mbox a ``From `` line begins one where a date ends it, a header follows it and a blank
line or nothing stands before it. A message without a readable body is empty; one that a client marked as deleted
(``X-Mozilla-Status``, ``X-Status``, the flag T of Maildir) is deleted; a mail server's own data is a notice.

The text is the plain text, else the HTML; flowed lines are joined and nothing else is changed. OpenPGP armour and what
pipermail wrote in place of attachments are asides. Left out: attachments, forwarded messages, digests' messages.
A thread is named by the Message-ID of its first message, which References tell or, within one file, In-Reply-To; a
reply without either joins the thread of its subject. Two numbers for each message are kept for that.
"""

from __future__ import annotations

from qa.formats.platforms.mail.mailbox import read_mailbox, read_message, recognises_mailbox, recognises_message
from qa.formats.platforms.platform import Platform

MBOX = Platform("mbox", "a mailbox, each message is a comment", recognises_mailbox, read_mailbox)
EML = Platform("eml", "a mail, which is a comment", recognises_message, read_message)

__all__ = ["EML", "MBOX"]
