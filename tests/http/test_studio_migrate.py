"""The page that moves running cases: what it shows, what it asks, what it does, and who may see it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from app import clock, runtime_of
from app.db import transaction
from app.processes.rights import set_managers
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import case_of, complete, open_item, viewer
from tests.processes.diagrams import chain, end, start

SignIn = Callable[[str], FlaskClient]
FIRST = (start(), asked(), done("after"), done("last"), end(), chain("s", "ask", "after", "last", "e"))
LONGER = (
    start(),
    asked(),
    done("after"),
    done("more"),
    done("last"),
    end(),
    chain("s", "ask", "after", "more", "last", "e"),
)
SHORTER = (start(), asked(), done("last"), end(), chain("s", "ask", "last", "e"))
PAGE = "/studio/processes/p/migrate"


def started(app: Flask, title: str) -> int:
    return start_drawn(runtime_of(app), "p", title).case_id


def test_cases_are_seen_before_they_move_and_told_after(app: Flask, sign_in: SignIn) -> None:
    """Ticked cases move, each with its record on the case page; the others stay where they are."""
    publish_drawn("p", *FIRST)
    here, there = started(app, "甲事"), started(app, "乙事")
    publish_drawn("p", *LONGER)
    owner = sign_in("owner")
    page = owner.get(PAGE).text
    assert case_of(here).number in page
    assert "2 件能换，0 件不能换" in page
    number = case_of(here).number
    answer = owner.post(PAGE, data={"to": "2", "case": [str(here)], "reason": "多一步复核"})
    assert answer.status_code == 200
    assert "1 件已换到 v2，0 件没有换" in answer.text
    assert case_of(there).number in answer.text
    assert (case_of(here).version_id, case_of(there).version_id) == (2, 1)
    case = owner.get(f"/cases/{number}").text
    assert "换版本：v1 → v2" in case
    assert "多一步复核" in case
    item = open_item(here)
    assert sign_in("dept").get(f"/tasks/{item.id}").status_code == 200
    complete(runtime_of(app), item.id, "dept", {"done": "办了"})
    assert open_item(here).node == "more"


def test_nothing_chosen_and_no_reason_are_told_at_once(app: Flask, sign_in: SignIn) -> None:
    """Both sentences stand on the page, what was ticked and typed is kept, nothing moves."""
    publish_drawn("p", *FIRST)
    case_id = started(app, "甲事")
    publish_drawn("p", *LONGER)
    answer = sign_in("owner").post(PAGE, data={"to": "2"})
    assert answer.status_code == 422
    assert "还没有选办件" in answer.text
    assert "请写理由。" in answer.text
    answer = sign_in("owner").post(PAGE, data={"to": "2", "case": "x", "reason": "留着"})
    assert "留着" in answer.text
    assert case_of(case_id).version_id == 1


def test_a_case_that_cannot_move_says_why(app: Flask, sign_in: SignIn) -> None:
    """It has no box to tick; posting it all the same is refused with the sentence; done steps must stay too."""
    publish_drawn("p", *FIRST)
    here, far = started(app, "甲事"), started(app, "乙事")
    complete(runtime_of(app), open_item(far).id, "dept", {"done": "办了"})
    publish_drawn("p", *SHORTER)
    owner = sign_in("owner")
    page = owner.get(PAGE).text
    assert "0 件能换，2 件不能换" in page
    assert "环节“after”在新版里没有了，办件正在这里。" in page
    assert "办件刚从这里过来" in page
    answer = owner.post(PAGE, data={"to": "2", "case": str(here), "reason": "试试"})
    assert "0 件已换到 v2，1 件没有换" in answer.text
    assert "在新版里没有了" in answer.text
    assert case_of(here).version_id == 1


def test_what_was_answered_is_read_as_it_was_asked(app: Flask, sign_in: SignIn) -> None:
    """A form that lost a field in the new version: the earlier answer to it is still on the case page."""
    publish_drawn("p", *FIRST)
    case_id = started(app, "甲事")
    with transaction() as session:
        publish_without_wanted(session)
    owner = sign_in("owner")
    assert "请办。" in owner.get(f"/cases/{case_of(case_id).number}?tab=form").text
    owner.post(PAGE, data={"to": "2", "case": str(case_id), "reason": "表单改了"})
    assert case_of(case_id).version_id == 2
    assert "请办。" in owner.get(f"/cases/{case_of(case_id).number}?tab=form").text
    assert owner.get(f"/tasks/{open_item(case_id).id - 1}").status_code == 200


def publish_without_wanted(session: object) -> None:
    """Publish the same diagram with a first form that asks less."""
    import json  # noqa: PLC0415

    from app.ledger import Actor  # noqa: PLC0415
    from app.processes.operations import publish, stored_source  # noqa: PLC0415
    from app.processes.source import Source  # noqa: PLC0415

    source = stored_source(session, 1)  # type: ignore[arg-type]
    form = json.loads(source.forms["ask"])
    form["components"] = [one for one in form["components"] if one.get("key") != "wanted"]
    forms = {**source.forms, "ask": json.dumps(form, ensure_ascii=False)}
    changed = Source("p", source.diagram, source.tables, forms)
    publish(session, changed, Actor("setup", "setup"), clock.now(session))  # type: ignore[arg-type]


def test_only_who_may_edit_the_process_moves_its_cases(app: Flask, sign_in: SignIn) -> None:
    """Others are refused; unknown processes and versions are not found."""
    publish_drawn("p", *FIRST)
    owner = sign_in("owner")
    assert sign_in("director").get(PAGE).status_code == 404
    assert owner.get("/studio/processes/nope/migrate").status_code == 404
    assert owner.get(f"{PAGE}?to=7").status_code == 404
    assert "没有可以换的办件" in owner.get(PAGE).text
    with transaction() as session:
        from app.people import operations as house  # noqa: PLC0415

        now, office = clock.now(session), viewer(session, "office").user_id
        house.grant_role(session, house.by_setup(), office, "owner", unit_id=None, now=now)
        set_managers(session, "p", viewer(session, "owner"), [office], now)
    assert owner.get(PAGE).status_code == 403
