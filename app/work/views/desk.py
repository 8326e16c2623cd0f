"""The desk: one work item as one person has it before them: its form, its rights, what was typed and is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from app.engine import Node
from app.errors import Invalid, Refused
from app.files import views as uploads
from app.formkit import BoundForm, CompiledForm, Rights
from app.formkit.values import plain
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.web.i18n import gettext, locale
from app.work.models import Case, WorkItem
from app.work.pages.actions import REASONS, chosen, contradictions, reason_field, required_by
from app.work.queries import casefile
from app.work.queries.scope import find_item, may_act
from app.work.rules import Action, words
from app.work.views.blueprint import KEYS, reading, runtime
from app.work.views.sources import sources_for

Posted = MultiDict[str, Any]
OWN_REASON = REASONS[0]
NO_SUCH_ACTION = N_("这一环节没有这个办法。请从页面上的按钮里选一个。")
WHY = N_("选“%(action)s”要写明理由。写好后再提交。")
TRANSCRIBED = "transcribed_for"
NO_TRANSCRIBING = N_("代录只能由书记员在办理页上做，程序不能录入别人的决定。去掉 transcribed_for 再提交。")
NOTHING_SENT = N_("提交的内容应当是一个对象：answers 是各项答案，key 是这次提交的编号。")


@dataclass(frozen=True)
class FormDesk:
    """A form at a node for one person, before any case or within one."""

    viewer: Viewer
    node: Node
    form: CompiledForm | None
    stored: Mapping[str, Any]

    @property
    def rights(self) -> Rights:
        """Return what this step may do with the fields; `fields.edit` left out means all of them."""
        properties = self.node.properties
        edit = words(properties.get("fields.edit")) if "fields.edit" in properties else None
        return Rights(edit, words(properties.get("fields.read")), words(properties.get("fields.hidden")))

    @property
    def own_reason(self) -> bool:
        """Say whether the page itself asks for the reason because the form has no field for it."""
        return bool(self.node.properties.get("reason.required")) and reason_field(self.form) is None

    @property
    def ignored(self) -> frozenset[str]:
        """Return the names of the page's own controls."""
        return KEYS | {OWN_REASON} if self.own_reason else KEYS

    def draw(self, draft: Mapping[str, Any] | None = None) -> BoundForm | None:
        """Return the form as it is first drawn, with the draft's text if there is one."""
        posted = MultiDict([(name, text) for name, texts in (draft or {}).items() for text in _listed(texts)])
        return self._bind(posted if draft else None, draft=True)

    def redraw(self, posted: Posted) -> BoundForm | None:
        """Return the form with everything that was typed, judged or not."""
        return self._bind(posted, draft=True)

    def bind(self, posted: Posted, files: MultiDict[str, FileStorage]) -> BoundForm | None:
        """Return the form with what a page posted; raise Invalid for names this step does not ask."""
        return self._bind(posted, files=files)

    def bind_json(self, answers: object) -> BoundForm | None:
        """Return the form with the answers a program sent: the same form, the same rights."""
        if self.form is None:
            return None
        return self.form.form_json(
            self.stored, answers, rights=self.rights, sources=self._sources, locale=locale(), ignored=self.ignored
        )

    def _bind(
        self, posted: Posted | None, *, files: MultiDict[str, FileStorage] | None = None, draft: bool = False
    ) -> BoundForm | None:
        if self.form is None:
            return None
        return self.form.form(
            self.stored,
            posted,
            rights=self.rights,
            sources=self._sources,
            locale=locale(),
            files=files,
            ignored=self.ignored,
            draft=draft,
        )

    @property
    def _sources(self) -> Any:
        return sources_for(reading(), self.viewer)

    def judge(self, bound: BoundForm | None, decision: str | None, reason: str) -> dict[str, Any]:
        """Return the answers to complete the step with; raise Invalid with a sentence for every field."""
        action = chosen(self.node, decision)
        if action is None:
            raise Invalid(NO_SUCH_ACTION, fields={"decision": gettext(NO_SUCH_ACTION)})
        answers, errors = self._judged(bound, action)
        if self.own_reason:
            answers[OWN_REASON] = reason.strip()
            if not reason.strip() and action.code in words(self.node.properties.get("reason.required")):
                errors[OWN_REASON] = gettext(WHY, action=action.label(locale()))
        if errors:
            raise Invalid(fields=errors)
        return self._decided(answers, action)

    def _judged(self, bound: BoundForm | None, action: Action) -> tuple[dict[str, Any], dict[str, str]]:
        if bound is None:
            return {}, {}
        bound.validate(required_by(self.node, action, self.form))
        answers = dict(bound.answers)
        bound.errors = {**contradictions(action, self.form, answers, locale()), **bound.errors}
        return answers, dict(bound.errors)

    def _decided(self, answers: dict[str, Any], action: Action) -> dict[str, Any]:
        """Add the chosen action where the node offers a choice."""
        return {**answers, "decision": action.code} if self.node.properties.get("actions") else answers


@dataclass(frozen=True)
class Desk(FormDesk):
    """A work item before one person."""

    item: WorkItem
    case: Case
    bundle: Bundle
    holder: bool
    files: Mapping[str, Any] = field(default_factory=dict)


def desk_for(viewer: Viewer, item_id: int) -> Desk:
    """Return the work item as this person has it; raise NotFound when it is not theirs to see."""
    session = reading()
    item, case = find_item(session, viewer, item_id)
    bundle = runtime().library.bundle(session, case.version_id, case.called)
    return Desk(
        viewer=viewer,
        node=bundle.definition.nodes[item.node],
        form=_form_of(bundle, item),
        stored=stored_data(item, case) if item.status == "open" else {},
        item=item,
        case=case,
        bundle=bundle,
        holder=may_act(session, viewer, item) and viewer.may("work.act"),
    )


def _form_of(bundle: Bundle, item: WorkItem) -> CompiledForm | None:
    """Return the form of a step; of one that was done before its case moved to another version, the form of then."""
    if item.form_digest and item.form_digest != bundle.form_digests.get(item.form or ""):
        return runtime().library.forms(reading(), [item.form_digest]).get(item.form_digest)
    return bundle.forms.get(item.form or "")


def stored_data(item: WorkItem, case: Case) -> dict[str, Any]:
    """Return what the waiting token knows, as forms read it: the answers so far, and `case`."""
    known = casefile.token_data(reading(), case.id, item.token)
    return {name: plain(value) for name, value in {**known, "case": casefile.case_data(case)}.items()}


@dataclass(frozen=True)
class Sent:
    """What was sent to complete a step: by a page, or as JSON by a program."""

    key: str
    decision: str | None
    reason: str
    bound: BoundForm | None


def sent_by_page(desk: FormDesk, *, item_id: int | None = None) -> Sent:
    """Read a posted page; files that came with it are stored and attached first."""
    bound = desk.bind(request.form, request.files)
    if bound is not None:
        for name, files in bound.pending_files.items():
            kept = [uploads.receive(file, owner_id=desk.viewer.user_id, item_id=item_id).id for file in files]
            bound.attach(name, kept)
    posted = request.form
    return Sent(posted.get("key", ""), posted.get("decision"), posted.get(OWN_REASON, ""), bound)


def sent_by_program(desk: FormDesk) -> Sent:
    """Read a JSON body `{"answers": {…}, "key": "…"}`; the decision is one of the answers."""
    body = request.get_json(silent=True)
    answers = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(answers, dict):
        raise Invalid(NOTHING_SENT, fields={"answers": gettext(NOTHING_SENT)})
    refuse_transcribing(body, answers)
    decision, reason = answers.get("decision"), answers.get(OWN_REASON)
    return Sent(
        str(body.get("key") or ""),
        decision if isinstance(decision, str) else None,
        reason if isinstance(reason, str) else "",
        desk.bind_json(answers),
    )


def refuse_transcribing(*sent: Mapping[str, Any]) -> None:
    """Raise Refused when a program says that it records what somebody else decided."""
    if any(TRANSCRIBED in one for one in sent):
        raise Refused(NO_TRANSCRIBING)


def typed(posted: Posted) -> dict[str, list[str]]:
    """Return what a page posted as a draft keeps it: every value of every control but the page's own."""
    return {name: [str(text) for text in posted.getlist(name)] for name in posted if name not in KEYS}


def instant_of(draft: Any) -> datetime | None:
    """Return when a draft was saved."""
    saved: datetime | None = draft.saved_at if draft is not None else None
    return saved


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
