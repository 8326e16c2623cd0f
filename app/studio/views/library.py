"""The library (流程库): processes by category, favourites, a new one."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import transaction
from app.errors import Invalid
from app.people.session import current_viewer
from app.processes.favourites import toggle_favourite
from app.studio import queries_library as shelves
from app.studio.operations.library import new_process
from app.studio.views.blueprint import EDIT, SEE_OTHER, VIEW, bp, reading
from app.web import permission
from app.web.i18n import gettext


@bp.get("/studio")
@permission(VIEW)
def library() -> ResponseReturnValue:
    """Show all processes, or those somebody searches."""
    viewer, text, category = current_viewer(), request.args.get("q", "").strip()[:60], request.args.get("category")
    groups = shelves.library(reading(), viewer, text, category)
    chips = [(url_for("studio.library", q=text or None), gettext("全部"), None, category is None)]
    chips += [
        (url_for("studio.library", q=text or None, category=one), one, None, category == one)
        for one in shelves.categories(reading())
    ]
    total = sum(len(group.lines) for group in groups)
    return render_template(
        "studio/library.html", groups=groups, text=text, chips=chips, total=total, category=category
    )


@bp.post("/studio/processes/<slug>/favourite")
@permission(VIEW)
def favourite(slug: str) -> ResponseReturnValue:
    """Put a process at the top of one's lists, or take it from there."""
    viewer = current_viewer()
    with transaction() as session:
        toggle_favourite(session, viewer.user_id, slug)
    return redirect(url_for("studio.library"), SEE_OTHER)


@bp.get("/studio/new")
@permission(EDIT)
def new() -> ResponseReturnValue:
    """Ask what the new process is called."""
    return render_template("studio/new.html", typed={}, errors={})


@bp.post("/studio/new")
@permission(EDIT)
def begin_new() -> ResponseReturnValue:
    """Begin a draft of a new process and open it."""
    viewer, typed = current_viewer(), {key: request.form.get(key, "") for key in ("name", "slug")}
    try:
        with transaction() as session:
            draft_id = new_process(session, viewer, typed["name"], typed["slug"], clock.now(session)).id
    except Invalid as error:
        told = {key: gettext(sentence) for key, sentence in error.fields.items()}
        return render_template("studio/new.html", typed=typed, errors=told), error.status
    return redirect(url_for("studio.draft", draft_id=draft_id), SEE_OTHER)
