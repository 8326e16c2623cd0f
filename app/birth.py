"""How a database is born: real and empty, or as a demo. Either way the first record of the ledger says so."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.config import Settings
from app.content.operations.terms import establish_lists
from app.db import db, transaction
from app.deadlines.operations import establish
from app.emergency.seeds import establish_plans
from app.errors import SettingError
from app.ledger import Actor, Entry, append
from app.ledger.models import ChainHead, Record
from app.migrations import upgrade
from app.people import operations as house
from app.people import rules
from app.people.operations.passwords import one_time_password
from app.processes.models import Process
from app.processes.operations import load_folders
from app.processes.rights import describe

ROOT = Path(__file__).resolve().parent.parent
READY = "house:database:ready"
DEMO_DAYS = 60
OFFICE, OFFICE_EN = "网站管理办公室", "Website office"
# the shelf of each shipped process in the library, and what it is for
SHIPPED = {
    "task_dispatch": (
        "运维服务",
        "需求单位提出一件事，按合同派给外包单位；外包单位受理、派工、执行、提交，需求单位验收并评价。",
    ),
    "multi_level_review": (
        "信息发布",
        "一审、二审、保密审查、三审，深度和由谁审看决策表。每次通过只对一个版本有效；别的流程拿它来审任何内容。",
    ),
    "article_review": (
        "信息发布",
        "稿件交审后自动检查、逐级审核、发布，再取回网页核对，一个工作日内由另一个人校对。从稿件页发起。",
    ),
    "article_correction": (
        "信息发布",
        "网页有错：核实，严重的先撤下，追溯到带进来的那一版和每一个通过的人，改正重发；严重的说明、定责。从“找错”里受理。",
    ),
    "column_update": (
        "信息发布",
        "栏目到了更新期限自动交办：负责的单位更新，或者说明这一期为什么不用更新；发布了新稿件自动办结。",
    ),
    "emergency_plan": (
        "应急处置",
        "报警、十分钟内确认、定级；技术处置、报告、指挥和宣传同时进行，等级随时间上升；核实恢复、结束、总结。演练走同一个流程。从“应急”里一键发起。",
    ),
    "incident_report": (
        "应急处置",
        "谁发现谁报告，电话来的可以补录；十五分钟内研判，是突发事件的转应急预案，其余按合同处理、由别人核实；两个工作日内总结。",
    ),
    "call_roster": (
        "应急处置",
        "按名单一个一个打电话：没接通的马上打下一个，接通的等十分钟；一个都打不通就报警。别的流程拿它来叫人。",
    ),
    "grade_emergency": (
        "应急处置",
        "量出持续时间和影响，查定级表和时限表。两张表各地可以改，每一行写着来源和把握。",
    ),
    "handle_tamper": (
        "应急处置",
        "网页被篡改以后：先分析怎么进来的，清除篡改和后门，加固，从备份恢复，全站核查；核查出问题就回到分析。",
    ),
    "handle_ddos": (
        "应急处置",
        "网站被大流量攻击：分析流量，必要时请运营商清洗，限流封堵，恢复访问，核查；还在攻击就回到分析。",
    ),
    "handle_outage": (
        "应急处置",
        "网站打不开：查找故障点，别人的设施坏了就督促供应方，排除故障，恢复服务，核查功能；没有好就回到查找。",
    ),
    "handle_leak": (
        "应急处置",
        "数据泄露以后：认定范围，堵住泄露口，收回外流的数据和口令，该告知的告知受影响的人，核查；还在泄露就回到认定。",
    ),
    "handle_malware": (
        "应急处置",
        "网页或服务器有木马：分析来源，清除木马，从干净的备份恢复，被浏览器、搜索引擎拦截的申请解除，全站查杀；还查得出就回到分析。",
    ),
    "handle_content_error": (
        "应急处置",
        "网上有严重差错：核实内容和传播，撤下，外面转载了的请对方撤，改正后重发，排查同类差错；还有就回到核实。",
    ),
    "handle_supply": (
        "应急处置",
        "用的组件、软件、服务或外包单位出了安全问题：认定哪些系统受影响，停用，请供应方说明，更换或升级，核查其余系统；还有就回到认定。",
    ),
}
Say = Callable[[str], object]


def ensure(app: Flask, *, empty: bool, say: Say) -> None:
    """Make a new database real (`empty`) or a demo; leave an existing one what it is."""
    found = kind()
    if found == "demo" and not _is_ready():
        say("The demo was interrupted while it was made; it is made anew.")
        _clear(app)
        found = None
    if found is None:
        born = bear_real if empty else bear_demo
        born(app, say)
    elif empty and found != "real":
        raise SettingError("This data folder holds a demo; a demo cannot become a real database. Use another --data.")


def kind() -> str | None:
    """Return `real`, `demo` or `test`; None before the database is born."""
    born = db.session.scalar(select(ChainHead.mode).where(ChainHead.chain == "house"))
    db.session.rollback()
    return born


def bear_real(app: Flask, say: Say) -> None:
    """Begin a real database, in one step: processes, this and next year's calendar, no accounts."""
    with transaction() as session:
        now = clock.now(session)
        append(session, "house", [Entry("house:database:born", setup(), {"kind": "real"})], now)
        house.create_unit(
            session, house.by_setup(), kind="office", code="office", name=OFFICE, name_en=OFFICE_EN, now=now
        )
        establish(session, now)
        establish_lists(session, setup(), now)
        establish_plans(session, setup(), now)
        _publish_shipped(app, session, now)
        house.change_setting(session, house.by_setup(), "four_eyes", True, now)
    say("A real, empty database. Create the first account: guanjia user add NAME --role sysadmin")


def bear_demo(app: Flask, say: Say) -> None:
    """Begin a demo: an invented city, sixty days of its work, one password for all its people."""
    from app.demo import load_demo  # noqa: PLC0415 - a real database never needs it

    settings: Settings = app.extensions["guanjia.settings"]
    password = settings.demo_password or one_time_password()
    problem = rules.password_problem(password, "")
    if problem:
        raise SettingError(f"GUANJIA_DEMO_PASSWORD: {problem}")
    with transaction() as session:
        clock.birth(session, "demo", first_morning(datetime.now(clock.ZONE)))
        now = clock.now(session)
        append(session, "house", [Entry("house:database:born", setup(), {"kind": "demo"})], now)
        establish(session, now)
        establish_lists(session, setup(), now)
        establish_plans(session, setup(), now)
        _publish_shipped(app, session, now)
    load_demo(runtime_of(app), password, say)
    with transaction() as session:
        append(session, "house", [Entry(READY, setup(), {})], clock.now(session))
    say("The demo city is ready. Choose a role on the sign-in page, or sign in as dept, office, vendor_a_lead …")
    if settings.demo_password is None:
        say(f"Password of every demo account (shown once): {password}")


def setup() -> Actor:
    """Return the set-up of a new database: started by this system user on this machine."""
    return Actor("setup", system_user(), client=socket.gethostname())


def system_user() -> str:
    """Return who runs the program: the name, or the number where a container knows no names."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def first_morning(today: datetime) -> datetime:
    """Return 08:30 on the day the demo begins."""
    day = today - timedelta(days=DEMO_DAYS)
    return day.replace(hour=8, minute=30, second=0, microsecond=0)


def _publish_shipped(app: Flask, session: Session, now: datetime) -> None:
    """Publish the processes that come with the product."""
    load_folders(session, ROOT / "bpmn", ROOT / "forms", setup(), now, frozenset(runtime_of(app).topics))
    for slug, (category, description) in SHIPPED.items():
        process = session.scalars(select(Process).where(Process.slug == slug)).one()
        describe(session, process, setup(), category, description, now)


def _is_ready() -> bool:
    """Say whether the demo was finished: nobody could sign in before."""
    found = db.session.scalar(select(Record.id).where(Record.chain == "house", Record.kind == READY).limit(1))
    db.session.rollback()
    return found is not None


def _clear(app: Flask) -> None:
    """Remove a demo that was never finished and begin with empty tables."""
    settings: Settings = app.extensions["guanjia.settings"]
    database = settings.sqlite_file
    if database is None:
        raise SettingError("The demo in this database was interrupted while it was made; empty the database first.")
    db.session.remove()
    db.engine.dispose()
    for part in ("", "-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    upgrade(db.engine)
