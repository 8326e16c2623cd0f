"""The invented city Linlan (临澜市): its office, 20 departments with their sites, three vendors and their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.i18n import N_
from app.people import operations as house
from app.people.rules import Sla

HOUSE = N_("临澜市网站运维管理平台")
OFFICE = ("office", "市网站管理办公室", "City Website Office")
DEPARTMENTS = (
    ("housing", "市住建局", "Housing and Construction Bureau", ("住建局门户", "公租房专题", "工程招标专栏")),
    ("labour", "市人社局", "Human Resources Bureau", ("人社局门户", "就业服务专题")),
    ("health", "市卫健委", "Health Commission", ("卫健委门户", "预约挂号导引")),
    ("education", "市教育局", "Education Bureau", ("教育局门户", "义务教育招生")),
    ("transport", "市交通局", "Transport Bureau", ("交通局门户", "公交出行专题")),
    ("finance", "市财政局", "Finance Bureau", ("财政局门户",)),
    ("market", "市市场监管局", "Market Regulation Bureau", ("市场监管局门户", "抽检结果公示")),
    ("environment", "市生态环境局", "Environment Bureau", ("生态环境局门户",)),
    ("agriculture", "市农业农村局", "Agriculture Bureau", ("农业农村局门户",)),
    ("civil", "市民政局", "Civil Affairs Bureau", ("民政局门户", "婚姻登记预约")),
    ("culture", "市文旅局", "Culture and Tourism Bureau", ("文旅局门户", "非遗专题")),
    ("water", "市水利局", "Water Bureau", ("水利局门户",)),
    ("planning", "市自然资源局", "Natural Resources Bureau", ("自然资源局门户", "不动产登记导引")),
    ("emergency", "市应急局", "Emergency Bureau", ("应急局门户",)),
    ("statistics", "市统计局", "Statistics Bureau", ("统计局门户",)),
    ("audit", "市审计局", "Audit Office", ("审计局门户",)),
    ("commerce", "市商务局", "Commerce Bureau", ("商务局门户",)),
    ("veterans", "市退役军人局", "Veterans Affairs Bureau", ("退役军人局门户",)),
    ("medical", "市医保局", "Medical Insurance Bureau", ("医保局门户",)),
    ("urban", "市城管局", "Urban Management Bureau", ("城管局门户", "停车服务专题")),
)
VENDORS = (
    ("vendor_a", "启砚内容", "Qiyan Content"),
    ("vendor_b", "拓数数据", "Tuoshu Data"),
    ("vendor_c", "磐盾安全", "Pandun Security"),
)
CATEGORIES = (
    ("content", "内容维护", "Content"),
    ("page", "页面与专题", "Pages and features"),
    ("data", "数据与接口", "Data and interfaces"),
    ("function", "功能故障", "Function faults"),
    ("security", "安全服务", "Security"),
    ("design", "专题改版", "Redesign"),
)
CONTRACTS: Mapping[str, tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "vendor_a": (
        "HT-2026-07",
        "网站群内容维护",
        ("content", "page"),
        (
            ("3.1", "日常信息发布、栏目更新与附件维护。"),
            ("3.2", "页面错字、错链、版式问题的修复。"),
            ("5.4", "成果提交后五个工作日内不验收、不退回的，视为验收。"),
        ),
    ),
    "vendor_b": (
        "HT-2026-08",
        "网站群数据与功能维护",
        ("data", "function"),
        (("2.1", "业务数据接口的维护。"), ("2.3", "站点功能故障的排查与修复。")),
    ),
    "vendor_c": (
        "HT-2026-09",
        "网站群安全服务",
        ("security",),
        (("1.1", "篡改、挂马等安全事件的处置。"), ("1.5", "节假日值守。")),
    ),
}
SLA_A = {
    "urgent": Sla("15 分钟", "4 小时"),
    "high": Sla("30 分钟", "8 工作小时"),
    "normal": Sla("2 工作小时", "2 工作日"),
    "low": Sla("4 工作小时", "5 工作日"),
}


@dataclass(frozen=True)
class Person:
    """An account of the demo."""

    user_name: str
    name: str
    unit: str
    title: str
    roles: tuple[str, ...]
    phone: str = ""


CAST = (
    Person("owner", "叶青梧", "office", "流程负责人", ("owner",)),
    Person("office", "沈明溪", "office", "派发岗", ("office", "owner")),
    Person("office_b", "苗未央", "office", "派发岗", ("office",)),
    Person("supervisor", "周予安", "office", "督办", ("supervisor",)),
    Person("director", "方既白", "office", "主任", ("director",)),
    Person("inspector", "温其玉", "office", "检查人员", ("inspector",)),
    Person("sysadmin", "秦一鸣", "office", "系统管理员", ("sysadmin",)),
    Person("secadmin", "乔安宁", "office", "安全管理员", ("secadmin",)),
    Person("auditadmin", "戚远山", "office", "审计管理员", ("auditadmin",)),
    Person("dept", "林知行", "housing", "信息科", ("staff",)),
    Person("dept_head", "许听澜", "housing", "科长", ("unit_head",)),
    Person("editor", "姜若谷", "housing", "信息科", ("editor",)),
    Person("reviewer1", "黎照晚", "housing", "信息科", ("reviewer_1",)),
    Person("reviewer2", "穆长歌", "housing", "办公室", ("reviewer_2",)),
    Person("reviewer3", "祁云阶", "office", "副主任", ("reviewer_3",)),
    Person("secrecy", "孟清晏", "housing", "保密审查员", ("secrecy",)),
    Person("publisher", "蓝采薇", "office", "发布岗", ("publisher",)),
    Person("office_editor", "辛夷坞", "office", "信息编辑", ("editor",)),
    Person("office_reviewer1", "荀子衿", "office", "信息审核", ("reviewer_1",)),
    Person("office_reviewer2", "易水寒", "office", "信息审核", ("reviewer_2",)),
    Person("office_secrecy", "岳千山", "office", "保密审查员", ("secrecy",)),
    Person("vendor_a_editor", "宁若溪", "vendor_a", "编辑", ("editor",)),
    Person("vendor_a_lead", "顾长川", "vendor_a", "项目经理", ("vendor_lead",)),
    Person("vendor_a_tech", "陆小满", "vendor_a", "工程师", ("vendor_staff",)),
    Person("vendor_a_tech2", "祝南枝", "vendor_a", "工程师", ("vendor_staff",)),
    Person("vendor_a_left", "裴时雨", "vendor_a", "工程师", ("vendor_staff",)),
    Person("vendor_b_lead", "程渡", "vendor_b", "项目经理", ("vendor_lead",)),
    Person("vendor_b_tech", "白砚秋", "vendor_b", "工程师", ("vendor_staff",)),
    Person("vendor_b_tech2", "应如是", "vendor_b", "工程师", ("vendor_staff",)),
    Person("vendor_c_lead", "石定远", "vendor_c", "项目经理", ("vendor_lead",)),
    Person("vendor_c_tech", "郁北辰", "vendor_c", "工程师", ("vendor_staff",), "000-0000-0106"),
    Person("duty", "崔知更", "office", "值班员", ("duty",), "000-0000-0101"),
    Person("duty2", "晁夜白", "office", "值班员", ("duty",), "000-0000-0102"),
    Person("commander", "宋执衡", "office", "分管副主任", ("commander",), "000-0000-0103"),
    Person("commander2", "谢临渊", "office", "值班副主任", ("commander",), "000-0000-0104"),
    Person("tech_lead", "南宫砚", "vendor_c", "应急技术组长", ("vendor_staff",), "000-0000-0105"),
    Person("publicity", "颜初霁", "office", "新闻宣传", ("publicity",), "000-0000-0107"),
    Person("liaison", "步云程", "office", "报告联络员", ("liaison",), "000-0000-0108"),
)
STAFF_NAMES = (
    "江晚舟", "苏见微", "梁既明", "邵青禾", "唐知夏", "贺兰舟", "俞清让", "钟灵毓", "傅云起", "岑微雨",
    "纪怀瑾", "卫长风", "樊素问", "陶知远", "费小楼", "虞山青", "汤映溪", "解语冰", "庄晓梦",
)  # fmt: skip
HEAD_NAMES = (
    "霍临川", "简正言", "凌以恒", "阮承宣", "冉书白", "单于归", "奚望舒", "柏景行", "项思远", "花如令",
    "沐辰光", "晏清和", "向晚晴", "景云深", "桑榆晚", "钱多余", "左明轩", "万里程", "闻人语",
)  # fmt: skip
# departments with a first reviewer of their own; the others' articles climb to the office, as in life
REVIEWERS = (
    ("labour", "谷雨晴"),
    ("health", "薄暮云"),
    ("education", "司马青衫"),
    ("transport", "路遥知"),
    ("market", "季无忧"),
)


def people() -> tuple[Person, ...]:
    """Return everybody: the fixed cast, one clerk and one head in each other department, the first reviewers."""
    codes = [code for code, *_ in DEPARTMENTS if code != "housing"]
    clerks = tuple(
        Person(f"{code}_clerk", name, code, "信息科", ("staff", "editor"))
        for code, name in zip(codes, STAFF_NAMES, strict=True)
    )
    heads = tuple(
        Person(f"{code}_head", name, code, "科长", ("unit_head",))
        for code, name in zip(codes, HEAD_NAMES, strict=True)
    )
    reviewers = tuple(Person(f"{code}_reviewer", name, code, "办公室", ("reviewer_1",)) for code, name in REVIEWERS)
    return (*CAST, *clerks, *heads, *reviewers)


def build_city(session: Session, password: str, now: datetime) -> None:
    """Create units, sites, categories, contracts and people. One password for all."""
    by = house.by_setup()
    house.change_setting(session, by, "house", HOUSE, now)
    units = _units(session, by, now)
    for person in people():
        house.create_user(
            session,
            by,
            user_name=person.user_name,
            name=person.name,
            unit_id=units[person.unit],
            titles=(person.title,),
            phone=person.phone,
            roles=person.roles,
            password=password,
            must_change=False,
            now=now,
        )
    _sites(session, by, units, now)
    _contracts(session, by, units, now)


def _units(session: Session, by: house.Author, now: datetime) -> dict[str, int]:
    rows = [(*OFFICE, "office"), *((*unit[:3], "department") for unit in DEPARTMENTS)]
    rows += [(*vendor, "vendor") for vendor in VENDORS]
    return {
        code: house.create_unit(session, by, kind=kind, code=code, name=name, name_en=name_en, now=now)
        for code, name, name_en, kind in rows
    }


def _sites(session: Session, by: house.Author, units: Mapping[str, int], now: datetime) -> None:
    number = 3399000000
    for code, _name, _name_en, sites in DEPARTMENTS:
        for order, name in enumerate(sites, 1):
            number += 1
            url = f"https://{code}{'' if order == 1 else order}.linlan.example"
            house.create_site(session, by, code=str(number), name=name, owner_id=units[code], url=url, now=now)


def _contracts(session: Session, by: house.Author, units: Mapping[str, int], now: datetime) -> None:
    categories = {
        code: house.create_category(session, by, code=code, name=name, name_en=name_en, now=now)
        for code, name, name_en in CATEGORIES
    }
    for vendor, (number, name, scopes, clauses) in CONTRACTS.items():
        deemed = vendor == "vendor_a"
        terms = house.ContractTerms(
            number=number,
            name=name,
            vendor_id=units[vendor],
            valid_from=date(now.year, 1, 1),
            valid_to=date(now.year + 1, 12, 31),
            deemed_acceptance=deemed,
            deemed_after="5 工作日" if deemed else "",
            scopes=tuple((categories[scope], None) for scope in scopes),
            clauses=clauses,
            sla=SLA_A,
            allowances={categories[scope]: 240 for scope in scopes},
        )
        house.create_contract(session, by, terms, now)
