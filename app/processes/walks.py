"""Walks (路线): recorded ways through a process, kept to be walked again before every later publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.ledger import Actor
from app.processes.models import Walk

LONGEST_NAME = 80


def record_walk(
    session: Session,
    slug: str,
    version_id: int | None,
    name: str,
    steps: Sequence[Any],
    outcome: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> Walk:
    """Keep a walk; `version_id` is None while what it walked through is a draft."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": N_("给这条路线起个名字，不超过 80 个字。")})
    walk = Walk(
        slug=slug,
        version_id=version_id,
        name=name,
        steps=list(steps),
        outcome=dict(outcome),
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(walk)
    session.flush()
    return walk


def walks_of(session: Session, slug: str) -> Sequence[Walk]:
    """Return the walks of a process that are still walked, in the order they were recorded."""
    return session.scalars(select(Walk).where(Walk.slug == slug, Walk.retired_at.is_(None)).order_by(Walk.id)).all()


def retire_walk(session: Session, walk_id: int, actor: Actor, now: datetime) -> Walk:
    """Keep a walk but walk it no longer."""
    walk = session.get(Walk, walk_id, with_for_update=True, populate_existing=True)
    if walk is None:
        raise NotFound(N_("没有这条路线。"))
    if walk.retired_at is not None:
        raise Conflict(N_("“%(name)s”已由%(who)s停用。"), name=walk.name, who=walk.retired_by)
    walk.retired_at, walk.retired_by = now, actor.name
    session.flush()
    return walk
