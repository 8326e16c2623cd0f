"""Cases in all states for the pages that are looked at: late, due, waiting, in rework, outside the contract, done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from app import clock
from app.content.operations.terms import establish_lists
from app.db import db, transaction
from app.ledger import Actor
from app.people.operations import by_setup, create_user
from tests.factories.articled import Newsroom
from tests.factories.city import PASSWORD
from tests.factories.content import columns_of, site_named
from tests.factories.correcting import publish_correction
from tests.factories.dispatch import Dispatch

TOUCHED = {
    "touched_production": "yes",
    "change_object": "门户后台附件目录",
    "change_from": "2026-11-17T10:00:00+08:00",
    "change_to": "2026-11-17T10:20:00+08:00",
    "change_done": "替换三个附件，更新文件名编码。",
    "backup": "操作前打包到备份盘 1117",
    "rollback": "解包覆盖原目录",
    "watched_by": "许听澜",
}


@dataclass(frozen=True)
class Scenes:
    """What the pages show: the ids and numbers of the cases worth opening."""

    acceptance: str
    acceptance_item: int
    execution: str
    execution_item: int
    finished: str
    finished_item: int
    withdrawn_late: str
    stopped: str


def stage(dispatch: Dispatch) -> Scenes:
    """Fill the city with three working days of cases."""
    done = dispatch.to_acceptance("政务公开目录缺两个子栏目")
    dispatch.check(done.case_id, "pass", True, True, note="符合要求。")
    finished = dispatch.rate(done.case_id, 4)
    late = dispatch.start("首页轮播图仍是上一届展会的照片")
    dispatch.start("智能问答入口在部分手机上打不开", category="data", priority="normal")
    dispatch.start("更换专题首页横幅", category="design", priority="low")
    dispatch.start("预约挂号页面两处错字", by="other_dept", priority="urgent")
    # whoever is said to have asked is nobody: the first automatic step stands still
    stopped = dispatch.start("首页搜索框输入后没有反应", requester=999_999)
    dispatch.forward(days=1)
    working = dispatch.to_execution("“我要办”栏目的办事指南按新版本更新")
    rework = dispatch.to_acceptance("政策文件栏目 3 个附件无法下载")
    dispatch.forward(hours=1)
    dispatch.check(rework.case_id, "rework", True, False, note="第二个附件在国产系统上文件名是乱码，请改编码后重传。")
    dispatch.forward(hours=1, minutes=10)
    dispatch.submit(rework.case_id, "附件检查清单-第二轮.csv", **TOUCHED)
    dispatch.forward(minutes=20)
    return Scenes(
        acceptance=rework.number,
        acceptance_item=dispatch.item(rework.case_id),
        execution=working.number,
        execution_item=dispatch.item(working.case_id),
        finished=done.number,
        finished_item=finished.item_id,
        withdrawn_late=late.number,
        stopped=stopped.number,
    )


def open_newsroom(app: Flask) -> Newsroom:
    """Open an editorial office that checks, reviews and corrects articles; two people hold the first level."""
    news = Newsroom(app)
    with app.app_context():
        news.open()
        publish_correction()
        with transaction() as session:
            establish_lists(session, Actor("setup", "setup"), clock.now(session))
            site = site_named(session)
            columns_of(session, site.id)
            create_user(
                session,
                by_setup(),
                user_name="reviewer1b",
                name="言知秋",
                unit_id=site.owner_id,
                titles=("信息科",),
                roles=("reviewer_1",),
                password=PASSWORD,
                must_change=False,
                now=clock.now(session),
            )
        db.session.remove()
    return news
