"""The ledger of the house in the browser: search, pages, and the check with its limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.boards.ledger import code_of
from app.db import db, transaction
from app.ledger import Actor, Entry, append
from app.ledger.models import Record
from tests.factories.boards import a_case, unit_of

SignIn = Callable[[str], FlaskClient]
NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)


def words_of(html: str) -> str:
    """Return what a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows_of(html: str) -> list[str]:
    """Return the lines of the list."""
    return [words_of(row) for row in re.findall(r"<tr id=.*?</tr>", html, re.DOTALL)]


@pytest.fixture
def case_number(session: Session) -> str:
    """Write a case with three records of its own, by a person, a stand-in and a rule."""
    vendor = unit_of(session, "vendor_a")
    with transaction() as writing:
        case = a_case(writing, "恢复三个附件下载", at=NOW, vendor="vendor_a")
        person = Actor("person", "陆小满", 11, vendor.id, vendor.name, client="10.0.0.8")
        stand_in = Actor("stand_in", "顾长川", 10, vendor.id, vendor.name, acting_for="陆小满")
        entries = [
            Entry("work:item:completed", person, {"answers": {"note": "已重传"}}, case_id=case.id, node_name="执行"),
            Entry("work:item:claimed", stand_in, case_id=case.id, node_name="执行"),
            Entry("work:gateway:chosen", Actor("rule", "通过？"), case_id=case.id, result="passed"),
        ]
        append(writing, f"case:{case.id}", entries, NOW)
        return case.number


def test_records_are_found_by_case_person_kind_unit_and_day(
    sign_in: SignIn, session: Session, case_number: str
) -> None:
    """Each question narrows the list; an area asks for all its kinds."""
    client = sign_in("auditadmin")
    unit = unit_of(session, "vendor_a").id
    expected = {
        f"case={case_number}": 3,
        f"case={case_number.lower()}": 3,
        f"case={case_number}&person=小满": 1,
        f"case={case_number}&unit={unit}": 2,
        f"case={case_number}&kind=work": 3,
        f"case={case_number}&kind=work:item:claimed": 1,
        f"case={case_number}&kind=people": 0,
        f"case={case_number}&first=2026-11-17&last=2026-11-17": 3,
        f"case={case_number}&last=2026-11-16": 0,
        f"case={case_number}&first=2026-11-18": 0,
        f"case={case_number}&first=yesterday": 3,
        "case=RW-1999-0001": 0,
    }
    for query, count in expected.items():
        assert len(rows_of(client.get(f"/records?{query}").text)) == count, query


def test_a_record_says_who_for_whom_and_what(sign_in: SignIn, case_number: str) -> None:
    """A person, a stand-in and a rule never read alike; the content can be unfolded."""
    page = sign_in("inspector").get(f"/records?case={case_number}").text
    rule, stand_in, person = rows_of(page)
    assert "通过？ 规则" in rule
    assert "顾长川 代办 代 陆小满 办 启砚内容 认领 执行" in stand_in
    assert "陆小满 启砚内容 办完环节 执行" in person
    assert "10.0.0.8" in person
    assert "已重传" in person
    assert f'href="/cases/{case_number}"' in page


def test_a_receipt_code_is_found_however_it_is_typed(sign_in: SignIn, session: Session, case_number: str) -> None:
    """Small letters, no hyphen, spaces around: the same record."""
    del case_number
    record = session.scalars(select(Record).order_by(Record.id.desc())).first()
    assert record is not None
    client = sign_in("auditadmin")
    for typed in (record.code, record.code.lower(), record.code.replace("-", ""), f" {record.code} "):
        page = client.get("/records", query_string={"code": typed}).text
        assert record.code in [row.split()[-1] for row in rows_of(page)]
    assert code_of("回执 7kq2 f4md") == "7KQ2-F4MD"


def test_records_are_paged_by_key(sign_in: SignIn) -> None:
    """Newest first, nothing twice, nothing left out, whatever is added meanwhile."""
    with transaction() as session:
        entries = [Entry("people:unit:changed", Actor("console", f"c{number}")) for number in range(120)]
        append(session, "house", entries, NOW)
    client = sign_in("auditadmin")
    total = db.session.query(Record).filter(Record.kind == "people:unit:changed").count()
    url, seen = "/records?kind=people:unit:changed", list[str]()
    while url:
        page = client.get(url).text
        seen += re.findall(r'<tr id="(r\d+)"', page)
        link = re.search(r'href="([^"]+)" data-key="more"', page)
        url = link[1].replace("&amp;", "&") if link else ""
        with transaction() as session:
            append(session, "house", [Entry("people:unit:changed", Actor("console", "later"))], NOW)
    assert len(seen) == len(set(seen)) == total
    assert seen == sorted(seen, key=lambda one: -int(one[1:]))


def test_nothing_found_names_the_condition_to_drop(sign_in: SignIn) -> None:
    """No results: which condition, and a link without it."""
    page = sign_in("auditadmin").get("/records?person=无此人").text
    assert "没有符合的记录" in page
    assert "去掉“人”再找。" in page


def test_a_clean_check_says_what_it_cannot_prove_and_is_recorded(
    sign_in: SignIn, session: Session, case_number: str
) -> None:
    """The verdict comes with its limits; who checked is itself a record."""
    del case_number
    page = words_of(sign_in("auditadmin").post("/records/verify").text)
    assert re.search(r"核对通过：\d+ 条记录、2 条链，条条接得上", page)
    assert "不能证明：最新的几条没有被整段截掉" in page
    session.rollback()
    checked = session.scalars(select(Record).where(Record.kind == "ledger:chains:verified")).one()
    assert checked.actor_name == "戚远山"


def test_a_changed_record_is_named(sign_in: SignIn, case_number: str) -> None:
    """One changed byte: the page names the record and what is wrong with it."""
    del case_number
    client = sign_in("auditadmin")
    with transaction() as session:
        session.execute(text("DROP TRIGGER record_no_update"))
        session.execute(text("UPDATE record SET body = replace(body, '已重传', '已重做') WHERE chain LIKE 'case:%'"))
    page = words_of(client.post("/records/verify").text)
    assert re.search(r"核对没有通过：编号 \d+，case:\d+ 第 1 条，内容和当时记下的不一样。", page)
    assert "不要改库" in page


def test_only_those_who_watch_may_check(sign_in: SignIn) -> None:
    """The check is no business of departments and vendors."""
    assert sign_in("dept").post("/records/verify").status_code == 404
    assert sign_in("vendor_a_lead").post("/records/verify").status_code == 404
