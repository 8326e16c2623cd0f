"""One review from its opening to its seal: what each topic of the process writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.i18n import N_
from app.outbox.operations import notify
from app.people.models import Unit, User
from app.people.operations import holders
from app.people.rules import OFFICE as OFFICE_KIND
from app.review import subjects
from app.review.models import DENIED_BY, OPEN, PASS, REFUSED, REJECT, RETURN, SEAL, VOID, ReviewAct
from app.review.queries import acts_of
from app.review.rules import (
    LEVEL_NAMES,
    OFFICE,
    PARENT,
    Asked,
    asked_of,
    barred_from,
    is_complete,
    is_open,
    levels_of,
    next_level,
    passes_that_count,
    standing_passes,
)
from app.review.subjects import Subject
from app.work.models import Case, Transcription, WorkItem

NO_LEVELS: Final = N_("审核深度的决策表没有给出层级。请流程负责人改好后重试。")
NO_PLACE: Final = N_("决策表里“%(level)s”由谁审写得不对，应当像 unit/reviewer_1 这样写。")
NO_UNIT: Final = N_("不知道稿件归哪个单位，定不了审核人。")
BROKEN: Final = N_("各级通过不完整，不能封存。请把这句话转给系统管理员。")
# why a pass does not count: kept with the act, told to whoever decided
STALE: Final = N_("“%(title)s”的“%(node)s”没有算数：审的时候内容已经改过。")
AUTHOR: Final = N_("“%(title)s”的“%(node)s”没有算数：自己写的不能自己审。")
TWICE: Final = N_("“%(title)s”的“%(node)s”没有算数：同一个人不能审两级。")
NO_ROLE: Final = N_("“%(title)s”的“%(node)s”没有算数：办的人没有这一级的审核角色。")
SECRET: Final = N_("“%(title)s”的“%(node)s”没有算数：填了涉及国家秘密或工作秘密，只能退回或者不予发布。")
# what a decision leads to, where that can be told before it is taken
AHEAD: Final[Mapping[str, str]] = {PASS: "passed", "return": "returned", REJECT: "rejected"}
NOT_OPEN: Final = N_(
    "“%(title)s”的“%(node)s”没有算数：公开属性填的不是主动公开，不能发布。属性填错的请改填，不能公开的请退回或者不予发布。"
)
NEVER_PUBLIC: Final = ("state_secret", "work_secret")


@dataclass(frozen=True)
class Review:
    """The review a case is at: the subject as it is now, everything done to it, and what the case says about it."""

    session: Session
    case: Case
    data: Mapping[str, Any]
    now: datetime
    subject: Subject
    acts: Sequence[ReviewAct]

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the levels this subject has to pass."""
        return levels_of(self.data.get("levels"))

    @property
    def level(self) -> str:
        """Return the level it is at."""
        return str(self.data.get("level"))

    @property
    def foreseen(self) -> list[str]:
        """Return the levels that a page takes for passed when it looks ahead; none when a case runs."""
        return list(self.data.get("foreseen") or ())

    @property
    def passed(self) -> dict[str, ReviewAct]:
        """Return the passes that count for the present content.

        One by somebody who became its author since does not, nor one that keeps from the public what shall be shown.
        """
        found = passes_that_count(self.acts, self.subject.digest)
        return {
            level: one
            for level, one in found.items()
            if one.user_id not in self.authors and not self.keeps_closed(one.answers)
        }

    @property
    def authors(self) -> set[int]:
        """Return who wrote it: as the process was told and as the subject says."""
        told = self.data.get("authors")
        return {*self.subject.authors, *(one for one in told or () if isinstance(one, int))}

    def keeps_closed(self, answers: Mapping[str, Any] | None) -> bool:
        """Say whether a pass with these answers is no leave to show its subject to the public."""
        is_shown = isinstance(subjects.provider_of(self.subject.ref), subjects.Shown)
        return is_shown and not is_open(answers)


def review_of(session: Session, case: Case, data: Mapping[str, Any], now: datetime) -> Review:
    """Return the review a case is at; raise NotFound when its subject is not there."""
    ref = str(data.get("subject") or f"case:{case.id}")
    subject = subjects.find(session, ref, data)
    return Review(session, case, data, now, subject, acts_of(session, subject.ref))


def open_review(review: Review, names: Mapping[str, str]) -> dict[str, Any]:
    """Begin a review: keep which levels it has; what a caller left out is filled in."""
    if not review.levels:
        raise Invalid(NO_LEVELS)
    unit = _home(review)
    levels = [[level, names.get(level, LEVEL_NAMES.get(level, level))] for level in review.levels]
    sought = {level: _sought(review, level, unit) for level in review.levels}
    _keep(review, OPEN, answers={"levels": levels, "sought": sought})
    return _opened(review)


def foresee_opening(review: Review) -> dict[str, Any] | None:
    """Say what `open_review` would write, for a page that looks ahead to the first level."""
    return {**_opened(review), "foreseen": []} if review.levels else None


def _opened(review: Review) -> dict[str, Any]:
    return {
        "subject": review.subject.ref,
        "authors": sorted(review.authors) or [review.case.starter_id],
        "review_unit": _home(review),
        "urgent": bool(review.data.get("urgent")),
        "outcome": None,
    }


def _home(review: Review) -> Any:
    """Return the unit that has the subject reviewed."""
    return review.data.get("review_unit") or review.subject.unit_id or review.case.starter_unit_id


def choose_level(review: Review) -> dict[str, Any]:
    """Say which level is next, who is sought for it and who may not be taken; `done` when all passed."""
    level = next_level(review.levels, review.passed)
    found: dict[str, Any] = {"review_version": review.subject.version, "review_digest": review.subject.digest}
    if level is None:
        return {**found, "level": "done"}
    sought = _sought(review, level, review.data.get("review_unit"))
    barred = sorted(barred_from(level, review.acts, review.authors))
    return {
        **found,
        "level": level,
        "level_role": sought["role"],
        "level_unit": sought["unit"],
        "level_barred": barred,
    }


def foresee_decision(review: Review) -> dict[str, Any] | None:
    """Say what `record_decision` would write for the decision at hand, so that a page can tell where it leads.

    `foreseen` lists the levels that are passed by then, for whoever looks further ahead.
    """
    outcome = AHEAD.get(str(review.data.get("decision")))
    if outcome is None or review.level not in review.levels:
        return None
    if outcome == "passed":
        return {"level_outcome": outcome, "foreseen": [*review.foreseen, review.level]}
    return {"level_outcome": outcome, "outcome": outcome}


def foresee_level(review: Review) -> dict[str, Any] | None:
    """Say what `choose_level` would write once the foreseen levels are passed by who has them.

    With `foreseen_change` in the data it will be another content, which nobody passed yet.
    """
    if not review.levels or "foreseen" not in review.data:
        return None
    subject = replace(review.subject, digest="") if review.data.get("foreseen_change") else review.subject
    item = _open_item(review)
    acts = [
        ReviewAct(id=-number, act=PASS, level=level, digest=subject.digest, user_id=_who_has(item, level))
        for number, level in enumerate(review.foreseen, 1)
    ]
    return choose_level(replace(review, subject=subject, acts=[*review.acts, *acts]))


def _open_item(review: Review) -> WorkItem | None:
    query = select(WorkItem).where(WorkItem.case_id == review.case.id, WorkItem.status == "open")
    return review.session.scalar(query.order_by(WorkItem.id).limit(1))


def _who_has(item: WorkItem | None, level: str) -> int | None:
    """Return who is at a level now; who will be at a later one is not known yet."""
    return item.assignee_id if item is not None and item.node.rpartition(":")[2] == level else None


def record_decision(review: Review) -> dict[str, Any]:
    """Write what the level decided; a pass that must not count is kept as refused and the level comes again."""
    item = _item(review)
    if item is None:
        return {"level_outcome": "again"}
    note = str(_answers(item).get("opinion") or _answers(item).get("reason") or "")
    if item.result == PASS:
        return _take_pass(review, item, note)
    _keep(review, REJECT if item.result == REJECT else RETURN, item, opinion=note)
    if item.result == "return_level":
        _void_from(review, str(_answers(item).get("back_to_level")))
        return {"level_outcome": "again", "review_note": note}
    _remember(review)
    outcome = "rejected" if item.result == REJECT else "returned"
    return {"level_outcome": outcome, "outcome": outcome, "review_note": note}


def _take_pass(review: Review, item: WorkItem, note: str) -> dict[str, Any]:
    refusal = _refusal(review, item)
    if refusal is None:
        _keep(review, PASS, item, opinion=note)
        _remember(review)
        return {"level_outcome": "passed"}
    values = {"title": review.subject.title, "node": item.name}
    _keep(review, REFUSED, item, opinion=refusal % values)
    url = f"/cases/{review.case.number}"
    notify(review.session, [item.done_by_id or 0], refusal, values=values, url=url, now=review.now)
    return {"level_outcome": "again"}


def void_stale(review: Review) -> int:
    """End the passes of any other content than the present one; return how many."""
    stale = stale_passes(review.session, review.acts, review.subject)
    for one in stale:
        void(review.session, one, review.subject, review.now)
    return len(stale)


def stale_passes(session: Session, acts: Sequence[ReviewAct], subject: Subject) -> list[ReviewAct]:
    """Return the standing passes that a change of the content ends; those of what readers saw stay as they stood."""
    return [one for one in _undone_by_this(session, acts, subject) if one.digest != subject.digest]


def _undone_by_this(session: Session, acts: Sequence[ReviewAct], subject: Subject) -> list[ReviewAct]:
    """Return the standing passes of this content and of others that were never shown to readers."""
    provider = subjects.provider_of(subject.ref)
    shown = provider.shown(session, subject.ref) if isinstance(provider, subjects.Shown) else ()
    return [one for one in standing_passes(acts) if one.digest == subject.digest or one.digest not in shown]


def seal(review: Review) -> dict[str, Any]:
    """Close a complete chain: every level passed exactly this content, by distinct people, none an author."""
    if not is_complete(review.levels, review.passed, review.authors):
        raise Conflict(BROKEN)
    passes = [review.passed[level].id for level in review.levels]
    _keep(review, SEAL, answers={"passes": passes, "levels": list(review.levels)})
    return {
        "outcome": "passed",
        "reviewed_digest": review.subject.digest,
        "reviewed_version": review.subject.version,
    }


def void(session: Session, act: ReviewAct, subject: Subject, now: datetime) -> None:
    """End a pass, by the present content or by a return."""
    _end(session, act, subject.version, subject.digest, now)


def void_denied(session: Session, act: ReviewAct, who: str, now: datetime) -> None:
    """End a pass because `who` says that it, or one it stands on, was never given; its content did not change."""
    _end(session, act, act.version, act.digest, now, {DENIED_BY: who})


def _end(
    session: Session,
    act: ReviewAct,
    version: int,
    digest: str,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
) -> None:
    row = ReviewAct(
        subject=act.subject,
        version=version,
        digest=digest,
        act=VOID,
        level=act.level,
        level_name=act.level_name,
        case_id=act.case_id,
        voids_id=act.id,
        answers=dict(answers or {}),
        at=now,
    )
    session.add(row)
    session.flush()


def _void_from(review: Review, level: str) -> None:
    """End the passes of a level and of those after it; for a level this review leaves out, from the one before."""
    levels = review.levels
    begin = levels.index(level) if level in levels else max(0, levels.index(review.level) - 1)
    for one in _undone_by_this(review.session, review.acts, review.subject):
        if one.level in levels[begin:]:
            void(review.session, one, review.subject, review.now)


def _refusal(review: Review, item: WorkItem) -> str | None:
    """Say why a pass does not count, or None. Hand-overs and stand-ins can bring a step to the wrong person."""
    answers, who = _answers(item), item.done_by_id
    if answers.get("seen") != review.subject.digest:
        return STALE
    if who in review.authors:
        return AUTHOR
    if who is None or who in barred_from(review.level, review.acts, ()):
        return TWICE
    if who not in holders(review.session, str(review.data.get("level_role"))):
        return NO_ROLE
    if any(answers.get(name) == "yes" for name in NEVER_PUBLIC):
        return SECRET
    return NOT_OPEN if review.keeps_closed(answers) else None


def _item(review: Review) -> WorkItem | None:
    """Return the step that was just completed at the level; None when the case got here past it."""
    done = select(WorkItem).where(WorkItem.case_id == review.case.id, WorkItem.status == "done")
    rows = review.session.scalars(done.order_by(WorkItem.closed_at.desc(), WorkItem.id.desc()))
    item = next((one for one in rows if one.node.rpartition(":")[2] == review.level), None)
    known = {one.item_id for one in review.acts}
    return item if item is not None and item.id not in known else None


def _answers(item: WorkItem) -> Mapping[str, Any]:
    """Return what this step answered; the token still holds what earlier levels did."""
    return item.answers or {}


def _keep(
    review: Review,
    act: str,
    item: WorkItem | None = None,
    *,
    opinion: str = "",
    answers: Mapping[str, Any] | None = None,
) -> None:
    row = ReviewAct(
        subject=review.subject.ref,
        version=review.subject.version,
        digest=review.subject.digest,
        act=act,
        case_id=review.case.id,
        characters=review.subject.characters,
        opinion=opinion,
        answers=dict(answers or {}),
        at=review.now,
    )
    if item is not None:
        _name(review, row, item)
    review.session.add(row)
    review.session.flush()


def _name(review: Review, row: ReviewAct, item: WorkItem) -> None:
    """Write who decided, when they began to read, and for whom a clerk wrote it down."""
    recorded = review.session.scalar(select(Transcription).where(Transcription.item_id == item.id))
    who = review.session.get(User, recorded.decided_by_id if recorded else item.done_by_id or 0)
    row.level, row.level_name, row.item_id = review.level, item.name, item.id
    row.user_id, row.user_name = (who.id, who.name) if who else (None, item.done_by_name or "")
    row.unit_id, row.unit_name = (who.unit_id, who.unit.name) if who else (item.unit_id, item.unit_name)
    row.started_at, row.recorded_by = item.first_opened_at, recorded.clerk_name if recorded else None
    row.raised_from = _raised_from(review, row.user_id)
    hidden = {"seen", "decision", "opinion", "reason"}
    row.answers = {name: value for name, value in _answers(item).items() if name not in hidden}


def _raised_from(review: Review, user_id: int | None) -> str | None:
    """Return the unit the level should have been in when whoever decided holds it elsewhere (提级)."""
    sought = review.data.get("level_unit")
    unit = review.session.get(Unit, sought) if isinstance(sought, int) else None
    if unit is None or user_id in holders(review.session, str(review.data.get("level_role")), unit.id):
        return None
    return unit.name


def _sought(review: Review, level: str, home: object) -> dict[str, Any]:
    """Return the role and the unit that a level is sought in."""
    asked = asked_of(review.data.get(f"{level}_by"))
    if asked is None:
        raise Invalid(NO_PLACE, level=LEVEL_NAMES.get(level, level))
    return {"role": asked.role, "unit": _unit_of(review, asked, home)}


def _unit_of(review: Review, asked: Asked, home: object) -> int:
    if asked.place == OFFICE:
        query = select(Unit.id).where(Unit.kind == OFFICE_KIND, Unit.disabled_at.is_(None)).order_by(Unit.id).limit(1)
        home = review.session.scalar(query) or home
    unit = review.session.get(Unit, home) if isinstance(home, int) else None
    if unit is None:
        raise Invalid(NO_UNIT)
    return unit.parent_id or unit.id if asked.place == PARENT else unit.id


def _remember(review: Review) -> None:
    """Let a kind of subject that keeps no versions keep the content that was decided about."""
    provider = subjects.provider_of(review.subject.ref)
    if isinstance(provider, subjects.Remembers):
        provider.remember(review.session, review.subject, review.data, review.now)
