"""Topics of the content processes: what the review of an article, its publication and what follows write.

`content.publish` and `content.compare` reach outside first; all others only write, inside the completing transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content import correcting_topics, publishing_topics, subjects
from app.content.models import Article, ArticleVersion
from app.content.operations import findings, following, updating
from app.content.operations.sites import owe_pages
from app.content.operations.submitting import sentence_of
from app.content.queries.articles import version as version_of
from app.content.rules import KINDS, OUTSIDE, PASSED, REJECTED, RETURNED, REVIEW
from app.content.sites.snapshot import publishing_of
from app.errors import Invalid
from app.i18n import N_
from app.review.queries import passers
from app.review.subjects import find
from app.work.models import WorkItem
from app.work.runtime import Call, Runtime, Topic

Result = Mapping[str, Any]
NO_ARTICLE: Final = N_("不知道审的是哪一篇稿件，或者它还没有交过。")
MUST_MEND: Final = N_("自动检查还有 %(count)s 处必须处理：%(first)s")


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of article review, publication and correction to the machinery."""
    correcting_topics.register(runtime)

    def report(session: Session, call: Call) -> Result:
        return following.report_fault(session, runtime, call)

    for name, record, title in (
        ("returned", returned, N_("退给作者")),
        ("rejected", rejected, N_("不予发布")),
        ("rewrite", rewrite, N_("重新生成网页")),
        ("checked", following.note_check, N_("记下人工核对的结果")),
        ("interpreted", following.interpreted, N_("关联政策解读")),
        ("report_fault", report, N_("报更正")),
        ("column_checked", updating.check_article, N_("核对栏目的新稿件")),
    ):
        runtime.add_topic(Topic(f"content.{name}", record, title=title))
    runtime.add_topic(Topic("content.check", check, title=N_("自动检查稿件"), foresee=checked))
    runtime.add_topic(Topic("content.passed", passed, title=N_("定稿待发"), foresee=how_it_waits))
    done, compared = publishing_topics.publish_do, publishing_topics.compare_do
    runtime.add_topic(Topic("content.publish", published, done, title=publishing_topics.PUBLISH_TITLE))
    title = publishing_topics.COMPARE_TITLE
    runtime.add_topic(Topic("content.compare", publishing_topics.compare_record, compared, title=title))


def check(session: Session, call: Call) -> Result:
    """Check the handed-in version, say whether something must be mended, and what its review depends on."""
    article, version = _under_review(session, call)
    findings.record_findings(session, version, call.now)
    blocking = findings.blocking(session, version)
    _describe(call, article, version)
    if not blocking:
        article.state = REVIEW
    return _checked(session, article, version, blocking)


def checked(session: Session, call: Call) -> Result:
    """Foresee a check of the same version: it finds what it found before."""
    article, version = _under_review(session, call)
    return _checked(session, article, version, findings.blocking(session, version))


def _checked(session: Session, article: Article, version: ArticleVersion, blocking: list[Any]) -> Result:
    return {
        **_facts(session, article, version),
        "blocked": bool(blocking),
        "review_note": _must_mend(blocking) if blocking else None,
        "urgent": article.urgent,
        "publish_at": article.publish_at.isoformat() if article.publish_at else None,
    }


def returned(session: Session, call: Call) -> Result:
    """Give the article back to its author."""
    return _in_state(session, call, RETURNED)


def rejected(session: Session, call: Call) -> Result:
    """Close the article: it is kept and not published."""
    return _in_state(session, call, REJECTED)


def passed(session: Session, call: Call) -> Result:
    """Note that the article waits for its publication: how, when, and who had a hand in it."""
    article, _version = _under_review(session, call)
    article.state = PASSED
    return how_it_waits(session, call)


def how_it_waits(session: Session, call: Call) -> Result:
    """Say how and when the article under review will be published, and who had a hand in it."""
    article, version = _under_review(session, call)
    ref, mode = subjects.ref_of(article.id), publishing_of(session, article.site_id).mode
    people = {one.user_id for one in passers(session, ref) if one.user_id}
    wished = article.publish_at if mode != OUTSIDE else None
    return {
        "publish_mode": mode,
        "wished_at": wished.isoformat() if wished else None,
        "involved": sorted(people | subjects.authors_of(session, article)),
        "needs_interpretation": version.kind == "policy" and not following.is_interpreted(session, article.id),
    }


def published(session: Session, call: Call) -> Result:
    """Let readers see the article, in the name of the publisher who said so."""
    by = call.inputs.get("by") or _publisher(session, call)
    return publishing_topics.publish_record(session, replace(call, inputs={**call.inputs, "by": by}))


def rewrite(session: Session, call: Call) -> Result:
    """Have the page written anew as it was published."""
    article, _version = _under_review(session, call)
    owe_pages(session, article.site_id, [article.id], call.now)
    return {"rewritten_at": call.now.isoformat()}


def _under_review(session: Session, call: Call) -> tuple[Article, ArticleVersion]:
    """Return the article of a case and its handed-in version."""
    number = subjects.id_of(call.data.get("subject")) or call.data.get("article")
    article = session.get(Article, number) if isinstance(number, int) else None
    version = version_of(session, article.version_id) if article else None
    if article is None or version is None:
        raise Invalid(NO_ARTICLE)
    return article, version


def _facts(session: Session, article: Article, version: ArticleVersion) -> dict[str, Any]:
    """Return what depth and people of the review are decided by."""
    subject = find(session, subjects.ref_of(article.id), {})
    return {
        "article": article.id,
        "subject": subject.ref,
        "title": version.title,
        "review_kind": version.kind,
        "review_unit": subject.unit_id,
        "authors": sorted(subject.authors),
        **{name: bool(version.meta.get(name)) for name in subjects.FLAGS},
    }


def _describe(call: Call, article: Article, version: ArticleVersion) -> None:
    """Let lists show the case by what is under review now: a later version may have another title."""
    call.case.title, call.case.site_id = version.title[:200], article.site_id
    call.case.summary = [article.site.name, article.column.name, KINDS.get(version.kind, version.kind)]
    call.case.priority = "urgent" if article.urgent else "normal"


def _in_state(session: Session, call: Call, state: str) -> Result:
    article, _version = _under_review(session, call)
    article.state, article.updated_at = state, call.now
    return {"article_state": state}


def _must_mend(blocking: list[Any]) -> str:
    return MUST_MEND % {"count": len(blocking), "first": sentence_of(blocking[0])}


def _publisher(session: Session, call: Call) -> int | None:
    """Return who decided about the publication of the version that goes out; None when its time alone did."""
    query = select(WorkItem.done_by_id).where(
        WorkItem.case_id == call.case.id, WorkItem.node == "publish", WorkItem.status == "done"
    )
    sealed = max((one.at for one in passers(session, str(call.data.get("subject"))) if not one.is_void), default=None)
    if sealed is not None:
        query = query.where(WorkItem.closed_at >= sealed)
    return session.scalar(query.order_by(WorkItem.id.desc()).limit(1))
