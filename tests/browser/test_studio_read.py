"""In Chromium: what differs is marked on both diagrams, the use of a version lies on it, a case is played again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.db import transaction
from app.processes.models import Process
from app.studio.operations import drafts
from tests.browser.scenes import Scenes
from tests.browser.visit import Visit
from tests.factories.dispatch import SLUG, Dispatch
from tests.factories.small import viewer

pytest_plugins = ["tests.browser.desks"]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
Enter = Callable[..., Visit]


@pytest.fixture(scope="module")
def changed(dispatch: Dispatch) -> int:
    """A draft of the dispatch process with one limit and one name changed; its id."""
    with dispatch.inside(), transaction() as session:
        owner, now = viewer(session, "owner"), clock.now(session)
        version_id = session.scalars(select(Process.running_version_id).where(Process.slug == SLUG)).one()
        assert version_id is not None
        draft = drafts.begin_from(session, owner, version_id, now)
        text = drafts.queries.source_of(session, draft).diagram.decode()
        text = text.replace('value="1 工作日"', 'value="4 工作小时"', 1).replace(
            'name="科室负责人审批"', 'name="科室审批"', 1
        )
        return drafts.save_part(session, owner, draft.id, ("bpmn", SLUG, text), draft.row_version, now).id


def faults(visit: Visit) -> list[str]:
    """Return the serious findings of axe outside the canvases."""
    visit.page.evaluate(AXE.read_text())
    found = visit.page.evaluate(
        "axe.run({exclude: [['.djs-container']]}).then(r => r.violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ' ' + v.nodes[0].html))"
    )
    return [str(one) for one in found]


def test_a_line_of_the_comparison_leads_to_its_element(owner: Visit, changed: int) -> None:
    """Both diagrams carry the marks; a click on a line brings its element to the middle; a reason is kept at once."""
    owner.open(f"/studio/drafts/{changed}/compare")
    expect(owner.page.locator("[data-ready]")).to_have_count(2)
    expect(owner.page.locator(".gj-diff-changed")).to_have_count(4)
    line = owner.page.locator("li[data-element=head_approval]").first
    line.locator("[data-go]").click()
    expect(line).to_have_class("gj-diff-line is-changed is-on")
    expect(owner.page.locator(".djs-element.gj-is-focus")).to_have_count(2)
    line.locator("[data-reason]").fill("机构改革后统一叫法")
    line.locator("[data-reason]").blur()
    expect(owner.page.locator("[data-reason-state]")).to_have_text("已存")
    canvas = owner.page.locator("[data-compared]").first.bounding_box()
    assert canvas is not None
    assert canvas["height"] > 200
    assert faults(owner) == []
    owner.open(f"/studio/drafts/{changed}/amendments")
    assert "机构改革后统一叫法" in owner.read(".gj-amendments")


def test_the_use_of_a_version_lies_on_its_diagram(enter: Enter, scenes: Scenes) -> None:
    """Steps are warm, lines carry numbers, another way to look changes the plates; nothing is found by axe."""
    del scenes
    visit = enter("director")
    visit.open(f"/studio/processes/{SLUG}/versions/1")
    expect(visit.page.locator(".gj-use-flow").first).to_be_attached()
    expect(visit.page.locator(".gj-heat-4").first).to_be_attached()
    visit.page.locator("[data-use='']").click()
    expect(visit.page.locator(".gj-use-flow")).to_have_count(0)
    assert faults(visit) == []


def test_a_case_is_played_with_keys(enter: Enter, scenes: Scenes, house: object) -> None:
    """The slider moves by the arrow keys, the list and the diagram follow, and the last step stands at the end."""
    del scenes
    number = house.ask("select number from case_file order by id limit 1")[0][0]  # type: ignore[attr-defined]
    visit = enter("director")
    visit.open(f"/cases/{number}/replay")
    expect(visit.page.locator("[data-replayed][data-ready]")).to_be_attached()
    slider = visit.page.locator("[data-replay-slider]")
    slider.focus()
    slider.press("ArrowRight")
    expect(visit.page.locator("[data-step='2']")).to_have_attribute("aria-current", "step")
    slider.press("End")
    last = visit.page.locator("[data-step]").last
    expect(last).to_have_attribute("aria-current", "step")
    assert faults(visit) == []
