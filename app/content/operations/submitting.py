"""Hand an article in (交审): what is written becomes a version; its review begins, goes on, or begins anew.

The case is locked before the article, as everywhere else, so that two people never wait for one another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article, ArticleDraft, ArticleVersion, Finding
from app.content.operations.articles import make_version
from app.content.operations.findings import blocking, record_findings
from app.content.operations.publishing import TAKE_DOWN, last_publication
from app.content.queries import articles as queries
from app.content.rules import DOWN, PUBLISHED
from app.content.subjects import ref_of
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.ledger import Entry, append
from app.ledger.models import Record
from app.people.rules import Viewer
from app.review.operations import content_changed
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item, open_case
from app.work.operations.act import person
from app.work.operations.cases import lock_case, receipt_of, refuse_if_suspended
from app.work.operations.hands import take_over
from app.work.runtime import Runtime

SLUG: Final = "article_review"
DRAFT_STEP, REVISE_STEP, FIX_STEP = "draft", "revise", "fix"
HANDED_IN: Final = "content:article:handed_in"
BLOCKED: Final = N_("自动检查有 %(count)s 处必须改，或者写明理由保留。没有交，您写的都在。")
MEANWHILE: Final = N_("刚才有人交过这篇稿件。没有交，您写的都在。刷新页面看看，再交。")
CHANGED: Final = N_("%(who)s在 %(when)s 改过这篇稿件，您看到的不是最新的。没有交，两边写的都在。")
IN_REVIEW: Final = N_("第 %(number)s 版已由%(who)s交审，正在审。之后没有改动，不用再交。")
AS_PUBLISHED: Final = N_("内容和已发布的一样，不用再交。先点“改稿”改好，再交。")
AS_TAKEN_DOWN: Final = N_("内容和撤下的那一版一样，不能再交。先点“改稿”改好，再交。")
IN_CORRECTION: Final = N_("这篇稿件在更正办件 %(number)s 里改。没有交，您写的都在。改好后在那件办件的待办里送审。")
REVISED: Final = N_("已改好，见新版。")
AS_IT_WAS: Final = N_("内容没有改，请再看。")


def hand_in(
    session: Session,
    runtime: Runtime,
    viewer: Viewer,
    article_id: int,
    key: str,
    now: datetime,
    *,
    note: str = "",
    row_version: int | None = None,
) -> Receipt:
    """Make what is written the next version and have it reviewed; the same `key` again returns the first receipt.

    A change while a review runs ends the passes given so far. `row_version` is what the writer's page showed of the
    draft: Conflict when somebody saved since. Invalid, with every sentence, while the checks find what blocks.
    """
    article = queries.writable(session, viewer, article_id)
    if (stored := _stored(session, viewer, key)) is not None:
        return stored
    case = _locked(session, article)
    _refuse_stale(session, queries.draft(session, article.id), row_version)
    before = article.version_id
    is_new = case is None
    if case is None:
        case = _opened(session, runtime, viewer, article, key, now)
    version = make_version(session, viewer, article.id, now, note)
    _refuse_blocking(session, version, now)
    if is_new:
        _refuse_as_shown(session, version)
    if version.id != before:
        within = None if is_new else case.id
        content_changed(session, runtime, ref_of(article.id), person(viewer), now, case_id=within)
    item = _waiting(session, case.id)
    if item is None:
        return _on_record(session, viewer, case, version, now, is_changed=version.id != before)
    take_over(session, viewer, item, now)
    answers = _answers(article, version, item, note, is_changed=version.id != before)
    return complete_work_item(session, runtime, item.id, viewer, answers, key, now)


def sentence_of(finding: Finding) -> str:
    """Return what a finding says, with its words in it."""
    return finding.message % finding.values if finding.values else finding.message


def _stored(session: Session, viewer: Viewer, key: str) -> Receipt | None:
    """Return the receipt of this very hand-in if it happened before."""
    mine = select(WorkItem).where(WorkItem.key == key, WorkItem.done_by_id == viewer.user_id)
    item = session.scalar(mine.where(WorkItem.node.in_((DRAFT_STEP, REVISE_STEP)), WorkItem.status == "done"))
    return receipt_of(session.get_one(Case, item.case_id), item, repeated=True) if item else None


def _locked(session: Session, article: Article) -> Case | None:
    """Lock the case that reviews the article, then the article; None when a new review has to begin."""
    case_id = article.case_id
    case = lock_case(session, case_id) if case_id else None
    session.refresh(article, with_for_update={"of": Article})
    if article.case_id != case_id:
        raise Conflict(MEANWHILE)
    if case is None or case.status == "ended" or article.state in {PUBLISHED, DOWN}:
        return None
    refuse_if_suspended(case)
    _refuse_in_correction(session, case)
    return case


def _refuse_stale(session: Session, draft: ArticleDraft, row_version: int | None) -> None:
    session.refresh(draft)
    if row_version is not None and draft.row_version != row_version:
        raise Conflict(CHANGED, who=draft.saved_by, when=clock.local(draft.saved_at).strftime("%H:%M:%S"))


def _refuse_in_correction(session: Session, case: Case) -> None:
    """Refuse what the step of a correction takes: handed in here, that step would go on waiting."""
    waiting = select(WorkItem.id).where(
        WorkItem.case_id == case.id, WorkItem.status == "open", WorkItem.node == FIX_STEP
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise Conflict(IN_CORRECTION, number=case.number)


def nothing_new(session: Session, article_id: int, digest: str) -> str | None:
    """Say why a content is not reviewed again: readers see, or saw last, exactly it. None when it may go in."""
    last = last_publication(session, article_id)
    if last is None or last.digest != digest:
        return None
    return AS_TAKEN_DOWN if last.act == TAKE_DOWN else AS_PUBLISHED


def _refuse_as_shown(session: Session, version: ArticleVersion) -> None:
    refusal = nothing_new(session, version.article_id, version.digest)
    if refusal is not None:
        raise Conflict(refusal)


def _refuse_blocking(session: Session, version: ArticleVersion, now: datetime) -> None:
    record_findings(session, version, now)
    found = blocking(session, version)
    if found:
        sentences = {f"finding-{one.id}": sentence_of(one) for one in found}
        raise Invalid(BLOCKED, fields=sentences, count=len(found))


def _opened(session: Session, runtime: Runtime, viewer: Viewer, article: Article, key: str, now: datetime) -> Case:
    """Begin the case that will review the article; nothing of it is done yet."""
    data = {"article": article.id, "subject": ref_of(article.id), **_shown(session, article)}
    case = open_case(session, runtime, SLUG, viewer, data, f"article-{article.id}-{key}", now)
    article.case_id = case.id
    session.flush()
    return case


def _shown(session: Session, article: Article) -> dict[str, Any]:
    """Return what the first form shows of the article."""
    fields = queries.draft(session, article.id).fields
    return {
        "title": fields["title"],
        "site": article.site_id,
        "column": article.column.name,
        "kind": fields["kind"],
        "urgent": bool(fields["urgent"]),
        "publish_at": fields["publish_at"] or None,
    }


def _waiting(session: Session, case_id: int) -> WorkItem | None:
    """Return the step of the case that handing in completes, if it is at one."""
    query = select(WorkItem).where(
        WorkItem.case_id == case_id, WorkItem.status == "open", WorkItem.node.in_((DRAFT_STEP, REVISE_STEP))
    )
    return session.scalar(query.order_by(WorkItem.id.desc()).limit(1))


def _answers(
    article: Article, version: ArticleVersion, item: WorkItem, note: str, *, is_changed: bool
) -> dict[str, Any]:
    """Return the answers that complete the step: the version that was seen is the one just made."""
    if item.node == REVISE_STEP:
        words = note.strip() or (REVISED if is_changed else AS_IT_WAS)
        return {"seen": version.digest, "revise_note": words, "decision": "resubmit"}
    return {
        "seen": version.digest,
        "title": version.title,
        "site": article.site_id,
        "column": article.column.name,
        "kind": version.kind,
        "urgent": article.urgent,
        "publish_at": article.publish_at.isoformat() if article.publish_at else None,
        "hand_note": note.strip() or None,
        "decision": "submit",
    }


def _on_record(
    session: Session, viewer: Viewer, case: Case, version: ArticleVersion, now: datetime, *, is_changed: bool
) -> Receipt:
    """Note a version handed in while the review ran; without a change there is nothing to hand in."""
    if not is_changed:
        return _again(session, viewer, case, version)
    payload = {"article": version.article_id, "version": version.number, "digest": version.digest}
    entry = Entry(HANDED_IN, person(viewer), payload, case_id=case.id)
    made = append(session, f"case:{case.id}", [entry], now)[0]
    return Receipt(case.id, case.number, _first_item(session, case), N_("交审"), now, made.code)


def _again(session: Session, viewer: Viewer, case: Case, version: ArticleVersion) -> Receipt:
    """Return the receipt of the version that this person handed in; raise Conflict for anybody else's."""
    own = select(Record).where(
        Record.chain == f"case:{case.id}", Record.kind == HANDED_IN, Record.actor_id == viewer.user_id
    )
    made = session.scalar(own.order_by(Record.seq.desc()).limit(1))
    if made is None or version.created_by_id != viewer.user_id:
        raise Conflict(IN_REVIEW, number=version.number, who=version.created_by)
    return Receipt(case.id, case.number, _first_item(session, case), N_("交审"), made.at, made.code, repeated=True)


def _first_item(session: Session, case: Case) -> int:
    query = select(WorkItem.id).where(WorkItem.case_id == case.id, WorkItem.node == DRAFT_STEP)
    return session.scalar(query.order_by(WorkItem.id).limit(1)) or 0
