"""What is owed leaves at least once; notices are read once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.db import Base, prepare_engine
from app.outbox import operations, queries, rules
from app.outbox.channels import Channel, NullChannel
from app.outbox.models import Notice, Owed
from app.people.models import Unit, User

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Open a writing session on a database with two people."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine, info={"write": True}) as session:
        session.add(Unit(id=1, code="wgb", name="网管办", kind="office"))
        session.flush()
        session.add_all(User(id=id_, user_name=f"u{id_}", name="甲", unit_id=1, created_at=NOW) for id_ in (1, 2))
        session.flush()
        yield session
        session.rollback()
    engine.dispose()


def test_everybody_is_told_once(session: Session) -> None:
    """A person named twice gets one notice; reading one's own leaves the other's unread."""
    told = operations.notify(
        session, [1, 2, 1], "“%(title)s”超期了。", values={"title": "改栏目"}, url="/tasks/3", now=NOW
    )
    assert told == 2
    assert [queries.unread_count(session, user) for user in (1, 2)] == [1, 1]
    assert operations.mark_read(session, 1, NOW) == 1
    assert operations.mark_read(session, 1, NOW) == 0
    assert [queries.unread_count(session, user) for user in (1, 2)] == [0, 1]


def test_only_ones_own_notice_is_found_and_marked(session: Session) -> None:
    """A stranger's notice is missing, and marking it changes nothing."""
    operations.notify(session, [1], "您好", now=NOW)
    one = session.scalars(select(Notice)).one()
    assert queries.notice(session, 2, one.id) is None
    assert operations.mark_read(session, 2, NOW, notice_id=one.id) == 0
    assert operations.mark_read(session, 1, NOW, notice_id=one.id) == 1


def test_telling_nobody_writes_nothing(session: Session) -> None:
    """An empty audience is no error."""
    assert operations.notify(session, [], "您好", now=NOW) == 0


def test_notices_are_paged_newest_first(session: Session) -> None:
    """The last id of a page is where the next one starts."""
    for number in range(5):
        operations.notify(session, [1], "第 %(number)s 条", values={"number": number}, now=NOW)
    first = queries.notices(session, 1, limit=3)
    rest = queries.notices(session, 1, before=first[-1].id, limit=3)
    assert [one.named["number"] for one in [*first, *rest]] == [4, 3, 2, 1, 0]


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(session: Session) -> None:
    """A second sender finds nothing; after a minute without news it takes over and the first is too late."""
    owed = operations.owe(session, "mail", {"to": "a@example.gov"}, now=NOW)
    assert [one.key for one in operations.claim(session, "one", NOW, kinds=["mail"])] == [f"owed-{owed.id}"]
    assert operations.claim(session, "two", NOW + 59 * SECOND, kinds=["mail"]) == []
    assert len(operations.claim(session, "two", NOW + 60 * SECOND, kinds=["mail"])) == 1
    assert not operations.finish(session, owed.id, "one", NOW + 61 * SECOND)
    assert operations.finish(session, owed.id, "two", NOW + 61 * SECOND)
    assert operations.claim(session, "one", NOW + 999 * SECOND, kinds=["mail"]) == []


def test_only_due_rows_of_the_asked_kinds_are_claimed(session: Session) -> None:
    """What is due later or belongs to other senders stays; the oldest comes first."""
    operations.owe(session, "mail", {"n": 1}, now=NOW, due=NOW + SECOND)
    operations.owe(session, "webhook", {"n": 2}, now=NOW)
    operations.owe(session, "mail", {"n": 3}, now=NOW - SECOND)
    operations.owe(session, "mail", {"n": 4}, now=NOW)
    claims = operations.claim(session, "one", NOW, kinds=["mail"])
    assert [one.payload["n"] for one in claims] == [3, 4]


def test_a_failing_row_waits_longer_each_time_and_dies_visibly(session: Session) -> None:
    """30 s, 1 min, 2 min … and after the eighth try it is a dead letter that somebody can retry."""
    owed = operations.owe(session, "mail", {}, now=NOW)
    now, waits = NOW, []
    while owed.dead_at is None:
        assert len(operations.claim(session, "one", now, kinds=["mail"])) == 1
        operations.fail(session, owed.id, "one", now, "ConnectionError: refused")
        waits.append(owed.due - now)
        now = max(now, owed.due)
    assert owed.tries == rules.MOST_TRIES
    assert waits == [rules.wait_after(n, owed.id) for n in range(1, 8)] + [waits[-1]]
    assert all(30 * 2**n * SECOND <= wait <= 37.5 * 2**n * SECOND for n, wait in enumerate(waits[:7]))
    assert operations.claim(session, "one", now + timedelta(days=9), kinds=["mail"]) == []
    assert [one.last_error for one in queries.dead_letters(session)] == ["ConnectionError: refused"]
    operations.retry(session, owed.id, now)
    assert len(operations.claim(session, "one", now, kinds=["mail"])) == 1
    assert not operations.fail(session, owed.id, "somebody else", now, "late")


def test_the_next_due_instant_skips_what_is_done_or_dead(session: Session) -> None:
    """The runner sleeps until then."""
    first = operations.owe(session, "mail", {}, now=NOW)
    operations.owe(session, "mail", {}, now=NOW, due=NOW + SECOND)
    assert queries.next_due(session, NOW, ["mail"]) == NOW
    assert queries.next_due(session, NOW, ["webhook"]) is None
    operations.claim(session, "one", NOW, kinds=["mail"])
    assert queries.next_due(session, NOW, ["mail"]) == NOW + SECOND
    operations.finish(session, first.id, "one", NOW)
    assert queries.next_due(session, NOW, ["mail"]) == NOW + SECOND
    session.delete(session.scalars(select(Owed).where(Owed.id != first.id)).one())
    session.flush()
    assert queries.next_due(session, NOW, ["mail"]) is None


def test_what_failed_together_does_not_come_back_together() -> None:
    """Each row's pause has a length of its own, which stays the same however often it is reckoned."""
    pauses = {rules.wait_after(1, row) for row in range(50)}
    assert len(pauses) == 50
    assert pauses == {rules.wait_after(1, row) for row in range(50)}
    assert rules.wait_after(40, 1) <= rules.LONGEST_WAIT * (1 + rules.JITTER)


def test_the_null_channel_keeps_the_promise_of_a_channel() -> None:
    """The same key twice is one message; only the newest few are remembered."""
    channel = NullChannel(keep=2)
    as_channel: Channel = channel
    for key in ("a", "a", "b", "c"):
        as_channel.send(key, {"key": key})
    assert list(channel.sent) == ["b", "c"]
