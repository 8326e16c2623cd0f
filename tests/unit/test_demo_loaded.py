"""The demo as it stands once it was played: the stories, the states, the rhythm, the cards."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import birth, clock, create_app
from app.boards import queries, rules
from app.content.models import Article, ArticleVersion, ErrorReport, Fault, PageCheck, Publication, SiteColumn
from app.db import db
from app.deadlines.queries import calendar_for
from app.deadlines.rules import is_working
from app.demo import demo_cards
from app.demo.emergencies import emergency_texts
from app.demo.stage import STORY
from app.demo.texts import story_demands
from app.dispatch.models import MaintenanceEntry
from app.emergency import queries as emergencies
from app.emergency.models import Drill, Emergency, MicroDrill, RosterMember
from app.emergency.queries.rosters import callees
from app.files.models import BOUND, Upload
from app.ledger import verify
from app.ledger.models import Record
from app.people.models import Site, Unit, User
from app.people.queries import viewer_named
from app.review.models import ReviewAct
from app.work.models import Case, Comment, Copy, Draft, WorkItem
from app.work.queries.casefile import case_data
from tests.conftest import settings_for

FIXED = (
    "owner", "office", "supervisor", "director", "inspector", "dept", "dept_head", "vendor_a_lead", "vendor_a_tech",
    "vendor_b_lead", "vendor_b_tech", "sysadmin", "secadmin", "auditadmin",
    "editor", "reviewer1", "reviewer2", "secrecy", "reviewer3", "publisher",
    "duty", "commander", "commander2", "tech_lead", "publicity", "liaison",
)  # fmt: skip
TEXTS = (
    "wanted", "restatement", "vendor_note", "result_note", "accept_note", "head_note", "triage_note", "ruling_note",
    "assign_note", "supply_note", "rating_text", "low_reason", "confirm_note",
)  # fmt: skip

# sixty days of a city are played before the first of these tests
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def demo(loaded_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A freshly loaded demo, shared by the tests of this file; none changes it."""
    folder = shutil.copytree(loaded_demo, tmp_path_factory.mktemp("demo") / "data")
    app = create_app(settings_for(folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(demo: Flask) -> Iterator[Session]:
    """The reading session."""
    del demo
    yield db.session()
    db.session.rollback()


@dataclass(frozen=True)
class Told:
    """A story as it stands: its case, its steps in order, what was said."""

    case: Case
    steps: list[WorkItem]
    said: list[Comment]

    @property
    def open(self) -> WorkItem:
        """Return the step that waits."""
        (found,) = (item for item in self.steps if item.status == "open")
        return found

    def results(self, node: str) -> list[str | None]:
        """Return how a node went, round by round."""
        return [item.result for item in self.steps if item.node == node and item.status == "done"]

    def answers(self, node: str) -> dict[str, Any]:
        """Return the newest answers at a node."""
        return next(item.answers or {} for item in reversed(self.steps) if item.node == node and item.answers)


def story(session: Session, name: str) -> Told:
    """Return a story."""
    case = session.scalars(select(Case).where(Case.start_key == STORY + name)).one()
    steps = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id).order_by(WorkItem.id)).all()
    said = session.scalars(select(Comment).where(Comment.case_id == case.id).order_by(Comment.id)).all()
    return Told(case, list(steps), list(said))


def test_the_demo_says_so_first_and_is_clean(session: Session) -> None:
    """The first record of the ledger says that it is a demo; every chain is whole."""
    first = session.scalars(select(Record).where(Record.chain == "house").order_by(Record.seq).limit(1)).one()
    assert (first.kind, first.mode) == ("house:database:born", "demo")
    assert verify(session).fault is None


def test_the_clock_ends_on_a_working_morning(session: Session) -> None:
    """The demo's clock stands a few minutes past 10:24 of a working day and is not ahead of the machine."""
    # the clock goes on from there, however long ago this run loaded it
    ready = session.scalars(select(Record.at).where(Record.kind == birth.READY)).one()
    now = clock.local(ready)
    assert (now.hour, now.minute // 10) in {(10, 2), (10, 3)}
    assert calendar_for(session, None).works_on(now.date())
    assert now <= datetime.now(clock.ZONE)


def test_about_120_cases_stand_in_all_states(session: Session) -> None:
    """About 120 cases: more than half of them closed in every way, the others at every human step."""
    cases = session.scalars(select(Case).where(Case.slug == "task_dispatch")).all()
    assert 110 <= len(cases) <= 140
    results = Counter(case.result for case in cases if case.status == "ended")
    assert 65 <= results.total() <= 95
    assert set(results) == {"done", "deemed", "partial", "withdrawn", "not_raised", "not_dispatched"}
    assert not [case.number for case in cases if case.incident]
    waiting = WorkItem.case_id.in_([case.id for case in cases])
    open_nodes = set(session.scalars(select(WorkItem.node).where(WorkItem.status == "open", waiting)))
    assert open_nodes == {
        "confirm_demand",
        "head_approval",
        "revise",
        "office_triage",
        "vendor_accept",
        "requester_supply",
        "office_rule",
        "vendor_assign",
        "vendor_execute",
        "requester_accept",
        "office_rule_rework",
        "rating",
    }


def test_articles_stand_in_all_states(session: Session) -> None:
    """All went the real way: levels climbed where a department has nobody, one was dictated, nothing is stuck."""
    states = Counter(session.scalars(select(Article.state)))
    assert set(states) >= {"draft", "review", "returned", "rejected", "published", "down"}
    assert states.total() >= 300
    assert states["published"] > states.total() / 2
    passes = session.scalars(select(ReviewAct).where(ReviewAct.act == "pass")).all()
    assert any(one.raised_from for one in passes)
    assert [one.user_name for one in passes if one.recorded_by] == ["祁云阶"]
    assert set(session.scalars(select(PageCheck.outcome))) == {"same", "no_route"}
    assert not session.scalars(select(Case.number).where(Case.incident.is_not(None))).all()
    assert sorted(session.scalars(select(ErrorReport.state))) == ["case", "new"]


def test_a_correction_was_played_to_its_end(session: Session) -> None:
    """A reader's report led to a page taken down, mended, reviewed, out again; five people said how it came."""
    fault = session.scalars(select(Fault)).one()
    case = session.get_one(Case, fault.case_id)
    assert (case.result, fault.severity, fault.by) == ("已更正并定责", "serious", "周予安")
    acts = session.scalars(
        select(Publication.act).where(Publication.article_id == fault.article_id).order_by(Publication.id)
    ).all()
    assert acts == ["publish", "take_down", "update"]
    assert [bool(one.get("statement")) for one in fault.passers] == [True] * 5
    assert [one["name"] for one in fault.passers if one["is_liable"]] == ["黎照晚"]
    article = session.get_one(Article, fault.article_id)
    assert "8000-2207" in session.get_one(ArticleVersion, article.published_id).body


def test_every_site_has_columns_and_articles(session: Session) -> None:
    """Topic sites are no empty shells."""
    sites = set(session.scalars(select(Site.id).where(Site.state == "open")))
    assert set(session.scalars(select(SiteColumn.site_id))) == sites
    assert set(session.scalars(select(Article.site_id))) == sites


def test_each_editorial_card_opens_a_step_of_its_reader(demo: Flask, session: Session) -> None:
    """Whoever takes the card of an editor, a reviewer or the publisher can act at once."""
    expected = {
        "editor": "revise", "reviewer1": "review_1", "reviewer2": "review_2", "secrecy": "secrecy",
        "reviewer3": "review_3", "publisher": "publish",
    }  # fmt: skip
    with demo.test_request_context():
        cards = {card.user_name: card.url for group in demo_cards(session) for card in group.cards}
    for user_name, node in expected.items():
        item = session.get_one(WorkItem, int(cards[user_name].removeprefix("/tasks/")))
        assert (item.status, item.node.rpartition(":")[2]) == ("open", node)


def test_something_is_overdue_due_today_and_unclaimed(session: Session) -> None:
    """Several cases are overdue, many due today (reviews have hours), three wait for anybody of the desk."""
    now = clock.now(session)
    director = viewer_named(session, "director")
    assert director is not None
    cases = queries.standings(session, director, queries.world(session), now)
    counted = {figure: len(rules.Choice(figure).of(cases, now)) for figure in rules.FIGURES}
    assert 5 <= counted["overdue"] <= 15
    assert 5 <= counted["today"] <= 80
    assert counted["unclaimed"] == 3
    assert counted["to_rate"] >= 4


def test_people_act_in_office_hours_only(session: Session) -> None:
    """Except on the night of the tampering and its morning, everybody acts while the calendar says they work."""
    calendar = calendar_for(session, None)
    night = {story(session, name).case.id for name in ("tamper", "tamper_night")}
    kinds = ("person", "transcriber", "stand_in", "administrator")
    records = session.execute(select(Record.case_id, Record.at, Record.kind).where(Record.actor_kind.in_(kinds)))
    outside = [(at, kind) for case_id, at, kind in records if case_id not in night and not is_working(calendar, at)]
    # the one hand-in at closing time that gives a day's end as the limit
    # to open a text early is reading, not acting
    acts = [(clock.local(at).strftime("%m-%d %H:%M:%S"), kind) for at, kind in outside if kind != "work:item:opened"]
    assert [one for one in acts if not one[0].endswith(" 17:30:00")] == []


def test_arrivals_have_a_rhythm(session: Session) -> None:
    """Work comes on most working days and on no day off, the tampered night apart."""
    calendar = calendar_for(session, None)
    days = Counter(clock.local(at).date() for at in session.scalars(select(Case.opened_at)))
    off = [day for day in days if not calendar.works_on(day)]
    assert len(off) == 1
    assert len(days) >= 25


def test_no_text_stands_twice_in_a_case(session: Session) -> None:
    """What people write in one case is never said a second time in it."""
    written: Counter[tuple[int, str]] = Counter()
    for item in session.scalars(select(WorkItem).where(WorkItem.status == "done", WorkItem.node != "revise")):
        answers = item.answers or {}
        skipped = {"wanted"} if item.node == "confirm_demand" else set()
        texts = [answers[name] for name in TEXTS if name not in skipped and answers.get(name)]
        written.update((item.case_id, text) for text in texts)
    written.update((one.case_id, one.text) for one in session.scalars(select(Comment)) if one.text)
    assert [key for key, count in written.items() if count > 1] == []


def test_lists_show_no_line_twice(session: Session) -> None:
    """Titles of cases and lines of the maintenance register differ from one another."""
    titles = Counter(session.scalars(select(Case.title)))
    done = Counter(session.scalars(select(MaintenanceEntry.done)))
    assert max(titles.values()) == 1
    assert max(done.values()) == 1
    assert done.total() >= 20


def test_every_hand_in_has_evidence_bound_to_it(session: Session) -> None:
    """Every submitted result carries files, and every file belongs to a step."""
    handed = session.scalars(select(WorkItem).where(WorkItem.node == "vendor_execute", WorkItem.status == "done"))
    files = {row.id: row for row in session.scalars(select(Upload))}
    for item in handed:
        results = (item.answers or {})["results"]
        assert results
        assert all(files[number].item_id == item.id for number in results)
    assert {row.state for row in files.values()} == {BOUND}


def test_all_fixed_accounts_are_there(session: Session) -> None:
    """The user names of the handbook exist and are open; the engineer who left is not."""
    closed = {one.user_name: one.disabled_at for one in session.scalars(select(User))}
    assert all(closed[name] is None for name in FIXED)
    assert closed["vendor_a_left"] is not None


def test_every_written_story_has_its_case(session: Session) -> None:
    """Each written demand became a case that can be found by the story's name."""
    keys = set(session.scalars(select(Case.start_key).where(Case.start_key.startswith(STORY))))
    told = emergency_texts()
    others = {one["name"] for one in (*told["emergency"], *told["incident"]) if "drill" not in one}
    assert keys == {STORY + name for name in story_demands().keys() | others}


def test_phoned_in(session: Session) -> None:
    """Recorded by the office from a call, corrected and confirmed by the requester, handled and rated."""
    told = story(session, "phoned")
    assert told.results("intake") == ["submit"]
    assert told.results("confirm_demand") == ["correct"]
    assert told.answers("intake")["channel"] == "phone"
    assert told.answers("rating")["grade"] == 5


def test_refused_twice(session: Session) -> None:
    """Refused twice, ordered twice: the second ruling is final and the vendor's lead has to assign."""
    told = story(session, "refused_twice")
    assert told.results("vendor_accept") == ["refuse", "refuse"]
    assert told.results("office_rule") == ["order", "order"]
    assert (told.open.node, told.open.assignee_name) == ("vendor_assign", "程渡")


def test_the_office_is_to_blame_for_nine_of_twelve_days(session: Session) -> None:
    """Of twelve late days, nine are the office's: five at triage and four at the ruling."""
    told = story(session, "late")
    blame = queries.blames(session, [told.case.id], queries.world(session), clock.now(session))[told.case.id]
    assert blame.total == pytest.approx(12.0, abs=0.05)
    assert blame.share == pytest.approx(9.0, abs=0.05)
    assert session.get_one(Unit, blame.unit_id).kind == "office"
    assert [round(amount, 1) for _name, _name_en, amount in blame.steps] == [5.0, 4.0]


def test_out_of_contract(session: Session) -> None:
    """No clause covers it: the head approves, the office dispatches it on agreed terms."""
    told = story(session, "outside")
    assert told.results("head_approval") == ["approve"]
    assert told.results("office_triage") == ["dispatch"]
    assert told.case.status == "ended"
    assert story(session, "voice_guide").open.node == "head_approval"


def test_reworked_three_times(session: Session) -> None:
    """Returned three times, it waits for the office's ruling, which nobody has taken."""
    told = story(session, "reworked")
    assert told.results("requester_accept") == ["rework"] * 3
    assert (told.open.node, told.open.assignee_id) == ("office_rule_rework", None)


def test_accepted_in_part(session: Session) -> None:
    """The rest became a case of its own with exactly the criterion that was not met."""
    told = story(session, "partial")
    assert told.case.result == "partial"
    rest = session.scalars(select(Case).where(Case.parent_id == told.case.id)).one()
    first = session.scalars(select(WorkItem).where(WorkItem.case_id == rest.id).order_by(WorkItem.id)).first()
    assert first is not None
    assert (first.answers or {})["criteria"] == ["页面写明咨询电话和异议办法"]


def test_the_engineer_left(session: Session) -> None:
    """The engineer handed the case over before the account was closed; the colleague finished it."""
    told = story(session, "left")
    done = next(item for item in told.steps if item.node == "vendor_execute")
    assert done.done_by_name == "陆小满"
    moved = session.scalars(
        select(Record).where(Record.case_id == told.case.id, Record.kind == "work:item:transferred")
    ).one()
    closed = session.scalars(select(User).where(User.user_name == "vendor_a_left")).one()
    assert closed.disabled_at is not None
    assert moved.actor_name == closed.name
    assert moved.at < closed.disabled_at
    assert done.closed_at is not None
    assert closed.disabled_at < done.closed_at


def test_tampered_on_a_holidays_night(session: Session) -> None:
    """Urgent, at night on a day off, accepted within fifteen minutes; the follow-up points back to it."""
    told = story(session, "tamper")
    begun = clock.local(told.case.opened_at)
    assert not calendar_for(session, None).works_on(begun.date())
    assert (begun.hour, told.case.priority) == (22, "urgent")
    accepted = next(item for item in told.steps if item.node == "vendor_accept")
    assert accepted.closed_at is not None
    assert (accepted.closed_at - accepted.opened_at).total_seconds() < 15 * 60
    after = story(session, "tamper_times")
    assert after.case.parent_id == told.case.id
    assert (after.open.node, after.open.assignee_name) == ("vendor_execute", "白砚秋")


def test_rated_two_with_a_reason(session: Session) -> None:
    """Two of five, and the requester says why."""
    answers = story(session, "rated_low").answers("rating")
    assert answers["grade"] == 2
    assert len(answers["low_reason"]) > 20


def test_withdrawn_not_mine_and_objected(session: Session) -> None:
    """Withdrawn before acceptance; denied by who was named; objected to and restated."""
    assert story(session, "withdrawn").case.result == "withdrawn"
    assert story(session, "not_mine").case.result == "not_raised"
    objected = story(session, "objected")
    assert objected.results("vendor_accept") == ["accept", "accept"]
    assert objected.case.result == "done"


def test_the_requesters_scene_is_due_today_at_closing_time(session: Session) -> None:
    """The three attachments wait for acceptance in their second round, due today at 17:30."""
    waiting = story(session, "attachments").open
    assert (waiting.node, waiting.round, waiting.assignee_name) == ("requester_accept", 2, "林知行")
    assert waiting.due_at is not None
    due = clock.local(waiting.due_at)
    assert due.date() == clock.local(clock.now(session)).date()
    assert due.strftime("%H:%M") == "17:30"


def test_the_desk_has_a_call_half_recorded(session: Session) -> None:
    """The dispatch desk has one draft of a recorded call and copies it has read."""
    office = viewer_named(session, "office")
    assert office is not None
    draft = session.scalars(select(Draft).where(Draft.user_id == office.user_id)).one()
    assert draft.node == "intake"
    read = Counter(
        at is not None for at in session.scalars(select(Copy.read_at).where(Copy.user_id == office.user_id))
    )
    assert read[True] > read[False] > 0


def test_every_card_opens_its_scene(demo: Flask) -> None:
    """One click on a card signs that person in and opens a page that is theirs to see."""
    demo.config["WTF_CSRF_ENABLED"] = False
    demo.extensions["guanjia.demo_cards"] = lambda: demo_cards(db.session())
    with demo.test_request_context():
        groups = demo_cards(db.session())
    cards = [card for group in groups for card in group.cards]
    assert {card.user_name for card in cards} == set(FIXED)
    for card in cards:
        browser = demo.test_client()
        answer = browser.post("/sign-in/demo", data={"user_name": card.user_name})
        assert answer.headers["Location"] == card.url
        assert browser.get(card.url).status_code == 200, card


def test_the_folder_of_contents_is_complete() -> None:
    """The written content ships with the package."""
    folder = Path(birth.__file__).parent / "demo" / "content"
    assert {file.name for file in folder.iterdir()} >= {
        "demands_1.toml",
        "demands_2.toml",
        "phrases.toml",
        "stories.toml",
        "emergencies.toml",
    }


def test_the_emergency_of_the_holidays_night_has_every_branch(session: Session) -> None:
    """Nobody answered, the next was called; III became II; all reports went out; the review's tasks were done."""
    case = story(session, "tamper_night").case
    one = emergencies.of_case(session, case.id)
    assert one is not None
    # the times that the story "tamper_times" asks for
    times = [clock.local(at).strftime("%H:%M:%S") for at in (one.began_at, one.contained_at, one.restored_at) if at]
    assert times == ["22:41:07", "23:05:52", "00:27:30"]
    assert [call.outcome for call in emergencies.calls_of(session, one.id)] == ["no_answer", "reached"]
    assert [grade.after for grade in emergencies.grades_of(session, one.id)] == [3, 2]
    sent = [report.kind for report in emergencies.reports_of(session, one.id)]
    assert sent == ["phone", "police", "written", "followup", "closing"]
    levels = session.scalars(select(ReviewAct.level).where(ReviewAct.case_id == case.id, ReviewAct.act == "pass"))
    assert list(levels) == ["review_1", "secrecy", "review_3"]
    tasks = session.scalars(select(Case.result).where(Case.parent_id == case.id)).all()
    assert tasks == ["done", "done"]


def test_drills_were_held_and_two_go_on(session: Session) -> None:
    """One missed the target of first control and was held again; nobody's figures count any of them."""
    drills = session.scalars(select(Drill).order_by(Drill.planned_on, Drill.id)).all()
    assert [one.state for one in drills] == ["passed", "failed", "passed", "running", "running"]
    assert [name for name, one in drills[1].result.items() if not one["met"]] == ["contain"]
    held = session.scalars(select(Emergency).where(Emergency.drill)).all()
    assert all(session.get_one(Case, one.case_id).drill for one in held)
    assert session.scalars(select(MicroDrill.state).where(MicroDrill.state == "answered").limit(1)).one()


def test_each_card_of_the_watch_opens_a_step_of_its_reader(demo: Flask, session: Session) -> None:
    """Duty, commander, engineer, publicity and liaison have something to do in a drill that goes on."""
    expected = {
        "duty": "call", "commander": "commander_activate", "tech_lead": "analyse", "publicity": "draft_statement",
        "liaison": "first_report",
    }  # fmt: skip
    with demo.test_request_context():
        cards = {card.user_name: card.url for group in demo_cards(session) for card in group.cards}
    for user_name, node in expected.items():
        item = session.get_one(WorkItem, int(cards[user_name].removeprefix("/tasks/")))
        assert (item.status, item.node.rpartition(":")[2]) == ("open", node)
        assert session.get_one(Case, item.case_id).drill
    assert cards["commander2"].startswith("/emergency/YJ-")


def test_the_roster_is_filled_and_somebody_is_on_duty(session: Session) -> None:
    """Every number is invented, one was not tried for long; the duty table covers the demo's last morning."""
    members = session.scalars(select(RosterMember)).all()
    assert {one.group for one in members} == {"duty", "commander", "tech", "publicity", "liaison"}
    assert all((one.phone or one.user.phone).startswith("000-0000-01") for one in members)
    ready = session.scalars(select(Record.at).where(Record.kind == birth.READY)).one()
    assert [one.user.user_name for one in members if one.checked_at is None] == []
    old = [one.user.user_name for one in members if one.checked_at and (ready - one.checked_at).days > 30]
    assert old == ["commander2"]
    assert callees(session, "duty", None, ready)[0].name == "崔知更"


def test_one_incident_was_reported_late(session: Session) -> None:
    """Ninety-five minutes after it was found: the case says so; the director has read it. One report waits."""
    late = story(session, "late_links")
    assert case_data(late.case)["late"] is True
    assert late.results("leader_read") == ["read"]
    assert case_data(story(session, "slow_search").case)["late"] is False
    waiting = story(session, "new_report").open
    assert (waiting.node, waiting.assignee_name) == ("triage", "崔知更")
