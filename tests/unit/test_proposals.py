"""Proposals: four eyes, the hour, what is refused, roll-back; and the rights and the state of a process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import birth, clock, create_app, runtime_of
from app.db import db, transaction
from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, NotFound, Refused
from app.ledger import verify
from app.ledger.models import Record
from app.migrations import upgrade
from app.outbox.models import Notice
from app.people import operations as house
from app.people.models import User
from app.people.operations import by_person
from app.people.queries import setting
from app.processes import jobs, proposals, walks
from app.processes.models import Process, ProcessVersion, Proposal, VersionPart
from app.processes.operations import running_with, stored_source
from app.processes.rights import (
    Suspended,
    resume_process,
    set_details,
    set_managers,
    set_starters,
    suspend_process,
)
from app.processes.source import Source
from app.studio.models import OPEN, PROPOSED, PUBLISHED, ProcessDraft
from app.studio.operations import drafts
from app.work.jobs import never
from app.work.models import Case
from tests.conftest import settings_for
from tests.factories.drawn import FORMS, asked, done, publish_drawn, start_drawn
from tests.factories.rest import LOOP, desk
from tests.factories.small import viewer
from tests.processes.diagrams import chain, diagram, end, service, start

WHOLE = (start(), asked(), done("after"), end(), chain("s", "ask", "after", "e"))


def drawn(name: str = "after", slug: str = "p") -> Source:
    """Return a process of two steps; `name` is the id of the second."""
    forms = {path.stem: path.read_text() for path in FORMS.glob("*.form")}
    return Source(slug, diagram(start(), asked(), done(name), end(), chain("s", "ask", name, "e")), forms=forms)


def four_eyes() -> None:
    with transaction() as session:
        house.change_setting(session, house.by_setup(), "four_eyes", True, clock.now(session))


def propose(source: Source, by: str = "owner", **options: Any) -> Proposal:
    with transaction() as session:
        actor = by_person(viewer(session, by)).actor
        return proposals.propose(session, source, actor, clock.now(session), origin="studio", **options)


def act(name: str, *args: Any, by: str = "director", **options: Any) -> Any:
    """Let somebody do one of the operations of proposals."""
    with transaction() as session:
        return getattr(proposals, name)(
            session, args[0], viewer(session, by), *args[1:], clock.now(session), **options
        )


def running() -> ProcessVersion | None:
    db.session.rollback()
    query = select(ProcessVersion).join(Process, Process.running_version_id == ProcessVersion.id)
    return db.session.scalar(query.where(Process.slug == "p"))


def kinds() -> list[str]:
    db.session.rollback()
    query = select(Record.kind).where(Record.chain == "house", Record.kind.like("processes:%")).order_by(Record.seq)
    return [kind.removeprefix("processes:") for kind in db.session.scalars(query)]


def told(user_name: str) -> list[str]:
    db.session.rollback()
    query = select(Notice).join(User, User.id == Notice.user_id).where(User.user_name == user_name)
    return [one.message % one.named for one in db.session.scalars(query.order_by(Notice.id))]


def test_without_four_eyes_a_proposal_runs_at_once(app: Flask) -> None:
    """The version runs, the proposal says so; the same texts again are nothing new."""
    made = propose(drawn(), note="首版")
    found = running()
    assert found is not None
    assert (made.state, made.version_id, found.note, found.published_by) == ("published", found.id, "首版", "叶青梧")
    assert found.approved_by is None
    with pytest.raises(proposals.NothingNew) as same:
        propose(drawn())
    assert same.value.version_id == found.id
    assert kinds() == ["version:proposed", "version:published"]


def test_a_second_person_lets_exactly_these_texts_run(either_app: Flask) -> None:
    """With four eyes nothing runs until somebody else approves; both names stand at the version and in the ledger."""
    four_eyes()
    made = propose(drawn(), note="首版")
    assert (made.state, running()) == ("waiting", None)
    assert propose(drawn()).id == made.id
    assert told("director") == ["叶青梧提出发布流程“流程”，请您批准。"]
    assert told("owner") == []
    with pytest.raises(Refused):
        act("approve", made.id, by="owner")
    with pytest.raises(Refused):
        act("approve", made.id, by="dept")
    act("approve", made.id)
    found = running()
    assert found is not None
    assert (found.published_by, found.approved_by) == ("叶青梧", "方既白")
    query = select(VersionPart.text).where(VersionPart.version_id == found.id).order_by(VersionPart.id)
    assert list(db.session.scalars(query)) == [part[2] for part in made.parts]
    assert kinds() == ["version:proposed", "version:approved", "version:published"]
    assert told("owner") == ["方既白批准了流程“流程”的发布。"]
    with pytest.raises(Conflict):
        act("approve", made.id, by="supervisor")
    db.session.rollback()
    assert verify(db.session()).clean


def test_what_was_changed_after_it_was_proposed_is_not_approved(app: Flask) -> None:
    """The digest is that of the texts as proposed."""
    four_eyes()
    made = propose(drawn())
    with transaction() as session:
        row = session.get_one(Proposal, made.id)
        row.parts = [[kind, name, text.replace("after", "later")] for kind, name, text in row.parts]
    with pytest.raises(Conflict):
        act("approve", made.id)
    assert running() is None


def test_refusing_and_withdrawing_end_a_proposal_and_free_its_draft(app: Flask) -> None:
    """A reason is wanted for a refusal; the proposer reads it, and may withdraw an own proposal without one."""
    four_eyes()
    with transaction() as session:
        draft_id = drafts.begin(session, viewer(session, "owner"), drawn(), "p", clock.now(session)).id
    made = propose(drawn(), draft_id=draft_id)
    assert state_of(draft_id) == PROPOSED
    with pytest.raises(Invalid):
        act("refuse", made.id, "  ")
    act("refuse", made.id, "少一步审核")
    assert told("owner") == ["方既白没有批准流程“流程”的发布：少一步审核"]
    assert state_of(draft_id) == OPEN
    again = propose(drawn(), draft_id=draft_id)
    assert again.id != made.id
    with pytest.raises(Refused):
        act("withdraw", again.id, "不要")
    act("withdraw", again.id, "", by="owner")
    assert state_of(draft_id) == OPEN
    with pytest.raises(NotFound):
        act("refuse", 999, "x")
    last = propose(drawn(), draft_id=draft_id)
    act("approve", last.id)
    assert state_of(draft_id) == PUBLISHED
    assert kinds()[1::2] == ["version:refused", "version:withdrawn", "version:approved"]


def state_of(draft_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(ProcessDraft, draft_id).state


def test_a_version_runs_at_its_hour(either_app: Flask) -> None:
    """Before the hour the old version runs, at the hour the drain publishes, by any number of workers once."""
    app = either_app
    propose(drawn())
    with transaction() as session:
        hour = clock.now(session) + timedelta(hours=5)
    made = propose(drawn("later"), effective_at=hour)
    assert (made.state, made.version_id) == ("approved", None)
    assert jobs.next_due(db.session(), hour) == hour
    assert jobs.publish_due((), never) == 0
    with transaction() as session:
        clock.advance(session, hour)

    def drain() -> int:
        with app.app_context():
            return jobs.publish_due((), never)

    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(drain) for _ in range(3)]:
            one.result()
    found = running()
    assert found is not None
    assert (found.number, found.digest) == (2, drawn("later").digest)
    assert told("owner") == ["流程“流程”已按时发布，新办件从现在起用新版。"]
    assert jobs.next_due(db.session(), hour) is None


def test_what_cannot_run_at_its_hour_any_more_says_so(app: Flask) -> None:
    """A topic that is gone by then: nothing is published, the proposal has failed, its proposer reads why."""
    source = Source("p", diagram(start(), service("auto", "gone"), end(), chain("s", "auto", "e")))
    with transaction() as session:
        hour = clock.now(session) + timedelta(hours=5)
    made = propose(source, effective_at=hour, topics=frozenset({"gone"}))
    with transaction() as session:
        clock.advance(session, hour)
    assert jobs.publish_due(frozenset({"other"}), never) == 1
    db.session.rollback()
    failed = db.session.get_one(Proposal, made.id)
    assert (failed.state, running()) == ("failed", None)
    assert failed.reason is not None
    assert failed.reason in told("owner")[0]
    assert kinds() == ["version:proposed", "version:failed"]
    assert jobs.publish_due((), never) == 0


def test_an_approved_version_is_called_off_before_its_hour(app: Flask) -> None:
    """Whoever may approve calls it off with a reason; then its hour passes and nothing happens."""
    with transaction() as session:
        hour = clock.now(session) + timedelta(hours=5)
    made = propose(drawn(), effective_at=hour)
    with pytest.raises(Invalid):
        act("withdraw", made.id, "")
    act("withdraw", made.id, "先不上")
    with transaction() as session:
        clock.advance(session, hour)
    assert jobs.publish_due((), never) == 0
    assert running() is None
    assert told("owner") == ["方既白取消了流程“流程”的发布：先不上"]


def test_rolling_back_publishes_the_old_texts_as_a_new_version(app: Flask) -> None:
    """Version 3 has the texts of version 1; rolling back to what runs is nothing new."""
    first = propose(drawn()).version_id
    propose(drawn("later"))
    act("roll_back", first, "新版有误", by="owner")
    found = running()
    assert found is not None
    assert first is not None
    assert (found.number, found.note, found.digest) == (3, "新版有误", drawn().digest)
    db.session.rollback()
    assert stored_source(db.session(), first) == drawn()
    assert running_with(db.session(), drawn()) == found.id
    with pytest.raises(proposals.NothingNew):
        act("roll_back", found.id, "", by="owner")


def test_a_version_published_in_between_is_told(app: Flask) -> None:
    """A proposal knows which version it would replace that its draft never saw."""
    first = propose(drawn()).version_id
    four_eyes()
    made = propose(drawn("one"), base_version_id=first)
    assert proposals.overtaken_by(db.session(), made) is None
    act("approve", propose(drawn("two"), base_version_id=first).id)
    found = running()
    db.session.rollback()
    overtaken = proposals.overtaken_by(db.session(), made)
    assert overtaken is not None
    assert found is not None
    assert overtaken.id == found.id


def test_errors_are_told_before_anybody_is_asked(app: Flask) -> None:
    """A diagram with errors becomes no proposal, and its problems come all at once."""
    four_eyes()
    broken = replace(drawn(), diagram=diagram(start(), asked(), chain("s", "ask")).replace(b"${starter}", b"${("))
    with pytest.raises(DiagramRefused) as error:
        propose(broken)
    assert error.value.problems
    assert db.session.scalars(select(Proposal.id)).all() == []


def test_a_deployment_waits_with_four_eyes(app: Flask) -> None:
    """REST answers 409 naming the proposal, twice the same; after approval the same request is the deployment."""
    office = desk(app)
    four_eyes()
    answer = office.deploy()
    assert (answer.status_code, answer.json["type"]) == (409, "RestException")
    (waiting,) = db.session.scalars(select(Proposal)).all()
    assert f"提案 {waiting.id}" in answer.json["message"]
    assert office.deploy().json == answer.json
    assert office.get("/deployment/count").json == {"count": 0}
    act("approve", waiting.id)
    assert office.deploy().json["deployedProcessDefinitions"]
    assert office.get("/process-definition/count").json == {"count": 1}


def test_a_publish_never_breaks_a_case_that_starts(either_app: Flask) -> None:
    """While versions are published one after the other, each case starts on one version and opens its own step."""
    app = either_app
    publish_drawn("p", *WHOLE)
    runtime, over = runtime_of(app), threading.Event()

    def publish_all() -> None:
        with app.app_context():
            for number in range(6):
                propose(drawn(f"after_{number}"))
        over.set()

    def start_all() -> list[int]:
        found = []
        with app.app_context():
            while len(found) < 4 or not over.is_set():
                found.append(start_drawn(runtime, "p").case_id)
        return found

    with ThreadPoolExecutor(3) as pool:
        publishing = pool.submit(publish_all)
        ids = [one for started in [pool.submit(start_all) for _ in range(2)] for one in started.result()]
        publishing.result()
    db.session.rollback()
    for case_id in ids:
        case = db.session.get_one(Case, case_id)
        definition = runtime.library.bundle(db.session(), case.version_id).definition
        (live,) = open_nodes(case_id)
        assert live in definition.nodes
    assert running().number == 7  # type: ignore[union-attr]


def open_nodes(case_id: int) -> list[str]:
    from app.work.models import WorkItem  # noqa: PLC0415

    query = select(WorkItem.node).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    return list(db.session.scalars(query))


def manage(operation: Any, *args: Any, by: str = "owner") -> None:
    """Let somebody change the rights or the state of the process `p`."""
    with transaction() as session:
        operation(session, "p", viewer(session, by), *args, clock.now(session))


def test_a_suspended_process_starts_nothing_and_its_cases_go_on(app: Flask) -> None:
    """The sentence says who and why; a repeated start still gets its receipt; resuming lets it start again."""
    publish_drawn("p", *WHOLE)
    runtime = runtime_of(app)
    before = start_drawn(runtime, "p", key="k1")
    with pytest.raises(Refused):
        manage(suspend_process, "演练", by="dept")
    with pytest.raises(Invalid):
        manage(suspend_process, " ")
    manage(suspend_process, "表单要改")
    with pytest.raises(Suspended) as error:
        start_drawn(runtime, "p")
    assert str(error.value) == "“流程”已由叶青梧停用，现在不能发起：表单要改"
    assert start_drawn(runtime, "p", key="k1").repeated
    assert open_nodes(before.case_id) == ["after"]
    with pytest.raises(Conflict):
        manage(suspend_process, "再停")
    manage(resume_process, "改好了")
    assert not start_drawn(runtime, "p").repeated
    assert kinds()[1:] == ["process:suspended", "process:resumed"]


def test_start_rights_leave_people_out(app: Flask, sign_in: Any) -> None:
    """Only the named roles or units start; page, form and operation agree; nobody named lets everybody in."""
    publish_drawn("p", *WHOLE)
    manage(set_starters, ["unit_head"], [])
    with pytest.raises(Refused):
        start_drawn(runtime_of(app), "p")
    browser = sign_in("dept")
    assert "/start/p" not in browser.get("/start").text
    assert browser.get("/start/p").status_code == 403
    assert "/start/p" in sign_in("dept_head").get("/start").text
    with transaction() as session:
        housing = viewer(session, "dept").unit_id
    manage(set_starters, ["unit_head"], [housing])
    assert browser.get("/start/p").status_code == 200
    with pytest.raises(Invalid):
        manage(set_starters, ["nobody"], [])
    manage(set_starters, [], [])
    assert start_drawn(runtime_of(app), "p").case_id


def test_a_suspended_process_is_shown_with_its_reason(app: Flask, sign_in: Any) -> None:
    """The card stays and says why; its form and its POST are refused with the same sentence; REST says so too."""
    publish_drawn("p", *WHOLE)
    manage(suspend_process, "表单要改")
    browser = sign_in("dept")
    page = browser.get("/start").text
    assert "表单要改" in page
    assert 'href="/start/p"' not in page
    for answer in (browser.get("/start/p"), browser.post("/start/p", data={"title": "x"})):
        assert answer.status_code == 409
        assert "表单要改" in answer.text
    program = desk(app)
    refused = program.post("/process-definition/key/p/start")
    assert (refused.status_code, refused.json["type"]) == (409, "RestException")
    assert program.get("/process-definition/key/p").json["suspended"] is True


def test_only_managers_edit_a_process_that_has_some(app: Flask) -> None:
    """Others may neither propose nor deploy it; managers must be people who edit processes."""
    office = desk(app)
    assert office.deploy().status_code == 200
    with transaction() as session:
        owner_id, dept_id = viewer(session, "owner").user_id, viewer(session, "dept").user_id
        now = clock.now(session)
        with pytest.raises(Invalid):
            set_managers(session, "loop", viewer(session, "owner"), [dept_id], now)
        set_managers(session, "loop", viewer(session, "owner"), [owner_id], now)
    answer = office.deploy({"loop.bpmn": LOOP.replace("&gt;= 10", "&gt;= 11")})
    assert answer.status_code == 403
    with transaction() as session, pytest.raises(Refused):
        set_details(session, "loop", viewer(session, "office"), "", "", clock.now(session))
    with transaction() as session:
        set_details(session, "loop", viewer(session, "owner"), " 运维 ", "说明", clock.now(session))
        set_details(session, "loop", viewer(session, "owner"), "运维", "说明", clock.now(session))
    assert kinds()[-2:] == ["process:changed", "process:changed"]
    assert office.get("/process-definition/key/loop").json["category"] == "运维"


def test_walks_are_kept_until_they_are_retired(app: Flask) -> None:
    """A retired walk is no longer among those to walk, and stays in the table."""
    publish_drawn("p", *WHOLE)
    with transaction() as session:
        now, actor = clock.now(session), by_person(viewer(session, "owner")).actor
        for name in ("通过", "退回"):
            walks.record_walk(session, "p", None, name, [{"node": "ask"}], {"ended": True}, actor, now)
        with pytest.raises(Invalid):
            walks.record_walk(session, "p", None, " ", [], {}, actor, now)
        first = walks.walks_of(session, "p")[0]
        walks.retire_walk(session, first.id, actor, now)
        with pytest.raises(Conflict):
            walks.retire_walk(session, first.id, actor, now)
    db.session.rollback()
    assert [one.name for one in walks.walks_of(db.session(), "p")] == ["退回"]


def test_a_real_database_begins_with_four_eyes(tmp_path: Path) -> None:
    """What is shipped is published by the set-up, which nobody has to approve; from then on the setting is on."""
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        upgrade(db.engine)
        birth.ensure(app, empty=True, say=lambda _text: None)
        published = select(Record.actor_kind).where(Record.kind == "processes:version:published")
        assert set(db.session.scalars(published)) == {"setup"}
        assert setting(db.session(), "four_eyes") is True
        described = db.session.scalars(select(Process)).all()
        assert all(one.category and one.description for one in described)
        db.session.remove()
        db.engine.dispose()
