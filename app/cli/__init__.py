"""The command line `guanjia`. Exit code 0: fine, 1: problems found, 2: wrong use or settings."""

from app.cli import accounts, diagrams, exporting, expressions, importing, keeping, serving, tokens  # noqa: F401 - each adds its commands
from app.cli.base import cli, main

__all__ = ["cli", "main"]
