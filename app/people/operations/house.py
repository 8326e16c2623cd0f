"""Units, sites, service categories and settings of the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, Refused
from app.i18n import N_
from app.people import rules
from app.people.models import ServiceCategory, Setting, Site, Unit, User
from app.people.operations.authors import Author, changes, check_version, note

MAX_TEXT = 300


def create_unit(
    session: Session,
    by: Author,
    *,
    kind: str,
    code: str,
    name: str,
    name_en: str = "",
    parent_id: int | None = None,
    now: datetime,
) -> int:
    """Create a unit and return its id."""
    by.require("people.edit")
    unit = Unit(kind=kind, code=code.strip(), name=name.strip(), name_en=name_en.strip(), parent_id=parent_id)
    _check_unit(session, unit)
    session.add(unit)
    session.flush()
    note(session, by, "people:unit:created", _unit_facts(unit) | {"unit_id": unit.id}, now)
    return unit.id


def update_unit(
    session: Session,
    by: Author,
    unit_id: int,
    *,
    code: str,
    name: str,
    name_en: str,
    parent_id: int | None,
    version: int | None = None,
    now: datetime,
) -> None:
    """Rename or move a unit; its kind stays, people and contracts depend on it."""
    by.require("people.edit")
    unit = _unit(session, unit_id)
    check_version(version, unit.row_version)
    before = _unit_facts(unit)
    with session.no_autoflush:
        unit.code, unit.name, unit.name_en = code.strip(), name.strip(), name_en.strip()
        unit.parent_id = parent_id
        _check_unit(session, unit)
    session.flush()
    payload = {"unit_id": unit.id, "changed": changes(before, _unit_facts(unit))}
    note(session, by, "people:unit:changed", payload, now)


def disable_unit(session: Session, by: Author, unit_id: int, now: datetime) -> None:
    """Close a unit that has no open accounts and no open units below it."""
    by.require("people.edit")
    unit = _unit(session, unit_id)
    people = _count(session, User, User.unit_id == unit_id)
    below = _count(session, Unit, Unit.parent_id == unit_id)
    if people or below:
        sentence = N_("这个单位还有 %(people)s 个在用账号、%(units)s 个下级单位。先停用或移走它们。")
        raise Refused(sentence, people=people, units=below)
    if unit.disabled_at is None:
        unit.disabled_at = now
        note(session, by, "people:unit:disabled", {"unit_id": unit.id, "name": unit.name}, now)


def enable_unit(session: Session, by: Author, unit_id: int, now: datetime) -> None:
    """Open a closed unit again."""
    by.require("people.edit")
    unit = _unit(session, unit_id)
    if unit.disabled_at is not None:
        unit.disabled_at = None
        note(session, by, "people:unit:enabled", {"unit_id": unit.id, "name": unit.name}, now)


def create_site(
    session: Session,
    by: Author,
    *,
    code: str,
    name: str,
    owner_id: int,
    url: str = "",
    parent_id: int | None = None,
    state: str = "open",
    now: datetime,
) -> int:
    """Register a website and return its id."""
    by.require("sites.edit")
    site = Site(
        code=code.strip().lower(),
        name=name.strip(),
        owner_id=owner_id,
        url=url.strip(),
        parent_id=parent_id,
        state=state,
    )
    _check_site(session, site)
    session.add(site)
    session.flush()
    note(session, by, "people:site:created", _site_facts(site) | {"site_id": site.id}, now)
    return site.id


def update_site(
    session: Session,
    by: Author,
    site_id: int,
    *,
    code: str,
    name: str,
    owner_id: int,
    url: str,
    parent_id: int | None,
    state: str,
    version: int | None = None,
    now: datetime,
) -> None:
    """Change what is registered of a website, its state included: a site is closed, never deleted."""
    by.require("sites.edit")
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound(N_("没有这个网站，或者它不归您看。"))
    check_version(version, site.row_version)
    before = _site_facts(site)
    with session.no_autoflush:
        site.code, site.name, site.url, site.state = code.strip().lower(), name.strip(), url.strip(), state
        site.owner_id, site.parent_id = owner_id, parent_id
        _check_site(session, site)
    session.flush()
    payload = {"site_id": site.id, "changed": changes(before, _site_facts(site))}
    note(session, by, "people:site:changed", payload, now)


def create_category(session: Session, by: Author, *, code: str, name: str, name_en: str = "", now: datetime) -> int:
    """Create a service category and return its id."""
    by.require("contracts.edit")
    if not code.strip() or not name.strip():
        raise Invalid(fields={"name": N_("写上代码和名称。")})
    if session.scalar(select(ServiceCategory.id).where(ServiceCategory.code == code.strip())):
        raise Invalid(fields={"code": N_("这个代码已经有了。")})
    category = ServiceCategory(code=code.strip(), name=name.strip(), name_en=name_en.strip())
    session.add(category)
    session.flush()
    payload = {"category_id": category.id, "code": category.code, "name": category.name}
    note(session, by, "people:category:created", payload, now)
    return category.id


def change_setting(session: Session, by: Author, key: str, value: Any, now: datetime) -> None:
    """Set one setting of the house; the same value again leaves no record."""
    by.require("settings.edit")
    rule = rules.SETTINGS.get(key)
    if rule is None:
        raise NotFound(N_("没有这项设置。"))
    value = _setting_value(rule, value)
    row = session.get(Setting, key)
    before = rule.default if row is None else row.value
    if before == value:
        return
    if row is None:
        session.add(Setting(key=key, value=value))
    else:
        row.value = value
    note(session, by, "people:setting:changed", {"key": key, "changed": {key: [before, value]}}, now)


def _setting_value(rule: rules.SettingRule, value: Any) -> Any:
    if rule.kind == "switch":
        return bool(value)
    text = str(value).strip()
    if len(text) > MAX_TEXT:
        raise Invalid(fields={rule.key: N_("太长了，不超过 300 个字。")})
    return text


def _unit(session: Session, unit_id: int) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound(N_("没有这个单位，或者它不归您看。"))
    return unit


def _count(session: Session, model: type[User | Unit], condition: Any) -> int:
    statement = select(func.count()).select_from(model).where(condition, model.disabled_at.is_(None))
    return session.scalar(statement) or 0


def _check_unit(session: Session, unit: Unit) -> None:
    fields = {}
    if unit.kind not in rules.UNIT_KINDS:
        fields["kind"] = N_("选一种单位。")
    if not unit.name:
        fields["name"] = N_("写上单位名称。")
    if not unit.code:
        fields["code"] = N_("写上单位代码。")
    elif session.scalar(select(Unit.id).where(Unit.code == unit.code, Unit.id != (unit.id or 0))):
        fields["code"] = N_("这个代码已经有了。")
    if unit.parent_id is not None and _is_above(session, Unit, unit.parent_id, unit.id):
        fields["parent_id"] = N_("上级不能是它自己，也不能是它的下级。")
    if fields:
        raise Invalid(fields=fields)


def _check_site(session: Session, site: Site) -> None:
    fields = {}
    if not site.code.isalnum() or len(site.code) > 16:  # noqa: PLR2004 - width of the column
        fields["code"] = N_("标识码用字母和数字，不超过 16 位，一般是 10 位。")
    elif session.scalar(select(Site.id).where(Site.code == site.code, Site.id != (site.id or 0))):
        fields["code"] = N_("这个标识码已经登记过了。")
    if not site.name:
        fields["name"] = N_("写上网站名称。")
    if site.url and not _is_web_address(site.url):
        fields["url"] = N_("网址要以 http:// 或 https:// 开头。")
    if site.state not in rules.SITE_STATES:
        fields["state"] = N_("选一种状态。")
    owner = session.get(Unit, site.owner_id)
    if owner is None or owner.kind == rules.VENDOR:
        fields["owner_id"] = N_("选主办单位，外包单位不能主办网站。")
    if site.parent_id is not None and _is_above(session, Site, site.parent_id, site.id):
        fields["parent_id"] = N_("上级不能是它自己，也不能是它的下级。")
    if fields:
        raise Invalid(fields=fields)


def _is_above(session: Session, model: type[Unit | Site], parent_id: int | None, own_id: int | None) -> bool:
    """Say whether walking up from `parent_id` meets `own_id` (or nothing known)."""
    while parent_id is not None:
        parent = session.get(Unit, parent_id) if model is Unit else session.get(Site, parent_id)
        if parent is None or parent_id == own_id:
            return True
        parent_id = parent.parent_id
    return False


def _is_web_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _unit_facts(unit: Unit) -> dict[str, Any]:
    return {
        "kind": unit.kind,
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "parent_id": unit.parent_id,
    }


def _site_facts(site: Site) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "url": site.url,
        "owner_id": site.owner_id,
        "parent_id": site.parent_id,
        "state": site.state,
    }
