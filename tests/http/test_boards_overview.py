"""The overview in the browser: every number opens exactly its list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.boards import ledger, queries
from app.boards.rules import Event
from app.db import db, transaction
from app.dispatch import queries as dispatch
from app.people.queries import viewer_named
from app.work.models import Case
from tests.factories.boards import a_case, a_limit, a_step, an_entry, unit_of

SignIn = Callable[[str], FlaskClient]
NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)  # Tuesday 09:20 in Shanghai, when the test city's clock begins
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LINK = re.compile(r'href="(/overview/list[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


@pytest.fixture
def city(app: Flask) -> None:
    """Fill the city with a few cases in every state."""
    del app
    with transaction() as session:
        _running(session)
        _ended(session)


def _running(session: Session) -> None:
    late = a_case(session, "首页首屏错位", at=NOW - 15 * DAY, vendor="vendor_a")
    a_step(
        session,
        late,
        "office_triage",
        name="分拣",
        unit="office",
        at=NOW - 15 * DAY,
        due=NOW - 14 * DAY,
        done=NOW - 11 * DAY,
    )
    a_step(session, late, "vendor_execute", name="执行", unit="vendor_a", at=NOW - 11 * DAY, due=NOW - DAY)
    a_limit(session, late, at=NOW - 11 * DAY, due=NOW + 5 * DAY)
    today = a_case(session, "更新办事指南", at=NOW - DAY, vendor="vendor_a", starter="other_dept")
    a_step(session, today, "requester_accept", name="验收", unit="health", at=NOW - HOUR, due=NOW + 2 * HOUR)
    free = a_case(session, "补一张图片", at=NOW - HOUR, vendor="vendor_b")
    a_step(session, free, "vendor_accept", name="受理", unit="vendor_b", at=NOW - HOUR, claimed=False)
    paused = a_case(session, "等图审来函", at=NOW - 3 * DAY, vendor="vendor_b")
    a_step(
        session,
        paused,
        "vendor_execute",
        name="执行",
        unit="vendor_b",
        at=NOW - 3 * DAY,
        due=NOW - DAY,
        paused_at=NOW - 2 * DAY,
    )
    again = a_case(session, "公租房申请页", at=NOW - 40 * DAY, vendor="vendor_b")
    for number in (1, 2):
        a_step(
            session,
            again,
            "requester_accept",
            unit="housing",
            at=NOW - 40 * DAY,
            done=NOW - (40 - number) * DAY,
            result="rework",
            round=number,
        )
    a_step(session, again, "vendor_execute", name="执行", unit="vendor_b", at=NOW - DAY, round=3)
    a_case(session, "等自动环节的一件", at=NOW - HOUR)


def _ended(session: Session) -> None:
    for number in range(5):
        begun = NOW - (8 + number) * DAY
        done = a_case(session, f"办结的第 {number} 件", at=begun, vendor="vendor_a", closed_at=NOW - number * DAY)
        a_step(
            session,
            done,
            "requester_accept",
            unit="housing",
            at=begun,
            done=begun + HOUR,
            result="pass" if number else "rework",
        )
        a_step(
            session,
            done,
            "rating",
            unit="housing",
            at=begun,
            done=begun + 2 * HOUR,
            result="rate",
            answers={"grade": 5 if number else 3},
        )
        a_limit(session, done, at=begun, due=begun + DAY, met=begun + (2 * DAY if number == 4 else HOUR))
    for number in range(2):
        refused = a_case(session, f"退单的第 {number} 件", at=NOW - 2 * DAY, vendor="vendor_b", closed_at=NOW - DAY)
        a_step(
            session,
            refused,
            "vendor_accept",
            unit="vendor_b",
            at=NOW - 2 * DAY,
            done=NOW - 2 * DAY + HOUR,
            result="refuse",
        )
        a_step(
            session,
            refused,
            "office_rule",
            unit="office",
            at=NOW - 2 * DAY,
            done=NOW - DAY,
            result="order" if number else "redispatch",
        )


def words_of(html: str) -> str:
    """Return what a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.usefixtures("city")
def test_six_figures_say_how_the_house_stands(sign_in: SignIn) -> None:
    """Open, overdue, due today, unclaimed, paused and to be rated, each with its fact."""
    page = sign_in("director").get("/overview").text
    figures = words_of(page[page.index("gj-figures") : page.index('id="ask"')])
    assert "在办 6 本周新收" in figures
    assert "超期 1 最久 1 天" in figures
    assert "今日到期 1 1 件在需求单位" in figures
    assert "没人接 1" in figures
    assert "已暂停 1" in figures
    assert "待评价 0 不评不算五星" in figures


@pytest.mark.usefixtures("city")
def test_every_number_opens_exactly_its_list(sign_in: SignIn) -> None:
    """Whatever number carries a link, the list behind it says the same number and shows as many rows."""
    client = sign_in("director")
    links = LINK.findall(client.get("/overview").text)
    numbers = [(url, number) for url, label in links if (number := re.search(r"\d+(?!.*\d)", words_of(label)))]
    assert len(numbers) > 20
    for url, number in numbers:
        if "handled" in url or "accepted" in url or "rated" in url:
            continue
        page = client.get(url.replace("&amp;", "&")).text
        assert f"{number[0]} 件" in words_of(page), url
        assert page.count("gj-due") - page.count("gj-due-sub") == int(number[0]), url


@pytest.mark.usefixtures("city")
def test_every_share_opens_the_cases_it_counts(sign_in: SignIn, session: Session) -> None:
    """The number in brackets is the length of the list, and each line says how it counted."""
    client = sign_in("director")
    vendor = unit_of(session, "vendor_a").id
    for which, words, count in (
        ("handled", "超期", 1),
        ("handled", "按时", 4),
        ("accepted", "没有一次通过", 1),
        ("rated", "评 5 分", 4),
        ("rated", "评 3 分", 1),
    ):
        page = client.get(f"/overview/list?which={which}&vendor={vendor}").text
        assert "5 件" in words_of(page)
        assert page.count(f"</i>{words}</span>") == count, words


@pytest.mark.usefixtures("city")
def test_vendors_are_measured_with_their_numbers(sign_in: SignIn) -> None:
    """Four of five in time, four of five accepted at once, five ratings with a mean; the other has none yet."""
    page = sign_in("director").get("/overview").text
    page = page[page.index('id="vendors"') :]
    line = words_of(page[page.index("<b>启砚内容") :][:2000].split("</tr>")[0])
    assert line == "启砚内容 内容维护 2 1 80% (5) 80% (5) 4.6 (5)"
    other = words_of(page[page.index("<b>拓数数据") :][:2000].split("</tr>")[0])
    assert other == "拓数数据 数据与开发 3 0 还没有 还没有 还没有"


@pytest.mark.usefixtures("city")
def test_the_director_is_told_what_to_ask_about_and_why(sign_in: SignIn) -> None:
    """The longest overdue with whose days, the third round, the vendor that refuses; each rule once."""
    page = sign_in("director").get("/overview").text
    asks = words_of(page[page.index('class="gj-ask"') : page.index('id="places"')])
    assert "首页首屏错位 超 1 天。各环节一共超 4 天，其中 3 天在网站管理办公室：分拣 3 天。" in asks.replace(
        " 超期", ""
    )
    assert "公租房申请页 退回返工 2 次，已到第 3 轮，现在停在拓数数据的“执行”。" in asks
    assert "拓数数据 本月退单 2 件，1 件裁定不成立。 趋势" in asks


@pytest.mark.usefixtures("city")
def test_departments_show_what_waits_at_their_own_desk(sign_in: SignIn) -> None:
    """The department with something due today stands first, with its longest wait and the step."""
    page = sign_in("director").get("/overview").text
    lines = words_of(page[page.index('id="departments"') :][:6000])
    assert lines.index("市卫健委") < lines.index("市住建局")
    assert re.search(r"市卫健委 1 0 1 (5\d 分钟|1 小时( \d+ 分)?) 验收", lines)


@pytest.mark.usefixtures("city")
def test_the_overview_needs_at_most_a_dozen_statements(session: Session) -> None:
    """However many cases there are, the database is asked the same few questions."""
    viewer = viewer_named(session, "director")
    assert viewer is not None
    with statements() as first:
        queries.overview(session, viewer, NOW)
    with transaction() as writing:
        for number in range(30):
            more = a_case(writing, f"又一件 {number}", at=NOW - DAY, vendor="vendor_a")
            a_step(writing, more, "vendor_execute", unit="vendor_a", at=NOW - DAY, due=NOW - HOUR)
    with statements() as second:
        queries.overview(db.session(), viewer, NOW)
    assert len(second) == len(first) <= 12


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def remember(*facts: object) -> None:
        if facts[2] != "BEGIN":
            sent.append(str(facts[2]))

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)


@pytest.mark.usefixtures("city")
def test_lists_narrow_by_side_vendor_department_and_turn(sign_in: SignIn, session: Session) -> None:
    """Each condition shows as a chip that can be dropped; nonsense in the address changes nothing."""
    client = sign_in("supervisor")
    vendor_b, health = unit_of(session, "vendor_b").id, unit_of(session, "health").id
    expected = {
        "which=open&side=vendor": 3,
        "which=open&side=paused": 1,
        "which=open&side=automatic": 1,
        f"which=open&vendor={vendor_b}": 3,
        f"which=open&department={health}": 1,
        f"which=today&unit={health}": 1,
        "which=nonsense&side=nowhere&vendor=x&unit=-1&after=zz": 6,
    }
    for query, count in expected.items():
        page = client.get(f"/overview/list?{query}")
        assert page.status_code == 200
        assert f"{count} 件" in words_of(page.text), query
    chip = client.get(f"/overview/list?which=overdue&vendor={vendor_b}").text
    assert "去掉条件：外包单位 拓数数据" in chip
    assert "这些条件下没有办件" in chip


@pytest.mark.usefixtures("city")
def test_lists_go_on_where_a_page_ends(sign_in: SignIn) -> None:
    """Forty a page; the next page begins with the forty-first and nothing is shown twice."""
    with transaction() as session:
        for number in range(45):
            more = a_case(session, f"同类办件 {number:02d}", at=NOW - DAY, vendor="vendor_a", starter="other_dept")
            a_step(session, more, "vendor_execute", unit="vendor_a", at=NOW - DAY)
    client = sign_in("office")
    first = client.get("/overview/list?which=open").text
    link = re.search(r'href="([^"]+)" data-key="more"', first)
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&")).text
    titles = re.findall(r"<b>([^<]+)</b></a>", first[first.index("<tbody>") :] + second[second.index("<tbody>") :])
    assert len(titles) == len(set(titles)) == 51


@pytest.mark.usefixtures("city")
def test_the_print_lists_every_department(sign_in: SignIn) -> None:
    """One sheet with all departments, no matter how many the page shows."""
    page = sign_in("director").get("/overview/print").text
    assert "gj-sheet" in page
    assert "市住建局" in page
    assert "市卫健委" in page


def test_an_empty_house_says_so_kindly(sign_in: SignIn) -> None:
    """No cases at all: zeros, good news, no division by nothing."""
    client = sign_in("director")
    page = words_of(client.get("/overview").text)
    assert "今天不用过问" in page
    assert "近 30 天还没有办结的。" in page
    assert client.get("/overview/print").status_code == 200
    assert "没有，这是好事" in client.get("/overview/list?which=overdue").text


@pytest.mark.parametrize("person", ["dept", "dept_head", "vendor_a_lead", "vendor_a_tech", "sysadmin", "secadmin"])
@pytest.mark.parametrize("path", ["/overview", "/overview/print", "/overview/list?which=open", "/records"])
def test_others_find_no_overview(sign_in: SignIn, person: str, path: str) -> None:
    """For whoever has no business with it the page is missing, not forbidden."""
    assert sign_in(person).get(path).status_code == 404


@pytest.mark.parametrize("person", ["owner", "office", "supervisor", "director", "inspector", "auditadmin"])
@pytest.mark.usefixtures("city")
def test_everybody_with_the_overview_sees_the_same_numbers(sign_in: SignIn, person: str) -> None:
    """The roles that watch see all cases."""
    assert "在办 6" in words_of(sign_in(person).get("/overview").text)


@pytest.mark.usefixtures("city")
def test_a_section_counts_as_its_department(sign_in: SignIn, session: Session) -> None:
    """A case begun by a section stands in its department's line."""
    housing = unit_of(session, "housing").id
    with transaction() as writing:
        case = writing.scalars(select(Case).where(Case.title == "补一张图片")).one()
        section = unit_of(writing, "health")
        section.parent_id = housing
        case.starter_unit_id = section.id
    page = sign_in("director").get(f"/overview/list?which=open&department={housing}").text
    assert "补一张图片" in page
    assert "更新办事指南" in page


def test_both_databases_read_the_same(either_app: Flask) -> None:
    """The overview, the ledger and the register answer alike on SQLite and PostgreSQL."""
    del either_app
    with transaction() as session:
        _running(session)
        _ended(session)
        case = session.scalars(select(Case).where(Case.title == "更新办事指南")).one()
        an_entry(session, case, vendor="vendor_a", site="3300000002", at=NOW - DAY, object="首页横幅")
    viewer = viewer_named(db.session(), "director")
    owner = viewer_named(db.session(), "other_dept")
    assert viewer is not None
    assert owner is not None
    found = queries.overview(db.session(), viewer, NOW)
    assert [(ask.rule, ask.returned, ask.refused) for ask in found.asks] == [
        ("late", 0, 0),
        ("rework", 2, 0),
        ("refusals", 0, 2),
    ]
    assert [line.rating.mean for line in found.vendors] == ["4.6", ""]
    handled = queries.past(db.session(), viewer, "handled", None, now=NOW)
    assert [event.good for _, event in handled.rows if isinstance(event, Event)].count(True) == 4
    assert len(ledger.records(db.session(), viewer, ledger.Filters(person="安装", kind="people")).rows) == 0
    register = dispatch.maintenance(db.session(), owner, dispatch.Filters(text="横幅", first=(NOW - DAY).date()))
    assert [line.number for line in register.rows] == [case.number]
