"""Plans of emergencies: a new text is a new version, the old ones stay as they were."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.deadlines.rules import CALENDAR, parse_limit
from app.emergency.models import EmergencyPlan, PlanVersion
from app.emergency.queries import library
from app.emergency.rules import TARGETS
from app.errors import Conflict, Invalid, Refused
from app.formkit.richtext import clean_rich
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.rules import Viewer
from app.work.operations.act import person

MANAGE: Final = "emergency.manage"
NOT_YOURS: Final = N_("预案、名单和演练由网管办、督办和流程负责人管。")
MOST_LINES, MOST_NOTE, MOST_BODY = 40, 500, 100_000
MOST_MONTHS: Final = 36
LONGEST: Final = timedelta(days=30)
# line ends between blocks, which an editor drops: without them the same text stays the same
_BETWEEN: Final = re.compile(r"(</?(?:p|h[2-4]|ul|ol|li|blockquote)>)\s+(?=</?(?:p|h[2-4]|ul|ol|li|blockquote)>)")


@dataclass(frozen=True)
class PlanText:
    """Everything a plan says. `targets` by name, `knowledge` and `script` as in PlanVersion."""

    name: str
    drill_months: int
    body: str
    targets: Mapping[str, str] = field(default_factory=dict)
    knowledge: tuple[Mapping[str, str], ...] = ()
    script: tuple[Mapping[str, str], ...] = ()
    note: str = ""
    name_en: str = ""


def save_plan(
    session: Session, viewer: Viewer, plan_id: int, text: PlanText, seen: int, now: datetime
) -> PlanVersion | None:
    """Make a new version of a plan that was read as version `seen`; None when nothing is different.

    Conflict when somebody else made a version meanwhile.
    """
    require_manage(viewer)
    neat = tidied(text)
    plan = library.plan(session, plan_id, for_update=True)
    last = library.latest(session, plan_id)
    if last.number != seen:
        raise Conflict
    if _content(neat) == _content_of(plan, last):
        return None
    plan.name, plan.drill_months = neat.name, neat.drill_months
    version = add_version(session, plan, neat, last.number + 1, person(viewer), now)
    payload = {"plan_id": plan.id, "kind": plan.kind, "number": version.number, "digest": version.digest}
    record(session, viewer, "emergency:plan:changed", payload | {"note": neat.note, "name": neat.name}, now)
    return version


def add_version(
    session: Session, plan: EmergencyPlan, neat: PlanText, number: int, by: Actor, now: datetime
) -> PlanVersion:
    """Write a version of a plan; its digest covers everything the version says."""
    version = PlanVersion(
        plan_id=plan.id,
        number=number,
        body=neat.body,
        targets=dict(neat.targets),
        knowledge=[dict(one) for one in neat.knowledge],
        script=[dict(one) for one in neat.script],
        digest=digest_of(neat),
        note=neat.note,
        made_by_id=by.user_id,
        made_by_name=by.name,
        made_at=now,
    )
    session.add(version)
    session.flush()
    return version


def digest_of(text: PlanText) -> str:
    """Return the fingerprint of what a plan says."""
    plain = json.dumps(_content(text), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def tidied(text: PlanText) -> PlanText:
    """Return the text cleaned, its times in one form; Invalid with a sentence for each field that is wrong."""
    wrong: dict[str, str] = {}
    targets = _targets(text.targets, wrong)
    knowledge = tuple(_entry(one, wrong) for one in text.knowledge if any(one.values()))
    script = tuple(sorted((_inject(one, wrong) for one in text.script if any(one.values())), key=_when))
    body, name = _BETWEEN.sub(r"\1", clean_rich(text.body.strip())), text.name.strip()
    _limits(name, body, text, wrong)
    if len(knowledge) > MOST_LINES or len(script) > MOST_LINES:
        wrong["script"] = N_("知识条目和演练情节各最多 40 条。")
    if wrong:
        raise Invalid(fields=wrong)
    return PlanText(name, text.drill_months, body, targets, knowledge, script, text.note.strip(), text.name_en)


def delay_of(text: str) -> timedelta | None:
    """Read a time from the beginning on, `15 分钟`, `PT15M` or minutes alone; None when it is none."""
    plain = text.strip()
    try:
        found = parse_limit(f"{plain} min" if plain.isdigit() else plain, CALENDAR).duration
    except Invalid:
        return None
    return found if found <= LONGEST else None


def require_manage(viewer: Viewer) -> None:
    """Refuse people who do not look after plans."""
    if not viewer.may(MANAGE):
        raise Refused(NOT_YOURS)


def record(session: Session, viewer: Viewer, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Write one record about plans, rosters or drills into the chain of the house."""
    append(session, "house", [Entry(kind, person(viewer), dict(payload))], now)


def tidied_script(script: tuple[Mapping[str, str], ...]) -> tuple[dict[str, str], ...]:
    """Return the lines of a script that say something, in the order of their times; Invalid when one is wrong."""
    wrong: dict[str, str] = {}
    found = sorted((_inject(one, wrong) for one in script if any(one.values())), key=_when)
    if wrong:
        raise Invalid(fields=wrong)
    return tuple(found)


def _limits(name: str, body: str, text: PlanText, wrong: dict[str, str]) -> None:
    if not 0 < len(name) <= 80:  # noqa: PLR2004 - as the column holds
        wrong["name"] = N_("预案名称要 1 到 80 个字。")
    if not body or len(body) > MOST_BODY:
        wrong["body"] = N_("写上预案的正文，最多十万字。")
    if not 1 <= text.drill_months <= MOST_MONTHS:
        wrong["drill_months"] = N_("演练间隔要是 1 到 36 个月。")
    if len(text.note) > MOST_NOTE:
        wrong["note"] = N_("修改说明最多 500 个字。")


def _targets(given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    found = {}
    for name in TARGETS:
        text = given.get(name, "").strip()
        if not text:
            continue
        delay = delay_of(text)
        if not delay:
            wrong[f"target_{name}"] = N_("写成“10 分钟”“2 小时”，按自然时间。")
            continue
        found[name] = parse_limit(text, CALENDAR).text if not text.isdigit() else parse_limit(f"{text} min").text
    return found


def _entry(given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    title, note, url = (given.get(name, "").strip() for name in ("title", "note", "url"))
    if not title or len(title) > 80 or len(note) > MOST_NOTE:  # noqa: PLR2004
        wrong["knowledge"] = N_("每条知识都要有标题，标题最多 80 个字，说明最多 500 个字。")
    if url and not _is_address(url):
        wrong["knowledge"] = N_("网址要以 http://、https:// 或者 / 开头。")
    return {"title": title, "note": note, "url": url}


def _is_address(url: str) -> bool:
    if url.startswith("/") and not url.startswith("//"):
        return len(url) <= MOST_NOTE
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MOST_NOTE


def _inject(given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    delay, text = delay_of(given.get("after", "")), given.get("text", "").strip()
    if delay is None or not 0 < len(text) <= MOST_NOTE:
        wrong["script"] = N_("每条情节都要写开始后多久（例如“15 分钟”）和发生什么，最多 500 个字。")
        return {"after": given.get("after", ""), "text": text}
    return {"after": f"PT{delay // timedelta(minutes=1)}M", "text": text}


def _when(line: Mapping[str, str]) -> timedelta:
    return delay_of(line["after"]) or timedelta(0)


def _content(text: PlanText) -> dict[str, Any]:
    kept = asdict(text)
    return {name: kept[name] for name in ("name", "drill_months", "body", "targets")} | {
        "knowledge": [dict(one) for one in text.knowledge],
        "script": [dict(one) for one in text.script],
    }


def _content_of(plan: EmergencyPlan, version: PlanVersion) -> dict[str, Any]:
    return {
        "name": plan.name,
        "drill_months": plan.drill_months,
        "body": version.body,
        "targets": version.targets,
        "knowledge": version.knowledge,
        "script": version.script,
    }
