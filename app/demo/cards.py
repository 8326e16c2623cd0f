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
from app.demo.emergencies import drill_scenes
from app.demo.stage import SLUG, STORY
from app.demo.texts import article_texts
from app.emergency.models import Drill
from app.i18n import N_
from app.people.models import User
from app.people.rules import DemoCard, DemoGroup
from app.work.models import Case, WorkItem

OFFICE = N_("网管办")
ARTICLE, DRILL = "article:", "drill:"
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
    "duty": N_("值班员"),
    "commander": N_("分管副主任，指挥"),
    "commander2": N_("值班副主任"),
    "tech_lead": N_("应急技术组长"),
    "publicity": N_("新闻宣传"),
    "liaison": N_("报告联络员"),
    "owner": N_("流程负责人"),
    "inspector": N_("检查人员，只读"),
    "sysadmin": N_("系统管理员"),
    "secadmin": N_("安全管理员"),
    "auditadmin": N_("审计管理员"),
}


@dataclass(frozen=True)
class Scene:
    """What a person's card says and opens: a page, the open step of a story, or (`whole`) the story's case.

    `article` names the written story of an article instead, `drill` a drill and its step (`name/node`); the open
    step opens. With `board` the command board opens instead of the case's page.
    """

    user_name: str
    text: str = ""
    story: str = ""
    whole: bool = False
    page: str = "work.cases"
    words: tuple[tuple[str, str], ...] = ()
    article: str = ""
    drill: str = ""
    board: bool = False

    @property
    def place(self) -> str:
        """Return by which name the place is found that it opens."""
        return (self.article and ARTICLE + self.article) or (self.drill and DRILL + self.drill) or self.story


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
        N_("应急与值班"),
        False,
        (
            Scene(
                "duty",
                N_("演练进行中：指挥三十分钟没有启动，该打电话了。"),
                drill="drill_outage_now/call",
                board=True,
            ),
            Scene(
                "commander",
                N_("网站打不开，影响一百二十万人，定为重大：启动指挥。"),
                drill="drill_outage_now/commander_activate",
                board=True,
            ),
            Scene(
                "commander2",
                N_("假日夜里真出过一次事：从报警到终报，看哪一步晚了。"),
                "tamper_night",
                whole=True,
                board=True,
            ),
            Scene(
                "tech_lead",
                N_("首页被换，已切静态页：带着证据写清怎么进来的。"),
                drill="drill_tamper_now/analyse",
                board=True,
            ),
            Scene(
                "publicity",
                N_("要对外说明，三十分钟内起草，先审后发。"),
                drill="drill_tamper_now/draft_statement",
                board=True,
            ),
            Scene(
                "liaison",
                N_("电话报过了，书面初报已经起草好：核一遍，报出去。"),
                drill="drill_tamper_now/first_report",
                board=True,
            ),
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
    places |= _drill_places(session, {scene.drill: scene.user_name for scene in scenes if scene.drill})
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
        url=_url(scene, places.get(scene.place)),
        vendor=unit in VENDOR_CODES,
    )


def _url(scene: Scene, place: _Place | None) -> str:
    """Return the address a card opens; a story that went on without its person opens as a case."""
    if place is None:
        words: dict[str, Any] = dict(scene.words)
        return url_for(scene.page, **words)
    if scene.whole or place.item_id is None or place.holder != scene.user_name:
        return url_for("emergency.board" if scene.board else "work.case", number=place.number)
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


def _drill_places(session: Session, readers: Mapping[str, str]) -> dict[str, _Place]:
    """Return where the drills that go on are; an open step there is that of its reader."""
    scenes = {scene: name for name, scene in drill_scenes().items()}
    query = (
        select(Drill.scene, Case.number, WorkItem.node, WorkItem.id)
        .join(Case, Case.id == Drill.case_id)
        .outerjoin(WorkItem, (WorkItem.case_id == Case.id) & (WorkItem.status == "open"))
        .where(Drill.scene.in_(scenes))
    )
    rows = [(scenes[scene], number, node, item_id) for scene, number, node, item_id in session.execute(query)]
    found = {}
    for key, reader in readers.items():
        drill, _, step = key.partition("/")
        for name, number, node, item_id in rows:
            here = (node or "").rpartition(":")[2] == step
            if name == drill and (here or DRILL + key not in found):
                found[DRILL + key] = _Place(number, item_id if here else None, reader)
    return found
