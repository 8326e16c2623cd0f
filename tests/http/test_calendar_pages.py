"""The working calendar and the notices in the browser."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.deadlines import operations, queries
from app.deadlines.models import CalendarPlan
from app.outbox.channels import NullChannel
from app.outbox.jobs import drain
from app.outbox.models import Owed
from app.outbox.operations import notify, owe
from app.outbox.queries import notices
from app.people.models import Unit, User

SignIn = Callable[[str], FlaskClient]
TABLE = "日期,类别,名称\n2027-01-01,放假,元旦\n2027-01-02,上班,元旦\n"


@pytest.fixture(autouse=True)
def established(app: Flask) -> None:
    """Give the city its calendar."""
    del app
    with transaction() as session:
        operations.establish(session, clock.now(session))


def user_id(user_name: str) -> int:
    """Return the id of a person."""
    return db.session.scalars(select(User.id).where(User.user_name == user_name)).one()


def plan_form(**changes: object) -> dict[str, object]:
    """Return the fields of the hours form."""
    db.session.rollback()
    plan = queries.plan_of(db.session(), None)
    assert plan is not None
    return {"spans": "09:00-12:00, 13:00-17:00", "weekday": [0, 1, 2, 3, 4], "version": plan.row_version, **changes}


@pytest.mark.parametrize("person", ["dept", "vendor_a_tech", "office", "auditadmin"])
def test_everybody_may_read_the_calendar(sign_in: SignIn, person: str) -> None:
    """Limits are counted by it, so whoever has limits may see it; only editors get the forms."""
    page = sign_in(person).get("/calendar?year=2026").text
    assert "2026 年工作日历" in page
    assert page.count("gj-month") == 12
    assert "is-makeup" in page
    assert ("导入放假表" in page) == (person == "office")


def test_a_year_without_data_says_so(sign_in: SignIn) -> None:
    """2027 is assumed from weekends and the page says it first; 2031 has nothing yet."""
    client = sign_in("office")
    assert "2027 年暂按周末推算" in client.get("/calendar?year=2027").text
    assert "2031 年还没有节假日安排" in client.get("/calendar?year=2031").text
    assert client.get("/calendar?year=1900").status_code == 404
    assert client.get("/calendar?plan=999").status_code == 404


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_imports_a_year(sign_in: SignIn, encoding: str) -> None:
    """A table in either encoding replaces the assumption, and can be downloaded again."""
    client = sign_in("office")
    data = {"table": (io.BytesIO(TABLE.encode(encoding)), "2027 放假安排.csv")}
    answer = client.post("/calendar/2027/table", data=data, follow_redirects=True)
    assert "2027 年的安排已导入。" in answer.text
    assert "2027 放假安排.csv" in answer.text
    assert "2027-01-02,上班,元旦" in client.get("/calendar/2027.csv").data.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "没有选择文件"),
        ({"table": (io.BytesIO("2026-01-01,放假,元旦".encode()), "a.csv")}, "这次导入的是 2027 年"),
        ({"table": (io.BytesIO(b"\x00\x01"), "a.csv")}, "不是文本"),
        ({"table": (io.BytesIO(b"x" * 300_000), "a.csv")}, "256 KB"),
    ],
)
def test_a_wrong_table_is_told_on_the_same_page(sign_in: SignIn, data: dict[str, object], sentence: str) -> None:
    """The sentence stands on the calendar page and the year stays as it was."""
    answer = sign_in("office").post("/calendar/2027/table", data=data)
    assert answer.status_code in {413, 422}
    assert sentence in answer.text
    assert "暂按周末推算" in answer.text


def test_the_package_is_asked_again(sign_in: SignIn) -> None:
    """A year with data is updated, one without stays assumed."""
    client = sign_in("office")
    assert "2026 年已按自带数据更新。" in client.post("/calendar/2026/package", follow_redirects=True).text
    assert "暂按周末推算" in client.post("/calendar/2027/package", follow_redirects=True).text


def test_hours_are_changed_and_a_stale_form_is_refused(sign_in: SignIn) -> None:
    """Saved hours show at once; a form opened before somebody else's change comes back with what was typed."""
    client, form = sign_in("office"), plan_form()
    plan = queries.plan_of(db.session(), None)
    assert plan is not None
    path = f"/calendar/plans/{plan.id}"
    assert "一个工作日 7 小时" in client.post(path, data=form, follow_redirects=True).text
    stale = client.post(path, data={**form, "spans": "08:00-11:00"})
    assert (stale.status_code, "08:00-11:00" in stale.text) == (409, True)
    wrong = client.post(path, data=plan_form(spans="全天"))
    assert (wrong.status_code, "全天" in wrong.text) == (422, True)


def test_a_unit_gets_hours_of_its_own_and_gives_them_back(sign_in: SignIn) -> None:
    """The unit's own hours are a tab beside the default, until they are dropped."""
    client = sign_in("office")
    unit = db.session.scalars(select(Unit).where(Unit.kind == "vendor")).first()
    assert unit is not None
    name, form = unit.name, {"unit": unit.id, "spans": "00:00-24:00", "weekday": list(range(7))}
    assert name in client.post("/calendar/plans", data=form, follow_redirects=True).text
    db.session.rollback()
    plan = db.session.scalars(select(CalendarPlan).where(CalendarPlan.unit_id.is_not(None))).one()
    assert "一个工作日 24 小时" in client.get(f"/calendar?plan={plan.id}").text
    assert client.post(f"/calendar/plans/{plan.id}/drop").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(CalendarPlan).where(CalendarPlan.unit_id.is_not(None))).all() == []


@pytest.mark.parametrize("path", ["2027/table", "2027/package", "plans", "plans/1", "plans/1/drop"])
def test_who_may_not_edit_is_turned_away(sign_in: SignIn, path: str) -> None:
    """A department cannot change the calendar by posting to it."""
    assert sign_in("dept").post(f"/calendar/{path}").status_code in {403, 404}


def tell(user_name: str, url: str | None = "/calendar") -> None:
    """Leave a notice."""
    reader = user_id(user_name)
    with transaction() as session:
        values = {"title": "改<b>栏目"}
        notify(session, [reader], "“%(title)s”超期了。", values=values, url=url, now=clock.now(session))


def test_a_notice_is_read_by_opening_it(sign_in: SignIn) -> None:
    """The bell counts, opening marks as read and leads on, the text is escaped."""
    tell("dept")
    client = sign_in("dept")
    page = client.get("/notices").text
    assert "“改&lt;b&gt;栏目”超期了。" in page
    assert "1 条未读" in page
    notice = newest(user_id("dept"))
    answer = client.post(f"/notices/{notice}/open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/calendar")
    assert "0 条未读" in client.get("/notices").text


def newest(user: int) -> int:
    """Return the id of a person's newest notice."""
    return notices(db.session(), user)[0].id


def test_a_notice_is_its_readers_alone_and_never_leads_away(sign_in: SignIn) -> None:
    """A stranger gets 404; an address outside leads back to the list."""
    tell("dept", "https://example.com/")
    notice = newest(user_id("dept"))
    assert sign_in("other_dept").post(f"/notices/{notice}/open").status_code == 404
    assert sign_in("dept").post(f"/notices/{notice}/open").headers["Location"] == "/notices"


def test_all_notices_are_marked_at_once_and_paged(sign_in: SignIn) -> None:
    """Thirty to a page, the rest behind one link; one button marks all as read."""
    for _ in range(31):
        tell("dept")
    client = sign_in("dept")
    page = client.get("/notices").text
    assert page.count('class="gj-notice is-new"') == 30
    assert "before=" in page
    client.post("/notices/read")
    assert "0 条未读" in client.get("/notices").text
    assert "没有消息" in sign_in("other_dept").get("/notices").text


class Broken:
    """A channel that is down."""

    def send(self, key: str, payload: object) -> None:
        """Fail."""
        raise ConnectionError(f"{key} {len(str(payload)) > 0}")


def test_the_drain_sends_once_and_keeps_what_failed(app: Flask) -> None:
    """Each kind goes through its channel; a failure is kept with its reason; services are left to their workers."""
    del app
    with transaction() as session:
        for kind in ("mail", "webhook", "service"):
            owe(session, kind, {"to": kind}, now=clock.now(session))
    mail = NullChannel()
    assert drain({"mail": mail, "webhook": Broken()}, "one") == 1
    assert drain({"mail": mail, "webhook": Broken()}, "one") == 0
    assert [payload["to"] for payload in mail.sent.values()] == ["mail"]
    rows = {row.kind: row for row in db.session.scalars(select(Owed))}
    assert (rows["mail"].done_at is not None, rows["webhook"].tries, rows["service"].owner) == (True, 1, None)
    assert rows["webhook"].last_error == f"ConnectionError: owed-{rows['webhook'].id} True"
