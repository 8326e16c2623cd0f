"""Rules of people: roles that exclude each other, passwords, sessions, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from app.people import rules
from app.people.forms import ContractForm
from app.people.rules import Viewer

NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)


def viewer(*roles: str, kind: str = "office") -> Viewer:
    """Return somebody with these roles."""
    return Viewer(1, "某人", "somebody", 1, "某单位", kind, frozenset(roles), rules.permissions_of(roles))


@pytest.mark.parametrize(("one", "other"), list(combinations(rules.ADMINISTRATORS, 2)))
def test_two_administrators_never_share_an_account(one: str, other: str) -> None:
    """Each pair of the three administrators is refused in both orders."""
    assert rules.grant_problem(one, [other], "office")
    assert rules.grant_problem(other, [one], "office")


@pytest.mark.parametrize("alone", [*rules.ADMINISTRATORS, "inspector"])
@pytest.mark.parametrize("business", ["owner", "office", "staff", "unit_head", "director", "supervisor"])
def test_administrators_and_inspectors_hold_no_business_role(alone: str, business: str) -> None:
    """Neither is given beside the other, whichever came first."""
    assert rules.grant_problem(alone, [business], "office")
    assert rules.grant_problem(business, [alone], "office")


def test_business_roles_may_be_combined() -> None:
    """A small office gives one person several hats."""
    assert rules.grant_problem("supervisor", ["office", "owner"], "office") is None


@pytest.mark.parametrize("role", sorted(rules.ROLES))
def test_vendor_roles_stay_with_vendors(role: str) -> None:
    """Vendors hold vendor roles and may write, nothing else; nobody else holds a vendor's role."""
    of_vendor = role.startswith("vendor_")
    assert (rules.grant_problem(role, [], "vendor") is None) is (of_vendor or role == "editor")
    assert not of_vendor or rules.grant_problem(role, [], "department") is not None


def test_the_three_administrators_divide_the_rights() -> None:
    """Accounts, grants and reading are three hands; none of them acts in a case."""
    system, security, audit = (viewer(role) for role in rules.ADMINISTRATORS)
    assert system.may("people.edit")
    assert security.may("people.grant")
    assert audit.may("ledger.verify")
    assert not system.may("people.grant")
    assert not system.may("people.reset")
    assert not security.may("people.edit")
    assert not any(audit.may(name) for name in ("people.edit", "people.grant", "people.reset", "settings.edit"))
    assert not any(one.may("work.act") or one.may("work.start") for one in (system, security, audit))


def test_the_inspector_only_reads() -> None:
    """No permission of the inspector changes anything but the own account."""
    changing = ("edit", "act", "start", "urge", "grant", "reset", "manage", "intake", "repair")
    assert not [name for name in viewer("inspector").permissions if name.split(".")[1] in changing]


def test_who_sees_all_cases() -> None:
    """The office side sees every case, departments and vendors do not."""
    assert viewer("director").sees_all_cases
    assert viewer("auditadmin").sees_all_cases
    assert not viewer("staff", kind="department").sees_all_cases
    assert not viewer("sysadmin").sees_all_cases
    assert viewer("vendor_lead", kind="vendor").is_vendor


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("Lanshan-2026", True),
        ("Qing9xia,", True),
        ("Sh0rt-a", False),
        ("alllowercase", False),
        ("lower1234567", False),
        ("Password123!", False),
        ("Admin@123", False),
        ("P@ssw0rd", False),
        ("1qaz2wsx!A", False),
        ("My-dept_head-9", False),
        ("x" * 129 + "A1", False),
    ],
)
def test_passwords(password: str, fine: bool) -> None:
    """Long enough, three kinds of characters, without the user name, not a well-known one."""
    assert (rules.password_problem(password, "dept_head") is None) is fine


@pytest.mark.parametrize(
    ("idle", "age", "revoked", "end"),
    [
        (timedelta(minutes=29), timedelta(hours=1), None, None),
        (timedelta(minutes=30), timedelta(hours=1), None, "idle"),
        (timedelta(0), timedelta(hours=12), None, "absolute"),
        (timedelta(0), timedelta(0), NOW, "revoked"),
    ],
)
def test_how_sessions_end(idle: timedelta, age: timedelta, revoked: datetime | None, end: str | None) -> None:
    """After half an hour of silence, after twelve hours, or when ended by hand."""
    assert rules.session_end(NOW, NOW - idle, NOW - age + rules.ABSOLUTE, revoked) == end


@pytest.mark.parametrize(
    "text", ["15 分钟", "4 小时", "2 工作日", "4 工作小时", "2工作日", "P3D", "PT30M", "P1DT12H"]
)
def test_limits_that_are_read(text: str) -> None:
    """The ways a limit is written in a contract."""
    assert rules.LIMIT.fullmatch(text)


@pytest.mark.parametrize("text", ["", "两天", "0 天", "P", "PT", "3 days", "2 周"])
def test_limits_that_are_refused(text: str) -> None:
    """What no clock can run on is refused where it is typed."""
    assert not rules.LIMIT.fullmatch(text)


def test_clauses_are_read_line_by_line() -> None:
    """A number opens a clause, a line without one continues it."""
    form = ContractForm(data={"clauses": "3.2 两个工作日内办结。\n  特急除外。\n第4条 不得转包。\n5.1．1：留痕"})
    assert form.clause_list() == (("3.2", "两个工作日内办结。\n特急除外。"), ("4", "不得转包。"), ("5.1.1", "留痕"))


def test_browsers_have_names() -> None:
    """The list of sessions names browser and system, and nothing when it knows neither."""
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0"
    assert rules.browser(edge) == "Edge Windows"
    assert rules.browser("curl/8") == ""
