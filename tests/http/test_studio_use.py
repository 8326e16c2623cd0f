"""How a version is used, the cases behind its numbers, and the replay of one case."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask import Flask

from app import clock, runtime_of
from app.db import db, transaction
from app.processes.models import Process
from app.studio.flows_taken import Count
from app.studio.queries_use import FEW, Use, heat, use_of
from tests.conftest import signed_in
from tests.factories.drawn import asked, publish_drawn, start_drawn
from tests.factories.small import complete, open_item, publish_small, start_small, viewer
from tests.processes.diagrams import end, flows, start


def forward(**span: float) -> None:
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(**span))


def use(app: Flask, slug: str = "small", by: str = "owner", days: int | None = None) -> Use:
    """Return how the running version of a process is used, as somebody may see it."""
    db.session.rollback()
    session = db.session()
    process = session.query(Process).filter_by(slug=slug).one()
    assert process.running_version_id is not None
    definition = runtime_of(app).library.bundle(session, process.running_version_id).definition
    now = clock.now(session)
    since = now - timedelta(days=days) if days else None
    return use_of(session, viewer(session, by), process.running_version_id, definition, since, now)


def walk(app: Flask, *, back: bool = False, hours: float = 2) -> str:
    """Play a case of `small`: handled after some hours, sent back once if wanted, and passed; return its number."""
    runtime = runtime_of(app)
    begun = start_small(runtime)
    for decision in ["back", "pass"] if back else ["pass"]:
        forward(hours=hours)
        complete(runtime, open_item(begun.case_id).id, "vendor_a_tech", {"done": "修好了"})
        complete(runtime, open_item(begun.case_id).id, "dept", {"decision": decision})
    return begun.number


def test_flows_steps_returns_and_times_are_counted(either_app: Flask) -> None:
    """Three cases, one of them sent back: each flow has its cases, the step its times by the working calendar."""
    publish_small()
    walk(either_app, hours=1)
    walk(either_app, hours=1, back=True)
    start_small(runtime_of(either_app))
    found = use(either_app)
    assert (found.cases, found.ended) == (3, 2)
    assert found.flows["to_ask"] == Count(3, 3)
    assert found.flows["to_do"] == Count(3, 3)
    assert found.flows["to_check"] == Count(2, 3)
    assert found.flows["again"] == Count(1, 1)
    assert found.flows["passed"] == Count(2, 2)
    nodes = {one.node.id: one for one in found.nodes}
    handling = nodes["do"]
    assert (handling.count, handling.done, handling.open, handling.again) == (Count(2, 3), 3, 1, 1)
    minutes = [round(one / timedelta(minutes=1)) for one in (handling.median, handling.ninety) if one is not None]
    assert minutes == [60, 60]
    assert handling.few
    assert FEW > 3


def test_nights_do_not_count_and_what_is_late_is_counted(app: Flask) -> None:
    """A step that lay over a night counts the working hours only; one done after its limit counts as late."""
    publish_small()
    walk(app, hours=24)
    walk(app, hours=24 * 10)
    handling = next(one for one in use(app).nodes if one.node.id == "do")
    assert handling.late == 1
    assert handling.ninety is not None
    assert handling.ninety < timedelta(hours=24 * 10) / 2


def test_the_period_and_the_viewer_narrow_what_is_counted(app: Flask) -> None:
    """Cases begun before the period are left out, and so are cases this viewer may not see."""
    publish_small()
    walk(app)
    forward(days=40)
    assert use(app, days=90).cases == 1
    assert use(app, days=30).cases == 0
    assert use(app, by="other_dept").cases == 0


def test_a_flow_the_records_do_not_tell_is_left_open(app: Flask) -> None:
    """Behind a step with conditions on its lines nobody wrote down which was taken: no number."""
    parts = (
        start(),
        asked(),
        end("e"),
        end("f"),
        flows("s>ask", "x:ask>e[${title == 'x'}]", "y:ask>f[${title != 'x'}]"),
    )
    publish_drawn("open", *parts)
    start_drawn(runtime_of(app), "open")
    found = use(app, "open")
    assert found.flows["x"] == found.flows["y"] == Count(None, None)


def test_the_pages_number_leads_to_just_these_cases(app: Flask) -> None:
    """The link behind the number of a step lists as many cases as the number says, with its conditions in words."""
    publish_small()
    numbers = {walk(app), walk(app)}
    begun = start_small(runtime_of(app)).number
    browser = signed_in(app, "owner")
    page = browser.get("/studio/processes/small/versions/1?days=90").get_data(as_text=True)
    link = re.search(r'href="(/cases\?[^"]*node=do[^"]*)">(\d+)<', page)
    assert link is not None
    assert link[2] == "2"
    assert "只有 2 次" in page
    listed = browser.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    for words in ("v1 的办件", "办过“办理”", "近 90 天发起的", *numbers):
        assert words in listed
    assert begun not in listed


def test_the_replay_tells_each_step_and_where_the_case_stood(app: Flask) -> None:
    """Starting, handling, sending back: one step each, with who did it, the open step and the flows taken by then."""
    publish_small()
    number = walk(app, back=True)
    page = signed_in(app, "dept").get(f"/cases/{number}/replay").get_data(as_text=True)
    found = re.search(r"data-replay-steps>(.*?)</script>", page, re.DOTALL)
    assert found is not None
    steps = json.loads(found[1])
    assert [one["nodes"].get("do") for one in steps[:3]] == ["now", "done", "now"]
    assert "again" not in steps[1]["flows"]
    assert "again" in steps[2]["flows"]
    assert steps[-1]["nodes"]["check"] == "done"
    assert "now" not in steps[-1]["nodes"].values()
    assert "陆小满" in page


@pytest.mark.parametrize("user_name", ["other_dept", "vendor_b_lead"])
def test_a_foreign_case_has_no_replay(app: Flask, user_name: str) -> None:
    """Who may not see a case may not see it replayed."""
    publish_small()
    number = walk(app)
    assert signed_in(app, user_name).get(f"/cases/{number}/replay").status_code == 404


def test_heat_has_four_steps_of_the_largest() -> None:
    """The hottest is 4, nothing is 0, and where all are nothing nothing is hot."""
    assert heat({"a": 100, "b": 30, "c": 1, "d": 0}) == {"a": 4, "b": 2, "c": 1, "d": 0}
    assert heat({"a": 0}) == {"a": 0}
    assert heat({}) == {}
