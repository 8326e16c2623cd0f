"""The forms of a draft: their list, the editor, what is wrong with one, its preview, the rights of steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import flask_babel
from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import transaction
from app.engine import DiagramRefused
from app.errors import Invalid
from app.formkit import CompiledForm, FormRefused, Rights, compile_form
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.source import Source
from app.studio import queries
from app.studio.diagrams import Change, Mode, Use, uses_of_forms
from app.studio.form_uses import titles_of_forms, uses_of_fields
from app.studio.operations import forming
from app.studio.operations.parts import part
from app.studio.views import parts
from app.studio.views.blueprint import EDIT, SEE_OTHER, bp, draft_for, reading, saved
from app.studio.views.modeler import frame
from app.studio.views.parts import UNREADABLE, body_of, seen_in, text_in
from app.web import permission
from app.web.errors import wants_fragment
from app.web.i18n import gettext, locale
from app.web.security import CONTENT_POLICY
from app.work.views.sources import sources_for

OWN_CONTROLS = frozenset({"schema", "step", "language", "csrf_token"})
NO_JSON = N_("内容读不出来：%(why)s")


@bp.get("/studio/drafts/<int:draft_id>/forms")
@permission(EDIT)
def draft_forms(draft_id: int) -> ResponseReturnValue:
    """List the forms of the draft."""
    draft = draft_for(draft_id)
    source = queries.source_of(reading(), draft)
    uses = _uses(source)
    titles = titles_of_forms(source.forms, uses)
    rows = [
        (name, titles[name], _count(text), [use.name for use in uses if use.form == name])
        for name, text in source.forms.items()
    ]
    missing = sorted({use.form for use in uses} - source.forms.keys())
    return render_template("studio/forms.html", rows=rows, missing=missing, **frame(draft))


@bp.post("/studio/drafts/<int:draft_id>/forms")
@permission(EDIT)
def add_draft_form(draft_id: int) -> ResponseReturnValue:
    """Add a form: an empty one, or a copy of another."""
    name = parts.add(draft_id, forming.new_form, forming.copy_form)
    return redirect(url_for("studio.draft_form", draft_id=draft_id, name=name), SEE_OTHER)


@bp.post("/studio/drafts/<int:draft_id>/forms/<name>/rename")
@permission(EDIT)
def rename_draft_form(draft_id: int, name: str) -> ResponseReturnValue:
    """Give a form another name, in the diagram too."""
    parts.change(draft_id, forming.rename_form, (name, parts.typed_name()))
    return redirect(url_for("studio.draft_forms", draft_id=draft_id), SEE_OTHER)


@bp.post("/studio/drafts/<int:draft_id>/forms/<name>/delete")
@permission(EDIT)
def remove_draft_form(draft_id: int, name: str) -> ResponseReturnValue:
    """Take a form away that no step shows."""
    parts.change(draft_id, forming.remove_form, name)
    return redirect(url_for("studio.draft_forms", draft_id=draft_id), SEE_OTHER)


@bp.get("/studio/drafts/<int:draft_id>/forms/<name>")
@permission(EDIT)
def draft_form(draft_id: int, name: str) -> ResponseReturnValue:
    """Show the editor of one form."""
    draft = draft_for(draft_id)
    text = part(reading(), draft_id, "form", name).text
    source = queries.source_of(reading(), draft)
    uses = [use for use in _uses(source) if use.form == name]
    title = titles_of_forms({name: text}, uses)[name]
    data = {
        **parts.editor_data(draft, "form", name, text),
        "rights": url_for("studio.change_draft_rights", draft_id=draft_id, name=name),
        "seen": _look(source, name, text),
    }
    return render_template(
        "studio/form.html", form_name=name, form_title=title, form_data=data, uses=uses, **frame(draft)
    )


@bp.post("/studio/drafts/<int:draft_id>/forms/<name>/check")
@permission(EDIT)
def check_draft_form(draft_id: int, name: str) -> ResponseReturnValue:
    """Say what is wrong with the form as it is on the page, what it asks and where that is used."""
    source = queries.source_of(reading(), draft_for(draft_id))
    return _look(source, name, text_in(body_of(), "text"))


@bp.post("/studio/drafts/<int:draft_id>/forms/<name>/rights")
@permission(EDIT)
def change_draft_rights(draft_id: int, name: str) -> ResponseReturnValue:
    """Change what steps may do with fields."""
    draft_for(draft_id)
    viewer, body = current_viewer(), body_of()
    changes = list(_changes(body.get("changes")))
    with transaction() as session:
        draft = forming.change_rights(session, viewer, draft_id, changes, seen_in(body), clock.now(session))
        source = queries.source_of(session, draft)
        return {**saved(draft), **_look(source, name, text_in(body, "text"))}


@bp.post("/studio/drafts/<int:draft_id>/forms/<name>/preview")
@permission(EDIT)
def preview_draft_form(draft_id: int, name: str) -> ResponseReturnValue:
    """Draw the form as it is on the page, as a reader sees it at a step; it is shown inside the editor's page."""
    source = queries.source_of(reading(), draft_for(draft_id))
    fields = request.form
    language = "en" if fields.get("language") == "en" else "zh"
    form, problems = _compiled(fields.get("schema", ""))
    use = next((one for one in _uses(source) if one.form == name and one.id == fields.get("step")), None)
    with flask_babel.force_locale(language):
        drawn = _drawn(form, use, url_for(request.endpoint or "", **(request.view_args or {}))) if form else ""
        if wants_fragment():
            return drawn
        page = render_template(
            "studio/form_preview.html", drawn=drawn, problems=problems, kept=fields, language=language
        )
    answer = make_response(page)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    policy = {**CONTENT_POLICY, "frame-ancestors": "'self'"}
    answer.headers["Content-Security-Policy"] = "; ".join(f"{key} {value}" for key, value in policy.items())
    return answer


def _drawn(form: CompiledForm, use: Use | None, url: str) -> str:
    rights = Rights(use.edit, use.read, use.hidden) if use else Rights()
    bound = form.form(
        {},
        request.form if wants_fragment() else None,
        rights=rights,
        sources=sources_for(reading(), current_viewer()),
        locale=str(flask_babel.get_locale()),
        ignored=OWN_CONTROLS,
        draft=True,
    )
    return bound.html(refresh_url=url)


def _look(source: Source, name: str, text: str) -> dict[str, Any]:
    """Return what is wrong with a form, its fields with their rights at each step, and where they are used."""
    form, problems = _compiled(text)
    steps = [use for use in _uses(source) if use.form == name]
    labels = form.labels(locale()) if form else {}
    places = uses_of_fields(source, name, form, labels)
    return {
        "problems": problems,
        "steps": [{"id": step.id, "name": step.name} for step in steps],
        "fields": [
            {
                "key": key,
                "label": label or key,
                "rights": {step.id: step.mode(key) for step in steps},
                "uses": [gettext(message, **values) for message, values in places.get(key, ())],
            }
            for key, label in labels.items()
        ],
    }


def _compiled(text: str) -> tuple[CompiledForm | None, list[dict[str, str]]]:
    """Return the form, or the sentences that say why it is none."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        return None, [{"component": "", "sentence": gettext(NO_JSON, why=str(error))}]
    try:
        return compile_form(schema), []
    except FormRefused as error:
        labels = dict(_labels(schema))
        return None, [
            {
                "component": one.component,
                "sentence": gettext(
                    one.message, **{**one.values, "component": labels.get(one.component, one.component)}
                ),
            }
            for one in error.problems
        ]


def _labels(schema: object) -> Iterator[tuple[str, str]]:
    """Yield the label of each component by its id, as far as it has one."""
    components = schema.get("components") if isinstance(schema, Mapping) else None
    for one in components if isinstance(components, list) else ():
        if isinstance(one, Mapping):
            label = one.get("label") or one.get("dateLabel") or one.get("key")
            if isinstance(label, str) and isinstance(one.get("id"), str):
                yield one["id"], label
            yield from _labels(one)


def _uses(source: Source) -> list[Use]:
    """Return the steps that show a form; none while the diagram cannot be read."""
    try:
        return uses_of_forms(source.diagram)
    except DiagramRefused:
        return []


def _count(text: str) -> int | None:
    form, _problems = _compiled(text)
    return None if form is None else len(form.keys)


def _changes(raw: object) -> Iterator[Change]:
    for one in raw if isinstance(raw, list) else ():
        if not isinstance(one, dict) or one.get("mode") not in get_args(Mode):
            raise Invalid(UNREADABLE)
        yield Change(text_in(one, "step"), text_in(one, "key"), one["mode"])
