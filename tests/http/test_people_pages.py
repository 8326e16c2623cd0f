"""Administration over HTTP: who opens what, what is kept, what another vendor sees."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.db import db
from app.ledger.models import Record
from app.people.models import Contract, RoleGrant, Site, Unit, User

SignIn = Callable[[str], FlaskClient]
PAGES = {
    "/people": "owner office supervisor director inspector auditadmin sysadmin secadmin vendor_a_lead",
    "/people/new": "sysadmin vendor_a_lead",
    "/units": "owner office supervisor director inspector auditadmin sysadmin secadmin",
    "/units/new": "sysadmin",
    "/units/2": "sysadmin",
    "/sites": "owner office supervisor director inspector auditadmin sysadmin"
    " dept dept_head vendor_a_lead vendor_a_tech",
    "/sites/new": "office sysadmin",
    "/sites/1": "office sysadmin",
    "/contracts": "owner office supervisor director inspector auditadmin vendor_a_lead",
    "/contracts/new": "office",
    "/contracts/1": "owner office supervisor director inspector auditadmin vendor_a_lead",
    "/contracts/1/edit": "office",
    "/contracts/categories": "office",
    "/settings": "sysadmin",
    "/tokens": "secadmin",
}
EVERYBODY = sorted({*" ".join(PAGES.values()).split(), "secadmin"})


def id_of(model: type[User | Unit | Site | Contract], **where: str) -> int:
    """Return the id of a row of the city."""
    db.session.rollback()
    return db.session.scalars(select(model).filter_by(**where)).one().id


def text_of(client: FlaskClient, path: str) -> str:
    """Open a page."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_page_opens_for_its_roles(sign_in: SignIn, who: str) -> None:
    """Whoever may not open a page reads the same as if it did not exist."""
    client = sign_in(who)
    for path, roles in PAGES.items():
        expected = 200 if who in roles.split() else 404
        assert client.get(path).status_code == expected, path


def test_another_vendors_contract_and_people_are_not_there(sign_in: SignIn) -> None:
    """The answer is the one of a missing number, word for word."""
    client = sign_in("vendor_b_lead")
    other, missing = id_of(Contract, number="HT-2026-07"), 9999
    assert client.get(f"/contracts/{id_of(Contract, number='HT-2026-08')}").status_code == 200
    pages = [client.get(f"/contracts/{one}") for one in (other, missing)]
    assert [page.status_code for page in pages] == [404, 404]
    person = id_of(User, user_name="vendor_a_tech")
    assert client.get(f"/people/{person}").status_code == 404
    for act in ("disable", "enable", ""):
        assert client.post(f"/people/{person}/{act}".rstrip("/")).status_code == 404
    assert "启砚内容" not in text_of(client, "/contracts")
    assert "陆小满" not in text_of(client, "/people")


def test_an_account_is_made_and_its_password_shown_once(sign_in: SignIn) -> None:
    """The system administrator creates, the security administrator grants, the password is gone afterwards."""
    system, security = sign_in("sysadmin"), sign_in("secadmin")
    answer = system.post(
        "/people/new",
        data={
            "user_name": "zhou.yi",
            "name": "周一",
            "unit_id": str(id_of(Unit, code="health")),
            "titles": "办公室、值班",
            "email": "zhou@example.cn",
        },
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    given = re.search(r"data-copy-text>([^<]+)<", page)
    assert given
    user_id = id_of(User, user_name="zhou.yi")
    assert given[1] not in text_of(system, f"/people/{user_id}")
    assert "还没有角色" in text_of(system, f"/people/{user_id}")
    assert system.post(f"/people/{user_id}/roles", data={"role": "staff"}).status_code == 404
    assert security.post(f"/people/{user_id}/roles", data={"role": "staff", "unit_id": ""}).status_code == 303
    assert "科室经办" in text_of(security, f"/people/{user_id}")
    assert security.post(f"/people/{user_id}", data={"name": "别名"}).status_code == 404


def test_mistakes_keep_what_was_typed(sign_in: SignIn) -> None:
    """Every mistake is named beside its field, and the rest of the form is as it was."""
    client = sign_in("sysadmin")
    answer = client.post(
        "/people/new",
        data={
            "user_name": "Zhou Yi",
            "name": "周<一>",
            "unit_id": str(id_of(Unit, code="health")),
            "titles": "办公室",
            "phone": "问他",
        },
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="周&lt;一&gt;"' in page
    assert "电话里只能有" in page
    empty = client.post("/people/new", data={})
    assert empty.status_code == 422
    assert empty.get_data(as_text=True).count("这一项还没有填。") >= 2
    assert db.session.scalar(select(func.count(User.id))) == 16


def test_unknown_choices_posted_by_hand_are_refused(sign_in: SignIn) -> None:
    """A role or unit that the page does not offer is a mistake, not an error of the server."""
    security, person = sign_in("secadmin"), id_of(User, user_name="dept")
    for data in ({"role": "emperor"}, {"role": ""}, {}, {"role": "staff", "unit_id": "77'"}):
        assert security.post(f"/people/{person}/roles", data=data).status_code == 422
    assert sign_in("sysadmin").post("/sites/new", data={"state": "[]", "owner_id": "x"}).status_code == 422


def test_an_incompatible_role_is_explained(sign_in: SignIn) -> None:
    """The page says which two do not go together, and nothing has changed."""
    client, person = sign_in("secadmin"), id_of(User, user_name="dept")
    before = db.session.scalar(select(func.count(RoleGrant.id)))
    answer = client.post(f"/people/{person}/roles", data={"role": "sysadmin"}, follow_redirects=True)
    assert "不能在同一个账号" in answer.get_data(as_text=True)
    db.session.rollback()
    assert db.session.scalar(select(func.count(RoleGrant.id))) == before


def test_a_person_saved_meanwhile_is_not_overwritten(sign_in: SignIn) -> None:
    """The second of two open pages is refused with 409 and keeps the text."""
    client, person = sign_in("sysadmin"), id_of(User, user_name="dept")
    version = re.search(r'name="version" value="(\d+)"', text_of(client, f"/people/{person}"))
    assert version
    data = {
        "name": "林知行",
        "unit_id": str(id_of(Unit, code="housing")),
        "titles": "综合科",
        "version": version[1],
    }
    assert client.post(f"/people/{person}", data=data).status_code == 303
    answer = client.post(f"/people/{person}", data=data | {"titles": "我写的岗位"})
    assert answer.status_code == 409
    assert "我写的岗位" in answer.get_data(as_text=True)


def test_a_vendor_lead_makes_an_engineer(sign_in: SignIn) -> None:
    """The lead's page offers the own unit only, and the new person is an engineer at once."""
    client = sign_in("vendor_a_lead")
    assert "市住建局" not in text_of(client, "/people/new")
    data = {"user_name": "vendor_a_new", "name": "新工", "unit_id": str(id_of(Unit, code="vendor_a"))}
    assert client.post("/people/new", data=data).status_code == 200
    other = {"user_name": "vendor_b_new", "name": "新工", "unit_id": str(id_of(Unit, code="vendor_b"))}
    assert client.post("/people/new", data=other).status_code == 422
    roles = select(RoleGrant.role).join(User).where(User.user_name == "vendor_a_new")
    assert db.session.scalars(roles).all() == ["vendor_staff"]


def contract_form(**changed: str | list[str]) -> dict[str, str | list[str]]:
    """Return a filled-in contract page."""
    sla = {
        f"{key}-{part}": "2 工作日" for key in ("urgent", "high", "normal", "low") for part in ("respond", "finish")
    }
    return {
        "number": "HT-2027-01",
        "name": "安全服务",
        "vendor_id": str(id_of(Unit, code="vendor_b")),
        "valid_from": "2026-11-01",
        "valid_to": "2027-10-31",
        "clauses": "1.1 每月巡检一次。\n1.2 夜间故障半小时内响应。",
        "scope-1-covered": "y",
        "scope-1-sites": ["1", "2"],
        "scope-1-units": "24",
        **sla,
        **changed,
    }


def test_a_contract_is_entered_read_and_changed(sign_in: SignIn) -> None:
    """What was typed is what the detail shows and what the edit page offers again."""
    client = sign_in("office")
    answer = client.post("/contracts/new", data=contract_form())
    assert answer.status_code == 303
    path = answer.headers["Location"]
    page = text_of(client, path)
    for words in ("安全服务", "1.2", "夜间故障半小时内响应。", "住建局门户、卫健委门户", "24", "没有视为验收的条款"):
        assert words in page
    edit = text_of(client, f"{path}/edit")
    assert "1.1 每月巡检一次。\n1.2 夜间故障半小时内响应。" in edit
    version = re.search(r'name="version" value="(\d+)"', edit)
    assert version
    changed = contract_form(version=version[1], **{"urgent-respond": "10 分钟"})
    assert client.post(f"{path}/edit", data=changed).status_code == 303
    assert "10 分钟" in text_of(client, path)
    assert client.post(f"{path}/edit", data=changed).status_code == 409
    assert client.post(f"{path}/disable").status_code == 303
    assert "已停用" in text_of(client, path)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": "HT-2026-07"}, "这个合同编号已经有了"),
        ({"urgent-respond": "马上"}, "15 分钟”“4 工作小时"),
        ({"clauses": "没有编号的一句话"}, "第一行没有编号"),
        ({"valid_from": "明天"}, "写上日期"),
        ({"scope-1-covered": ""}, "至少选一个服务类别"),
        ({"scope-1-units": "很多"}, "整数"),
        ({"scope-1-sites": ["999"]}, "没有这个网站"),
    ],
)
def test_a_wrong_contract_is_explained(sign_in: SignIn, changed: dict[str, str | list[str]], sentence: str) -> None:
    """The mistake is named on the page and nothing is entered."""
    client = sign_in("office")
    data = contract_form(**changed)
    if not data["scope-1-covered"]:
        del data["scope-1-covered"]
    answer = client.post("/contracts/new", data=data)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert "每月巡检" in answer.get_data(as_text=True) or "clauses" in changed
    assert db.session.scalar(select(func.count(Contract.id))) == 2


def test_searching_finds_and_says_when_not(sign_in: SignIn) -> None:
    """Lists find parts of words; without a hit they say how to go on."""
    client = sign_in("sysadmin")
    assert "许听澜" in text_of(client, "/people?q=听澜")
    assert "没有符合这些条件的人" in text_of(client, "/people?q=无此人")
    assert "卫健委门户" in text_of(client, "/sites?q=wjw")
    assert "没有符合这些条件的网站" in text_of(client, "/sites?state=closed")
    assert "没有符合这些条件的单位" in text_of(client, "/units?q=zzz")
    for odd in ("/people?after=%00&unit=99999999999", "/sites?after=x", "/people?role=';--"):
        assert client.get(odd).status_code == 200
    assert sign_in("office").get("/contracts?after=2026-99-99_x").status_code == 200


def test_settings_show_everywhere_at_once(sign_in: SignIn) -> None:
    """The notice of the sign-in page is the one just written, and a text too long is refused."""
    client = sign_in("sysadmin")
    data = {"house": "临澜市网站运维管理平台", "notice": "内部使用，严禁涉密"}
    assert client.post("/settings", data=data).status_code == 303
    assert "内部使用，严禁涉密" in text_of(client, "/settings")
    client.post("/sign-out")
    page = text_of(client, "/sign-in")
    assert "内部使用，严禁涉密" in page
    assert "临澜市网站运维管理平台" in page
    assert sign_in("sysadmin").post("/settings", data={"notice": "长" * 301}).status_code == 422


def test_every_page_of_the_inspector_is_recorded(sign_in: SignIn) -> None:
    """The path stands in the ledger with the inspector's name; other people's reading does not."""
    sign_in("director").get("/contracts/1")
    client = sign_in("inspector")
    text_of(client, "/contracts/1?from=list")
    rows = db.session.scalars(select(Record).where(Record.kind == "people:page:opened")).all()
    assert [row.actor_name for row in rows] == ["温其玉"]
    assert "/contracts/1?from=list" in rows[0].body
    page = text_of(client, f"/people/{id_of(User, user_name='dept')}")
    assert "<form" not in page.split("<main", 1)[1]
