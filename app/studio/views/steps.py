"""The table of steps (环节表): what its script needs, and the table on paper."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app.deadlines.rules import Limit
from app.engine.diagram import read_diagram
from app.errors import UserError
from app.people.session import current_viewer
from app.processes.models import ProcessVersion
from app.processes.operations import stored_source
from app.processes.source import Source
from app.studio import choices, queries
from app.studio import queries_versions as versions
from app.studio.models import ProcessDraft
from app.studio.steps import Step, steps_of
from app.studio.views.blueprint import EDIT, VIEW, bp, draft_for, reading
from app.web import permission
from app.web.i18n import gettext
from app.work.pages.words import limit_word


@bp.app_template_global("steps_facts")
def facts(draft: ProcessDraft) -> dict[str, Any]:
    """Return what the table's script needs to know of a draft: the steps of its base, where to ask and to print."""
    return {
        "base": _base(draft),
        "choices": url_for("studio.panel_choices", draft_id=draft.id),
        "print": url_for("studio.print_draft_steps", draft_id=draft.id),
    }


@bp.get("/studio/drafts/<int:draft_id>/steps/print")
@permission(EDIT)
def print_draft_steps(draft_id: int) -> ResponseReturnValue:
    """Show a draft's steps as a page for paper."""
    draft = draft_for(draft_id)
    base = draft.base_version_id and reading().get(ProcessVersion, draft.base_version_id)
    state = gettext("草稿，基于 v%(number)s", number=base.number) if base else gettext("草稿，新流程")
    back = url_for("studio.draft", draft_id=draft.id, view="steps")
    title = {"name": draft.name, "slug": draft.slug, "state": state}
    return _sheet(title, queries.source_of(reading(), draft), (back, back.partition("?")[0]), _base(draft))


@bp.get("/studio/processes/<slug>/versions/<int:number>/steps/print")
@permission(VIEW)
def print_version_steps(slug: str, number: int) -> ResponseReturnValue:
    """Show a version's steps as a page for paper."""
    process = versions.process_named(reading(), slug)
    version = versions.version_numbered(reading(), process, number)
    state = gettext("v%(number)s，%(who)s发布", number=number, who=version.published_by)
    back = url_for("studio.version", slug=slug, number=number)
    title = {"name": process.name, "slug": process.slug, "state": state}
    return _sheet(title, stored_source(reading(), version.id), (back, back))


def _sheet(
    title: Mapping[str, str], source: Source, links: tuple[str, str], base: Collection[str] | None = None
) -> str:
    """Draw the page; `links` lead back and to the drawing."""
    rows, problem = _rows(source, base)
    return render_template("studio/steps_print.html", title=title, rows=rows, problem=problem, links=links)


def _rows(source: Source, base: Collection[str] | None) -> tuple[list[Step], str]:
    """Return the rows; a diagram that cannot be read gives none and says why."""
    people = {one["code"]: one["name"] for one in choices.people(reading(), current_viewer())}
    try:
        return steps_of(read_diagram(source.diagram), _say, people, base), ""
    except UserError as error:
        return [], gettext(error.message, **error.values)


def _say(words: str | Limit, **values: Any) -> str:
    return limit_word(words) if isinstance(words, Limit) else gettext(words, **values)


def _base(draft: ProcessDraft) -> list[str] | None:
    version = draft.base_version_id and reading().get(ProcessVersion, draft.base_version_id)
    if not version:
        return None
    try:
        return list(read_diagram(stored_source(reading(), version.id).diagram).elements)
    except UserError:
        return None
