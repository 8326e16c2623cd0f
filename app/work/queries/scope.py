"""Who may see what: the one place that says which cases, items, records and files are open to a viewer."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select, true
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.files.models import Upload
from app.ledger.models import Record
from app.people.models import Unit, User
from app.people.rules import Viewer
from app.work.models import Candidate, Case, Comment, Copy, Party, Stretch, WorkItem


def case_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition under which a case is open to this viewer.

    The house's desks see all. Others see what their unit takes part in, what they began and what was copied to
    them. A vendor sees only cases in which it holds, held or was asked for a step.
    """
    if viewer.sees_all_cases:
        return true()
    takes_part = exists().where(Party.case_id == Case.id, Party.unit_id == viewer.unit_id)
    if viewer.is_vendor:
        return takes_part
    copied = exists().where(Copy.case_id == Case.id, Copy.user_id == viewer.user_id)
    return or_(takes_part, Case.starter_id == viewer.user_id, copied)


def item_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for work items of visible cases; a vendor sees none of another vendor's or kept inside."""
    if not viewer.is_vendor:
        return true()
    of_the_house = and_(WorkItem.unit_id.not_in(_vendors()), WorkItem.inside.is_(False))
    return or_(WorkItem.unit_id == viewer.unit_id, of_the_house)


def record_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for records of visible cases; a vendor sees no other vendor's acts, none kept inside."""
    if not viewer.is_vendor:
        return true()
    others = _vendors().where(Unit.id != viewer.unit_id)
    kept = exists().where(WorkItem.id == Record.item_id, WorkItem.inside, WorkItem.unit_id != viewer.unit_id)
    return and_(or_(Record.unit_id.is_(None), Record.unit_id.not_in(others)), not_(kept))


def person_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for people asked for a step; a vendor reads no names of another vendor's."""
    if not viewer.is_vendor:
        return true()
    return User.unit_id.not_in(_vendors().where(Unit.id != viewer.unit_id))


def comment_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for remarks in visible cases."""
    if not viewer.is_vendor:
        return true()
    return Comment.unit_id.not_in(_vendors().where(Unit.id != viewer.unit_id))


def stretch_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for stretches of charged time; another vendor's are no business of a vendor."""
    if not viewer.is_vendor:
        return true()
    return Stretch.unit_id.not_in(_vendors().where(Unit.id != viewer.unit_id))


def find_case(session: Session, viewer: Viewer, number: str) -> Case:
    """Return the case with this number; raise NotFound when there is none or it is not this viewer's to see."""
    case = session.scalar(select(Case).where(Case.number == number, case_scope(viewer)))
    if case is None:
        raise NotFound
    return case


def find_item(session: Session, viewer: Viewer, item_id: int) -> tuple[WorkItem, Case]:
    """Return a work item and its case; a vendor finds only its own items, and open ones it is asked for."""
    row = session.execute(
        select(WorkItem, Case)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.id == item_id, case_scope(viewer), own_scope(viewer))
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def own_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for steps whose page is open to this viewer: a vendor's own, and those it may take."""
    return or_(WorkItem.unit_id == viewer.unit_id, _is_asked(viewer)) if viewer.is_vendor else true()


def _is_asked(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for steps that nobody took yet and this person may take."""
    offered = exists().where(Candidate.item_id == WorkItem.id, Candidate.user_id == viewer.user_id)
    return and_(WorkItem.status == "open", WorkItem.assignee_id.is_(None), offered)


def may_act(session: Session, viewer: Viewer, item: WorkItem) -> bool:
    """Say whether this person may complete the item now."""
    if item.status != "open":
        return False
    if item.assignee_id is not None:
        return item.assignee_id == viewer.user_id
    return session.get(Candidate, (item.id, viewer.user_id)) is not None


def may_see_file(session: Session, viewer: Viewer, upload: Upload) -> bool:
    """Say whether a file is open to this viewer: one's own draft, or bound to a step the viewer may see."""
    if upload.item_id is None or upload.case_id is None:
        return upload.owner_id == viewer.user_id
    visible = (
        select(WorkItem.id)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.id == upload.item_id, case_scope(viewer), item_scope(viewer))
    )
    return session.scalar(visible) is not None


def _vendors() -> Select[int]:
    return select(Unit.id).where(Unit.kind == "vendor")
