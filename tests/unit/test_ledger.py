"""The ledger refuses changes and finds those made behind its back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.db import db, transaction
from app.ledger import Actor, Entry, append, verify
from app.ledger.models import ChainHead, Record
from app.ledger.rules import canonical, digest, short_code
from tests.conftest import START

ACTOR = Actor("person", "林知行", 7, 2, "市住建局")
DROP_GUARDS = {
    "sqlite": ["DROP TRIGGER record_no_update", "DROP TRIGGER record_no_delete"],
    "postgresql": [
        "DROP TRIGGER record_no_change ON record",
        "DROP TRIGGER record_no_truncate ON record",
    ],
}


def write_three() -> None:
    with transaction() as session:
        for n in range(3):
            at = START + timedelta(minutes=n)
            append(session, "case:1", [Entry("work:item:completed", ACTOR, {"n": n}, case_id=1, node="demand")], at)


def tamper(statement: str) -> None:
    """Change the table as somebody with the database's password would."""
    with db.engine.execution_options(write=True).begin() as connection:
        for drop in DROP_GUARDS[connection.dialect.name]:
            connection.exec_driver_sql(drop)
        connection.exec_driver_sql(statement)


def test_an_untouched_ledger_is_clean(either_app: Flask) -> None:
    """Whatever was appended verifies, on both databases."""
    write_three()
    verdict = verify(db.session())
    assert verdict.clean
    assert verdict.records >= 3


@pytest.mark.parametrize("statement", ["UPDATE record SET result = 'x'", "DELETE FROM record"])
def test_the_database_itself_refuses_changes(either_app: Flask, statement: str) -> None:
    """Update and delete are refused by triggers."""
    write_three()
    with pytest.raises(DatabaseError, match="never changed"), transaction() as session:
        session.execute(text(statement))
    db.session.rollback()
    assert verify(db.session()).clean


@pytest.mark.postgres
def test_truncate_is_refused_on_postgresql(postgres_settings, request: pytest.FixtureRequest) -> None:
    """The whole table cannot be emptied either."""
    from tests.conftest import running  # noqa: PLC0415

    for _app in running(postgres_settings):
        with pytest.raises(DatabaseError, match="never changed"), transaction() as session:
            session.execute(text("TRUNCATE record"))


def test_replacing_a_record_is_refused_on_sqlite(app: Flask) -> None:
    """REPLACE does not slip past the delete trigger."""
    write_three()
    with pytest.raises(DatabaseError, match="never changed"), transaction() as session:
        session.execute(text("REPLACE INTO record SELECT * FROM record WHERE seq = 1 AND chain = 'case:1'"))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE record SET body = replace(body, '\"n\":1', '\"n\":9') WHERE chain = 'case:1'", ("content", 2)),
        ("UPDATE record SET result = 'good' WHERE chain = 'case:1' AND seq = 3", ("column", 3)),
        ("UPDATE record SET actor_name = '别人' WHERE chain = 'case:1' AND seq = 3", ("column", 3)),
        ("DELETE FROM record WHERE chain = 'case:1' AND seq = 2", ("gap", 3)),
        ("DELETE FROM record WHERE chain = 'case:1' AND seq = 3", ("end", 2)),
        ("DELETE FROM record WHERE chain = 'case:1'", ("missing", 0)),
        ("UPDATE record SET prev_hash = hash WHERE chain = 'case:1' AND seq = 2", ("link", 2)),
        ("UPDATE record SET code = 'AAAA-AAAA' WHERE chain = 'case:1' AND seq = 1", ("code", 1)),
    ],
)
def test_every_kind_of_tampering_is_named(either_app: Flask, statement: str, reason: tuple[str, int]) -> None:
    """A changed byte, a changed column, a missing, cut-off or whole missing chain is named by verify."""
    write_three()
    tamper(statement)
    verdict = verify(db.session())
    assert verdict.fault is not None
    assert (verdict.fault.reason, verdict.fault.seq) == reason


def test_the_head_locks_one_chain_only(app: Flask) -> None:
    """Each chain counts for itself, and an append of several records gives consecutive numbers."""
    with transaction() as session:
        first = append(session, "case:1", [Entry("a:b:c", ACTOR), Entry("a:b:d", ACTOR)], START)
        other = append(session, "case:2", [Entry("a:b:c", ACTOR)], START)
    assert [receipt.seq for receipt in [*first, *other]] == [1, 2, 1]
    assert db.session.get(ChainHead, "case:1").seq == 2


def test_sm3_chains_verify_too(app: Flask) -> None:
    """The digest is a property of the chain, SM3 by setting."""
    app.config["DIGEST"] = "sm3"
    write_three()
    record = db.session.query(Record).filter_by(chain="case:1", seq=1).one()
    assert record.algorithm == "sm3"
    assert record.hash == digest("sm3", record.prev_hash, record.body)
    assert verify(db.session()).clean


def test_a_receipt_code_can_be_read_out() -> None:
    """Codes have the form 4-4 without I and O."""
    code = short_code("a3" * 32)
    assert len(code) == 9
    assert code[4] == "-"
    assert not set("IO01") & set(code)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES))
def test_canonical_text_does_not_depend_on_order(value: dict[str, object]) -> None:
    """Equal values have one text, whatever order their keys came in, and it is JSON."""
    turned = dict(reversed(list(value.items())))
    assert canonical(value) == canonical(turned)
    json.loads(canonical(value))
