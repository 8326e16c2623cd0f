"""What the pages of the house share: the blueprint and how a form is carried out."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint

from app.errors import Invalid, NotFound
from app.web.acting import Act, write


class Takes(Protocol):
    """What can bear the sentences of a refused operation."""

    def take(self, error: Invalid, /) -> None:
        """Put them beside their fields."""


bp = Blueprint("people", "app.people", template_folder="templates")


def attempt(form: Takes, act: Act[object]) -> bool:
    """Carry out one operation; sentences about what was typed go beside the fields."""
    try:
        write(act)
    except Invalid as error:
        form.take(error)
        return False
    return True


def missing(sentence: str) -> NotFound:
    """Return the error of a thing that is not there."""
    return NotFound(sentence)
