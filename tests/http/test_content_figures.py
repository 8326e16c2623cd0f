"""The pages of the figures: who opens them, that numbers lead to lists, the tables; and freshness."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import transaction
from tests.factories.content import a_version, an_article, columns_of, content_people, site_named
from tests.factories.small import viewer
from tests.unit.test_content_figures import act

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def made(app: Flask) -> None:
    """An article in two versions, returned once and passed within four seconds, in a column due in three days."""
    del app
    with transaction() as session:
        content_people(session)
        columns = columns_of(session, site_named(session).id)
        found = an_article(session, viewer(session, "editor"), columns["news"], title="=配租公示")
        a_version(session, viewer(session, "editor"), found)
        a_version(session, viewer(session, "editor"), found, body="<p>改过。</p>")
        act(session, "return", "reviewer1", f"article:{found.id}", seconds=300)
        act(session, "pass", "reviewer1", f"article:{found.id}", seconds=4)
        columns["news"].last_published_at = clock.now(session)


def test_the_page_is_for_those_who_may_count(sign_in: SignIn) -> None:
    """The office and heads of unit; an editor sees the freshness of columns, not figures about people."""
    for who, expected in (
        ("office", 200),
        ("director", 200),
        ("dept_head", 200),
        ("editor", 404),
        ("vendor_a_lead", 404),
    ):
        assert sign_in(who).get("/content/figures").status_code == expected, who
    assert sign_in("editor").get("/content/freshness").status_code == 200


def test_every_number_of_the_page_leads_to_a_list_of_that_length(sign_in: SignIn) -> None:
    client = sign_in("office")
    page = client.get("/content/figures?period=year").text
    links = re.findall(r'href="(/content/figures/list\?[^"]+)">([\d,]+)</a>', page)
    assert links
    for url, number in links:
        listed = client.get(unescape(url)).text
        if "which=versions" not in url:  # characters are a sum over the same list
            assert f'<p class="gj-sub">{number.replace(",", "")} 条' in listed, url
    assert "过快" in page


def test_nonsense_in_the_address_is_no_page_or_this_month(sign_in: SignIn) -> None:
    client = sign_in("office")
    assert client.get("/content/figures?period=x&first=33&last=-").status_code == 200
    assert client.get("/content/figures?period=own&first=9999-12-31&last=0001-01-01").status_code == 200
    assert client.get("/content/figures/list?which=x").status_code == 404
    assert client.get("/content/figures/list?which=fast&after=-4&person=x&unit=99999999").status_code == 200
    assert client.get("/content/figures/x.csv").status_code == 404


def test_a_table_opens_in_a_spreadsheet(sign_in: SignIn) -> None:
    """The levels with what was decided; no cell begins a formula."""
    client = sign_in("office")
    for table in ("people", "units", "vendors", "levels", "reviewers"):
        answer = client.get(f"/content/figures/{table}.csv?period=year")
        assert answer.mimetype == "text/csv"
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert len({len(row) for row in rows}) == 1
        assert not any(cell[:1] in {"=", "+", "-", "@"} for row in rows for cell in row)
        if table == "levels":
            assert rows[1][:4] == ["一审", "2", "1", "50.0%"]


def test_a_department_sees_the_freshness_of_its_own_columns(sign_in: SignIn) -> None:
    with transaction() as writing:
        others = columns_of(writing, site_named(writing, "卫健委门户").id)
        others["news"].name = "健康动态"
    page = sign_in("editor").get("/content/freshness").text
    assert "工作动态" in page
    assert "健康动态" not in page
    house = sign_in("office").get("/content/freshness").text
    assert "健康动态" in house
    only = sign_in("office").get("/content/freshness?state=fresh").text
    assert "健康动态" not in only
    assert "还有 13 天" in only or "还有 14 天" in only
