"""Word lists that come with the product, as tables beside it; owners change all of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "lists"


def shipped() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the table of each list: common wrong words; marks of classification (GB/T 9704-2012)."""
    for list_ in ("wrong", "secret"):
        yield list_, (FOLDER / f"{list_}.csv").read_bytes()
