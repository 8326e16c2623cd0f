"""Use cases of the house on a real database: accounts, roles, sign-in, contracts, and who handles a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, StaticPool, create_engine, select
from sqlalchemy.orm import Session

from app import clock
from app.db import Base, prepare_engine
from app.errors import Conflict, Invalid, NotFound, Refused
from app.ledger.models import Record
from app.people import operations as house
from app.people import queries, rules
from app.people.models import AuthSession, Contract, RoleGrant, Unit, User
from app.people.operations import Author
from app.people.rules import Sla
from tests.factories.city import PASSWORD, build_city

NOW = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
NEW = "Qinglan-7731"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Return a small city in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    prepare_engine(engine)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        session = Session(connection, info={"write": True})
        clock.birth(session, "test", NOW)
        build_city(session, NOW)
        session.flush()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Open a transaction that is given up after the test."""
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, info={"write": True}) as session:
            yield session
        outer.rollback()


def by(session: Session, user_name: str) -> Author:
    """Return a person of the city as author."""
    viewer = queries.viewer_named(session, user_name)
    assert viewer is not None
    return house.by_person(viewer, "10.0.0.9")


def id_of(session: Session, user_name: str) -> int:
    """Return the id of a person of the city."""
    return session.scalars(select(User.id).where(User.user_name == user_name)).one()


def unit_of(session: Session, code: str) -> int:
    """Return the id of a unit of the city."""
    return session.scalars(select(Unit.id).where(Unit.code == code)).one()


def kinds(session: Session) -> list[str]:
    """Return the kinds of all records of the house, oldest first."""
    return list(session.scalars(select(Record.kind).where(Record.chain == "house").order_by(Record.seq)))


def attempt(session: Session, password: str, now: datetime = NOW, name: str = "dept") -> house.SignIn:
    """Try to sign in."""
    return house.sign_in(session, house.prove(session, name, password), client="10.0.0.9", now=now)


def make_user(session: Session, author: Author, **values: Any) -> house.NewUser:
    """Create an account with ordinary values."""
    given: dict[str, Any] = {
        "user_name": "newcomer",
        "name": "新来的",
        "unit_id": unit_of(session, "housing"),
        "now": NOW,
    }
    return house.create_user(session, author, **given | values)


# Signing in


def test_sign_in_gives_a_new_token_each_time(session: Session) -> None:
    """Two sign-ins share nothing, the cookie's old session ends, and only hashes are stored."""
    first = attempt(session, PASSWORD)
    proof = house.prove(session, " Dept ", PASSWORD)
    second = house.sign_in(session, proof, client="10.0.0.9", now=NOW, old_token=first.token)
    assert first.token
    assert second.token
    assert first.token != second.token
    rows = session.scalars(select(AuthSession).order_by(AuthSession.id)).all()
    assert [row.revoked_at is not None for row in rows] == [True, False]
    assert not {first.token, second.token} & {row.token_hash for row in rows}


def test_five_failures_lock_for_a_quarter_of_an_hour(session: Session) -> None:
    """The right password is refused while the lock lasts and accepted afterwards; all of it is recorded."""
    outcomes = [attempt(session, "wrong") for _ in range(5)]
    assert not any(one.token for one in outcomes)
    assert "锁定" in outcomes[4].problem
    locked = attempt(session, PASSWORD, NOW + timedelta(minutes=14))
    assert locked.token is None
    assert locked.values == {"minutes": 1}
    assert attempt(session, PASSWORD, NOW + timedelta(minutes=15)).token
    assert kinds(session)[-6:] == [
        *["people:session:failed"] * 4,
        "people:session:locked",
        "people:session:opened",
    ]


def test_a_right_password_clears_the_count(session: Session) -> None:
    """Four mistakes, one success, four mistakes: still no lock."""
    for _ in range(4):
        attempt(session, "wrong")
    assert attempt(session, PASSWORD).token
    for _ in range(4):
        attempt(session, "wrong")
    assert attempt(session, PASSWORD).token


def test_unknown_and_disabled_accounts_read_alike(session: Session) -> None:
    """Nobody learns from the answer which accounts exist; a mistyped name stays out of the ledger."""
    house.disable_user(session, by(session, "sysadmin"), id_of(session, "dept"), NOW)
    answers = {attempt(session, PASSWORD).problem, attempt(session, PASSWORD, name="Lanshan-secret").problem}
    assert len(answers) == 1
    bodies = session.scalars(select(Record.body).where(Record.kind == "people:session:failed")).all()
    assert not any("Lanshan-secret" in body for body in bodies)
    assert all("10.0.0.9" in body for body in bodies)


def test_unknown_accounts_cost_a_hash_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is hashed once whether or not the account exists, so the time tells nothing."""
    from app.people.operations import passwords  # noqa: PLC0415 - only its hasher is counted

    counted: list[str] = []
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *given: counted.append("hash") or verify(*given))
    house.prove(session, "dept", PASSWORD)
    house.prove(session, "nobody-at-all", PASSWORD)
    assert len(counted) == 2


def test_a_proof_is_void_once_the_password_changed(session: Session) -> None:
    """A password changed between checking and signing in is not accepted any more."""
    proof = house.prove(session, "dept", PASSWORD)
    house.reset_password(session, by(session, "secadmin"), id_of(session, "dept"), NOW)
    assert house.sign_in(session, proof, client="", now=NOW).token is None


def test_sessions_end_by_silence_and_by_age(session: Session) -> None:
    """The row is read with the instant at hand: alive, idle after 30 minutes, over after 12 hours."""
    token = attempt(session, PASSWORD).token
    assert token

    def ended(after: timedelta) -> str | None:
        facts = queries.session_facts(session, house.token_hash(token), NOW + after)
        assert facts is not None
        return facts.ended

    row = session.scalars(select(AuthSession)).one()
    assert ended(timedelta(minutes=29)) is None
    assert ended(timedelta(minutes=30)) == "idle"
    for half_hours in range(1, 49):
        house.touch(session, row.id, NOW + timedelta(minutes=15 * half_hours))
    session.expire_all()
    assert ended(timedelta(hours=11, minutes=59)) is None
    assert ended(timedelta(hours=12)) == "absolute"
    assert queries.session_facts(session, house.token_hash("no such token"), NOW) is None


def test_last_seen_is_written_at_most_once_a_minute(session: Session) -> None:
    """A second page within the minute writes nothing."""
    attempt(session, PASSWORD)
    row = session.scalars(select(AuthSession)).one()
    for seconds, seen in ((59, 0), (60, 60), (100, 60)):
        house.touch(session, row.id, NOW + timedelta(seconds=seconds))
        session.refresh(row)
        assert row.last_seen == NOW + timedelta(seconds=seen)


def test_changing_the_password_ends_other_sessions(session: Session) -> None:
    """The browser that changes it stays signed in, all others are out."""
    attempt(session, PASSWORD)
    attempt(session, PASSWORD)
    author = by(session, "dept")
    here, there = session.scalars(select(AuthSession).order_by(AuthSession.id)).all()
    proof = house.prove(session, "dept", PASSWORD)
    house.change_password(session, author, proof, NEW, session_id=here.id, now=NOW)
    assert here.revoked_at is None
    assert there.revoked_at == NOW
    assert attempt(session, NEW).token
    with pytest.raises(Invalid):
        house.change_password(
            session, author, house.prove(session, "dept", "wrong"), NEW, session_id=here.id, now=NOW
        )


def test_a_session_is_ended_by_its_owner_only(session: Session) -> None:
    """Another person's session reads as missing."""
    attempt(session, PASSWORD)
    row = session.scalars(select(AuthSession)).one()
    with pytest.raises(NotFound):
        house.revoke(session, by(session, "office"), row.id, NOW)
    house.revoke(session, by(session, "dept"), row.id, NOW)
    assert row.revoked_at == NOW


# Accounts and roles


def test_a_reset_gives_one_password_to_be_changed(session: Session) -> None:
    """It works once round, unlocks, ends sessions and must be replaced."""
    attempt(session, PASSWORD)
    given = house.reset_password(session, by(session, "secadmin"), id_of(session, "dept"), NOW)
    assert rules.password_problem(given, "dept") is None
    assert session.scalars(select(AuthSession)).one().revoked_at == NOW
    outcome = attempt(session, given)
    assert outcome.token
    viewer = queries.viewer_named(session, "dept")
    assert viewer is not None
    assert viewer.must_change


ACTS: dict[str, Callable[[Session, Author], Any]] = {
    "people.edit": make_user,
    "people.grant": lambda session, author: house.grant_role(
        session, author, id_of(session, "dept"), "unit_head", now=NOW
    ),
    "people.reset": lambda session, author: house.reset_password(session, author, id_of(session, "dept"), NOW),
    "settings.edit": lambda session, author: house.change_setting(session, author, "notice", "改过的提示", NOW),
    "contracts.edit": lambda session, author: house.disable_contract(session, author, 1, NOW),
    "sites.edit": lambda session, author: house.create_site(
        session, author, code="3300000009", name="新网站", owner_id=unit_of(session, "health"), now=NOW
    ),
}
CITY = ("owner", "office", "supervisor", "director", "inspector", "dept", "dept_head", "vendor_a_lead")
EVERYBODY = (*CITY, "vendor_a_tech", "sysadmin", "secadmin", "auditadmin")


@pytest.mark.parametrize("permission", sorted(ACTS))
@pytest.mark.parametrize("who", EVERYBODY)
def test_only_the_right_hands_change_the_house(session: Session, who: str, permission: str) -> None:
    """Each act succeeds for exactly those whose role permits it, whatever page it came from."""
    author = by(session, who)
    if author.may(permission):
        ACTS[permission](session, author)
        return
    with pytest.raises(Refused):
        ACTS[permission](session, author)


@pytest.mark.parametrize("role", ["secadmin", "sysadmin", "office"])
def test_nobody_grants_to_oneself(session: Session, role: str) -> None:
    """The security administrator's own roles are another one's business."""
    with pytest.raises(Refused):
        house.grant_role(session, by(session, "secadmin"), id_of(session, "secadmin"), role, now=NOW)
    own = session.scalars(select(RoleGrant.id).where(RoleGrant.role == "secadmin")).one()
    with pytest.raises(Refused):
        house.withdraw_role(session, by(session, "secadmin"), own, NOW)


def test_incompatible_roles_are_refused(session: Session) -> None:
    """An administrator's role beside a business role, and the other way round."""
    for name, role in (("office", "auditadmin"), ("auditadmin", "office"), ("sysadmin", "secadmin")):
        with pytest.raises(Refused):
            house.grant_role(session, by(session, "secadmin"), id_of(session, name), role, now=NOW)


def test_a_vendor_cannot_be_made_office(session: Session) -> None:
    """Neither by the role nor by granting it for another unit."""
    for unit in (None, unit_of(session, "office")):
        with pytest.raises(Refused):
            house.grant_role(
                session, by(session, "secadmin"), id_of(session, "vendor_a_tech"), "office", unit_id=unit, now=NOW
            )


def test_granting_and_withdrawing_ends_the_sessions(session: Session) -> None:
    """Changed rights need a new sign-in, and the list shows who granted."""
    attempt(session, PASSWORD)
    house.grant_role(session, by(session, "secadmin"), id_of(session, "dept"), "unit_head", now=NOW)
    assert session.scalars(select(AuthSession)).one().revoked_at == NOW
    grant = session.scalars(
        select(RoleGrant).where(RoleGrant.role == "unit_head", RoleGrant.user_id == id_of(session, "dept"))
    ).one()
    assert grant.granted_by == "乔安宁"
    house.withdraw_role(session, by(session, "secadmin"), grant.id, NOW)
    viewer = queries.viewer_named(session, "dept")
    assert viewer is not None
    assert viewer.roles == {"staff"}


def test_the_last_administrator_stays(session: Session) -> None:
    """The only security administrator is not disabled; with a second one it works."""
    system = by(session, "sysadmin")
    with pytest.raises(Refused, match="最后一个"):
        house.disable_user(session, system, id_of(session, "secadmin"), NOW)
    make_user(session, house.by_setup(), user_name="second", roles=("secadmin",))
    house.disable_user(session, system, id_of(session, "secadmin"), NOW)
    assert queries.viewer_named(session, "secadmin") is None


def test_nobody_disables_oneself(session: Session) -> None:
    """An administrator is not locked out by a slip."""
    with pytest.raises(Refused):
        house.disable_user(session, by(session, "sysadmin"), id_of(session, "sysadmin"), NOW)


def test_disabling_ends_sessions_and_enabling_restores(session: Session) -> None:
    """A disabled person is out at once and back with the old password."""
    attempt(session, PASSWORD)
    house.disable_user(session, by(session, "sysadmin"), id_of(session, "dept"), NOW)
    assert session.scalars(select(AuthSession)).one().revoked_at == NOW
    assert attempt(session, PASSWORD).token is None
    house.enable_user(session, by(session, "sysadmin"), id_of(session, "dept"), NOW)
    assert attempt(session, PASSWORD).token


def test_the_system_administrator_creates_without_roles(session: Session) -> None:
    """An account comes with a one-time password and no right at all; roles are the other hand's."""
    made = make_user(session, by(session, "sysadmin"), titles=("信息科", " 信息科 ", "值班"))
    assert made.password
    assert rules.password_problem(made.password, "newcomer") is None
    viewer = queries.viewer_of(session, made.user_id)
    assert viewer is not None
    assert viewer.roles == frozenset()
    assert viewer.must_change
    assert viewer.title == "信息科"
    with pytest.raises(Refused):
        make_user(session, by(session, "sysadmin"), user_name="another", roles=("office",))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"user_name": "Dept Head!"}, "user_name"),
        ({"user_name": "dept"}, "user_name"),
        ({"name": "  "}, "name"),
        ({"email": "nobody"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"password": "short"}, "password"),
        ({"unit_id": 999}, "unit_id"),
    ],
)
def test_wrong_facts_are_named(session: Session, values: dict[str, Any], field: str) -> None:
    """The refusal points at the field."""
    with pytest.raises(Invalid) as refusal:
        make_user(session, by(session, "sysadmin"), **values)
    assert list(refusal.value.fields) == [field]


def test_a_stale_form_does_not_overwrite(session: Session) -> None:
    """Whoever opened the page before somebody else saved is told so."""
    person = session.get_one(User, id_of(session, "dept"))
    values: dict[str, Any] = {"unit_id": person.unit_id, "titles": ["科员"], "phone": "", "email": "", "now": NOW}
    seen = person.row_version
    house.update_user(session, by(session, "sysadmin"), person.id, name="甲", version=seen, **values)
    with pytest.raises(Conflict):
        house.update_user(session, by(session, "sysadmin"), person.id, name="乙", version=seen, **values)


def test_moving_to_a_unit_that_does_not_fit_is_refused(session: Session) -> None:
    """A department's clerk does not become a vendor's person by a change of unit."""
    with pytest.raises(Refused, match="先收回角色"):
        house.update_user(
            session,
            by(session, "sysadmin"),
            id_of(session, "dept"),
            name="林知行",
            unit_id=unit_of(session, "vendor_a"),
            titles=(),
            phone="",
            email="",
            now=NOW,
        )


# The vendor's own people


def test_a_vendor_lead_creates_engineers_of_the_own_unit(session: Session) -> None:
    """The new account is an engineer there and nothing else."""
    made = make_user(session, by(session, "vendor_a_lead"), unit_id=unit_of(session, "vendor_a"))
    viewer = queries.viewer_of(session, made.user_id)
    assert viewer is not None
    assert viewer.roles == {"vendor_staff"}
    with pytest.raises(Refused):
        make_user(session, by(session, "vendor_a_lead"), unit_id=unit_of(session, "vendor_b"), user_name="spy")
    with pytest.raises(Refused):
        make_user(session, by(session, "vendor_a_lead"), unit_id=unit_of(session, "housing"), user_name="mole")


@pytest.mark.parametrize("other", ["vendor_b_tech", "dept", "sysadmin", "vendor_a_lead"])
def test_a_vendor_lead_manages_nobody_else(session: Session, other: str) -> None:
    """Other people read as missing, the own account too."""
    with pytest.raises(NotFound):
        house.disable_user(session, by(session, "vendor_a_lead"), id_of(session, other), NOW)


def test_a_vendor_lead_disables_an_engineer(session: Session) -> None:
    """Own engineers are the lead's business; the role stays the only one to give."""
    lead, tech = by(session, "vendor_a_lead"), id_of(session, "vendor_a_tech")
    with pytest.raises(Refused):
        house.grant_role(session, lead, tech, "vendor_lead", now=NOW)
    house.disable_user(session, lead, tech, NOW)
    assert queries.viewer_of(session, tech) is None


def test_an_engineer_manages_nobody(session: Session) -> None:
    """Creating and disabling need the lead."""
    with pytest.raises(Refused):
        make_user(session, by(session, "vendor_a_tech"), unit_id=unit_of(session, "vendor_a"))
    with pytest.raises(NotFound):
        house.disable_user(session, by(session, "vendor_a_tech"), id_of(session, "vendor_a_lead"), NOW)


# Units, sites, contracts, settings


def test_a_unit_with_people_is_not_disabled(session: Session) -> None:
    """First its people and the units below it, then the unit."""
    system = by(session, "sysadmin")
    with pytest.raises(Refused, match="2 个在用账号"):
        house.disable_unit(session, system, unit_of(session, "housing"), NOW)
    empty = house.create_unit(
        session, system, kind="department", code="empty", name="空", parent_id=unit_of(session, "housing"), now=NOW
    )
    house.disable_unit(session, system, empty, NOW)
    assert session.get_one(Unit, empty).disabled_at == NOW


def test_a_unit_is_not_its_own_superior(session: Session) -> None:
    """Neither directly nor over its own children."""
    system, housing = by(session, "sysadmin"), unit_of(session, "housing")
    child = house.create_unit(
        session, system, kind="department", code="child", name="下级", parent_id=housing, now=NOW
    )
    for parent in (housing, child):
        with pytest.raises(Invalid) as refusal:
            house.update_unit(
                session, system, housing, code="housing", name="市住建局", name_en="", parent_id=parent, now=NOW
            )
        assert list(refusal.value.fields) == ["parent_id"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "33 00"}, "code"),
        ({"code": "3300000001"}, "code"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"state": "gone"}, "state"),
        ({"name": " "}, "name"),
    ],
)
def test_wrong_sites_are_refused(session: Session, values: dict[str, Any], field: str) -> None:
    """The refusal points at the field."""
    given: dict[str, Any] = {"code": "3300000009", "name": "新网站", "owner_id": unit_of(session, "health")}
    with pytest.raises(Invalid) as refusal:
        house.create_site(session, by(session, "office"), **given | values, now=NOW)
    assert list(refusal.value.fields) == [field]


def test_a_vendor_owns_no_site(session: Session) -> None:
    """The owner of a site is a department or the office."""
    with pytest.raises(Invalid):
        house.create_site(
            session, by(session, "office"), code="33", name="站", owner_id=unit_of(session, "vendor_a"), now=NOW
        )


def terms(session: Session, **values: Any) -> house.ContractTerms:
    """Return terms of a contract of vendor B for content at one site."""
    category = queries.categories(session)[0].id
    site = int(queries.site_choices(session, by(session, "office").viewer)[0][0])  # type: ignore[arg-type]
    given: dict[str, Any] = {
        "number": "HT-2026-99",
        "vendor_id": unit_of(session, "vendor_b"),
        "valid_from": date(2026, 11, 1),
        "valid_to": date(2026, 11, 30),
        "scopes": ((category, site),),
    }
    return house.ContractTerms(**given | values)


def test_the_contract_naming_the_site_wins(session: Session) -> None:
    """Routing takes the most exact contract valid on the day, ended ones never."""
    made = house.create_contract(session, by(session, "office"), terms(session), NOW)
    category, site = terms(session).scopes[0]
    found = house.vendor_for(session, site, category, date(2026, 11, 17))
    assert found is not None
    assert found.id == made
    elsewhere = house.vendor_for(session, None, category, date(2026, 11, 17))
    assert elsewhere is not None
    assert elsewhere.number == "HT-2026-07"
    for day in (date(2026, 10, 31), date(2026, 12, 1)):
        before = house.vendor_for(session, site, category, day)
        assert before is not None
        assert before.number == "HT-2026-07"
    house.disable_contract(session, by(session, "office"), made, NOW)
    again = house.vendor_for(session, site, category, date(2026, 11, 17))
    assert again is not None
    assert again.number == "HT-2026-07"


def test_a_demand_outside_every_contract_finds_none(session: Session) -> None:
    """Design is in nobody's contract."""
    design = next(one.id for one in queries.categories(session) if one.code == "design")
    assert house.vendor_for(session, 1, design, date(2026, 11, 17)) is None
    assert house.vendor_for(session, 1, None, date(2026, 11, 17)) is None


def test_limits_come_from_the_contract_or_the_house(session: Session) -> None:
    """What the contract leaves open is the default; without a contract all of it."""
    special = terms(session, sla={"urgent": Sla("10 分钟", "1 小时")})
    made = house.create_contract(session, by(session, "office"), special, NOW)
    assert house.sla(session, made, "urgent") == Sla("10 分钟", "1 小时")
    assert house.sla(session, made, "low") == rules.DEFAULT_SLA["low"]
    assert house.sla(session, None, "high") == rules.DEFAULT_SLA["high"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "HT-2026-07"}, "number"),
        ({"valid_to": date(2026, 10, 1)}, "valid_to"),
        ({"deemed_acceptance": True, "deemed_after": "很快"}, "deemed_after"),
        ({"sla": {"urgent": Sla("马上", "1 小时")}}, "urgent_respond"),
        ({"clauses": (("1", "甲"), ("1", "乙"))}, "clauses"),
        ({"scopes": ()}, "scopes"),
        ({"allowances": {1: -1}}, "allowances"),
        ({"vendor_id": 1}, "vendor_id"),
    ],
)
def test_wrong_contracts_are_refused(session: Session, values: dict[str, Any], field: str) -> None:
    """The refusal points at the field."""
    with pytest.raises(Invalid) as refusal:
        house.create_contract(session, by(session, "office"), terms(session, **values), NOW)
    assert list(refusal.value.fields) == [field]


def test_changed_terms_replace_the_old_ones(session: Session) -> None:
    """Lists with equal keys are replaced, and the record holds old and new."""
    made = house.create_contract(session, by(session, "office"), terms(session, clauses=(("1", "甲"),)), NOW)
    contract = session.get_one(Contract, made)
    seen = contract.row_version
    changed = terms(session, clauses=(("1", "乙"), ("2", "丙")), allowances={terms(session).scopes[0][0]: 12})
    house.update_contract(session, by(session, "office"), made, changed, version=seen, now=NOW)
    session.expire_all()
    assert house.terms_of(session.get_one(Contract, made)) == changed
    body = session.scalars(select(Record.body).where(Record.kind == "people:contract:changed")).one()
    assert "甲" in body
    assert "丙" in body
    with pytest.raises(Conflict):
        house.update_contract(session, by(session, "office"), made, changed, version=seen, now=NOW)


CHANGES: list[tuple[str, str, Callable[[Session, Author], Any]]] = [
    ("people:user:created", "sysadmin", ACTS["people.edit"]),
    ("people:user:disabled", "sysadmin", lambda s, a: house.disable_user(s, a, id_of(s, "dept"), NOW)),
    ("people:role:granted", "secadmin", ACTS["people.grant"]),
    ("people:role:withdrawn", "secadmin", lambda s, a: house.withdraw_role(s, a, 6, NOW)),
    ("people:password:reset", "secadmin", ACTS["people.reset"]),
    ("people:setting:changed", "sysadmin", ACTS["settings.edit"]),
    ("people:site:created", "office", ACTS["sites.edit"]),
    ("people:contract:disabled", "office", ACTS["contracts.edit"]),
    ("people:contract:created", "office", lambda s, a: house.create_contract(s, a, terms(s), NOW)),
    (
        "people:unit:created",
        "sysadmin",
        lambda s, a: house.create_unit(s, a, kind="vendor", code="c", name="丙", now=NOW),
    ),
    (
        "people:unit:changed",
        "sysadmin",
        lambda s, a: house.update_unit(s, a, 2, code="housing", name="住建", name_en="", parent_id=None, now=NOW),
    ),
    (
        "people:category:created",
        "office",
        lambda s, a: house.create_category(s, a, code="security", name="安全", now=NOW),
    ),
    (
        "people:user:changed",
        "sysadmin",
        lambda s, a: house.update_user(
            s, a, id_of(s, "dept"), name="林", unit_id=2, titles=(), phone="010-1234", email="", now=NOW
        ),
    ),
    ("people:user:changed", "dept", lambda s, a: house.set_locale(s, a, id_of(s, "dept"), "en", NOW)),
]


@pytest.mark.parametrize(("kind", "who", "act"), CHANGES, ids=[one[0] for one in CHANGES])
def test_every_change_leaves_one_record(
    session: Session, kind: str, who: str, act: Callable[[Session, Author], Any]
) -> None:
    """The record names the person and the address; personal contact data stay out of it."""
    before, author = kinds(session), by(session, who)
    act(session, author)
    assert kinds(session) == [*before, kind]
    record = session.scalars(select(Record).order_by(Record.id.desc())).first()
    assert record is not None
    assert record.actor_name == author.name
    assert "10.0.0.9" in record.body
    assert "010-1234" not in record.body


def test_the_same_setting_again_is_no_change(session: Session) -> None:
    """Pressing save without a change leaves no record."""
    before = kinds(session)
    default = rules.SETTINGS["notice"].default
    house.change_setting(session, by(session, "sysadmin"), "notice", default, NOW)
    assert kinds(session) == before
    assert queries.setting(session, "notice") == default


# Who handles a step


def found(session: Session, rule: dict[str, Any], **context: Any) -> tuple[list[str], bool]:
    """Return the user names a rule gives, and whether it fell back."""
    given: dict[str, Any] = {"starter_id": id_of(session, "dept"), "earlier": {}} | context
    resolution = house.resolve(session, rule, **given)
    names = {row.id: row.user_name for row in session.scalars(select(User))}
    return [names[one] for one in resolution.user_ids], resolution.fell_back


def test_rules_name_people(session: Session) -> None:
    """Each kind of rule gives the people it speaks of."""
    vendor, housing = unit_of(session, "vendor_a"), unit_of(session, "housing")
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"rule": "user", "name": "office"}, ["office"]),
        ({"rule": "user", "name": id_of(session, "office")}, ["office"]),
        ({"rule": "role", "role": "vendor_lead", "unit": vendor}, ["vendor_a_lead"]),
        ({"rule": "role", "role": "vendor_lead", "unit": "vendor_b"}, ["vendor_b_lead"]),
        ({"rule": "role", "role": "director"}, ["director"]),
        ({"rule": "role", "role": "unit_head", "unit": None}, ["dept_head", "other_head"]),
        ({"rule": "head", "unit": housing}, ["dept_head"]),
        ({"rule": "head", "unit": vendor}, ["vendor_a_lead"]),
        ({"rule": "duty", "post": "信息科"}, ["dept"]),
        ({"rule": "starter"}, ["dept"]),
        (
            {"rule": "any", "of": [{"rule": "starter"}, {"rule": "role", "role": "staff"}]},
            ["dept", "other_dept"],
        ),
    ]
    for rule, names in cases:
        assert found(session, rule) == (names, False), rule
    earlier = {"accept": id_of(session, "vendor_a_lead")}
    assert found(session, {"rule": "earlier", "node": "accept"}, earlier=earlier)[0] == ["vendor_a_lead"]


def test_heads_are_found_up_the_tree(session: Session) -> None:
    """A section without a head has its bureau's; a chain lists each level once, nearest first."""
    setup = house.by_setup()
    section = house.create_unit(
        session,
        setup,
        kind="department",
        code="housing-it",
        name="信息科",
        parent_id=unit_of(session, "housing"),
        now=NOW,
    )
    assert found(session, {"rule": "head", "unit": section})[0] == ["dept_head"]
    make_user(session, setup, user_name="section_head", unit_id=section, roles=("unit_head",))
    assert found(session, {"rule": "chain", "unit": section, "n": 3})[0] == ["section_head", "dept_head"]
    assert found(session, {"rule": "chain", "unit": section, "n": 1})[0] == ["section_head"]


def test_a_role_granted_for_a_unit_counts_there(session: Session) -> None:
    """The health commission's head also covers housing once it is granted so."""
    house.grant_role(
        session,
        by(session, "secadmin"),
        id_of(session, "other_dept"),
        "unit_head",
        unit_id=unit_of(session, "housing"),
        now=NOW,
    )
    assert found(session, {"rule": "head", "unit": "housing"})[0] == ["dept_head", "other_dept"]
    assert found(session, {"rule": "head", "unit": "health"})[0] == ["other_head"]


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "role", "role": "vendor_lead"},
        {"rule": "role", "role": "vendor_lead", "unit": None},
        {"rule": "role", "role": "staff", "unit": "no-such-unit"},
        {"rule": "user", "name": "nobody"},
        {"rule": "user", "name": None},
        {"rule": "earlier", "node": "never"},
        {"rule": "duty", "post": "夜班"},
        {"rule": "moon"},
    ],
)
def test_a_rule_without_people_falls_back_to_the_desk(session: Session, rule: dict[str, Any]) -> None:
    """Work never hangs in the air, and a vendor's step without a vendor never goes to all vendors."""
    assert found(session, rule) == (["office"], True)


def test_disabled_people_are_passed_over(session: Session) -> None:
    """Who left is not asked; the fallback of the node comes before the desk."""
    house.disable_user(session, by(session, "sysadmin"), id_of(session, "dept_head"), NOW)
    rule = {"rule": "head", "unit": "housing"}
    assert found(session, rule) == (["office"], True)
    assert found(session, rule, fallback={"rule": "role", "role": "supervisor"}) == (["supervisor"], True)
    house.disable_user(session, by(session, "sysadmin"), id_of(session, "office"), NOW)
    assert found(session, rule) == (["supervisor"], True)


def test_a_fallback_passes_over_the_barred(session: Session) -> None:
    """An author at the desk does not get their own text to review when the level has nobody: the next desk does."""
    author = id_of(session, "office")
    rule = {"rule": "climb", "role": "reviewer_2", "unit": "housing", "barred": [author]}
    assert found(session, rule) == (["supervisor"], True)


# Lists


def test_lists_are_scoped_and_paged(session: Session) -> None:
    """Pages follow each other without gap; a vendor's lead sees the own unit only."""
    viewer, lead = by(session, "sysadmin").viewer, by(session, "vendor_a_lead").viewer
    assert viewer is not None
    assert lead is not None
    names: list[str] = []
    after: str | None = None
    while True:
        page = queries.users(session, viewer, after=after, size=5)
        names += [row.user_name for row in page.rows]
        after = page.after
        if after is None:
            break
    assert names == sorted(names)
    assert len(names) == page.total == 16
    assert [row.user_name for row in queries.users(session, lead).rows] == ["vendor_a_lead", "vendor_a_tech"]
    assert [row.user_name for row in queries.users(session, viewer, search="住建").rows] == ["dept", "dept_head"]
    assert queries.users(session, viewer, search="100%").total == 0


def test_another_vendors_rows_read_as_missing(session: Session) -> None:
    """Contract, unit, person and site lists stop at the vendor's own."""
    lead = by(session, "vendor_a_lead").viewer
    assert lead is not None
    other = session.scalars(select(Contract.id).where(Contract.number == "HT-2026-08")).one()
    with pytest.raises(NotFound):
        queries.contract(session, lead, other)
    with pytest.raises(NotFound):
        queries.user(session, lead, id_of(session, "vendor_b_lead"))
    with pytest.raises(NotFound):
        queries.unit(session, lead, unit_of(session, "vendor_b"))
    assert [text for _, text in queries.vendor_choices(session, lead)] == ["启砚内容"]
    assert {one.unit_name for one in queries.people(session, lead)} == {"启砚内容"}
    assert len(queries.site_choices(session, lead)) == 2


def test_a_vendor_sees_the_sites_of_its_contracts(session: Session) -> None:
    """A contract naming one site opens that one only."""
    office = by(session, "office")
    session.delete(session.scalars(select(Contract).where(Contract.number == "HT-2026-08")).one())
    house.create_contract(session, office, terms(session), NOW)
    lead = by(session, "vendor_b_lead").viewer
    assert lead is not None
    assert [text for _, text in queries.site_choices(session, lead)] == ["住建局门户"]
