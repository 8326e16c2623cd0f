"""The page on which a draft is drawn, and what its scripts ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from app import clock
from app.db import db, transaction
from app.engine import SUPPORTED, Problem
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.models import ProcessVersion
from app.studio import queries
from app.studio.checking import check_source
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.views.blueprint import EDIT, bp, draft_for, now, reading, runtime, saved
from app.web import permission
from app.web.i18n import gettext

NO_PART = N_("草稿里没有这一份内容。")
UNREADABLE = N_("这次保存读不出来，什么都没有改动。您的改动还在这个页面上。")
NARROWEST = 1024


def frame(draft: ProcessDraft) -> dict[str, Any]:
    """Return what the frame of a draft's pages shows: `render_template(…, **frame(draft))`."""
    base = draft.base_version_id and reading().get(ProcessVersion, draft.base_version_id)
    number = base.number if base else None
    return {
        "draft": draft,
        "draft_base": number,
        "draft_state": draft.state,
        "draft_saved": clock.local(draft.updated_at).strftime("%H:%M"),
        "draft_tabs": _tabs(draft, number),
        "draft_links": {
            "library": url_for("studio.library"),
            "presence": url_for("studio.draft_presence", draft_id=draft.id),
            "try_out": address("studio.try_out", draft_id=draft.id),
            "publish": address("studio.publish_draft", draft_id=draft.id),
        },
    }


def address(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page, None when this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _tabs(draft: ProcessDraft, base: int | None) -> list[tuple[str, str, str, str]]:
    compared = gettext("与 v%(number)s 比", number=base) if base else None
    tabs = [
        ("draft", address("studio.draft", draft_id=draft.id), gettext("流程图"), "sitemap"),
        ("steps", address("studio.draft", draft_id=draft.id, view="steps"), gettext("环节表"), "columns-3"),
        ("forms", address("studio.draft_forms", draft_id=draft.id), gettext("表单"), "file-text"),
        ("tables", address("studio.draft_tables", draft_id=draft.id), gettext("决策表"), "list-details"),
        ("compare", address("studio.compare_draft", draft_id=draft.id), compared, "switch-horizontal"),
    ]
    return [(key, url, text, icon) for key, url, text, icon in tabs if url and text]


@bp.get("/studio/drafts/<int:draft_id>")
@permission(EDIT)
def draft(draft_id: int) -> ResponseReturnValue:
    """Show the draft as a diagram, or as a table of its steps."""
    shown = draft_for(draft_id)
    return render_template("studio/draft.html", data=page_data(shown), **frame(shown))


def page_data(draft: ProcessDraft) -> dict[str, Any]:
    """Return what the modeler's scripts need to know of a draft."""
    parts = queries.parts_of(reading(), draft.id)
    (diagram,) = [part for part in parts if part.kind == "bpmn"]
    return {
        "draft": draft.id,
        "slug": draft.slug,
        "name": draft.name,
        "open": draft.state == "open",
        "row_version": draft.row_version,
        "text": diagram.text,
        "forms": [part.name for part in parts if part.kind == "form"],
        "tables": [part.name for part in parts if part.kind == "table"],
        "topics": sorted(runtime().topics),
        "offered": sorted(SUPPORTED),
        "narrowest": NARROWEST,
        "urls": {
            "part": url_for("studio.draft_part", draft_id=draft.id, kind="bpmn", name=diagram.name),
            "check": url_for("studio.check_draft", draft_id=draft.id),
            "form": _pattern("studio.draft_form", draft.id),
            "table": _pattern("studio.draft_table", draft.id),
            "forms": address("studio.draft_forms", draft_id=draft.id),
            "tables": address("studio.draft_tables", draft_id=draft.id),
            "choices": url_for("studio.panel_choices", draft_id=draft.id),
        },
    }


def _pattern(endpoint: str, draft_id: int) -> str | None:
    """Return the address of a form or table with `{name}` where its name goes."""
    found = address(endpoint, draft_id=draft_id, name="NAME")
    return found.replace("NAME", "{name}") if found else None


@bp.get("/studio/drafts/<int:draft_id>/parts/<kind>/<name>")
@permission(EDIT)
def draft_part(draft_id: int, kind: str, name: str) -> ResponseReturnValue:
    """Answer a text of the draft as the server has it."""
    found = draft_for(draft_id)
    for part in queries.parts_of(reading(), draft_id):
        if (part.kind, part.name) == (kind, name):
            return {"text": part.text, **saved(found)}
    raise NotFound(NO_PART)


@bp.put("/studio/drafts/<int:draft_id>/parts/<kind>/<name>")
@permission(EDIT)
def save_draft_part(draft_id: int, kind: str, name: str) -> ResponseReturnValue:
    """Save a text of the draft."""
    viewer, body = current_viewer(), _body()
    text = body.get("text")
    if not isinstance(text, str):
        raise Invalid(UNREADABLE)
    with transaction() as session:
        found = drafts.save_part(session, viewer, draft_id, (kind, name, text), _seen(body), clock.now(session))
        return saved(found)


@bp.delete("/studio/drafts/<int:draft_id>/parts/<kind>/<name>")
@permission(EDIT)
def remove_draft_part(draft_id: int, kind: str, name: str) -> ResponseReturnValue:
    """Take a form or a table out of the draft."""
    viewer, seen = current_viewer(), _seen(_body())
    with transaction() as session:
        return saved(drafts.remove_part(session, viewer, draft_id, kind, name, seen, clock.now(session)))


@bp.get("/studio/drafts/<int:draft_id>/presence")
@permission(EDIT)
def draft_presence(draft_id: int) -> ResponseReturnValue:
    """Answer who else has the draft open, and a token for requests after a new sign-in."""
    return _who_else(draft_for(draft_id))


@bp.post("/studio/drafts/<int:draft_id>/presence")
@permission(EDIT)
def stay_in_draft(draft_id: int) -> ResponseReturnValue:
    """Note that this person has the draft open; answer who else has."""
    found, viewer = draft_for(draft_id), current_viewer()
    with transaction() as session:
        drafts.stay(session, viewer, found.id, clock.now(session))
    return _who_else(found)


@bp.post("/studio/drafts/<int:draft_id>/check")
@permission(EDIT)
def check_draft(draft_id: int) -> ResponseReturnValue:
    """Check the draft with the diagram as it is on the page."""
    source = queries.source_of(reading(), draft_for(draft_id))
    xml = _body().get("xml")
    if isinstance(xml, str):
        source = replace(source, diagram=xml.encode())
    found = check_source(reading(), source, frozenset(runtime().topics))
    at = clock.local(now()).strftime("%H:%M")
    return {"problems": [_told(draft_id, file, problem) for file, problem in found], "at": at}


def _who_else(draft: ProcessDraft) -> dict[str, Any]:
    names = queries.others_in(db.session(), draft.id, current_viewer(), now())
    return {"others": list(names), "token": generate_csrf(), "row_version": draft.row_version}


def _told(draft_id: int, file: str, problem: Problem) -> dict[str, Any]:
    """Return a problem as the page shows it; `url` leads to the form or table it is in."""
    stem, _, kind = file.rpartition(".")
    page = {"form": "studio.draft_form", "dmn": "studio.draft_table"}.get(kind)
    return {
        "rule": problem.rule,
        "severity": problem.severity,
        "element": problem.element if kind == "bpmn" else None,
        "name": problem.name if kind == "bpmn" else stem,
        "line": problem.line,
        "file": file,
        "url": address(page, draft_id=draft_id, name=stem) if page else None,
        "sentence": gettext(problem.message, **problem.values),
        "fix": gettext(problem.fix, **problem.values),
    }


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid(UNREADABLE)
    return body


def _seen(body: dict[str, Any]) -> int:
    seen = body.get("row_version")
    if not isinstance(seen, int) or isinstance(seen, bool):
        raise Invalid(UNREADABLE)
    return seen
