"""The blueprint of the boards and how their pages read the address."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Blueprint, request

LONGEST: Final = 100
DIGITS: Final = 9

bp = Blueprint("boards", "app.boards", template_folder="templates")


def asked(name: str) -> str:
    """Return one word of the address's query."""
    return request.args.get(name, "").strip()[:LONGEST]


def asked_id(name: str) -> int | None:
    """Return one number of the address's query; nonsense reads as none."""
    text = asked(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def asked_day(name: str) -> date | None:
    """Return one day of the address's query; nonsense reads as none."""
    try:
        return date.fromisoformat(asked(name))
    except ValueError:
        return None
