"""The rules of review that need no database: which passes count, which level is next, who may not decide. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from app.i18n import N_
from app.review.models import PASS, VOID

LEVEL_NAMES: Final[Mapping[str, str]] = {
    "review_1": N_("一审"),
    "review_2": N_("二审"),
    "secrecy": N_("保密审查"),
    "review_3": N_("三审"),
}
UNIT, PARENT, OFFICE = "unit", "parent", "office"
PLACES: Final = (UNIT, PARENT, OFFICE)


OPENNESS, ACTIVE = "openness", "open"


class Done(Protocol):
    """What of an act these rules look at."""

    @property
    def id(self) -> int:
        """Return its number."""

    @property
    def act(self) -> str:
        """Return what was done."""

    @property
    def level(self) -> str:
        """Return at which level."""

    @property
    def digest(self) -> str:
        """Return which content was seen."""

    @property
    def user_id(self) -> int | None:
        """Return who decided."""

    @property
    def voids_id(self) -> int | None:
        """Return which pass it ends."""


T = TypeVar("T", bound=Done)


@dataclass(frozen=True)
class Asked:
    """Who shall decide at a level: a role, sought in a place: `unit`, `parent` or `office`."""

    place: str
    role: str


def levels_of(text: object) -> tuple[str, ...]:
    """Read the levels of a decision table's row: `review_1,review_2,secrecy,review_3`, each once, in order."""
    return tuple(dict.fromkeys(one.strip() for one in str(text or "").split(",") if one.strip()))


def asked_of(text: object) -> Asked | None:
    """Read who decides: `unit/reviewer_1`; None when it is not written like that."""
    place, _, role = str(text or "").strip().partition("/")
    return Asked(place, role) if place in PLACES and role else None


def passes_that_count(acts: Iterable[T], digest: str) -> dict[str, T]:
    """Return the passes of exactly this content that nothing voided, by level."""
    listed = list(acts)
    ended = {one.voids_id for one in listed if one.act == VOID}
    return {one.level: one for one in listed if one.act == PASS and one.digest == digest and one.id not in ended}


def standing_passes(acts: Iterable[T]) -> list[T]:
    """Return all passes that nothing voided yet, whatever content they saw."""
    listed = list(acts)
    ended = {one.voids_id for one in listed if one.act == VOID}
    return [one for one in listed if one.act == PASS and one.id not in ended]


def next_level(levels: Sequence[str], passed: Collection[str]) -> str | None:
    """Return the first level without a pass that counts; None when all passed."""
    return next((level for level in levels if level not in passed), None)


def barred_from(level: str, acts: Iterable[Done], authors: Collection[int]) -> set[int]:
    """Return who may not decide at a level: the authors, and whoever ever passed another level of the subject."""
    others = {one.user_id for one in acts if one.act == PASS and one.level != level and one.user_id is not None}
    return {*authors, *others}


def is_open(answers: Mapping[str, object] | None) -> bool:
    """Say whether a pass with these answers lets a content be shown to the public (主动公开, or nothing said)."""
    return (answers or {}).get(OPENNESS) in {None, "", ACTIVE}


def is_complete(levels: Sequence[str], passed: Mapping[str, Done], authors: Collection[int]) -> bool:
    """Say whether every level has a pass, by distinct people, none of them an author."""
    people = [passed[level].user_id for level in levels if level in passed]
    return (
        bool(levels)
        and len(people) == len(levels)
        and None not in people
        and len(set(people)) == len(people)
        and not set(people) & set(authors)
    )
