"""What forms may offer and show: people, units, vendors, sites, categories, files and other cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.files.models import DRAFT, Upload
from app.files.queries import uploads
from app.formkit import CaseLink, Sources, SubjectView, register_source
from app.people import queries as house
from app.people.models import ServiceCategory, Site, Unit, User
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope, may_see_file

Pairs = Sequence[tuple[Any, str]]
MODELS: dict[str, Any] = {"person": User, "unit": Unit, "vendor": Unit, "site": Site, "category": ServiceCategory}


@dataclass(frozen=True)
class Reviews:
    """What the area of reviews shows: what a form or a case has under review, which version a hash stands for."""

    view: Callable[[Session, Viewer, Mapping[str, Any]], SubjectView | None]
    version: Callable[[Session, str], int | None]
    of_case: Callable[[Session, Viewer, Case], SubjectView | None]


_reviews: list[Reviews] = []


def show_reviews(reviews: Reviews) -> None:
    """Let forms ask what is under review; the last one registered answers."""
    _reviews[:] = [reviews]


def reviewed_in(session: Session, viewer: Viewer, case: Case) -> SubjectView | None:
    """Return what a case reviews, as somebody who only looks on sees it; None when it reviews nothing."""
    return _reviews[0].of_case(session, viewer, case) if _reviews else None


@dataclass(frozen=True)
class Asking:
    """Who asks for a list: the reader and the session to read with."""

    session: Session
    viewer: Viewer


def sources_for(session: Session, viewer: Viewer) -> Sources:
    """Return what one reader's forms may use."""
    reviews = _reviews[0] if _reviews else None
    return Sources(
        context=Asking(session, viewer),
        uploads=lambda ids: [row for row in uploads(session, ids) if may_use(session, viewer, row)],
        upload_url=lambda upload: url_for("files.download", upload_id=upload.id),
        case=lambda number: find_link(session, viewer, number),
        subject=(lambda data: reviews.view(session, viewer, data)) if reviews else None,
        seen=(lambda digest: reviews.version(session, digest)) if reviews else None,
    )


def may_use(session: Session, viewer: Viewer, upload: Upload) -> bool:
    """Say whether this reader may hand in or see a file: one's own draft, or a bound one of a visible step."""
    if upload.state == DRAFT:
        return upload.owner_id == viewer.user_id
    return may_see_file(session, viewer, upload)


def find_link(session: Session, viewer: Viewer, number: str) -> CaseLink | None:
    """Return another case by its number, if this reader may see it."""
    query = select(Case).where(Case.number == number.strip().upper(), case_scope(viewer))
    case = session.scalar(query)
    return CaseLink(case.number, case.title, url_for("work.case", number=case.number)) if case else None


def register_sources() -> None:
    """Offer the house's lists to forms; ids are numbers, as expressions and decision tables expect."""
    offers: dict[str, Callable[[Asking], Sequence[tuple[str, str]]]] = {
        "person": lambda asking: house.people_choices(asking.session, asking.viewer),
        "person.own_unit": lambda asking: house.people_choices(asking.session, asking.viewer, asking.viewer.unit_id),
        "person.departments": lambda asking: house.department_people_choices(asking.session),
        "unit": lambda asking: house.unit_choices(asking.session, asking.viewer),
        "vendor": lambda asking: house.vendor_choices(asking.session, asking.viewer),
        "site": lambda asking: house.site_choices(asking.session, asking.viewer),
        "category": lambda asking: house.category_choices(asking.session),
    }
    for name, choices in offers.items():
        register_source(name, _numbered(choices), _namer(name.partition(".")[0]))


def _numbered(choices: Callable[[Asking], Sequence[tuple[str, str]]]) -> Callable[[Any], Pairs]:
    return lambda asking: [(int(value), label) for value, label in choices(asking)]


def _namer(name: str) -> Callable[[Any, Any], str | None]:
    """Return what names a stored value that is no longer offered; another vendor stays unnamed to a vendor."""

    def label(asking: Asking, value: Any) -> str | None:
        row = asking.session.get(MODELS[name], value) if isinstance(value, int) else None
        if row is None or _foreign(asking.viewer, row):
            return None
        return str(row.name)

    return label


def _foreign(viewer: Viewer, row: Any) -> bool:
    if not viewer.is_vendor:
        return False
    if isinstance(row, Unit):
        return row.kind == "vendor" and row.id != viewer.unit_id
    return isinstance(row, User) and row.unit.kind == "vendor" and row.unit_id != viewer.unit_id
