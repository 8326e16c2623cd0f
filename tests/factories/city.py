"""A small invented city for tests: one office, two departments, two vendors, their people and contracts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people import operations as house
from app.people.models import Unit, User

# user name, name, code of the unit, title, roles, and perhaps a telephone
Hired = tuple[str, str, str, str, tuple[str, ...]] | tuple[str, str, str, str, tuple[str, ...], str]
PASSWORD = "Lanshan-2026"
PEOPLE = (
    ("owner", "叶青梧", "office", "流程负责人", ("owner",)),
    ("office", "沈明溪", "office", "派发岗", ("office",)),
    ("supervisor", "周予安", "office", "督办", ("supervisor",)),
    ("director", "方既白", "office", "主任", ("director",)),
    ("inspector", "温其玉", "office", "检查人员", ("inspector",)),
    ("dept", "林知行", "housing", "信息科", ("staff",)),
    ("dept_head", "许听澜", "housing", "科长", ("unit_head",)),
    ("other_dept", "江晚舟", "health", "办公室", ("staff",)),
    ("other_head", "梁既明", "health", "主任", ("unit_head",)),
    ("vendor_a_lead", "顾长川", "vendor_a", "项目经理", ("vendor_lead",)),
    ("vendor_a_tech", "陆小满", "vendor_a", "工程师", ("vendor_staff",)),
    ("vendor_b_lead", "程渡", "vendor_b", "项目经理", ("vendor_lead",)),
    ("vendor_b_tech", "白砚秋", "vendor_b", "工程师", ("vendor_staff",)),
    ("sysadmin", "秦一鸣", "office", "系统管理员", ("sysadmin",)),
    ("secadmin", "乔安宁", "office", "安全管理员", ("secadmin",)),
    ("auditadmin", "戚远山", "office", "审计管理员", ("auditadmin",)),
)
UNITS = (
    ("office", "office", "网站管理办公室", "Website office"),
    ("housing", "department", "市住建局", "Housing bureau"),
    ("health", "department", "市卫健委", "Health commission"),
    ("vendor_a", "vendor", "启砚内容", "Qiyan Content"),
    ("vendor_b", "vendor", "拓数数据", "Tuoshu Data"),
)


def hire(session: Session, people: Iterable[Hired], now: datetime) -> None:
    """Make the accounts of those whom the city does not have yet."""
    known = set(session.scalars(select(User.user_name)))
    units = {row.code: row.id for row in session.execute(select(Unit.code, Unit.id))}
    for user_name, name, unit, title, roles, *phone in people:
        if user_name not in known:
            house.create_user(
                session,
                house.by_setup(),
                user_name=user_name,
                name=name,
                unit_id=units[unit],
                titles=(title,),
                phone="".join(phone),
                password=PASSWORD,
                must_change=False,
                roles=roles,
                now=now,
            )


def build_city(session: Session, now: datetime) -> None:
    """Create the city in an empty database."""
    by = house.by_setup()
    units = {
        code: house.create_unit(session, by, kind=kind, code=code, name=name, name_en=name_en, now=now)
        for code, kind, name, name_en in UNITS
    }
    hire(session, PEOPLE, now)
    content = house.create_category(session, by, code="content", name="内容维护", name_en="Content", now=now)
    data = house.create_category(session, by, code="data", name="数据与开发", name_en="Data", now=now)
    house.create_category(session, by, code="design", name="专题设计", name_en="Design", now=now)
    house.create_site(
        session,
        by,
        code="3300000001",
        name="住建局门户",
        owner_id=units["housing"],
        url="https://zjj.example.cn",
        now=now,
    )
    house.create_site(
        session,
        by,
        code="3300000002",
        name="卫健委门户",
        owner_id=units["health"],
        url="https://wjw.example.cn",
        now=now,
    )
    for number, vendor, category, deemed in (
        ("HT-2026-07", "vendor_a", content, True),
        ("HT-2026-08", "vendor_b", data, False),
    ):
        terms = house.ContractTerms(
            number=number,
            vendor_id=units[vendor],
            valid_from=date(now.year - 1, 1, 1),
            valid_to=date(now.year + 2, 12, 31),
            deemed_acceptance=deemed,
            deemed_after="5 工作日" if deemed else "",
            scopes=((category, None),),
            clauses=(("3.2", "负责栏目内容的更新、修复与附件维护。"),),
        )
        house.create_contract(session, by, terms, now)
