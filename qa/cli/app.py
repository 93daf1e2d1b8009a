"""The `qa` program: its options, its exit codes, and how errors are told.

Exit codes are those of grep: 0 answered, 1 no good answer, 2 an error, usage errors included.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated

import typer

from qa.cli import INTERRUPTED, asking, evaluating, indexing, models, serving, surveying, upkeep
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
surveying.register(app)
indexing.register(app)
upkeep.register(app)
evaluating.register(app)
models.register(app)
serving.register(app)


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
    _open_streams()
    try:
        code = _run()
        sys.stdout.flush()
    except QAError as error:
        print(error_lines(error), file=sys.stderr)
        code = 2
    except BrokenPipeError:
        # The reader of a pipe went away: not our error, and nothing more can be said.
        _discard_output()
        code = 0
    except OSError as error:
        print(error_lines(_refused_by_the_system(error)), file=sys.stderr)
        _discard_output()
        code = 2
    sys.exit(code)


def _run() -> int:
    """Run the command and return its exit code. typer ends the process where a pipe broke, as where all went well."""
    try:
        app(prog_name="qa")
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):
            raise leaving.__context__ from None
        if leaving.code == INTERRUPTED:
            print("interrupted; what was encoded is kept, run the same command to go on", file=sys.stderr)
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _open_streams() -> None:
    """Make sure that there is something to print to, and that every character can be printed."""
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Let what could not be printed go nowhere, or the interpreter would try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused_by_the_system(error: OSError) -> QAError:
    reason = error.strerror or str(error)
    if error.filename is None:
        return QAError(f"the operating system refuses: {reason}", "df -h .")
    return QAError(f"cannot use {error.filename}: {reason}", f"ls -ld {shlex.quote(str(error.filename))}")
