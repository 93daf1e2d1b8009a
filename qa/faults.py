"""Steps of a write at which a test may end the process, to see what a crash there leaves behind.

QA_FAULT names the step, as in ``QA_FAULT=switched`` or, for the third time it is reached, ``QA_FAULT=encoded:3``.
Without it nothing happens.
"""

from __future__ import annotations

import os

STEPS = (
    "created",  # the store is there and empty
    "staged",  # the sources are read, nothing is kept
    "encoded",  # a block of vectors is kept, not yet referenced; reached once for each block
    "applied",  # the change is made, its transaction still open
    "switched",  # the change is committed, what is derived lags behind
    "words",  # the words follow, the checkpoint does not
    "unfinished",  # a checkpoint is written under another name
    "renamed",  # ... and has its name, but nothing points to it
    "pointed",  # ... and is pointed to; the one before it is still there
)
_wanted, _, _times = os.environ.get("QA_FAULT", "").partition(":")
_left = int(_times or 1)


def step(name: str) -> None:
    """End the process at once, as kill -9 would, if the step called name is the one where it is to end."""
    global _left
    if name != _wanted:
        return
    _left -= 1
    if _left == 0:
        os._exit(137)
