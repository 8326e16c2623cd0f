"""One table of figures; what exceeds its budget is remembered."""

from __future__ import annotations

failures: list[str] = []
WIDTHS = (58, 26, 26)


def heading(text: str) -> None:
    """Begin a group of figures."""
    print(f"\n{text}")
    print("".join(title.ljust(width) for title, width in zip(("figure", "budget", "this run"), WIDTHS, strict=True)))


def row(figure: str, budget: str, found: str, *, ok: bool = True) -> None:
    """Print one figure; one that is not `ok` fails the run."""
    cells = (("  " if ok else "! ") + figure, budget, found)
    print("".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)
    if not ok:
        failures.append(figure)


def ratio(figure: str, found: float, most: float, detail: str = "") -> None:
    """Print a ratio within this run and hold it against its budget."""
    row(figure, f"≤ {most:g} ×", f"{found:.2f} ×{'  ' + detail if detail else ''}", ok=found <= most)


def count(figure: str, found: float, most: float, unit: str = "") -> None:
    """Print a count and hold it against its budget."""
    row(figure, f"≤ {most:g}{unit}", f"{found:g}{unit}", ok=found <= most)


def told(figure: str, budget: str, found: str) -> None:
    """Print an absolute figure, which depends on the machine and fails nothing."""
    row(figure, budget, found)
