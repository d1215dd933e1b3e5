"""The command line."""

from feltline.cli.app import main

__all__ = ["main"]
