"""Accounts and roles. Three administrators share the work: one keeps accounts, one grants, one only looks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.errors import Invalid, NotFound, Refused
from app.i18n import N_
from app.people import rules
from app.people.models import Post, RoleGrant, Unit, User
from app.people.operations.authors import Author, changes, check_version, note
from app.people.operations.passwords import one_time_password
from app.people.operations.signing import end_sessions, set_password

NO_USER = N_("没有这个人，或者不归您管。")
NOT_SELF = N_("自己的账号不能由自己停用、授权或重置。请找另一位管理员。")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"[0-9+()（） -]{3,40}")


@dataclass(frozen=True)
class NewUser:
    """A created account; `password` is the one-time password when none was given."""

    user_id: int
    password: str | None


def create_user(
    session: Session,
    by: Author,
    *,
    user_name: str,
    name: str,
    unit_id: int,
    titles: Sequence[str] = (),
    phone: str = "",
    email: str = "",
    password: str | None = None,
    must_change: bool = True,
    roles: Sequence[str] = (),
    now: datetime,
) -> NewUser:
    """Create an account. A vendor lead creates engineers of the own unit; roles otherwise come separately."""
    unit = _unit_to_staff(session, by, unit_id)
    user_name = user_name.strip().lower()
    _check_facts(name=name, phone=phone, email=email)
    _check_user_name(session, user_name)
    user = User(
        user_name=user_name,
        name=name.strip(),
        unit_id=unit.id,
        unit=unit,
        phone=phone.strip(),
        email=email.strip(),
        created_at=now,
    )
    user.posts = [Post(unit_id=unit.id, title=title) for title in _clean(titles)]
    given = password or one_time_password()
    _set_first_password(user, given, now, must_change=must_change)
    session.add(user)
    session.flush()
    note(session, by, "people:user:created", _facts(user) | {"user_id": user.id, "unit": unit.name}, now)
    for role in _first_roles(by, roles):
        _give(session, by, user, role, unit_id=None, now=now)
    return NewUser(user.id, None if password else given)


def update_user(
    session: Session,
    by: Author,
    user_id: int,
    *,
    name: str,
    unit_id: int,
    titles: Sequence[str],
    phone: str,
    email: str,
    version: int | None = None,
    now: datetime,
) -> None:
    """Change what is known of a person; moving to a unit that the roles do not fit is refused."""
    user = managed(session, by, user_id)
    check_version(version, user.row_version)
    _check_facts(name=name, phone=phone, email=email)
    before, private = _facts(user), (user.phone, user.email)
    if unit_id != user.unit_id:
        _move(session, by, user, unit_id)
    user.name, user.phone, user.email = name.strip(), phone.strip(), email.strip()
    _set_titles(session, user, _clean(titles))
    flag_modified(user, "name")
    session.flush()
    changed: dict[str, Any] = changes(before, _facts(user))
    # phone and e-mail may have to be erased one day: the record says that they changed, not what they are
    if private != (user.phone, user.email):
        changed["private"] = True
    note(session, by, "people:user:changed", {"user_id": user.id, "changed": changed}, now)


def disable_user(session: Session, by: Author, user_id: int, now: datetime) -> None:
    """Close an account and end its sessions; its history keeps the name."""
    user = managed(session, by, user_id)
    refuse_self(by, user)
    _refuse_last_administrator(session, user, user.grants)
    if user.disabled_at is None:
        user.disabled_at = now
        end_sessions(session, user.id, now)
        note(session, by, "people:user:disabled", {"user_id": user.id, "user_name": user.user_name}, now)


def enable_user(session: Session, by: Author, user_id: int, now: datetime) -> None:
    """Open a closed account again; the password of before holds."""
    user = managed(session, by, user_id)
    if user.disabled_at is not None:
        user.disabled_at, user.failed_count, user.locked_until = None, 0, None
        note(session, by, "people:user:enabled", {"user_id": user.id, "user_name": user.user_name}, now)


def reset_password(session: Session, by: Author, user_id: int, now: datetime, password: str | None = None) -> str:
    """Give an account a one-time password, which must be changed at sign-in, and return it."""
    by.require("people.reset")
    user = _user(session, user_id)
    refuse_self(by, user)
    given = password or one_time_password()
    set_password(user, given, now, must_change=True)
    end_sessions(session, user.id, now)
    note(session, by, "people:password:reset", {"user_id": user.id, "user_name": user.user_name}, now)
    return given


def set_locale(session: Session, by: Author, user_id: int, locale: str, now: datetime) -> None:
    """Choose the language the author reads."""
    user = _user(session, user_id)
    if not by.is_user(user_id) or locale not in {"zh", "en"}:
        raise Refused
    before, user.locale = user.locale, locale
    if before != locale:
        payload = {"user_id": user_id, "changed": {"locale": [before, locale]}}
        note(session, by, "people:user:changed", payload, now)


def grant_role(
    session: Session, by: Author, user_id: int, role: str, *, unit_id: int | None = None, now: datetime
) -> None:
    """Give a role, never to oneself and never beside one it excludes; the person signs in again."""
    user = _user(session, user_id)
    _require_grant(by, user, role)
    refuse_self(by, user)
    if user.disabled_at is not None:
        raise Refused(N_("这个账号已停用。先启用，再授予角色。"))
    if _holds(user, role, unit_id):
        raise Invalid(fields={"role": N_("这个角色已经授予过了。")})
    _give(session, by, user, role, unit_id=unit_id, now=now)
    end_sessions(session, user.id, now)


def withdraw_role(session: Session, by: Author, grant_id: int, now: datetime) -> None:
    """Take a role back; the person signs in again."""
    grant = session.get(RoleGrant, grant_id)
    if grant is None:
        raise NotFound(N_("这个角色已经收回了。"))
    user = grant.user
    _require_grant(by, user, grant.role)
    refuse_self(by, user)
    _refuse_last_administrator(session, user, [grant])
    payload = {"user_id": user.id, "user_name": user.user_name, "role": grant.role, "unit_id": grant.unit_id}
    user.grants.remove(grant)
    session.flush()
    end_sessions(session, user.id, now)
    note(session, by, "people:role:withdrawn", payload, now)


def managed(session: Session, by: Author, user_id: int) -> User:
    """Return an account this author may change; others read as missing."""
    user = _user(session, user_id)
    if not manages(by, user):
        raise NotFound(NO_USER)
    return user


def manages(by: Author, user: User) -> bool:
    """Say whether this author may change the account: the system administrator, or the vendor's own lead."""
    return by.may("people.edit") or _is_own_engineer(by, user)


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(NO_USER)
    return user


def _is_own_engineer(by: Author, user: User) -> bool:
    viewer = by.viewer
    return (
        viewer is not None
        and viewer.may("people.own_vendor")
        and user.unit_id == viewer.unit_id
        and {grant.role for grant in user.grants} <= {"vendor_staff"}
    )


def _unit_to_staff(session: Session, by: Author, unit_id: int) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None or unit.disabled_at is not None:
        raise Invalid(fields={"unit_id": N_("没有这个单位，或者它已停用。")})
    own = by.viewer is not None and by.viewer.may("people.own_vendor") and by.viewer.unit_id == unit_id
    if not own:
        by.require("people.edit")
    return unit


def _check_user_name(session: Session, user_name: str) -> None:
    if not rules.USER_NAME.fullmatch(user_name):
        sentence = N_("账号用 2 到 40 个小写字母、数字、点、横线或下划线，以字母开头。")
        raise Invalid(fields={"user_name": sentence})
    if session.scalar(select(User.id).where(User.user_name == user_name)) is not None:
        raise Invalid(fields={"user_name": N_("这个账号已经有人用了。换一个。")})


def _check_facts(*, name: str, phone: str, email: str) -> None:
    fields = {}
    if not name.strip():
        fields["name"] = N_("写上姓名。")
    if phone.strip() and not PHONE.fullmatch(phone.strip()):
        fields["phone"] = N_("电话里只能有数字、加号、横线和括号。")
    if email.strip() and not EMAIL.fullmatch(email.strip()):
        fields["email"] = N_("邮箱应像 name@example.cn 这样写。")
    if fields:
        raise Invalid(fields=fields)


def _set_first_password(user: User, password: str, now: datetime, *, must_change: bool) -> None:
    try:
        set_password(user, password, now, must_change=must_change)
    except Invalid as error:
        raise Invalid(fields={"password": error.fields["new"]}) from error


def _first_roles(by: Author, roles: Sequence[str]) -> Sequence[str]:
    if by.viewer is None:
        return roles
    if not by.viewer.may("people.edit"):
        return ("vendor_staff",)
    if roles:
        raise Refused(N_("角色由安全管理员授予和收回。"))
    return ()


def _give(session: Session, by: Author, user: User, role: str, *, unit_id: int | None, now: datetime) -> None:
    unit = user.unit if unit_id is None else session.get(Unit, unit_id)
    if unit is None:
        raise Invalid(fields={"unit_id": N_("没有这个单位，或者它已停用。")})
    held = [grant.role for grant in user.grants]
    problem = _first_problem(role, held, user.unit.kind, unit.kind)
    if problem:
        raise Refused(problem[0], **problem[1])
    user.grants.append(RoleGrant(role=role, unit_id=unit_id, granted_by=by.name, granted_at=now))
    session.flush()
    payload = {"user_id": user.id, "user_name": user.user_name, "role": role, "unit_id": unit_id}
    note(session, by, "people:role:granted", payload, now)


def _first_problem(
    role: str, held: Sequence[str], own_kind: str, granted_kind: str
) -> tuple[str, Mapping[str, str]] | None:
    own = rules.grant_problem(role, held, own_kind)
    return own or rules.grant_problem(role, held, granted_kind)


def _holds(user: User, role: str, unit_id: int | None) -> bool:
    return any(grant.role == role and grant.unit_id == unit_id for grant in user.grants)


def _require_grant(by: Author, user: User, role: str) -> None:
    if by.may("people.grant"):
        return
    if role != "vendor_staff" or not _is_own_engineer(by, user):
        raise Refused(N_("角色由安全管理员授予和收回。"))


def refuse_self(by: Author, user: User) -> None:
    """Refuse what nobody may do to the own account."""
    if by.is_user(user.id):
        raise Refused(NOT_SELF)


def _refuse_last_administrator(session: Session, user: User, grants: Sequence[RoleGrant]) -> None:
    for role in {grant.role for grant in grants} & set(rules.ADMINISTRATORS):
        others = session.scalar(
            select(func.count())
            .select_from(RoleGrant)
            .join(User)
            .where(RoleGrant.role == role, User.id != user.id, User.disabled_at.is_(None))
        )
        if not others:
            raise Refused(
                N_("这是最后一个%(role)s，停用或收回后就没有人能管了。先另设一个。"), role=rules.ROLES[role].name
            )


def _move(session: Session, by: Author, user: User, unit_id: int) -> None:
    by.require("people.edit")
    unit = _unit_to_staff(session, by, unit_id)
    unfit = next((g.role for g in user.grants if unit.kind not in rules.ROLES[g.role].kinds), None)
    if unfit:
        sentence = N_("这个人还是“%(role)s”，新单位没有这个角色。先收回角色。")
        raise Refused(sentence, role=rules.ROLES[unfit].name)
    user.unit_id, user.unit = unit.id, unit


def _set_titles(session: Session, user: User, titles: Sequence[str]) -> None:
    if [(post.unit_id, post.title) for post in user.posts] == [(user.unit_id, title) for title in titles]:
        return
    user.posts = []
    session.flush()
    user.posts = [Post(unit_id=user.unit_id, title=title) for title in titles]


def _clean(titles: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(title.strip()[:60] for title in titles if title.strip()))


def _facts(user: User) -> dict[str, Any]:
    return {
        "user_name": user.user_name,
        "name": user.name,
        "unit_id": user.unit_id,
        "titles": [post.title for post in user.posts],
    }
