"""Incidents on the pages: the list, the tab 处置, what is typed there and kept."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import UserError
from tests.factories.served import Handler, Served, inside
from tests.factories.small import open_item

SignIn = Callable[[str], FlaskClient]
TITLE = "查一查三个附件"


@pytest.fixture
def served(app: Flask) -> Served:
    """A case that stands still at its automatic step."""
    found = Served(app, Handler([UserError("合同里没有这个网站。"), {"answer": 1}]))
    found.publish(inside(found.handler))
    found.start(TITLE)
    return found


def page(browser: FlaskClient, address: str) -> str:
    """Return a page as text."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.get_data(as_text=True))


def post(browser: FlaskClient, served: Served, **fields: str) -> Any:
    """Press one of the buttons."""
    number, incident_id = served.case().number, served.incident().id
    return browser.post(f"/cases/{number}/incidents/{incident_id}", data=fields)


def tab(served: Served) -> str:
    """Return the address of the tab."""
    return f"/cases/{served.case().number}?tab=handling"


def test_the_list_shows_what_stands_still(served: Served, sign_in: SignIn) -> None:
    """The owner sees case, step, reason and tries, and the menu counts them."""
    text = page(sign_in("owner"), "/incidents")
    for word in (TITLE, served.case().number, "自动办", "合同里没有这个网站。", "1 次没有办成", "流程负责人"):
        assert word in text, word
    assert tab(served) in text


def test_an_empty_list_is_good_news(sign_in: SignIn) -> None:
    """Nothing stands still: said as such, with a way on."""
    assert "没有异常" in page(sign_in("owner"), "/incidents")


@pytest.mark.parametrize("user_name", ["dept", "vendor_a_lead", "inspector"])
def test_only_those_who_may_solve_see_the_list(served: Served, sign_in: SignIn, user_name: str) -> None:
    """For others there is neither the list nor the tab nor the button."""
    browser = sign_in(user_name)
    assert browser.get("/incidents").status_code == 404
    assert post(browser, served, how="retry", reason="想试试").status_code == 404
    assert 'name="how"' not in browser.get(tab(served)).get_data(as_text=True)
    assert served.incident().state == "open"


def test_the_tab_shows_reason_values_and_consequences(served: Served, sign_in: SignIn) -> None:
    """Why it stands, since when, whose it is; each value in a box; what each button leads to."""
    text = page(sign_in("owner"), tab(served))
    for word in ("“自动办”停着", "合同里没有这个网站。", "流程负责人", "1 次", "照原样再办一次", "改前改后都留痕"):
        assert word in text, word
    assert f'name="value-title" value="{TITLE}"' in text


def test_a_retry_from_the_page(served: Served, sign_in: SignIn) -> None:
    """The case goes on; the tab says that nothing stands still, the records say who and why."""
    browser = sign_in("owner")
    answer = post(browser, served, how="retry", reason="合同已补录")
    assert answer.status_code == 303
    text = page(browser, answer.location)
    assert "不再停着" in text
    assert "没有停着的环节" in text
    assert open_item(served.case().id).node == "look"
    assert "合同已补录" in page(browser, f"/cases/{served.case().number}")


def test_a_repair_from_the_page(served: Served, sign_in: SignIn) -> None:
    """Changed and added values reach the handler; unchanged ones are no change."""
    browser = sign_in("owner")
    fields = {"value-title": "改过的事项", "new_name": "site", "new_text": "5", "reason": "写错了"}
    answer = post(browser, served, how="repair", **fields)
    assert answer.status_code == 303
    seen = served.handler.recorded[-1]
    assert (seen["title"], seen["site"]) == ("改过的事项", 5)
    assert "查一查三个附件 → 改过的事项" in page(browser, f"/cases/{served.case().number}")


def test_a_skip_from_the_page(served: Served, sign_in: SignIn) -> None:
    """The step is left out and the case goes on."""
    calls = len(served.handler.recorded)
    assert post(sign_in("owner"), served, how="skip", reason="这次不用").status_code == 303
    assert len(served.handler.recorded) == calls
    assert open_item(served.case().id).node == "look"


def test_without_a_reason_what_was_typed_stays(served: Served, sign_in: SignIn) -> None:
    """The sentence stands at the box; every box keeps its text."""
    answer = post(sign_in("owner"), served, how="repair", **{"value-title": "改到一半", "new_name": "site"})
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "要写明理由" in text
    assert 'value="改到一半"' in text
    assert 'name="new_name" value="site"' in text


def test_a_value_that_cannot_be_read_is_named(served: Served, sign_in: SignIn) -> None:
    """The sentence stands at its line, the reason stays."""
    served.handler.plan = [UserError("还是不行。")]
    browser = sign_in("owner")
    added = {"new_name": "amount", "new_text": "12", "reason": "补金额"}
    assert post(browser, served, how="repair", **added).status_code == 303
    answer = post(browser, served, how="repair", **{"value-amount": "十二", "reason": "再改"})
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "这里要填数字。" in text
    assert 'value="十二"' in text
    assert ">\n再改</textarea>" in text


def test_failing_again_says_so_at_once(served: Served, sign_in: SignIn) -> None:
    """The page after a vain retry says that it still stands, and shows the new reason."""
    served.handler.plan = [UserError("对方系统没有回答。")]
    browser = sign_in("owner")
    answer = post(browser, served, how="retry", reason="再试一次")
    text = page(browser, answer.location)
    assert "又没有办成" in text
    assert "对方系统没有回答。" in text
    assert "2 次" in text


def test_whoever_comes_second_keeps_the_text(served: Served, sign_in: SignIn) -> None:
    """The second of two reads who was first, and still has what they wrote."""
    browser, number, incident_id = sign_in("supervisor"), served.case().number, served.incident().id
    assert post(sign_in("owner"), served, how="retry", reason="合同已补录").status_code == 303
    answer = browser.post(f"/cases/{number}/incidents/{incident_id}", data={"how": "skip", "reason": "我写的理由"})
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "叶青梧" in text
    assert "我写的理由" in text


@pytest.mark.parametrize("how", ["", "burn"])
def test_an_unknown_way_changes_nothing(served: Served, sign_in: SignIn, how: str) -> None:
    """A button nobody drew is refused."""
    assert post(sign_in("owner"), served, how=how, reason="想试试").status_code == 422
    assert served.incident().state == "open"


# The course of a case


@pytest.fixture
def at_look(app: Flask) -> Served:
    """A case that waits for a person."""
    found = Served(app, Handler())
    found.publish(inside(found.handler))
    found.start(TITLE)
    return found


def steer(browser: FlaskClient, served: Served, kind: str, **fields: str) -> Any:
    """Send one of the forms."""
    return browser.post(f"/cases/{served.case().number}/steer/{kind}", data=fields)


def test_suspend_and_resume_from_the_page(at_look: Served, sign_in: SignIn) -> None:
    """The dispatch desk stops a case and lets it go on; each form is there when it is its turn."""
    browser = sign_in("office")
    assert "steer/suspend" in page(browser, tab(at_look))
    assert steer(browser, at_look, "suspend", reason="等来函").status_code == 303
    assert at_look.case().status == "suspended"
    text = page(browser, tab(at_look))
    assert "steer/resume" in text
    assert "steer/suspend" not in text
    assert steer(browser, at_look, "resume", reason="来函到了").status_code == 303
    assert at_look.case().status == "running"


def test_jump_from_the_page(served: Served, sign_in: SignIn) -> None:
    """The owner moves the stopped step elsewhere; the incident is gone with it."""
    browser = sign_in("owner")
    token = served.incident().token
    assert f'value="{token}"' in page(browser, tab(served))
    assert steer(browser, served, "jump", token=token, node="mend", reason="人工办").status_code == 303
    assert open_item(served.case().id).node == "mend"
    assert served.incident().state == "gone"
    assert served.case().incident is None


def test_terminate_from_the_page(served: Served, sign_in: SignIn) -> None:
    """Without a reason what was typed stays; with one the case ends and nothing is left to steer."""
    browser = sign_in("owner")
    assert steer(browser, served, "terminate", reason=" ").status_code == 422
    assert steer(browser, served, "terminate", reason="重复提出").status_code == 303
    assert served.case().status == "ended"
    assert served.incident().state == "gone"
    assert "steer/" not in page(browser, tab(served))


def test_a_wrong_jump_says_why_and_keeps_the_reason(at_look: Served, sign_in: SignIn) -> None:
    """A step nobody can get to, a token that is gone: refused in words, the reason stays."""
    browser = sign_in("owner")
    for token, node in (("nonsense", "mend"), (open_item(at_look.case().id).token, "refused")):
        answer = steer(browser, at_look, "jump", token=token, node=node, reason="试一试")
        assert answer.status_code == 409, (token, node)
        assert "试一试" in answer.get_data(as_text=True)


def test_a_deadline_needs_a_time(at_look: Served, sign_in: SignIn) -> None:
    """No time chosen is said at the box; a step without a limit, or of another case, changes nothing."""
    browser = sign_in("office")
    item = str(open_item(at_look.case().id).id)
    assert steer(browser, at_look, "due", item=item, due="", reason="来不及").status_code == 422
    assert steer(browser, at_look, "due", item="999", due="2026-12-01T17:00", reason="来不及").status_code == 404
    assert steer(browser, at_look, "due", item=item, due="2026-12-01T17:00", reason="来不及").status_code == 409


@pytest.mark.parametrize("user_name", ["dept", "vendor_a_lead"])
def test_others_steer_nothing(at_look: Served, sign_in: SignIn, user_name: str) -> None:
    """Who takes part but does not steer finds no such address."""
    assert steer(sign_in(user_name), at_look, "terminate", reason="不想办了").status_code == 404
    assert at_look.case().status == "running"


def test_an_unknown_form_is_missing(at_look: Served, sign_in: SignIn) -> None:
    """A word that is none of the forms is no address."""
    assert steer(sign_in("owner"), at_look, "burn", reason="试试").status_code == 404


def test_the_starter_reads_that_it_stands_still(served: Served, sign_in: SignIn) -> None:
    """Whoever began it sees on the case that it waits for the process owner, without the inner reason's tab."""
    text = page(sign_in("dept"), f"/cases/{served.case().number}")
    assert "自动环节没有办成" in text
    assert "去处置" not in text
