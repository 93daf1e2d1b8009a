"""qa: ask your comments, get cited answers."""
