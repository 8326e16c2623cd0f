"""What the properties panel asks the server: choices, who it would be today, names known at a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.engine import DiagramRefused
from app.errors import Invalid, UserError
from app.expressions import ExpressionRefused, juel
from app.i18n import N_
from app.people.session import current_viewer
from app.studio import candidates, choices
from app.studio.known import Known, Texts, names_at
from app.studio.queries import source_of
from app.studio.views.blueprint import EDIT, bp, draft_for, now, reading, runtime
from app.web import permission
from app.web.i18n import gettext, locale


@bp.get("/studio/drafts/<int:draft_id>/panel/choices")
@permission(EDIT)
def panel_choices(draft_id: int) -> ResponseReturnValue:
    """Return everything the pickers offer."""
    draft, session, viewer = draft_for(draft_id), reading(), current_viewer()
    source, english = source_of(session, draft), locale() == "en"
    return {
        "people": choices.people(session, viewer),
        "roles": choices.roles(english),
        "units": choices.units(session, english),
        "posts": choices.posts(session),
        "topics": _said(choices.topics(runtime().topics.values())),
        "processes": choices.processes(session, draft.slug, english),
        "forms": choices.forms(source, english),
        "tables": choices.tables(source),
        "starter": choices.sample_starter(session, "", viewer).user_name,
    }


@bp.post("/studio/drafts/<int:draft_id>/panel/who")
@permission(EDIT)
def panel_who(draft_id: int) -> ResponseReturnValue:
    """Say who a rule would name today, in a case that the chosen person starts."""
    draft_for(draft_id)
    session, body = reading(), _body()
    attr, text = _text(body, "attr"), _text(body, "text")
    if attr not in candidates.KINDS:
        raise Invalid(N_("没有写由谁办理。"))
    starter = choices.sample_starter(session, _text(body, "starter"), current_viewer())
    sample = candidates.Sample(starter, choices.sample_vendor(session, _text(body, "vendor")), now())
    try:
        found = candidates.today(session, attr, text, sample, locale() == "en")
    except ExpressionRefused as error:
        return {"problem": _sentence(error), "column": error.column}
    return {
        "names": found.names,
        "rule": found.rule,
        "fell_back": found.fell_back,
        "needs": found.needs,
        "earlier": found.earlier,
        "starter": starter.user_name,
    }


@bp.post("/studio/drafts/<int:draft_id>/panel/names")
@permission(EDIT)
def panel_names(draft_id: int) -> ResponseReturnValue:
    """Return the names known at an element or flow of the diagram as it stands on the page."""
    source, body = source_of(reading(), draft_for(draft_id)), _body()
    xml = _text(body, "xml").encode() or source.diagram
    texts = Texts(source.forms, source.tables)
    try:
        found = names_at(xml, texts, _text(body, "element"), locale() == "en")
    except DiagramRefused as error:
        return {"names": [], "problem": _sentence(error)}
    return {"names": [_named(one) for one in found]}


@bp.post("/studio/drafts/<int:draft_id>/panel/condition")
@permission(EDIT)
def panel_condition(draft_id: int) -> ResponseReturnValue:
    """Say whether a text is one `${…}` that can be read, and where it cannot."""
    draft_for(draft_id)
    text = _text(_body(), "text")
    try:
        read = juel.braced(text)
    except ExpressionRefused as error:
        return {"problem": _sentence(error), "column": error.column}
    if read is None:
        return {"problem": gettext(N_("条件要写成 ${…}。")), "column": 1}
    return {"problem": None, "names": sorted(read.names)}


@bp.app_template_global("panel_addresses")
def addresses(draft_id: int) -> Mapping[str, str]:
    """Return the addresses that the panel's script asks and links to."""
    return {
        "choices": url_for("studio.panel_choices", draft_id=draft_id),
        "who": url_for("studio.panel_who", draft_id=draft_id),
        "names": url_for("studio.panel_names", draft_id=draft_id),
        "condition": url_for("studio.panel_condition", draft_id=draft_id),
        "forms": f"/studio/drafts/{draft_id}/forms",
        "tables": f"/studio/drafts/{draft_id}/tables",
    }


def _body() -> Mapping[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid(N_("这次提交读不出来，什么都没有改动。请回到上一页再试一次。"))
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _named(one: Known) -> Mapping[str, Any]:
    # what a step brought is called as its owner typed it; the rest are the product's own words
    typed = one.step and one.name != "decision"
    entry = choices.as_entry(one)
    return entry if typed else {**entry, "name": gettext(one.label)}


def _said(entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return entries with names of the catalogue in the reader's language; names people typed stay."""
    return [{**one, "name": gettext(one["name"]) if one["name"] else ""} for one in entries]


def _sentence(error: UserError) -> str:
    return gettext(error.message, **error.values)
