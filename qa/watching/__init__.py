"""Follow the sources of an index: where to listen, which changes matter, one update for each burst of edits.

The only importer of watchfiles; it is loaded where watching begins.
"""

from qa.watching.watch import Watch

__all__ = ["Watch"]
