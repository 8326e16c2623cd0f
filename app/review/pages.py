"""What a reviewer has before them: the content with its changes, remarks beside it, who passed what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, Final

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local
from app.formkit import SHOWN_DIGEST, SubjectView
from app.i18n import N_
from app.people.rules import Viewer
from app.review.diff import Diff, show, visual_diff
from app.review.hooks import MarginNote, Published, editing_of, notes_of, preview_of, sight_of
from app.review.models import PASS, RETURN, SEAL, VOID, ReviewAct
from app.review.queries import Stamp, acts_of, standing
from app.review.subjects import Content, Subject, provider_of
from app.web import filters
from app.web.i18n import gettext
from app.work.models import Case, WorkItem
from app.work.queries.casefile import token_data

KEPT: Final = 8
LARGEST_KEPT: Final = 2_000_000
OWN: Final = {PASS: N_("您上次通过的第 %(version)s 版"), RETURN: N_("您上次退回的第 %(version)s 版")}
_woven: dict[tuple[str, str, str], Diff] = {}
_weaving = Lock()


@dataclass(frozen=True)
class Before:
    """What a content is compared with: a version this reader judged, one the level passed, or the published one."""

    words: str
    version: int
    digest: str
    content: Content


@dataclass(frozen=True)
class Pane:
    """Everything the pane draws about one subject for one reader; read from the database when it is asked for.

    `holder` is who decides now where the reader only looks on; None on the page of the step itself.
    """

    session: Session
    viewer: Viewer
    subject: Subject
    data: Mapping[str, Any]
    holder: str | None = None

    @cached_property
    def acts(self) -> Sequence[ReviewAct]:
        """Return what was done to this subject, oldest first."""
        return acts_of(self.session, self.subject.ref)

    @cached_property
    def content(self) -> Content:
        """Return the present content; one that cannot be found is said to be missing, never shown as empty."""
        found = _content(self, self.subject.digest)
        missing = Markup("<p>{}</p>").format(gettext("这一版的内容找不到了。请告诉系统管理员，先不要通过。"))
        return found or Content(self.subject.title, str(missing))

    @cached_property
    def before(self) -> Before | None:
        """Return the version to compare with, None when there is none that is kept."""
        for words, version, digest in _bases(self):
            content = _content(self, digest)
            if content is not None:
                return Before(words, version, digest, content)
        return None

    @property
    def is_same(self) -> bool:
        """Say whether nothing changed since the version it is compared with."""
        return self.before is not None and self.before.digest == self.subject.digest

    @cached_property
    def diff(self) -> Diff | None:
        """Return the content with its changes, None when there is nothing to compare with."""
        if self.before is None or self.is_same:
            return None
        key = (self.subject.ref, self.before.digest, self.subject.digest)
        with _weaving:
            found = _woven.get(key)
        return found or _keep(key, visual_diff(self.before.content, self.content))

    @property
    def reading(self) -> Markup:
        """Return the text to read."""
        return self.diff.html if self.diff else show(self.content)

    @property
    def notes(self) -> list[MarginNote]:
        """Return the remarks beside the text."""
        return notes_of(self.session, self.subject)

    @property
    def preview_url(self) -> str:
        """Return where the content is drawn as it will be published."""
        return preview_of(self.session, self.subject)

    @property
    def edit_url(self) -> str:
        """Return where whoever has the step changes the content; empty where it is only read."""
        return editing_of(self.session, self.viewer, self.subject) if self.holder is None else ""

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """Return the levels with their passes."""
        return standing(self.session, self.subject.ref, self.subject.digest).stamps

    @property
    def warning(self) -> tuple[str, str] | None:
        """Return title and sentence when passes became void by the present version and it was not passed since."""
        is_passed = any(act.act == SEAL and act.digest == self.subject.digest for act in self.acts)
        return None if is_passed else void_words(self.acts, self.subject, self.viewer)


def reviewed(session: Session, viewer: Viewer, data: Mapping[str, Any]) -> SubjectView | None:
    """Return what is under review at a step with this data, as this reader sees it; None when it cannot be found."""
    ref = data.get("subject")
    if not isinstance(ref, str) or not ref:
        return None
    subject = provider_of(ref).find(session, ref, data)
    if subject is None:
        return None
    shown = data.get(SHOWN_DIGEST)
    return _view(Pane(session, viewer, _at(session, subject, shown) if shown else subject, data))


def reviewed_by(session: Session, viewer: Viewer, case: Case) -> SubjectView | None:
    """Return what a case reviews, or reviewed last, for whoever may see the case; None when it reviewed nothing.

    A vendor sees it only where the subject's own area lets it.
    """
    acts = session.scalars(select(ReviewAct).where(ReviewAct.case_id == case.id).order_by(ReviewAct.id)).all()
    last = next((one for one in reversed(acts) if one.act != VOID), None)
    if last is None or not _may_look(session, viewer, last.subject):
        return None
    item = session.scalar(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.status == "open").limit(1))
    data = token_data(session, case.id, item.token) if item else {}
    subject = provider_of(last.subject).find(session, last.subject, data)
    if subject is None:
        return None
    is_over = case.status != "running" or acts[-1].act == SEAL
    shown = _at(session, subject, last.digest) if is_over else subject
    return _view(Pane(session, viewer, shown, data, holder=(item.assignee_name or "") if item else ""))


def _may_look(session: Session, viewer: Viewer, ref: str) -> bool:
    sight = sight_of(ref) if viewer.is_vendor else None
    return sight is None or sight(session, viewer, ref)


def _at(session: Session, subject: Subject, digest: str) -> Subject:
    """Return a subject as it was with this hash."""
    return replace(subject, digest=digest, version=version_of(session, digest) or subject.version)


def _view(pane: Pane) -> SubjectView:
    return SubjectView(
        version=pane.subject.version,
        digest=pane.subject.digest,
        pane=lambda: _draw("review/pane.html", pane),
        side=lambda: _draw("review/stamps.html", pane),
        top=lambda: _draw("review/warning.html", pane),
    )


def version_of(session: Session, digest: str) -> int | None:
    """Return the number of the version with this hash, as far as anybody decided about it."""
    query = select(ReviewAct.version).where(ReviewAct.digest == digest, ReviewAct.act != VOID)
    return session.scalar(query.order_by(ReviewAct.id).limit(1))


def void_words(acts: Iterable[ReviewAct], subject: Subject, viewer: Viewer) -> tuple[str, str] | None:
    """Return title and sentence about the passes that the present version ended, None when it ended none."""
    known = {act.id: act for act in acts}
    ended = [act for act in known.values() if act.act == VOID and act.digest == subject.digest and act.voids_id]
    passes = [known[act.voids_id] for act in ended if act.voids_id in known]
    passes = [act for act in passes if act.digest != subject.digest]
    if not passes:
        return None
    mine = any(act.user_id == viewer.user_id for act in passes)
    who = gettext("、").join(_who_passed(act, viewer) for act in passes)
    values = {"who": who, "old": passes[-1].version, "new": subject.version, "time": _hour(ended[0].at)}
    title = gettext("您通过之后，内容又改过") if mine else gettext("通过之后，内容又改过")
    if len(passes) == 1:
        return title, gettext(
            "%(who)s 通过的是第 %(old)s 版；作者 %(time)s 改成了第 %(new)s 版，这次通过因此作废。"
            "请对第 %(new)s 版重看。",
            **values,
        )
    return title, gettext(
        "%(who)s 通过的是第 %(old)s 版；作者 %(time)s 改成了第 %(new)s 版，这 %(count)s 次通过因此作废。"
        "请对第 %(new)s 版重看。",
        count=len(passes),
        **values,
    )


def _who_passed(act: ReviewAct, viewer: Viewer) -> str:
    name = gettext("您") if act.user_id == viewer.user_id else act.user_name
    return gettext("%(who)s %(time)s", who=name, time=_hour(act.at))


def _hour(at: datetime) -> str:
    """Write 08:52 for today, 11-18 08:52 otherwise."""
    is_today = local(at).date() == local(filters.now()).date()
    return f"{local(at):%H:%M}" if is_today else filters.local_time(at)


def _bases(pane: Pane) -> Iterator[tuple[str, int, str]]:
    """Yield what this reader's comparison may start from, best first: words, version, hash."""
    passes = [act for act in reversed(pane.acts) if act.act == PASS]
    returns = [act for act in reversed(pane.acts) if act.act == RETURN]
    for act in reversed(pane.acts):
        if act.act in OWN and act.user_id == pane.viewer.user_id:
            yield gettext(OWN[act.act], version=act.version), act.version, act.digest
    # that others passed this very version says nothing to a reader who never saw an earlier one
    others = [act for act in passes if act.digest != pane.subject.digest]
    yield from (_passed_by(act) for act in others if act.level == pane.data.get("level"))
    provider = provider_of(pane.subject.ref)
    published = provider.published(pane.session, pane.subject.ref) if isinstance(provider, Published) else None
    if published:
        yield gettext("已发布的第 %(version)s 版", version=published[0]), *published
    yield from (_passed_by(act) for act in others)
    yield from (_returned_by(act) for act in returns if act.digest != pane.subject.digest)


def _passed_by(act: ReviewAct) -> tuple[str, int, str]:
    words = gettext("%(who)s 上次通过的第 %(version)s 版", who=act.user_name, version=act.version)
    return words, act.version, act.digest


def _returned_by(act: ReviewAct) -> tuple[str, int, str]:
    words = gettext("%(who)s 上次退回的第 %(version)s 版", who=act.user_name, version=act.version)
    return words, act.version, act.digest


def _content(pane: Pane, digest: str) -> Content | None:
    return provider_of(pane.subject.ref).content(pane.session, pane.subject.ref, digest, pane.data)


def _keep(key: tuple[str, str, str], diff: Diff) -> Diff:
    """Remember a comparison: between two hashes it is always the same. Very long ones would fill the memory."""
    if len(diff.html) <= LARGEST_KEPT:
        with _weaving:
            while len(_woven) >= KEPT:
                del _woven[next(iter(_woven))]
            _woven[key] = diff
    return diff


def _draw(template: str, pane: Pane) -> Markup:
    return Markup(render_template(template, pane=pane))  # noqa: S704 - an autoescaped template
