"""Multi-level review, called by a process that knows nothing of it but its name: levels, returns, distinct people."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.ledger.models import Record
from app.outbox.models import Notice
from app.people.models import User
from app.review.models import ReviewAct
from app.review.operations import content_changed
from app.review.queries import passers, sealed, standing
from app.review.subjects import register
from app.work.models import WorkItem
from tests.factories.reviewing import (
    MEMOS,
    Memo,
    acts,
    at,
    decide,
    digest_at,
    item_data,
    item_of,
    publish_review,
    write,
)
from tests.factories.small import viewer

LEVELS = ["review_1", "review_2", "secrecy", "review_3"]


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """A house with the review and a process that calls it, on each database."""
    publish_review()
    return either_app


def pass_all(app: Flask, case_id: int, levels: list[str] | None = None) -> None:
    for level in LEVELS if levels is None else levels:
        assert at(case_id) == level
        decide(runtime_of(app), case_id, "pass")


def test_a_process_uses_the_review_by_its_diagram_alone(house: Flask) -> None:
    """Three levels and secrecy by four people with a return between, sealed over exactly the text that was seen."""
    runtime = runtime_of(house)
    case_id = write(runtime, slug="policy_interpretation")
    decide(runtime, case_id, "pass")
    decide(runtime, case_id, "return", opinion="第二段的日期不对。")
    assert at(case_id) == "draft"
    assert item_data(case_id)["review_note"] == "第二段的日期不对。"
    decide(runtime, case_id, "submit", title="办法解读", body="<p>改过的正文，日期已核对。</p>")
    assert at(case_id) == "review_1"
    digest = digest_at(case_id)
    pass_all(house, case_id)
    assert at(case_id) == "通过"
    ref = f"case:{case_id}"
    assert sealed(db.session(), ref, digest)
    people = [one.name for one in passers(db.session(), ref, digest)]
    assert people == ["黎照晚", "穆长歌", "孟清晏", "祁云阶"]
    assert acts(ref)[0][0] == "open"
    assert acts(ref)[-1] == ("seal", "", "")


def test_a_return_to_the_author_and_a_changed_text_start_again(house: Flask) -> None:
    """The second level returns; the author changes the text; the first pass counts no more and stays on record."""
    runtime = runtime_of(house)
    case_id = write(runtime)
    first = digest_at(case_id)
    decide(runtime, case_id, "pass")
    decide(runtime, case_id, "return", opinion="第二段的日期不对。")
    assert at(case_id) == "draft"
    assert item_data(case_id)["review_note"] == "第二段的日期不对。"
    decide(runtime, case_id, "submit", title="办法解读", body="<p>改过的正文，日期已核对。</p>")
    assert at(case_id) == "review_1"
    assert digest_at(case_id) != first
    pass_all(house, case_id)
    assert at(case_id) == "通过"
    assert states(house, f"case:{case_id}", digest_before(case_id))[-4:] == ["ok"] * 4
    assert not sealed(db.session(), f"case:{case_id}", first)


def states(app: Flask, ref: str, digest: str) -> list[str]:
    with app.test_request_context():
        return [one.state for one in standing(db.session(), ref, digest).stamps]


def digest_before(case_id: int) -> str:
    query = select(ReviewAct.digest).where(ReviewAct.subject == f"case:{case_id}").order_by(ReviewAct.id.desc())
    return db.session.scalars(query).first() or ""


def test_a_return_with_the_text_unchanged_keeps_the_passes_that_saw_it(house: Flask) -> None:
    """The same text is handed in again: what was passed stays passed, the level that returned it comes next."""
    runtime = runtime_of(house)
    case_id = write(runtime)
    decide(runtime, case_id, "pass")
    decide(runtime, case_id, "return")
    decide(runtime, case_id, "submit", title="办法解读", body="<p>近日印发《办法》，现就有关问题解读如下。</p>")
    assert at(case_id) == "review_2"


def test_the_last_level_sends_back_to_the_second(house: Flask) -> None:
    """The passes from that level on are void, the first one stands; the same people go on."""
    runtime = runtime_of(house)
    case_id = write(runtime)
    pass_all(house, case_id, LEVELS[:3])
    decide(runtime, case_id, "return_level", back_to_level="review_2")
    assert at(case_id) == "review_2"
    assert [one[:2] for one in acts(f"case:{case_id}")][-2:] == [("void", "review_2"), ("void", "secrecy")]
    pass_all(house, case_id, LEVELS[1:])
    assert at(case_id) == "通过"


@pytest.mark.parametrize("level", range(4))
def test_every_level_may_reject(house: Flask, level: int) -> None:
    """A rejection ends the case."""
    case_id = write(runtime_of(house))
    pass_all(house, case_id, LEVELS[:level])
    decide(runtime_of(house), case_id, "reject")
    assert at(case_id) == "不予发布"


@pytest.mark.parametrize(
    ("facts", "levels"),
    [
        ({}, LEVELS),
        ({"reprint": True}, ["review_1", "secrecy", "review_3"]),
        ({"reprint": True, "sensitive": True}, LEVELS),
        ({"urgent": True}, ["review_1", "secrecy", "review_3"]),
        ({"urgent": True, "leader": True}, LEVELS),
        ({"review_kind": "correction"}, ["review_1", "review_3"]),
        ({"review_kind": "policy", "urgent": True}, LEVELS),
    ],
)
def test_the_depth_is_the_tables(app: Flask, facts: dict[str, Any], levels: list[str]) -> None:
    """Kind, urgency, reprint, leaders and sensitive topics decide which levels there are."""
    publish_review()
    case_id = write(runtime_of(app), **facts)
    pass_all(app, case_id, levels)
    assert at(case_id) == "通过"


def test_where_nobody_distinct_is_left_the_level_climbs(house: Flask) -> None:
    """The author holds the first level's post in the unit: the office's holder is sought and that is on record."""
    runtime = runtime_of(house)
    with transaction() as session:
        grant(session, "reviewer3", "reviewer_1")
        person = session.scalars(select(User).where(User.user_name == "reviewer1")).one()
        author = viewer(session, person.user_name)
    case_id = write(runtime, by=author.user_name)
    item = item_of(case_id)
    assert item.assignee_name == "祁云阶"
    assert "提级到" in item.rule_text
    decide(runtime, case_id, "pass", by="reviewer3")
    db.session.rollback()
    raised = db.session.scalars(select(ReviewAct.raised_from).where(ReviewAct.act == "pass")).one()
    assert raised == "市住建局"


def grant(session: Any, user_name: str, role: str) -> None:
    from app.people import operations as people  # noqa: PLC0415

    person = session.scalars(select(User).where(User.user_name == user_name)).one()
    people.grant_role(session, people.by_setup(), person.id, role=role, unit_id=None, now=clock.now(session))


def test_a_pass_over_a_text_that_changed_meanwhile_does_not_count(app: Flask) -> None:
    """The answer names another content than the present one: refused on record, the level comes again."""
    publish_review()
    case_id = write(runtime_of(app))
    decide(runtime_of(app), case_id, "pass", seen="0" * 64)
    assert at(case_id) == "review_1"
    assert acts(f"case:{case_id}")[-1][:2] == ("refused", "review_1")
    pass_all(app, case_id)


def test_nobody_passes_two_levels_even_when_the_step_is_handed_to_them(app: Flask) -> None:
    """A hand-over brings the second level to whoever passed the first: the pass does not count."""
    from app.work.operations import transfer  # noqa: PLC0415

    publish_review()
    runtime = runtime_of(app)
    case_id = write(runtime)
    decide(runtime, case_id, "pass")
    with transaction() as session:
        to = viewer(session, "reviewer1").user_id
        transfer(session, item_of(case_id).id, viewer(session, "reviewer2"), to, "外出开会", clock.now(session))
    decide(runtime, case_id, "pass", by="reviewer1")
    assert acts(f"case:{case_id}")[-1] == ("refused", "review_2", "黎照晚")
    assert (at(case_id), item_of(case_id).assignee_name) == ("review_2", "穆长歌")


@pytest.fixture
def memo(house: Flask) -> Memo:
    """A text that somebody keeps elsewhere, written by the editor."""
    del house
    text = Memo("甲")
    with transaction() as session:
        text.write("甲", viewer(session, "editor").user_id)
    MEMOS.kept = {"memo:1": text}
    register("memo", MEMOS)
    return text


def change(app: Flask, memo: Memo, text: str, case_id: int | None, by: str = "editor") -> int:
    """Change the text and say so; return how many passes that ended."""
    with transaction() as session:
        who = viewer(session, by)
        memo.write(text, who.user_id)
        actor, now = Actor("person", who.name, who.user_id), clock.now(session)
        return content_changed(session, runtime_of(app), "memo:1", actor, now, case_id=case_id)


def test_a_change_during_the_review_voids_the_passes_and_begins_again(house: Flask, memo: Memo) -> None:
    """Two passed, the text changes: both are void, the open level is withdrawn, the first comes, all on record."""
    runtime = runtime_of(house)
    case_id = write(runtime, subject="memo:1")
    for _ in range(2):
        decide(runtime, case_id, "pass")
    left = item_of(case_id)
    assert change(house, memo, "乙", case_id) == 2
    assert (at(case_id), item_of(case_id).assignee_name) == ("review_1", "黎照晚")
    assert db.session.get_one(WorkItem, left.id, populate_existing=True).status == "withdrawn"
    kinds = db.session.scalars(select(Record.kind).where(Record.case_id == case_id)).all()
    assert {"review:passes:voided", "work:message:sent"} <= set(kinds)
    assert states(house, "memo:1", memo.digest)[:3] == ["void", "void", "now"]
    pass_all(house, case_id)
    db.session.rollback()
    assert sealed(db.session(), "memo:1", memo.digest)


def test_a_change_after_the_seal_breaks_it(house: Flask, memo: Memo) -> None:
    """No case waits any more: the passes are void, the record is the house's, and the old text is no more sealed."""
    case_id = write(runtime_of(house), subject="memo:1")
    pass_all(house, case_id)
    old = memo.digest
    db.session.rollback()
    assert sealed(db.session(), "memo:1", old)
    assert change(house, memo, "乙", None) == 4
    db.session.rollback()
    assert not sealed(db.session(), "memo:1", old)
    assert "review:passes:voided" in db.session.scalars(select(Record.kind).where(Record.chain == "house")).all()


def test_whoever_becomes_an_author_has_passed_nothing(app: Flask) -> None:
    """The first reviewer edits, the text is put back as it was: the pass counts no more, somebody else is sought."""
    publish_review()
    text = Memo("甲")
    MEMOS.kept = {"memo:1": text}
    register("memo", MEMOS)
    with transaction() as session:
        grant(session, "reviewer3", "reviewer_1")
        text.write("甲", viewer(session, "editor").user_id)
    runtime = runtime_of(app)
    case_id = write(runtime, subject="memo:1")
    decide(runtime, case_id, "pass")
    with transaction() as session:
        text.write("甲", viewer(session, "reviewer1").user_id)
    decide(runtime, case_id, "pass")
    assert (at(case_id), item_of(case_id).assignee_name) == ("review_1", "祁云阶")


@pytest.mark.parametrize("name", ["state_secret", "work_secret"])
def test_what_concerns_secrets_of_state_or_office_is_never_passed(app: Flask, name: str) -> None:
    """A pass of the secrecy level that says so itself does not count, and whoever gave it is told."""
    publish_review()
    case_id = write(runtime_of(app))
    pass_all(app, case_id, LEVELS[:2])
    decide(runtime_of(app), case_id, "pass", **{name: "yes"})
    assert at(case_id) == "secrecy"
    assert acts(f"case:{case_id}")[-1][:2] == ("refused", "secrecy")
    told = db.session.scalars(select(Notice).where(Notice.user_id == item_of(case_id).assignee_id)).all()
    assert any("没有算数" in one.message for one in told)


def test_a_colleague_without_the_role_passes_nothing(app: Flask) -> None:
    """A hand-over to somebody who does not hold the level: the pass is refused, the level seeks its people again."""
    from app.work.operations import transfer  # noqa: PLC0415

    publish_review()
    runtime = runtime_of(app)
    case_id = write(runtime)
    with transaction() as session:
        to = viewer(session, "editor2").user_id
        transfer(session, item_of(case_id).id, viewer(session, "reviewer1"), to, "外出开会", clock.now(session))
    decide(runtime, case_id, "pass", by="editor2")
    assert acts(f"case:{case_id}")[-1] == ("refused", "review_1", "安如初")
    assert (at(case_id), item_of(case_id).assignee_name) == ("review_1", "黎照晚")


def test_a_level_answers_for_itself_not_with_what_the_one_before_said(app: Flask) -> None:
    """A pass that names no content it saw does not count, though the level before named it."""
    publish_review()
    case_id = write(runtime_of(app))
    decide(runtime_of(app), case_id, "pass")
    decide(runtime_of(app), case_id, "pass", seen=None)
    assert acts(f"case:{case_id}")[-1][:2] == ("refused", "review_2")


def test_sent_back_to_a_level_that_is_left_out_goes_to_the_one_before(app: Flask) -> None:
    """A reprint has no second level: whoever sends it back there sends it to the secrecy review."""
    publish_review()
    case_id = write(runtime_of(app), reprint=True)
    pass_all(app, case_id, ["review_1", "secrecy"])
    decide(runtime_of(app), case_id, "return_level", back_to_level="review_2")
    assert at(case_id) == "secrecy"


def test_a_program_opens_a_review_of_its_own(app: Flask) -> None:
    """Without a caller: the texts are handed in as data, the case is the review and ends with its result."""
    from app.work.operations.starting import open_case  # noqa: PLC0415

    publish_review()
    with transaction() as session:
        data = {"title": "停水通知", "body": "<p>明日停水。</p>", "urgent": True}
        who, now = viewer(session, "editor"), clock.now(session)
        case_id = open_case(session, runtime_of(app), "multi_level_review", who, data, "one", now).id
    pass_all(app, case_id, ["review_1", "secrecy", "review_3"])
    assert at(case_id) == "通过"


def test_speed_and_answers_of_a_pass_are_kept(app: Flask) -> None:
    """Characters, opening time and the answers of the checklist stand with the pass."""
    publish_review()
    case_id = write(runtime_of(app))
    item = item_of(case_id)
    with transaction() as session:
        row = session.get_one(WorkItem, item.id)
        row.first_opened_at = row.opened_at
    decide(runtime_of(app), case_id, "pass", opinion="文字通顺。")
    db.session.rollback()
    [one] = passers(db.session(), f"case:{case_id}")
    assert one.characters > 10
    assert one.started_at is not None
    assert one.answers["wording"] == "yes"
    assert (one.opinion, one.receipt != "") == ("文字通顺。", True)
