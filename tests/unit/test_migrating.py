"""Which running cases may move to another version: the safe classes really go on, the others are refused with why."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.engine import compile_definition, restore
from app.engine.migrating import (
    BRANCHES,
    EVENTS,
    GONE,
    OTHER_KIND,
    OTHER_MESSAGE,
    OTHER_PROCESS,
    OTHER_TOPIC,
    PASSED_GONE,
    SEVERAL,
    STUCK,
    obstacles,
)
from app.errors import Conflict, Invalid, Refused
from app.ledger import verify
from app.ledger.models import Record
from app.work.models import Case, WorkItem
from app.work.operations.migrating import Candidate, migrate, preview
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import complete, open_item, viewer
from tests.processes.diagrams import (
    Run,
    boundary,
    call,
    catch,
    chain,
    diagram,
    end,
    flows,
    gateway,
    message,
    messages,
    node,
    script,
    service,
    several,
    signer,
    start,
    sub,
    timer,
    tree_of,
    user,
)

TWO = diagram(start(), user("a"), user("b"), end(), chain("s", "a", "b", "e"))
FORK = (start(), user("z"), gateway("parallel", "split"), user("a"), user("b"), gateway("parallel", "join"), end())
FORKED = diagram(*FORK, flows("s>z", "z>split", "split>a", "split>b", "a>join", "b>join", "join>e"))


def at(xml: bytes, *steps: str, **options: object) -> Run:
    """Return a case that has come past these steps."""
    run = Run(xml, **options)  # type: ignore[arg-type]
    for one in steps:
        run.complete(one)
    return run


def why(run: Run, xml: bytes, called: dict[str, bytes] | None = None) -> list[tuple[str, str | None]]:
    """Return the sentences and nodes that keep a case from going on under another diagram."""
    parts = {slug: compile_definition(part) for slug, part in (called or {}).items()}
    new = compile_definition(xml, {}, parts)
    header = json.loads(run.header)
    found = obstacles(run.definition, new, list(run.rows.values()), header)
    for one in found:
        assert one.message % one.values
    if not found:
        run.definition = new
        before = tree_of(run.live)
        run.live = restore(new, list(run.rows.values()), header)
        assert tree_of(run.live) == before
    return [(one.message, one.node) for one in found]


def goes_on(run: Run, xml: bytes, *steps: str, called: dict[str, bytes] | None = None) -> None:
    """Move a case and walk it to its end; after each step it is stored and built anew."""
    assert why(run, xml, called) == []
    for one in steps:
        assert one in run.open
        run.complete(one)
    assert run.live.ended


@pytest.mark.parametrize(
    ("xml", "steps"),
    [
        (TWO, "b"),
        (diagram(start(), user("a"), user("b", name="换了名", assignee="x"), end(), chain("s", "a", "b", "e")), "b"),
        (diagram(start(), user("a"), user("b"), user("c"), end(), chain("s", "a", "b", "c", "e")), "bc"),
        (diagram(start(), user("z"), user("a"), user("b"), end(), chain("s", "z", "a", "b", "e")), "b"),
        (diagram(start(), user("a"), script("x", "n = 1"), user("b"), end(), chain("s", "a", "x", "b", "e")), "b"),
    ],
    ids=["nothing", "label and rule", "new task later", "inserted before", "inserted just before"],
)
def test_a_case_goes_on_after_a_harmless_change(xml: bytes, steps: Sequence[str]) -> None:
    """Nothing changed, a label, a rule, a task later, a task before what was passed."""
    goes_on(at(TWO, "a"), xml, *steps)


def test_a_later_task_may_go() -> None:
    """A task the case has not come to is removed."""
    goes_on(at(TWO), diagram(start(), user("a"), end(), chain("s", "a", "e")), "a")


def test_what_the_case_stands_at_must_stay() -> None:
    """Removed, of another kind, just passed and removed, another process: each refused by name."""
    assert why(at(TWO), diagram(start(), user("b"), end(), chain("s", "b", "e"))) == [(GONE, "a")]
    assert why(at(TWO), diagram(start(), service("a"), end(), chain("s", "a", "e"))) == [(OTHER_KIND, "a")]
    assert why(at(TWO, "a"), diagram(start(), user("b"), end(), chain("s", "b", "e"))) == [(PASSED_GONE, "a")]
    assert why(at(TWO), TWO.replace(b'id="p"', b'id="q"')) == [(OTHER_PROCESS, None)]
    inside = diagram(
        start(), sub("w", start("i"), user("a"), end("j"), chain("i", "a", "j")), end(), chain("s", "w", "e")
    )
    assert why(at(TWO), inside) == [(GONE, "a")]


def test_several_people_at_one_step_finish_it_first() -> None:
    """A step done by several is refused while it is under way, and so is a step that becomes one."""
    many = diagram(start(), signer("a", several("${['x', 'y']}")), user("b"), end(), chain("s", "a", "b", "e"))
    assert (SEVERAL, "a") in why(at(many), many)
    assert why(at(TWO), many)[0][1] == "a"
    later = diagram(start(), user("a"), signer("b", several("${['x']}")), end(), chain("s", "a", "b", "e"))
    assert why(at(TWO), later) == []


def test_events_on_the_open_step_must_stay() -> None:
    """A timer added to or taken from the open step is refused; another time of the same timer is not."""

    def watched(hours: int) -> bytes:
        event = boundary("late", "a", timer("Duration", f"PT{hours}H"))
        return diagram(start(), user("a"), event, user("b"), end(), flows("s>a", "a>b", "b>e", "late>e"))

    plain = diagram(start(), user("a"), user("b"), end(), flows("s>a", "a>b", "b>e"))
    assert why(at(plain), watched(1)) == [(EVENTS, "a")]
    assert (EVENTS, "a") in why(at(watched(1)), plain)
    run = at(watched(1))
    assert why(run, watched(9)) == []
    run.tick(2)
    assert run.live.ended


def test_what_is_awaited_must_stay() -> None:
    """Another message, another topic: refused; the same ones go on."""

    def waits(name: str) -> bytes:
        return diagram(
            start(),
            catch("m", message(name)),
            user("b"),
            end(),
            chain("s", "m", "b", "e"),
            outside=messages("x", "y"),
        )

    assert why(at(waits("x")), waits("y")) == [(OTHER_MESSAGE, "m")]
    run = at(waits("x"))
    assert why(run, waits("x")) == []
    run.message("x")
    assert run.open == ["b"]
    served = [diagram(start(), service("t", one), end(), chain("s", "t", "e")) for one in ("u", "v")]
    assert why(at(served[0]), served[1]) == [(OTHER_TOPIC, "t")]


def test_a_step_drawn_into_a_new_parallel_part_would_never_end() -> None:
    """The branch beside it was never begun: the meeting of both is named; after the meeting all is well."""
    plain = diagram(start(), user("z"), user("a"), end(), chain("s", "z", "a", "e"))
    assert why(at(plain, "z"), FORKED) == [(STUCK, "join")]
    goes_on(at(plain), FORKED, "z", "a", "b")


def test_branches_under_way_keep_their_drawing() -> None:
    """With two branches open, a third one is refused; a label is not, and neither is what comes after they met."""
    third = diagram(
        *FORK,
        user("c"),
        flows("s>z", "z>split", "split>a", "split>b", "split>c", "a>join", "b>join", "c>join", "join>e"),
    )
    assert why(at(FORKED, "z"), third) == [(BRANCHES, "join")]
    longer = diagram(
        *FORK, user("c"), flows("s>z", "z>split", "split>a", "split>b", "a>join", "b>c", "c>join", "join>e")
    )
    assert why(at(FORKED, "z", "a"), longer) == [(BRANCHES, "join")]
    after = diagram(
        *FORK, user("c"), flows("s>z", "z>split", "split>a", "split>b", "a>join", "b>join", "join>c", "c>e")
    )
    assert why(at(FORKED, "z", "a"), after) == [(BRANCHES, "join")]
    goes_on(at(FORKED, "z", "a"), FORKED.replace(b"user", b"user"), "b")
    goes_on(at(FORKED), third, "z", "a", "b", "c")


def test_loops_and_choices_ahead_are_looked_through() -> None:
    """A loop back over a parallel part ends all the same."""
    ways = "s>z", "z>split", "split>a", "split>b", "a>join", "b>join", "join>x", "x>z[${again}]", "x>e"
    looped = diagram(*FORK, gateway("exclusive", "x", default="f_x_e"), flows(*ways))
    goes_on(at(FORKED), looped, "z", "a", "b")
    odd = diagram(
        *FORK,
        gateway("exclusive", "x", default="f_x_split"),
        flows("s>z", "z>x", "x>a[${skip}]", "x>split", *ways[2:6], "join>e"),
    )
    assert why(at(FORKED), odd) == [(STUCK, "join")]


def test_a_called_process_may_change_as_its_caller_may() -> None:
    """The step inside the called process decides; a removed one is refused."""
    outer = diagram(start(), call("c", "inner"), end(), chain("s", "c", "e"))
    longer = diagram(start(), user("a"), user("b"), user("d"), end(), chain("s", "a", "b", "d", "e"))
    run = at(outer, "inner:a", called={"inner": TWO})
    goes_on(run, outer, "inner:b", "inner:d", called={"inner": longer})
    gone = diagram(start(), user("a"), end(), chain("s", "a", "e"))
    assert why(at(outer, "inner:a", called={"inner": TWO}), outer, {"inner": gone}) == [(GONE, "inner:b")]
    assert (
        why(at(outer, called={"inner": TWO}), diagram(start(), user("c"), end(), chain("s", "c", "e")))[0][1] == "c"
    )


FIRST = (start(), asked(), done("after"), end(), chain("s", "ask", "after", "e"))
LONGER = (
    start(),
    asked(),
    node("userTask", "after", "", name="办理事项", camunda_assignee="${starter}", camunda_formRef="do"),
    done("more"),
    end(),
    chain("s", "ask", "after", "more", "e"),
)
OTHER = (start(), asked(), done("other"), end(), chain("s", "ask", "other", "e"))


def publish(*parts: str) -> int:
    """Publish a version of `p` and return its id."""
    from app.processes.models import Process  # noqa: PLC0415

    publish_drawn("p", *parts)
    db.session.rollback()
    return db.session.scalars(select(Process.running_version_id).where(Process.slug == "p")).one() or 0


def looked(app: Flask, to: int) -> list[Candidate]:
    db.session.rollback()
    return preview(db.session(), runtime_of(app), "p", to)


def move(app: Flask, case_id: int, to: int, by: str = "owner", reason: str = "新办法") -> None:
    with transaction() as session:
        migrate(session, runtime_of(app), case_id, to, viewer(session, by), reason, clock.now(session))


def test_a_case_moves_and_says_so(either_app: Flask) -> None:
    """Preview, move, the record with both versions, the open step under its new name, and on to the new end."""
    app = either_app
    runtime = runtime_of(app)
    publish(*FIRST)
    started = start_drawn(runtime, "p")
    second = publish(*LONGER)
    (line,) = looked(app, second)
    assert (line.number, line.version, line.steps, line.safe, line.reasons) == (
        started.number,
        1,
        ("after",),
        True,
        (),
    )
    move(app, started.case_id, second)
    assert looked(app, second) == []
    item = open_item(started.case_id)
    assert item.name == "办理事项"
    complete(runtime, item.id, "dept", {"done": "办了", "decision": "submit"})
    assert open_item(started.case_id).node == "more"
    complete(runtime, open_item(started.case_id).id, "dept", {"done": "办了"})
    db.session.rollback()
    case = db.session.get_one(Case, started.case_id)
    assert (case.version_id, case.status) == (second, "ended")
    record = db.session.scalars(select(Record).where(Record.kind == "work:case:migrated")).one()
    payload = json.loads(record.body)["payload"]
    assert (payload["from"], payload["to"], payload["reason"]) == (1, 2, "新办法")
    assert verify(db.session()).clean


def test_an_unsafe_case_stays_where_it_is(app: Flask) -> None:
    """The preview says why, moving it anyway is refused with the same sentence, and it goes on as before."""
    runtime = runtime_of(app)
    first = publish(*FIRST)
    case_id = start_drawn(runtime, "p").case_id
    other = publish(*OTHER)
    (line,) = looked(app, other)
    assert not line.safe
    sentence = line.reasons[0].message % line.reasons[0].values
    assert "after" in sentence
    with pytest.raises(Conflict) as error:
        move(app, case_id, other)
    assert sentence in str(error.value)
    db.session.rollback()
    assert db.session.get_one(Case, case_id).version_id == first
    complete(runtime, open_item(case_id).id, "dept", {"done": "办了"})
    db.session.rollback()
    assert db.session.get_one(Case, case_id).status == "ended"
    with pytest.raises(Conflict):
        move(app, case_id, other)


def test_moving_is_the_owners_act_and_wants_a_reason(app: Flask) -> None:
    """Others are refused, no reason is refused, the version it is on is refused, a foreign version too."""
    runtime = runtime_of(app)
    first = publish(*FIRST)
    case_id = start_drawn(runtime, "p").case_id
    second = publish(*LONGER)
    with pytest.raises(Refused):
        move(app, case_id, second, by="dept")
    with pytest.raises(Invalid):
        move(app, case_id, second, reason=" ")
    with pytest.raises(Conflict):
        move(app, case_id, first)
    publish_drawn("q", *FIRST)
    db.session.rollback()
    with pytest.raises(Conflict):
        move(app, case_id, second + 1)


def test_a_case_moves_back_when_the_new_version_was_wrong(app: Flask) -> None:
    """To an older version the same rules hold."""
    runtime = runtime_of(app)
    first = publish(*FIRST)
    case_id = start_drawn(runtime, "p").case_id
    move(app, case_id, publish(*LONGER))
    move(app, case_id, first)
    complete(runtime, open_item(case_id).id, "dept", {"done": "办了"})
    db.session.rollback()
    assert db.session.get_one(Case, case_id).status == "ended"


def test_what_was_typed_is_kept(app: Flask) -> None:
    """The open item stays the same item, with its holder; only its name and form are those of the new version."""
    runtime = runtime_of(app)
    publish(*FIRST)
    case_id = start_drawn(runtime, "p").case_id
    before = open_item(case_id)
    move(app, case_id, publish(*LONGER))
    after = open_item(case_id)
    assert (after.id, after.token, after.assignee_id) == (before.id, before.token, before.assignee_id)
    assert db.session.scalars(select(WorkItem.id).where(WorkItem.case_id == case_id)).all() == [
        before.id - 1,
        after.id,
    ]
