"""The `qa` program: its options, its exit codes, and how errors are told.

Exit codes are those of grep: 0 answered, 1 no good answer, 2 an error, usage errors included.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from qa.cli import asking, indexing
from qa.errors import QAError
from qa.render import error_lines

app = typer.Typer(
    name="qa",
    help="Ask your comments, get cited answers: index files of comments, then ask in plain English.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
asking.register(app)
indexing.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from qa import __version__

        typer.echo(f"qa {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask your comments, get cited answers: index files of comments, then ask in plain English."""


def main() -> None:
    """Run the program; every error that can be foreseen ends in one line, a mending command, and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except QAError as error:
        print(error_lines(error), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted; what was encoded is kept, run the same command to go on", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe went away: not our error, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
