"""Reads of review: what was done to a subject, which passes stand, whether its chain is complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.i18n import N_
from app.people.operations import resolve
from app.review.models import DENIED_BY, OPEN, PASS, REJECT, RETURN, SEAL, VOID, ReviewAct
from app.review.rules import LEVEL_NAMES, is_open, passes_that_count
from app.web.i18n import gettext, locale
from app.work.models import WorkItem

VOIDED_BY: Final = N_("因第 %(version)s 版作废")
VOIDED: Final = N_("退回后作废")
DENIED: Final = N_("%(who)s否认代录后作废")
RAISED: Final = N_("提级：%(unit)s没有可以办的人")
RECORDED: Final = N_("由%(clerk)s代录")


@dataclass(frozen=True)
class Stamp:
    """One stamp of the chain: `state` is ok, void, now or future; `why` a sentence about it."""

    level: str
    level_name: str
    person: str
    unit: str
    at: datetime | None
    version: int
    digest: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Standing:
    """Where the review of a subject stands: the stamps in the order of the levels, void ones first."""

    stamps: tuple[Stamp, ...]
    sealed: bool


@dataclass(frozen=True)
class Passer:
    """Somebody who passed a content: what they saw, for how long they had it open, what they answered."""

    act_id: int
    user_id: int | None
    name: str
    unit: str
    level: str
    level_name: str
    version: int
    digest: str
    started_at: datetime | None
    at: datetime
    characters: int
    opinion: str
    answers: Mapping[str, Any]
    recorded_by: str | None
    is_void: bool
    case_id: int | None
    receipt: str


def acts_of(session: Session, ref: str) -> Sequence[ReviewAct]:
    """Return everything done to a subject, oldest first."""
    return session.scalars(select(ReviewAct).where(ReviewAct.subject == ref).order_by(ReviewAct.id)).all()


def sealed(session: Session, ref: str, digest: str) -> bool:
    """Say whether all levels passed exactly this content and nothing voided one of its passes since."""
    query = select(ReviewAct).where(ReviewAct.subject == ref, ReviewAct.act == SEAL)
    last = session.scalar(query.order_by(ReviewAct.id.desc()).limit(1))
    if last is None or last.digest != digest:
        return False
    ended = aliased(ReviewAct)
    since = (
        select(ReviewAct.id)
        .join(ended, ended.id == ReviewAct.voids_id)
        .where(ReviewAct.subject == ref, ReviewAct.act == VOID, ReviewAct.id > last.id, ended.digest == digest)
    )
    return session.scalar(since.limit(1)) is None


def is_kept_closed(session: Session, ref: str, digest: str) -> bool:
    """Say whether a pass of exactly this content says that it is not for everybody (公开属性不是主动公开)."""
    return not all(is_open(one.answers) for one in passes_that_count(acts_of(session, ref), digest).values())


def standing(session: Session, ref: str, digest: str) -> Standing:
    """Return the stamps of a subject: those passed and void, the level it is at, those to come."""
    acts = acts_of(session, ref)
    passed = passes_that_count(acts, digest)
    voids = {one.voids_id: one for one in acts if one.act == VOID}
    ended = [
        _stamp(one, "void", _why_void(one, voids[one.id])) for one in acts if one.act == PASS and one.id in voids
    ]
    return Standing((*ended, *_chain(session, acts, passed, digest)), sealed(session, ref, digest))


def passers(session: Session, ref: str, digest: str | None = None) -> list[Passer]:
    """Return who passed a subject, or exactly one content of it, in order; void passes are marked."""
    acts = acts_of(session, ref)
    voids = {one.voids_id for one in acts if one.act == VOID}
    passes = [one for one in acts if one.act == PASS and (digest is None or one.digest == digest)]
    receipts = _receipts(session, passes)
    return [_passer(one, one.id in voids, receipts.get(one.item_id or 0, "")) for one in passes]


def levels_in(acts: Sequence[ReviewAct]) -> list[tuple[str, str]]:
    """Return (code, name) of the levels of the latest review, as its decision table named them."""
    last = next((one for one in reversed(acts) if one.act == OPEN), None)
    return [(level, name) for level, name in (last.answers.get("levels", []) if last else [])]


def _chain(
    session: Session, acts: Sequence[ReviewAct], passed: Mapping[str, ReviewAct], digest: str
) -> Iterator[Stamp]:
    """Yield a stamp for every level of the latest review."""
    version = acts[-1].version if acts else 0
    is_running = bool(acts) and acts[-1].act not in {RETURN, REJECT, SEAL}
    for level, name in levels_in(acts):
        if level in passed:
            yield _stamp(passed[level], "ok", _why_passed(passed[level]))
            continue
        who = _sought(session, acts, level)
        yield Stamp(level, name, who, "", None, version, digest, "now" if is_running else "future", who)
        is_running = False


def _sought(session: Session, acts: Sequence[ReviewAct], level: str) -> str:
    """Say who is sought for a level to come, as the decision table named them when the review was opened."""
    opened = next((one for one in reversed(acts) if one.act == OPEN), None)
    rule = (opened.answers.get("sought") or {}).get(level) if opened else None
    if rule is None:
        return ""
    found = resolve(session, {"rule": "climb", **rule}, starter_id=None, earlier={})
    return found.text_en if locale() == "en" else found.text_zh


def _stamp(act: ReviewAct, state: str, why: str) -> Stamp:
    name = act.level_name or LEVEL_NAMES.get(act.level, act.level)
    return Stamp(act.level, name, act.user_name, act.unit_name, act.at, act.version, act.digest, state, why)


def _why_void(act: ReviewAct, void: ReviewAct) -> str:
    if void.answers.get(DENIED_BY):
        return gettext(DENIED, who=void.answers[DENIED_BY])
    return gettext(VOIDED_BY, version=void.version) if void.digest != act.digest else gettext(VOIDED)


def _why_passed(act: ReviewAct) -> str:
    parts = [gettext(RAISED, unit=act.raised_from)] if act.raised_from else []
    parts += [gettext(RECORDED, clerk=act.recorded_by)] if act.recorded_by else []
    return gettext("；").join(parts)


def _receipts(session: Session, acts: Sequence[ReviewAct]) -> dict[int, str]:
    ids = [one.item_id for one in acts if one.item_id]
    rows = session.execute(select(WorkItem.id, WorkItem.receipt_code).where(WorkItem.id.in_(ids)))
    return {id_: code or "" for id_, code in rows}


def _passer(act: ReviewAct, is_void: bool, receipt: str) -> Passer:
    return Passer(
        act_id=act.id,
        user_id=act.user_id,
        name=act.user_name,
        unit=act.unit_name,
        level=act.level,
        level_name=act.level_name,
        version=act.version,
        digest=act.digest,
        started_at=act.started_at,
        at=act.at,
        characters=act.characters,
        opinion=act.opinion,
        answers=act.answers,
        recorded_by=act.recorded_by,
        is_void=is_void,
        case_id=act.case_id,
        receipt=receipt,
    )
