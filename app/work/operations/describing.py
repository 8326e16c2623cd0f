"""What lists show of a case: title, priority, site and the summary fields, as the answers give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.formkit import CompiledForm
from app.people.models import ServiceCategory, Site, Unit, User
from app.work.models import WorkItem
from app.work.operations.act import Act
from app.work.rules import fill, names_of, words

LONGEST = 200
# shown by columns of their own in every list
OWN_COLUMN = frozenset({"priority"})
NAMED: Mapping[str, type[Any]] = {
    "site": Site,
    "category": ServiceCategory,
    "unit": Unit,
    "vendor": Unit,
    "person": User,
}


def describe(act: Act, item: WorkItem, answers: Mapping[str, Any]) -> None:
    """Keep the case's title, priority, site and summary up to date with `answers`."""
    properties = act.bundle.definition.properties
    title = properties.get("title")
    if title and "title" in answers:
        said = fill(title, names_of(answers, act.live.case_data))
        act.case.title = str(said or act.case.title)[:LONGEST]
    if isinstance(answers.get("priority"), str):
        act.case.priority = answers["priority"]
    if isinstance(answers.get("site"), int):
        act.case.site_id = answers["site"]
    form = act.bundle.forms.get(item.form or "")
    fields = [name for name in split(properties.get("summary.fields")) if name in answers]
    if form and fields:
        found = (in_words(act.session, form, name, answers[name]) for name in fields)
        act.case.summary = [text for text in found if text]


def split(text: str | None) -> list[str]:
    """Return the summary fields in the order the owner wrote them."""
    known = words(text) - OWN_COLUMN
    return [name for part in (text or "").split(",") if (name := part.strip()) in known]


def in_words(session: Session, form: CompiledForm, field: str, value: Any) -> str | None:
    """Return an answer as a list shows it: the name of a row, the label of an option, the text itself."""
    part = form.scope.leaves.get(field)
    if part is None or value is None:
        return None
    source = part.source.partition(".")[0]
    if source in NAMED and isinstance(value, int):
        row = session.get(NAMED[source], value)
        return row.name if row else None
    label = next((option.label for option in part.options if option.value == value), None)
    return label or str(value)
