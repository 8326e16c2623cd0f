"""A recorded pass (代录) that its person denies: it ends with those above it, and its subject is reviewed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.review import subjects
from app.review.hooks import Published
from app.review.models import PASS, ReviewAct
from app.review.operations import lead_back
from app.review.operations.levels import void_denied
from app.review.queries import acts_of, levels_in
from app.review.rules import standing_passes
from app.review.subjects import Subject
from app.work.operations.act import person
from app.work.operations.confirming import watchers
from app.work.runtime import Denial, Runtime

PUBLISHED: Final = N_(
    "“%(title)s”已经发布，%(who)s说代录的“%(node)s”不是本人的意见，这次通过已作废。请核实，该撤下的马上撤下，再送审。"
)


def deny(session: Session, runtime: Runtime, denial: Denial) -> None:
    """End a denied pass and all that were given on it; what waits for publication goes back to the review.

    What readers see already stays until a person decides: whoever publishes and the office are told.
    """
    act = session.scalar(select(ReviewAct).where(ReviewAct.item_id == denial.item.id, ReviewAct.act == PASS))
    ended = _standing_on(acts_of(session, act.subject), act) if act else []
    if act is None or not ended:
        return
    for one in ended:
        void_denied(session, one, denial.by.name, denial.now)
    _record(session, denial, act, ended)
    subject = subjects.find(session, act.subject, {})
    if _is_published(session, act):
        _warn(session, denial, subject)
    lead_back(session, runtime, denial.case, act.subject, person(denial.by), denial.now)


def _standing_on(acts: Sequence[ReviewAct], act: ReviewAct) -> list[ReviewAct]:
    """Return a pass and those of later levels over the same content; nothing when it has ended already."""
    order = [level for level, _name in levels_in(acts)]
    above = order[order.index(act.level) :] if act.level in order else [act.level]
    standing = [one for one in standing_passes(acts) if one.digest == act.digest]
    return [one for one in standing if one.level in above] if act in standing else []


def _record(session: Session, denial: Denial, act: ReviewAct, ended: Sequence[ReviewAct]) -> None:
    passes = [{"act": one.id, "level": one.level, "digest": one.digest} for one in ended]
    payload = {"subject": act.subject, "version": act.version, "digest": act.digest, "passes": passes}
    entry = Entry("review:passes:denied", person(denial.by), payload, case_id=denial.case.id)
    append(session, f"case:{denial.case.id}", [entry], denial.now)


def _is_published(session: Session, act: ReviewAct) -> bool:
    """Say whether readers see exactly what was passed."""
    provider = subjects.provider_of(act.subject)
    found = provider.published(session, act.subject) if isinstance(provider, Published) else None
    return found is not None and found[1] == act.digest


def _warn(session: Session, denial: Denial, subject: Subject) -> None:
    rule = {"rule": "climb", "role": "publisher", "unit": subject.unit_id}
    publishers = resolve(session, rule, starter_id=None, earlier={}).user_ids
    told = list(dict.fromkeys([*publishers, *watchers(session)]))
    values = {"title": subject.title, "who": denial.by.name, "node": denial.item.name}
    url = subject.url or f"/cases/{denial.case.number}"
    notify(session, told, PUBLISHED, values=values, url=url, now=denial.now, kind="content")
