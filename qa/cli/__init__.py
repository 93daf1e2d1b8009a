"""The command line: one file for each family of commands. No logic of its own."""

from qa.cli.app import main

__all__ = ["main"]
