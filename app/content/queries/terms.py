"""Reads of the word lists and the list of leaders."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.content.checks import Leading, Lists, Word, build_lists
from app.content.models import Leader, Term
from app.errors import NotFound

PAGE = 100
_kept: dict[str, tuple[Any, Lists]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class TermPage:
    """A page of a word list and where the next one begins."""

    rows: Sequence[Term]
    total: int
    after: int | None


def lists(session: Session) -> Lists:
    """Return all lists ready for checking; built anew only after one of them changed."""
    stamp = _stamp(session)
    with _lock:
        known = _kept.get("lists")
    if known is not None and known[0] == stamp:
        return known[1]
    built = _build(session)
    with _lock:
        _kept["lists"] = (stamp, built)
    return built


def terms(session: Session, list_: str, search: str = "", after: int | None = None) -> TermPage:
    """Return a page of one word list, newest first."""
    conditions = [Term.list == list_, Term.disabled_at.is_(None)]
    if search:
        conditions.append(
            or_(Term.text.contains(search, autoescape=True), Term.suggestion.contains(search, autoescape=True))
        )
    total = session.scalar(select(func.count()).select_from(Term).where(*conditions)) or 0
    query = select(Term).where(*conditions).order_by(Term.id.desc()).limit(PAGE + 1)
    rows = session.scalars(query.where(Term.id < after) if after else query).all()
    return TermPage(rows[:PAGE], total, rows[PAGE - 1].id if len(rows) > PAGE else None)


def all_terms(session: Session, list_: str) -> Sequence[Term]:
    """Return a whole word list in the order of its words."""
    query = select(Term).where(Term.list == list_, Term.disabled_at.is_(None)).order_by(Term.text)
    return session.scalars(query).all()


def term(session: Session, term_id: int) -> Term:
    """Return one word; raise NotFound when it is not there or was taken out."""
    found = session.get(Term, term_id)
    if found is None or found.disabled_at is not None:
        raise NotFound
    return found


def leaders(session: Session) -> Sequence[Leader]:
    """Return the leaders in their order."""
    return session.scalars(
        select(Leader).where(Leader.disabled_at.is_(None)).order_by(Leader.position, Leader.id)
    ).all()


def _stamp(session: Session) -> tuple[Any, ...]:
    counts = [
        session.execute(select(func.count(), func.max(one.changed_at)).select_from(one)).one()
        for one in (Term, Leader)
    ]
    return (str(session.get_bind().engine.url), *(tuple(row) for row in counts))


def _build(session: Session) -> Lists:
    words = session.execute(
        select(Term.list, Term.text, Term.level, Term.suggestion, Term.note).where(Term.disabled_at.is_(None))
    )
    names = [Leading(one.name, one.title, one.position) for one in leaders(session)]
    return build_lists((Word(*row) for row in words), names)
