"""The cards of the sign-in page: one for each role, with the scene that waits on its desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import Article
from app.demo.city import CAST, DEPARTMENTS, VENDORS
from app.demo.stage import SLUG, STORY
from app.demo.texts import article_texts
from app.i18n import N_
from app.people.models import User
from app.people.rules import DemoCard, DemoGroup
from app.work.models import Case, WorkItem

OFFICE = N_("网管办")
ARTICLE = "article:"
VENDOR_CODES = frozenset(code for code, *_ in VENDORS)
UNITS: Mapping[str, str] = {"office": OFFICE, **{code: name for code, name, *_ in (*DEPARTMENTS, *VENDORS)}}
TITLES = {
    "dept": N_("信息科"),
    "dept_head": N_("科长"),
    "vendor_a_lead": N_("项目经理"),
    "vendor_a_tech": N_("工程师"),
    "vendor_b_lead": N_("项目经理"),
    "vendor_b_tech": N_("工程师"),
    "office": N_("派发岗"),
    "supervisor": N_("督办"),
    "director": N_("主任"),
    "editor": N_("信息科编辑"),
    "reviewer1": N_("一审"),
    "reviewer2": N_("二审"),
    "secrecy": N_("保密审查员"),
    "reviewer3": N_("三审签发"),
    "publisher": N_("发布岗"),
    "owner": N_("流程负责人"),
    "inspector": N_("检查人员，只读"),
    "sysadmin": N_("系统管理员"),
    "secadmin": N_("安全管理员"),
    "auditadmin": N_("审计管理员"),
}


@dataclass(frozen=True)
class Scene:
    """What a person's card says and opens: a page, the open step of a story, or (`whole`) the story's case.

    `article` names the written story of an article instead; its open step opens.
    """

    user_name: str
    text: str = ""
    story: str = ""
    whole: bool = False
    page: str = "work.cases"
    words: tuple[tuple[str, str], ...] = ()
    article: str = ""


GROUPS: tuple[tuple[str, bool, tuple[Scene, ...]], ...] = (
    (
        N_("提需求的部门"),
        False,
        (
            Scene("dept", N_("附件下载修了两轮，今天 17:30 前要定：验收，还是再退回。"), "attachments"),
            Scene("dept_head", N_("一份合同外的需求等您批准；批准之后才会离开本单位。"), "voice_guide"),
        ),
    ),
    (
        N_("外包单位"),
        False,
        (
            Scene("vendor_a_lead", N_("刚派来一件特急任务，15 分钟内要受理并复述需求。"), "hotline"),
            Scene("vendor_a_tech", N_("改一处栏目模板，交成果、日志和前后对照图。"), "template"),
            Scene("vendor_b_lead", N_("一件任务退单两次，网管办已作终裁：看理由，今天派工。"), "refused_twice"),
            Scene("vendor_b_tech", N_("节假日夜里首页被篡改，补齐当晚每一步的时间。"), "tamper_times"),
        ),
    ),
    (
        N_("网站管理办公室"),
        False,
        (
            Scene(
                "office",
                N_("电话报来的故障记了一半；待办里还有三件没人接。"),
                page="work.start_form",
                words=(("slug", SLUG), ("as", "intake")),
            ),
            Scene("supervisor", N_("一共超了 12 天，其中 9 天算谁的？看每一分钟记在哪一方。"), "late", whole=True),
            Scene("director", N_("一页概览：谁在等谁，哪三件事需要您过问。"), page="boards.overview"),
            Scene("owner", N_("一件返工三轮的办件：流程走到哪，为什么走了这条线。"), "reworked", whole=True),
        ),
    ),
    (
        N_("信息发布"),
        False,
        (
            Scene("editor", N_("二审退回一篇公告：期限前后写得不一样，改好再送。"), article="author"),
            Scene("reviewer1", N_("今天早上交来一篇公告，四工作小时内初审。"), article="first"),
            Scene("reviewer2", N_("一审通过以后改过数字，原来的通过已作废：看改了哪里。"), article="second"),
            Scene("secrecy", N_("管线改造的稿件等您做保密审查，四类秘密逐项答。"), article="secrecy"),
            Scene("reviewer3", N_("一份政策文件等您签发；另有一次电话代录等您确认。"), article="third"),
            Scene("publisher", N_("一篇审定的稿件待发布；读者报告另一篇的户数有错。"), article="publisher"),
        ),
    ),
    (
        N_("检查与系统管理"),
        True,
        (
            Scene("inspector"),
            Scene("sysadmin", page="people.people"),
            Scene("secadmin", page="people.people"),
            Scene("auditadmin", page="boards.records"),
        ),
    ),
)


def demo_cards(session: Session) -> tuple[DemoGroup, ...]:
    """Return the cards of everybody who can still sign in, in groups, as the sign-in page shows them."""
    scenes = [scene for _title, _small, scenes in GROUPS for scene in scenes]
    names = _names(session, [scene.user_name for scene in scenes])
    places = _places(session, [scene.story for scene in scenes if scene.story])
    places |= _article_places(session, {scene.article: scene.user_name for scene in scenes if scene.article})
    units = {person.user_name: person.unit for person in CAST}
    return tuple(
        DemoGroup(
            title,
            tuple(
                _card(scene, names[scene.user_name], units[scene.user_name], places, small=small)
                for scene in group
                if scene.user_name in names
            ),
            small,
        )
        for title, small, group in GROUPS
    )


@dataclass(frozen=True)
class _Place:
    """Where a story is now: its number and who has its open step."""

    number: str
    item_id: int | None
    holder: str | None


def _card(scene: Scene, name: str, unit: str, places: Mapping[str, _Place], *, small: bool) -> DemoCard:
    return DemoCard(
        user_name=scene.user_name,
        name=name,
        unit="" if small else UNITS[unit],
        title=TITLES[scene.user_name],
        scene=scene.text,
        url=_url(scene, places.get(ARTICLE + scene.article if scene.article else scene.story)),
        vendor=unit in VENDOR_CODES,
    )


def _url(scene: Scene, place: _Place | None) -> str:
    """Return the address a card opens; a story that went on without its person opens as a case."""
    if place is None:
        words: dict[str, Any] = dict(scene.words)
        return url_for(scene.page, **words)
    if scene.whole or place.item_id is None or place.holder != scene.user_name:
        return url_for("work.case", number=place.number)
    return url_for("work.task", item_id=place.item_id)


def _names(session: Session, user_names: list[str]) -> dict[str, str]:
    query = select(User.user_name, User.name).where(User.user_name.in_(user_names), User.disabled_at.is_(None))
    return {row.user_name: row.name for row in session.execute(query)}


def _places(session: Session, stories: list[str]) -> dict[str, _Place]:
    query = (
        select(Case.start_key, Case.number, WorkItem.id, User.user_name)
        .outerjoin(WorkItem, (WorkItem.case_id == Case.id) & (WorkItem.status == "open"))
        .outerjoin(User, User.id == WorkItem.assignee_id)
        .where(Case.start_key.in_([STORY + story for story in stories]))
    )
    return {
        str(key).removeprefix(STORY): _Place(number, item_id, holder)
        for key, number, item_id, holder in session.execute(query)
    }


def _article_places(session: Session, readers: Mapping[str, str]) -> dict[str, _Place]:
    """Return where the articles of the written stories are; an open step there is that of its reader."""
    titles = {text["title"]: name for name, text in article_texts()["stories"].items() if name in readers}
    query = (
        select(Article.title, Case.number, WorkItem.id)
        .join(Case, Case.id == Article.case_id)
        .outerjoin(WorkItem, (WorkItem.case_id == Case.id) & (WorkItem.status == "open"))
        .where(Article.title.in_(titles))
    )
    return {
        ARTICLE + titles[title]: _Place(number, item_id, readers[titles[title]])
        for title, number, item_id in session.execute(query)
    }
