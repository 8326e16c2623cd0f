"""Groups of an emergency reach across units: whoever is asked can open what they are asked for, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock, runtime_of
from app.api import queries as rest
from app.db import db, transaction
from app.emergency.drafting import draft
from app.emergency.models import Emergency, RosterMember
from app.emergency.operations.opening import open_emergency
from app.people.models import User
from app.work.models import Candidate, WorkItem
from tests.factories.emergency import Running, publish_emergency
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]


def enlist(group: str, *names: str, instead: bool = False) -> None:
    """Put people at the end of a group's list, or make them the list."""
    with transaction() as session:
        rows = session.scalars(select(RosterMember).where(RosterMember.group == group)).all()
        for row in rows if instead else ():
            session.delete(row)
        for place, name in enumerate(names, 50):
            user = session.scalars(select(User).where(User.user_name == name)).one()
            session.add(RosterMember(group=group, position=place, user_id=user.id, title="", phone="1"))


@pytest.mark.parametrize("name", ["vendor_a_tech", "dept"])
def test_who_is_asked_beside_the_office_can_open_the_step(app: Flask, sign_in: SignIn, name: str) -> None:
    """The technical group is of several units; each of its people has the notice, so each has the page."""
    publish_emergency()
    enlist("tech", name)
    run = Running(app).begin()
    run.confirm()
    item = run.items()["first_containment"]
    offered = select(Candidate.user_id).join(User, User.id == Candidate.user_id)
    assert db.session.scalars(offered.where(Candidate.item_id == item.id, User.user_name == name)).all()
    browser = sign_in(name)
    assert browser.get(f"/emergency/{run.case.number}").status_code == 200
    assert browser.get(f"/tasks/{item.id}").status_code == 200
    assert rest.task(db.session(), viewer(db.session(), name), item.id) is not None


def test_a_report_speaks_for_the_house_though_a_vendor_raised_the_alarm(app: Flask) -> None:
    """Without a site the one who tells is known, not who answers for it: that is the office, never a contractor."""
    publish_emergency()
    with transaction() as session:
        who, now = viewer(session, "vendor_a_tech"), clock.now(session)
        open_emergency(session, runtime_of(app), who, "tamper", None, "首页被换", key="alarm", now=now)
        text = draft(session, session.scalars(select(Emergency)).one(), "phone", now)
    assert "启砚内容" not in text
    assert "这里是网站管理办公室" in text


def test_of_two_vendors_that_are_asked_neither_reads_a_name_of_the_other(app: Flask, sign_in: SignIn) -> None:
    publish_emergency()
    enlist("tech", "vendor_a_tech", "vendor_b_tech", instead=True)
    run = Running(app).begin()
    run.confirm()
    run.do("first_containment", "duty", decision="done", contain_note="切到静态页")
    step = next(one for one in run.items().values() if one.node.startswith("handle_tamper:"))
    assert isinstance(step, WorkItem)
    for mine, other in (("vendor_a_tech", "白砚秋"), ("vendor_b_tech", "陆小满")):
        browser = sign_in(mine)
        answer = browser.get(f"/emergency/{run.case.number}")
        assert answer.status_code == 200
        assert other not in answer.text
        answer = browser.get(f"/tasks/{step.id}")
        assert answer.status_code == 200
        assert other not in answer.text
        assert other not in browser.get(f"/cases/{run.case.number}").text
    second = sign_in("vendor_b_tech")
    second.post(f"/tasks/{step.id}/claim")
    assert run.items()["analyse"].unit_name == "拓数数据"
    assert sign_in("vendor_a_tech").get(f"/tasks/{step.id}").status_code == 404
    assert "白砚秋" not in sign_in("vendor_a_tech").get(f"/emergency/{run.case.number}").text
    second.post(f"/tasks/{step.id}/release")
    assert run.items()["analyse"].unit_name not in {"拓数数据", "启砚内容"}
    assert sign_in("vendor_a_tech").get(f"/tasks/{step.id}").status_code == 200


def test_what_is_reported_to_those_above_is_not_read_by_a_vendor(app: Flask, sign_in: SignIn) -> None:
    """A vendor that repairs sees that there are steps it may not read, not the report, receiver or receipt."""
    publish_emergency()
    enlist("tech", "vendor_a_tech")
    run = Running(app).begin()
    run.confirm(harmful_home=True, happened_at="2026-11-17T08:30:00+08:00")
    run.do("first_containment", "vendor_a_tech", decision="contained", contain_note="切到静态页")
    sent = {"channel": "phone", "receiver_name": "市网信办值班室", "receipt": "SW-118"}
    run.do("phone_report", "liaison", decision="sent", report_text="甲乙丙丁的初步情况", **sent)
    receipt = next(one.receipt_code for one in run.items("done").values() if one.node == "phone_report")
    words = {"甲乙丙丁的初步情况", "市网信办值班室", "SW-118", receipt}
    for name, seen in (("office", True), ("vendor_a_tech", False)):
        browser = sign_in(name)
        tabs = ("", "?tab=all", "?tab=form", "?tab=files", "?tab=data", "?tab=related")
        pages = "".join(browser.get(f"/cases/{run.case.number}{tab}").text for tab in tabs)
        assert {word for word in words if word in pages} == (words if seen else set()), name
    assert "条不归您看" in pages
