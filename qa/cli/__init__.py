"""The command line: one file for each family of commands. No logic of its own."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the program. Loading it takes a moment, in which Ctrl-C is as good as any later."""
    try:
        from qa.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    run()
