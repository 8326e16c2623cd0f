"""Who may do what: roles, permissions, duties that exclude each other, passwords, limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from app.i18n import N_, Listed

OFFICE: Final = "office"
DEPARTMENT: Final = "department"
VENDOR: Final = "vendor"
UNIT_KINDS: Final[Mapping[str, str]] = {
    OFFICE: N_("网站管理办公室"),
    DEPARTMENT: N_("部门"),
    VENDOR: N_("外包单位"),
}
SITE_STATES: Final[Mapping[str, str]] = {
    "open": N_("在用"),
    "suspended": N_("临时下线"),
    "closed": N_("已关停"),
}
PRIORITIES: Final[Mapping[str, str]] = {
    "urgent": N_("特急"),
    "high": N_("加急"),
    "normal": N_("普通"),
    "low": N_("低"),
}
PRIORITIES_EN: Final[Mapping[str, str]] = {
    "urgent": "Urgent",
    "high": "High",
    "normal": "Normal",
    "low": "Low",
}


# Roles and permissions


@dataclass(frozen=True)
class Role:
    """A role: its names, the kinds of unit it belongs to, what it permits."""

    key: str
    name: str
    name_en: str
    kinds: frozenset[str]
    permissions: frozenset[str]
    group: str = "business"


_SELF = frozenset({"account.self"})
_READ = _SELF | {
    "work.view",
    "dispatch.maintenance",
    "processes.view",
    "sites.view",
}
_CONTENT = frozenset({"content.view", "review.view"})
_WORK = _READ | {"work.inbox", "work.act", "work.urge", "emergency.view", "emergency.start", "emergency.answer"}
_WATCH = (
    _READ
    | _CONTENT
    | {
        "work.overview",
        "studio.view",
        "ledger.view",
        "ledger.verify",
        "contracts.view",
        "people.list",
        "people.view",
        "calendar.view",
        "content.figures",
        "emergency.view",
        "emergency.figures",
    }
)
_DESK = _WORK | _WATCH | {"work.steer"}
_HOUSE = frozenset({OFFICE, DEPARTMENT})


ROLES: Final[Mapping[str, Role]] = {
    role.key: role
    for role in (
        Role(
            "owner",
            N_("流程负责人"),
            "Process owner",
            frozenset({OFFICE}),
            _DESK | {"processes.edit", "processes.approve", "work.repair", "content.manage", "emergency.manage"},
        ),
        Role(
            "office",
            N_("派发岗"),
            "Dispatch desk",
            frozenset({OFFICE}),
            _DESK
            | {
                "work.start",
                "work.transcribe",
                "dispatch.intake",
                "contracts.edit",
                "sites.edit",
                "calendar.edit",
                "content.manage",
                "content.take_down",
                "content.correct",
                "emergency.manage",
            },
        ),
        Role(
            "supervisor",
            N_("督办"),
            "Supervisor",
            frozenset({OFFICE}),
            _DESK
            | {
                "work.repair",
                "processes.approve",
                "work.transcribe",
                "content.take_down",
                "content.correct",
                "emergency.manage",
            },
        ),
        Role(
            "director",
            N_("主任"),
            "Director",
            frozenset({OFFICE}),
            _DESK | {"processes.approve", "content.take_down"},
        ),
        Role("inspector", N_("检查人员"), "Inspector", _HOUSE, _WATCH, "inspector"),
        Role(
            "staff",
            N_("科室经办"),
            "Department staff",
            _HOUSE,
            _WORK | _CONTENT | {"work.start", "work.transcribe", "dispatch.intake"},
        ),
        Role(
            "unit_head",
            N_("科室负责人"),
            "Head of unit",
            _HOUSE,
            _WORK | _CONTENT | {"work.start", "dispatch.intake", "content.figures"},
        ),
        Role(
            "vendor_lead",
            N_("项目经理"),
            "Vendor lead",
            frozenset({VENDOR}),
            _WORK
            | {
                "work.start",
                "dispatch.intake",
                "people.own_vendor",
                "people.list",
                "people.manage",
                "contracts.view",
            },
        ),
        Role(
            "vendor_staff",
            N_("工程师"),
            "Vendor engineer",
            frozenset({VENDOR}),
            _WORK | {"work.start", "dispatch.intake"},
        ),
        Role(
            "editor",
            N_("信息编辑"),
            "Content editor",
            frozenset({OFFICE, DEPARTMENT, VENDOR}),
            _WORK | _CONTENT | {"work.start", "content.write"},
        ),
        Role("reviewer_1", N_("一审"), "First reviewer", _HOUSE, _WORK | _CONTENT),
        Role("reviewer_2", N_("二审"), "Second reviewer", _HOUSE, _WORK | _CONTENT),
        Role("reviewer_3", N_("三审签发"), "Final reviewer", _HOUSE, _WORK | _CONTENT | {"content.take_down"}),
        Role("secrecy", N_("保密审查员"), "Secrecy reviewer", _HOUSE, _WORK | _CONTENT),
        Role(
            "publisher",
            N_("发布岗"),
            "Publisher",
            _HOUSE,
            _WORK | _CONTENT | {"content.publish", "content.take_down", "content.correct"},
        ),
        Role(
            "duty",
            N_("值班员"),
            "Duty officer",
            _HOUSE,
            _WORK | {"work.start", "work.transcribe", "emergency.figures"},
        ),
        Role(
            "commander",
            N_("应急指挥"),
            "Commander",
            _HOUSE,
            _WORK | _CONTENT | {"work.start", "emergency.figures"},
        ),
        Role("publicity", N_("宣传组"), "Publicity", _HOUSE, _WORK | _CONTENT | {"content.write"}),
        Role("liaison", N_("报告联络员"), "Reporting liaison", _HOUSE, _WORK | {"work.start", "emergency.figures"}),
        Role(
            "sysadmin",
            N_("系统管理员"),
            "System administrator",
            _HOUSE,
            _SELF
            | {
                "people.list",
                "people.view",
                "people.edit",
                "people.manage",
                "sites.view",
                "sites.edit",
                "settings.edit",
                "calendar.view",
                "calendar.edit",
            },
            "administrator",
        ),
        Role(
            "secadmin",
            N_("安全管理员"),
            "Security administrator",
            _HOUSE,
            _SELF | {"people.list", "people.view", "people.grant", "people.reset", "people.tokens"},
            "administrator",
        ),
        Role(
            "auditadmin",
            N_("审计管理员"),
            "Audit administrator",
            _HOUSE,
            _SELF | _WATCH,
            "administrator",
        ),
    )
}
PERMISSION_WORDS: Final[Mapping[str, str]] = {
    "account.self": N_("管自己的账号"),
    "people.list": N_("看人员"),
    "people.view": N_("看全部单位和人员"),
    "people.edit": N_("建、改、停用单位和人员"),
    "people.manage": N_("建、改、停用归自己管的人员"),
    "people.grant": N_("授予和收回角色"),
    "people.reset": N_("重置密码"),
    "people.tokens": N_("发放和收回程序令牌"),
    "people.own_vendor": N_("管本外包单位的人员"),
    "sites.view": N_("看网站"),
    "sites.edit": N_("登记和改网站"),
    "contracts.view": N_("看合同"),
    "contracts.edit": N_("录入和改合同"),
    "settings.edit": N_("改系统设置"),
}
PERMISSIONS: Final[frozenset[str]] = frozenset().union(*(role.permissions for role in ROLES.values()))
SEES_ALL_CASES: Final = frozenset({"office", "supervisor", "director", "inspector", "auditadmin", "owner"})
HEAD_ROLES: Final[Mapping[str, str]] = {OFFICE: "director", DEPARTMENT: "unit_head", VENDOR: "vendor_lead"}
FALLBACK_ROLES: Final = ("office", "supervisor", "director", "owner")
ADMINISTRATORS: Final = ("sysadmin", "secadmin", "auditadmin")


@dataclass(frozen=True)
class Viewer:
    """The person who looks or acts, as far as rights and names are concerned.

    `client` names the program that acts for the person; None for the person's own browser.
    """

    user_id: int
    name: str
    user_name: str
    unit_id: int
    unit_name: str
    unit_kind: str
    roles: frozenset[str]
    permissions: frozenset[str]
    locale: str = "zh"
    title: str = ""
    must_change: bool = False
    client: str | None = None

    def may(self, permission: str) -> bool:
        """Say whether one of the roles permits this."""
        return permission in self.permissions

    @property
    def sees_all_cases(self) -> bool:
        """Say whether every case of the house is open to this person."""
        return bool(self.roles & SEES_ALL_CASES)

    @property
    def is_vendor(self) -> bool:
        """Say whether the person works for a vendor."""
        return self.unit_kind == VENDOR


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return what these roles permit together; an account without roles still owns itself."""
    return _SELF.union(*(ROLES[role].permissions for role in roles if role in ROLES))


def grant_problem(role: str, held: Collection[str], unit_kind: str) -> tuple[str, dict[str, Any]] | None:
    """Say why `role` cannot be given beside the `held` ones, as a sentence and its values, or None.

    The three administrators and the inspector each stand alone; vendors hold vendor roles only.
    """
    if role not in ROLES:
        return N_("没有这个角色。"), {}
    if unit_kind not in ROLES[role].kinds:
        kinds = Listed(name for kind, name in UNIT_KINDS.items() if kind in ROLES[role].kinds)
        return N_("“%(role)s”只能给%(kinds)s的人。"), {"role": ROLES[role].name, "kinds": kinds}
    other = next((one for one in sorted(held) if incompatible(role, one)), None)
    if other is None:
        return None
    return (
        N_("“%(role)s”和“%(other)s”不能在同一个账号。先收回其中一个，或者另开账号。"),
        {"role": ROLES[role].name, "other": ROLES[other].name},
    )


def incompatible(one: str, other: str) -> bool:
    """Say whether two different roles may not share an account."""
    return one != other and not ROLES[one].group == ROLES[other].group == "business"


# Passwords and sessions

MIN_PASSWORD: Final = 8
MIN_CLASSES: Final = 3
MAX_PASSWORD: Final = 128
MAX_FAILURES: Final = 5
LOCK: Final = timedelta(minutes=15)
IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
TOUCH: Final = timedelta(minutes=1)
USER_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]{1,39}")
_CLASSES: Final = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_COMMON: Final = (
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwerty",
    "1qaz2wsx",
    "abc123",
    "admin",
    "welcome",
    "letmein",
    "iloveyou",
    "woaini",
    "guanjia",
    "zaq1xsw2",
    "123456",
    "111111",
    "888888",
    "qazwsx",
    "asdfgh",
)
_FILLING: Final = re.compile(r"[^a-z]+$|^[^a-z]+")


def password_problem(password: str, user_name: str) -> str | None:
    """Say in one sentence why this password is refused, or None."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return N_("密码要 8 到 128 个字符。")
    if sum(bool(re.search(kind, password)) for kind in _CLASSES) < MIN_CLASSES:
        return N_("密码里小写字母、大写字母、数字、符号，至少要有三种。")
    lowered = password.lower()
    if user_name and user_name.lower() in lowered:
        return N_("密码里不能有账号。")
    if _is_common(lowered):
        return N_("这个密码太常见，别人一猜就中。换一个。")
    return None


def _is_common(lowered: str) -> bool:
    # Admin@123, 1qaz2wsx! and the like satisfy every class rule and are the first ones tried
    bare = _FILLING.sub("", lowered)
    letters_and_digits = re.sub(r"[^a-z0-9]", "", lowered)
    return (
        lowered in _COMMON
        or bare in _COMMON
        or any(
            letters_and_digits.startswith(word) and len(letters_and_digits) - len(word) <= len("2026")
            for word in _COMMON
        )
    )


def session_end(now: datetime, last_seen: datetime, expires_at: datetime, revoked_at: datetime | None) -> str | None:
    """Say how a session ended: `revoked`, `absolute`, `idle`; None while it is alive."""
    if revoked_at is not None:
        return "revoked"
    if now >= expires_at:
        return "absolute"
    return "idle" if now - last_seen >= IDLE else None


_BROWSERS: Final = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """Name the browser and the system in what a browser sends about itself; empty when unknown."""
    named = [next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " ".join(filter(None, named))


# Limits, contracts, settings

LIMIT: Final = re.compile(
    r"[1-9][0-9]{0,3} ?(分钟|小时|天|工作分钟|工作小时|工作日)|P(?=.)([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?)?"
)


@dataclass(frozen=True)
class Sla:
    """The limits of one priority, as text a limit is read from."""

    respond: str
    finish: str


# domain.md §2.10: defaults of this product, to be replaced by what the contract says
DEFAULT_SLA: Final[Mapping[str, Sla]] = {
    "urgent": Sla("15 分钟", "4 小时"),
    "high": Sla("30 分钟", "8 小时"),
    "normal": Sla("2 工作小时", "2 工作日"),
    "low": Sla("4 工作小时", "5 工作日"),
}


@dataclass(frozen=True)
class SettingRule:
    """A setting: what it is called, its kind (`text` or `switch`) and its default."""

    key: str
    label: str
    kind: str
    default: Any
    hint: str = ""


SETTINGS: Final[Mapping[str, SettingRule]] = {
    rule.key: rule
    for rule in (
        SettingRule(
            "house",
            N_("平台名称"),
            "text",
            N_("政府网站运维管理平台"),
            N_("写在登录页和页角，例如“某某市网站运维管理平台”。"),
        ),
        SettingRule(
            "notice",
            N_("提示语"),
            "text",
            N_("本系统为非涉密系统，严禁存储、处理、传输国家秘密"),
            N_("写在登录页、上传框和打印件上。留空就不写。"),
        ),
        SettingRule(
            "four_eyes",
            N_("流程发布要第二个人批准"),
            "switch",
            False,
            N_("打开后，提出发布的人不能自己批准；从文件装入和程序部署的流程也一样，批准以后才运行。"),
        ),
    )
}


# Who handles a step


@dataclass(frozen=True)
class Resolution:
    """The people a rule names just now, and the rule in words. `fell_back`: nobody was found, others stand in."""

    user_ids: tuple[int, ...]
    text_zh: str
    text_en: str
    fell_back: bool = False


@dataclass(frozen=True)
class PersonFacts:
    """What a list or a card says about somebody."""

    user_id: int
    name: str
    user_name: str
    unit_id: int
    unit_name: str
    unit_kind: str
    title: str = ""
    roles: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True)
class DemoCard:
    """One card of a demo's sign-in page: a person and the scene waiting on the desk."""

    user_name: str
    name: str
    unit: str
    title: str
    scene: str
    url: str
    vendor: bool = False


@dataclass(frozen=True)
class DemoGroup:
    """The cards of one side."""

    title: str
    cards: tuple[DemoCard, ...] = field(default=())
    small: bool = False
