"""The A4 prints: the work order (工单) of a case, and one of its steps."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import locale
from app.work.models import WorkItem
from app.work.pages.prints import Sheet, sheet_of
from app.work.pages.sections import before
from app.work.pages.words import name_of
from app.work.queries import casefile
from app.work.queries.scope import find_case, find_item
from app.work.views.blueprint import bp, reading
from app.work.views.telling import Telling, tell


@bp.get("/cases/<number>/print")
@permission("work.view")
def print_case(number: str) -> ResponseReturnValue:
    """Print the whole case."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    told = tell(viewer, found)
    return render_template("work/print.html", sheet=_sheet(told), case=found, item=None)


@bp.get("/tasks/<int:item_id>/print")
@permission("work.view")
def print_task(item_id: int) -> ResponseReturnValue:
    """Print one step with what was asked before it."""
    viewer = current_viewer()
    item, found = find_item(reading(), viewer, item_id)
    told = tell(viewer, found)
    return render_template("work/print.html", sheet=_sheet(told, item), case=found, item=item)


def _sheet(told: Telling, item: WorkItem | None = None) -> Sheet:
    file, read = told.file, told.reading()
    if item is None:
        asked = [read.section(file.done[0], first=True)] if file.done else []
    else:
        own = [read.section(item)] if item.status == "done" else []
        asked = [*before(file, item, read), *own]
    head = casefile.head_of(reading(), told.case.id)
    return sheet_of(
        file,
        told.header,
        told.charged(),
        told.records(),
        asked,
        process=name_of(told.bundle.definition, locale()),
        check=(head.hash, head.seq) if head else None,
        item=item,
    )
