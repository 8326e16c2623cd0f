"""The command line `guanjia`. Exit code 0: fine, 1: problems found, 2: wrong use or settings."""

import gc

gc.disable()  # nothing loaded here is ever garbage: looking for some takes a fifth of the start

from app.cli import accounts, diagrams, exporting, expressions, importing, keeping, serving, tokens  # noqa: E402, F401 - each adds its commands
from app.cli.base import cli, main  # noqa: E402

gc.freeze()
gc.enable()

__all__ = ["cli", "main"]
