"""The approval sheet (信息发布审批表) from the record: what was decided about which version, by whom, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.formkit import CompiledForm, ReadField
from app.i18n import N_
from app.people.models import User
from app.people.rules import Viewer
from app.review.hooks import sight_of
from app.review.models import PASS, REJECT, RETURN, SEAL, VOID, ReviewAct
from app.review.queries import acts_of
from app.review.subjects import Content, provider_of
from app.web.i18n import gettext, locale
from app.work.models import Case, Transcription, TranscriptionAnswer, WorkItem
from app.work.queries.scope import case_scope
from app.work.views.blueprint import runtime
from app.work.views.sources import sources_for

DECISIONS: Final[Mapping[str, str]] = {PASS: N_("通过"), RETURN: N_("退回"), REJECT: N_("不予发布")}
MEDIA: Final[Mapping[str, str]] = {"phone": N_("电话"), "paper": N_("纸面")}
# said elsewhere on the sheet, or no fact to print
NOT_PRINTED: Final = frozenset({"subject", "opinion", "files"})
NO_RECORD: Final = N_("没有这份审核记录，或者它不归您看。")


@dataclass(frozen=True)
class SheetLine:
    """One decision of one level."""

    level: str
    who: str
    unit: str
    decision: str
    version: int
    digest: str
    at: datetime
    opinion: str
    answers: tuple[ReadField, ...]
    receipt: str
    marks: tuple[str, ...]
    is_void: bool


@dataclass(frozen=True)
class ApprovalSheet:
    """Everything on the sheet."""

    ref: str
    title: str
    content: Content
    authors: str
    version: int
    digest: str
    characters: int
    lines: tuple[SheetLine, ...]
    sealed_at: datetime | None
    numbers: tuple[str, ...]


def sheet_of(session: Session, viewer: Viewer, ref: str) -> ApprovalSheet:
    """Return the sheet of a subject; raise NotFound when nobody reviewed it or this person may not see it."""
    acts = acts_of(session, ref)
    if not acts or not _may_see(session, viewer, ref):
        raise NotFound(NO_RECORD)
    last = acts[-1]
    subject = provider_of(ref).find(session, ref, {})
    content = provider_of(ref).content(session, ref, last.digest, {}) or Content(
        subject.title if subject else ref, ""
    )
    return ApprovalSheet(
        ref=ref,
        title=content.title,
        content=content,
        authors=_names(session, subject.authors if subject else ()),
        version=last.version,
        digest=last.digest,
        characters=max((act.characters for act in acts if act.digest == last.digest), default=0),
        lines=tuple(_lines(session, viewer, acts)),
        sealed_at=_sealed_at(acts, last.digest),
        numbers=tuple(_numbers(session, acts)),
    )


def _may_see(session: Session, viewer: Viewer, ref: str) -> bool:
    """Ask the subject's own area; without one, whoever may see a case that reviewed it."""
    own = sight_of(ref)
    if own is not None:
        return own(session, viewer, ref)
    acted = exists().where(ReviewAct.case_id == Case.id, ReviewAct.subject == ref)
    return session.scalar(select(Case.id).where(case_scope(viewer), acted).limit(1)) is not None


def _sealed_at(acts: Sequence[ReviewAct], digest: str) -> datetime | None:
    """Return when the passes of this content were sealed; a void after it opens them again."""
    last = next((act for act in reversed(acts) if act.act in (SEAL, VOID)), None)
    return last.at if last is not None and last.act == SEAL and last.digest == digest else None


def _lines(session: Session, viewer: Viewer, acts: Sequence[ReviewAct]) -> Iterable[SheetLine]:
    decided = [act for act in acts if act.act in DECISIONS]
    ended = {act.voids_id: act for act in acts if act.act == VOID}
    items = _items(session, decided)
    clerks = _transcriptions(session, items)
    forms = runtime().library.forms(session, {one.form_digest for one in items.values() if one.form_digest})
    sources = sources_for(session, viewer)
    for act in decided:
        item = items.get(act.item_id or 0)
        form = forms.get(item.form_digest or "") if item else None
        yield SheetLine(
            level=act.level_name or act.level,
            who=act.user_name,
            unit=act.unit_name,
            decision=gettext(DECISIONS[act.act]),
            version=act.version,
            digest=act.digest,
            at=act.at,
            opinion=act.opinion,
            answers=tuple(_answers(form, item, act.opinion, sources)),
            receipt=(item.receipt_code or "") if item else "",
            marks=tuple(_marks(act, ended.get(act.id), clerks.get(act.item_id or 0))),
            is_void=act.id in ended,
        )


def _items(session: Session, acts: Iterable[ReviewAct]) -> dict[int, WorkItem]:
    ids = [act.item_id for act in acts if act.item_id]
    return {one.id: one for one in session.scalars(select(WorkItem).where(WorkItem.id.in_(ids)))}


def _transcriptions(
    session: Session, ids: Iterable[int]
) -> dict[int, tuple[Transcription, TranscriptionAnswer | None]]:
    query = (
        select(Transcription, TranscriptionAnswer)
        .outerjoin(TranscriptionAnswer, TranscriptionAnswer.transcription_id == Transcription.id)
        .where(Transcription.item_id.in_(list(ids)))
    )
    return {row[0].item_id: (row[0], row[1]) for row in session.execute(query)}


def _answers(form: CompiledForm | None, item: WorkItem | None, opinion: str, sources: object) -> Iterable[ReadField]:
    """Yield what the level answered besides its opinion; unanswered questions are left out."""
    if form is None or item is None:
        return
    given = {key: value for key, value in (item.answers or {}).items() if value not in (None, "", [], {})}
    for field in form.read_view(given, locale(), sources):  # type: ignore[arg-type]
        if field.kind not in NOT_PRINTED and str(field.value) != opinion:
            yield field


def _marks(
    act: ReviewAct, ended: ReviewAct | None, recorded: tuple[Transcription, TranscriptionAnswer | None] | None
) -> Iterable[str]:
    """Yield what else there is to say about a decision."""
    if ended is not None and ended.digest != act.digest:
        yield gettext("改成第 %(version)s 版后作废", version=ended.version)
    elif ended is not None:
        yield gettext("退回后作废")
    if act.raised_from:
        yield gettext("提级：%(unit)s没有可以办的人", unit=act.raised_from)
    if recorded is not None:
        yield _recorded_words(*recorded)
    elif act.recorded_by:
        yield gettext("由%(clerk)s代录", clerk=act.recorded_by)


def _recorded_words(row: Transcription, answer: TranscriptionAnswer | None) -> str:
    medium = gettext(MEDIA.get(row.medium, row.medium))
    if answer is None:
        state = gettext("待本人确认")
    else:
        state = gettext("本人已确认") if answer.answer == "confirmed" else gettext("本人有异议")
    return gettext("%(medium)s代录，经手 %(clerk)s，%(state)s", medium=medium, clerk=row.clerk_name, state=state)


def _names(session: Session, ids: Iterable[int]) -> str:
    people = session.scalars(select(User.name).where(User.id.in_(list(ids))).order_by(User.id))
    return gettext("、").join(people)


def _numbers(session: Session, acts: Iterable[ReviewAct]) -> Sequence[str]:
    ids = {act.case_id for act in acts if act.case_id}
    return session.scalars(select(Case.number).where(Case.id.in_(ids)).order_by(Case.id)).all()
