"""The maintenance register in the browser: search per site, and whose entries one sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.db import transaction
from app.dispatch.models import MaintenanceEntry
from app.errors import Conflict
from app.people.models import Site
from tests.factories.boards import a_case, an_entry, unit_of

SignIn = Callable[[str], FlaskClient]
NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)
HOUSING, HEALTH = "3300000001", "3300000002"


@pytest.fixture(autouse=True)
def register(app: Flask) -> None:
    """Three operations: two by vendor a, at two sites, one by vendor b."""
    del app
    with transaction() as session:
        ours = a_case(session, "更新通知公告", at=NOW - 5 * DAY, vendor="vendor_a")
        an_entry(
            session, ours, vendor="vendor_a", site=HOUSING, at=NOW - 3 * DAY, object="公告栏目", done="改 100% 的标题"
        )
        theirs = a_case(session, "换横幅", at=NOW - 5 * DAY, vendor="vendor_a", starter="other_dept")
        an_entry(session, theirs, vendor="vendor_a", site=HEALTH, at=NOW - 2 * DAY, object="首页横幅")
        data = a_case(session, "导目录", at=NOW - 5 * DAY, vendor="vendor_b", starter="other_dept")
        an_entry(session, data, vendor="vendor_b", site=HOUSING, at=NOW - DAY, object="目录库")


def found(page: str) -> list[str]:
    """Return the objects listed, in order."""
    return re.findall(r"<b>([^<]+)</b></a>", page[page.index("<main") :])


def test_the_register_is_searched_by_text_site_vendor_and_day(sign_in: SignIn, session: Session) -> None:
    """Latest first; each question narrows, a percent sign is a percent sign, nonsense asks nothing."""
    client = sign_in("office")
    site = session.scalars(select(Site.id).where(Site.code == HOUSING)).one()
    expected = {
        "": ["目录库", "首页横幅", "公告栏目"],
        f"site={site}": ["目录库", "公告栏目"],
        f"vendor={unit_of(session, 'vendor_a').id}": ["首页横幅", "公告栏目"],
        "text=横幅": ["首页横幅"],
        "text=100%25": ["公告栏目"],
        "text=沈明溪": ["目录库", "首页横幅", "公告栏目"],
        "first=2026-11-15": ["目录库", "首页横幅"],
        "last=2026-11-15": ["首页横幅", "公告栏目"],
        "first=2026-11-15&last=2026-11-15": ["首页横幅"],
        "site=x&first=never&after=zz": ["目录库", "首页横幅", "公告栏目"],
    }
    for query, objects in expected.items():
        assert found(client.get(f"/maintenance?{query}").text) == objects, query


@pytest.mark.parametrize(
    ("person", "objects"),
    [
        ("director", ["目录库", "首页横幅", "公告栏目"]),
        ("vendor_a_lead", ["首页横幅", "公告栏目"]),
        ("vendor_b_tech", ["目录库"]),
        ("dept", ["目录库", "公告栏目"]),
        ("other_dept", ["目录库", "首页横幅"]),
    ],
)
def test_everybody_sees_only_their_own_entries(sign_in: SignIn, person: str, objects: list[str]) -> None:
    """A vendor its own; a department its own websites and its own cases; the desks all."""
    assert found(sign_in(person).get("/maintenance").text) == objects


def test_an_entry_opens_with_its_case(sign_in: SignIn, session: Session) -> None:
    """All that was declared, and the case; a case that is not the reader's stays closed."""
    entry = session.scalars(select(MaintenanceEntry).where(MaintenanceEntry.object == "目录库")).one()
    page = sign_in("director").get(f"/maintenance/{entry.id}").text
    for words in ("操作前导出全表", "导回备份", "沈明溪", "导目录", "/cases/RW-2026-"):
        assert words in page
    owner = sign_in("dept").get(f"/maintenance/{entry.id}").text
    assert "不归您看" in owner
    assert "导目录" not in owner


def test_another_vendors_entry_is_missing(sign_in: SignIn, session: Session) -> None:
    """It answers like an entry that never was."""
    entry = session.scalars(select(MaintenanceEntry).where(MaintenanceEntry.object == "目录库")).one()
    client = sign_in("vendor_a_lead")
    assert client.get(f"/maintenance/{entry.id}").status_code == 404
    assert client.get("/maintenance/999999").status_code == 404
    assert client.get(f"/maintenance?vendor={entry.vendor_id}").text.count("目录库") == 0


def test_the_register_goes_on_where_a_page_ends(sign_in: SignIn) -> None:
    """Thirty a page by time of operation; nothing twice, equal times included."""
    with transaction() as session:
        case = a_case(session, "批量维护", at=NOW - 5 * DAY, vendor="vendor_a")
        for number in range(40):
            an_entry(session, case, vendor="vendor_a", site=HOUSING, at=NOW - 4 * DAY, object=f"对象 {number:02d}")
    client = sign_in("office")
    first = client.get("/maintenance").text
    link = re.search(r'href="([^"]+)" data-key="more"', first)
    assert link is not None
    objects = found(first) + found(client.get(link[1].replace("&amp;", "&")).text)
    assert len(objects) == len(set(objects)) == 43


def test_an_entry_is_never_changed(session: Session) -> None:
    """The register is append-only in the database itself."""
    entry_id = session.scalars(select(MaintenanceEntry.id)).first()

    def rewrite() -> None:
        with transaction() as writing:
            writing.get_one(MaintenanceEntry, entry_id).done = "别的"

    with pytest.raises((DatabaseError, Conflict)):
        rewrite()
    assert session.get_one(MaintenanceEntry, entry_id, populate_existing=True).done != "别的"
