"""Rights at sites and columns: give one to a unit or a person, take it back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import ColumnGrant, SiteColumn
from app.content.queries.columns import manages_site
from app.content.rules import RIGHTS, WRITE
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.ledger import Entry, append
from app.people.models import Unit, User
from app.people.rules import VENDOR, Viewer
from app.work.operations.act import person

NOT_YOURS = N_("没有这个网站，或者它的栏目不归您管。")


@dataclass(frozen=True)
class Wanted:
    """A right to be given: which one, to a unit or to a person, at a column or (without) at the whole site."""

    right: str
    column_id: int | None = None
    unit_id: int | None = None
    user_id: int | None = None


def grant(session: Session, viewer: Viewer, site_id: int, wanted: Wanted, now: datetime) -> ColumnGrant:
    """Give a right; the same right again returns the grant there is."""
    if not manages_site(session, viewer, site_id):
        raise NotFound(NOT_YOURS)
    _check(session, site_id, wanted)
    found = session.scalar(select(ColumnGrant).filter_by(site_id=site_id, **asdict(wanted)))
    if found is not None:
        return found
    row = ColumnGrant(site_id=site_id, **asdict(wanted), granted_by=viewer.name, granted_at=now)
    session.add(row)
    session.flush()
    _note(session, viewer, "content:right:given", row, now)
    return row


def withdraw(session: Session, viewer: Viewer, grant_id: int, now: datetime) -> None:
    """Take a right back."""
    row = session.get(ColumnGrant, grant_id)
    if row is None or not manages_site(session, viewer, row.site_id):
        raise NotFound(NOT_YOURS)
    _note(session, viewer, "content:right:withdrawn", row, now)
    session.delete(row)
    session.flush()


def _check(session: Session, site_id: int, wanted: Wanted) -> None:
    if wanted.right not in RIGHTS:
        raise Invalid(fields={"right": N_("请选一种权限。")})
    if (wanted.unit_id is None) == (wanted.user_id is None):
        raise Invalid(fields={"unit_id": N_("权限给一个单位，或者给一个人，选一样。")})
    column = session.get(SiteColumn, wanted.column_id) if wanted.column_id is not None else None
    if wanted.column_id is not None and (column is None or column.site_id != site_id):
        raise Invalid(fields={"column_id": N_("这个栏目不在这个网站里。")})
    unit = _unit(session, wanted)
    if unit is None:
        raise Invalid(fields={"unit_id": N_("没有这个单位或这个人，或者已停用。")})
    if unit.kind == VENDOR and wanted.right != WRITE:
        raise Invalid(fields={"right": N_("外包单位只能写稿，不能发布，也不能管栏目。")})


def _unit(session: Session, wanted: Wanted) -> Unit | None:
    """Return the unit that gets the right, or that of the person who gets it; None when it is closed."""
    if wanted.user_id is not None:
        user = session.get(User, wanted.user_id)
        return user.unit if user is not None and user.disabled_at is None else None
    unit = session.get(Unit, wanted.unit_id)
    return unit if unit is not None and unit.disabled_at is None else None


def _note(session: Session, viewer: Viewer, kind: str, row: ColumnGrant, now: datetime) -> None:
    payload = {
        "site_id": row.site_id,
        "column_id": row.column_id,
        "unit_id": row.unit_id,
        "user_id": row.user_id,
        "right": row.right,
    }
    append(session, "house", [Entry(kind, person(viewer), payload)], now)
