"""The try-out: a draft is played in the browser, in everybody's part; nothing of it reaches a case or a record."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.db import Base, db, transaction
from app.engine.durations import parse_duration
from app.errors import Conflict, Invalid
from app.ledger import Actor
from app.people.queries import viewer_named
from app.people.rules import Viewer
from app.processes.operations import load_folders
from app.processes.source import Source, find_slugs, read_source
from app.studio import queries, queries_try
from app.studio.models import TryOut
from app.studio.operations import drafts, trying, walking
from app.studio.trying import Play, steps
from tests.factories.small import HERE

ROOT = Path(__file__).parents[2]
SHIPPED = find_slugs(ROOT / "bpmn")
ASKED = {"title": "附件打不开", "wanted": "请修好。"}


def small() -> Source:
    return read_source(HERE / "bpmn", HERE / "forms", "small")


def owner(session: Session) -> Viewer:
    found = viewer_named(session, "owner")
    assert found is not None
    return found


def person(session: Session, user_name: str) -> dict[str, Any]:
    found = viewer_named(session, user_name)
    assert found is not None
    return {"id": found.user_id, "name": found.name}


class Trial:
    """One try-out of a draft as its owner walks it, every step in a transaction of its own."""

    def __init__(self, app: Flask, source: Source, starter: str = "dept", data: dict[str, Any] | None = None) -> None:
        self.runtime = runtime_of(app)
        with transaction() as session:
            at = clock.now(session)
            draft = drafts.begin(session, owner(session), source, "试", at)
            self.draft_id = draft.id
        self.begin(starter, data)

    def begin(self, starter: str = "dept", data: dict[str, Any] | None = None) -> None:
        with transaction() as session:
            by = person(session, starter)["id"]
            at = clock.now(session)
            trying.begin(session, self.runtime, owner(session), self.draft_id, by, at, data=data)

    @property
    def row(self) -> TryOut:
        db.session.rollback()
        row = queries_try.try_out_of(db.session(), owner(db.session()), self.draft_id)
        assert row is not None
        return row

    @property
    def play(self) -> Play:
        row, session = self.row, db.session()
        source = queries.source_of(session, queries.draft_for(session, owner(session), self.draft_id))
        machine = queries_try.machine_for(session, self.runtime, source, row.state["called"])
        return queries_try.play_of(session, machine, row)

    def token(self, node: str) -> str:
        return next(one.token for one in self.play.open if one.node == node)

    def answer(self, node: str, answers: dict[str, Any], by: str = "office") -> None:
        token, seen = self.token(node), self.row.row_version
        with transaction() as session:
            who, at = person(session, by), clock.now(session)
            viewer = owner(session)
            step = steps.answer(answers, who)
            trying.take(session, self.runtime, viewer, self.draft_id, seen, step, at, token=token)

    def serve(self, node: str, result: dict[str, Any]) -> None:
        token, seen = self.token(node), self.row.row_version
        with transaction() as session:
            at = clock.now(session)
            step = steps.serve(result)
            trying.take(session, self.runtime, owner(session), self.draft_id, seen, step, at, token=token)

    def send(self, name: str, values: dict[str, Any]) -> None:
        seen = self.row.row_version
        with transaction() as session:
            at = clock.now(session)
            step = steps.message(name, values)
            trying.take(session, self.runtime, owner(session), self.draft_id, seen, step, at)

    def wait(self, by: timedelta | None = None) -> None:
        seen = self.row.row_version
        with transaction() as session:
            at = clock.now(session)
            trying.take(session, self.runtime, owner(session), self.draft_id, seen, steps.wait(by), at)

    def undo(self) -> None:
        seen = self.row.row_version
        with transaction() as session:
            trying.undo(session, self.runtime, owner(session), self.draft_id, seen, clock.now(session))

    def keep(self, name: str) -> int:
        with transaction() as session:
            at = clock.now(session)
            return walking.keep_walk(session, self.runtime, owner(session), self.draft_id, name, at).id

    def change(self, old: str, new: str) -> Source:
        """Replace text in the draft's diagram; return the draft as it is then."""
        with transaction() as session:
            viewer = owner(session)
            draft = queries.draft_for(session, viewer, self.draft_id)
            (diagram,) = [part for part in queries.parts_of(session, draft.id) if part.kind == "bpmn"]
            assert old in diagram.text
            part = ("bpmn", diagram.name, diagram.text.replace(old, new))
            drafts.save_part(session, viewer, draft.id, part, draft.row_version, clock.now(session))
            return queries.source_of(session, draft)


def walked(trial: Trial) -> None:
    """Walk `small` to its end with one return."""
    trial.answer("ask", ASKED, "dept")
    trial.answer("do", {"done": "修好了。"}, "vendor_a_tech")
    trial.answer("check", {"decision": "back"}, "dept")
    trial.answer("do", {"done": "又修好了。"}, "vendor_a_tech")
    trial.answer("check", {"decision": "pass"}, "dept")


def counts() -> dict[str, int]:
    """Count the rows of every table."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    return {one.name: db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


def test_a_try_out_ends_and_reaches_no_other_table(either_app: Flask) -> None:
    """A whole try-out with a return, a file and an undone step changes no table but its own."""
    trial = Trial(either_app, small())
    before = counts()
    trial.begin()
    walked(trial)
    trial.undo()
    with transaction() as session:
        trying.note_files(session, owner(session), trial.draft_id, [("附件.pdf", 12)], clock.now(session))
    trial.answer("check", {"decision": "pass"}, "dept")
    assert trial.row.ended
    after = counts()
    assert {name for name in after if after[name] != before[name]} <= {"try_out"}
    assert after["try_out"] == before["try_out"] == 1


def walks(slug: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    routes = tomllib.loads((ROOT / "bpmn" / slug / "routes.toml").read_text("utf-8"))
    yield from ((routes, walk) for walk in routes["walk"])


def serve_all(trial: Trial, replies: dict[str, Any], answered: Counter[str]) -> None:
    """Answer every service that waits, as the walk says; of a list the last one repeats."""
    while waiting := [one for one in trial.play.open if one.wait == "service"]:
        topic = waiting[0].topic or ""
        reply = replies[topic]
        if isinstance(reply, list):
            reply = reply[min(answered[topic], len(reply) - 1)]
        answered[topic] += 1
        trial.serve(waiting[0].node, reply)


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_shipped_process_can_be_tried_to_an_end(app: Flask, slug: str) -> None:
    """What routes.toml walks first can be walked in a try-out, and comes out at the same end."""
    routes, walk = next(walks(slug))
    with transaction() as session:
        load_folders(session, ROOT / "bpmn", ROOT / "forms", Actor("setup", "setup"), clock.now(session))
    trial = Trial(app, read_source(ROOT / "bpmn", ROOT / "forms", slug), data=walk["start"])
    replies = {**routes.get("service", {}), **walk.get("service", {})}
    answered: Counter[str] = Counter()
    serve_all(trial, replies, answered)
    for step in walk["steps"]:
        if "time" in step:
            trial.wait(parse_duration(step["time"]).span)
        else:
            trial.answer(step["node"], step["answers"])
        serve_all(trial, replies, answered)
        assert sorted(one.node for one in trial.play.open if one.wait == "person") == sorted(step["then"])
    assert trial.row.ended
    ends = [node for step in trial.row.steps for node, kind, _result in step["passed"] if kind == "end"]
    assert ends[-1] == walk["end"]


def test_the_clock_is_the_try_outs_own(app: Flask) -> None:
    """Moving it fires what is due on the way and leaves the house's clock where it is; a message ends a wait."""
    routes, walk = next(walks("task_dispatch"))
    source = read_source(ROOT / "bpmn", ROOT / "forms", "task_dispatch")
    trial = Trial(app, source, data=walk["start"])
    begun = trial.row.now
    trial.answer("demand", walk["steps"][0]["answers"])
    for topic in ("dispatch.match_contract", "dispatch.send"):
        one = next(one for one in trial.play.open if one.topic == topic)
        trial.serve(one.node, routes["service"][topic])
    trial.wait(timedelta(hours=5))
    assert trial.row.now == begun + timedelta(hours=5)
    assert clock.now(db.session()) < begun + timedelta(hours=1)
    with pytest.raises(Invalid):
        trial.wait()
    trial.send("withdraw", {"reason": "不用了"})
    assert "vendor_accept" not in trial.row.steps[-1]["then"]


def test_the_rule_names_who_would_act(app: Flask) -> None:
    """The starter has the first step on the desk; who did a step is known to the rules of later ones."""
    trial = Trial(app, small(), starter="dept_head")
    (opened,) = trial.play.open
    found = queries_try.people_for(db.session(), trial.play, trial.row.steps, opened)
    assert found.user_ids == (person(db.session(), "dept_head")["id"],)
    trial.answer("ask", ASKED, "dept_head")
    assert queries_try.earlier_of(trial.row.steps)["ask"] == found.user_ids[0]


def test_a_step_is_not_taken_twice(app: Flask) -> None:
    """A page that is older than the try-out is told so, and the step is not taken again."""
    trial = Trial(app, small())
    token, seen = trial.token("ask"), trial.row.row_version
    trial.answer("ask", ASKED, "dept")
    with transaction() as session, pytest.raises(Conflict):
        who, at = person(session, "dept"), clock.now(session)
        step = steps.answer(ASKED, who)
        trying.take(session, trial.runtime, owner(session), trial.draft_id, seen, step, at, token=token)
    assert len(trial.row.steps) == 2


def test_a_changed_draft_is_walked_again(app: Flask) -> None:
    """After a change no step is taken on the old drawing; the same answers go as far as they can on the new one."""
    trial = Trial(app, small())
    walked(trial)
    trial.change("pass:通过", "pass:同意")
    with pytest.raises(Conflict):
        trial.undo()
    with transaction() as session:
        trying.again(session, trial.runtime, owner(session), trial.draft_id, clock.now(session))
    assert trial.row.ended
    assert len(trial.row.steps) == 6


def test_a_kept_walk_is_walked_again_on_another_version(app: Flask) -> None:
    """An unchanged process passes; one that goes elsewhere, or lacks an action, is told with the step it fails at."""
    trial = Trial(app, small())
    walked(trial)
    trial.keep("退回一次后通过")
    source = small()
    with transaction() as session:
        assert walking.failing_walks(session, trial.runtime, source, "small") == ()
        assert [one.ok for one in walking.walked_on(session, trial.runtime, source, "small")] == [True]
        lacking = replace(source, diagram=source.diagram.replace(b"|back:", b"|return:"))
        (found,) = walking.failing_walks(session, trial.runtime, lacking, "small")
        assert (found.walk.name, found.at_step) == ("退回一次后通过", 4)
        assert "没有" in found.sentence


def test_old_try_outs_are_swept_away(app: Flask) -> None:
    """After seven days without a step a try-out is gone."""
    trial = Trial(app, small())
    with transaction() as session:
        now = clock.now(session)
        assert trying.sweep(session, now + timedelta(days=6)) == 0
        assert trying.sweep(session, now + timedelta(days=8)) == 1
    assert queries_try.try_out_of(db.session(), owner(db.session()), trial.draft_id) is None
