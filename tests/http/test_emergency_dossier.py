"""The dossier of an emergency, page and PDF: equal to the ledger, readable, marked in a drill; reports as prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.emergency.models import EmergencyReport
from app.emergency.operations.log import note
from app.ledger.models import ChainHead, Record
from app.people.queries import viewer_named
from app.web.filters import instant
from tests.factories.emergency import Running, publish_emergency
from tests.factories.handling import answers_for

SignIn = Callable[[str], FlaskClient]
NAME = "𠮷田某"  # a sign that the font does not have


@pytest.fixture
def house(app: Flask) -> Flask:
    """A house with the shipped processes of emergencies."""
    publish_emergency()
    return app


def handle(run: Running) -> None:
    """Let the technical group repair, with what its forms ask for."""
    while "verify_recovered" not in run.open():
        [node] = [name for name, item in run.items().items() if item.node.startswith(f"handle_{run.kind}:")]
        decision = "checked" if node == "check_site" else "done"
        run.do(node, "tech_lead", decision=decision, **answers_for(f"handle_{run.kind}", node))
        run.wait(7)


def half_way(app: Flask, *, drill: bool = True) -> Running:
    """Return an emergency that was confirmed, contained, reported and logged, and is being repaired."""
    run = Running(app, drill=drill).begin()
    run.wait(11)
    run.do("call", "office", decision="no_answer")
    run.do("call", "office", decision="reached")
    run.wait(2)
    run.confirm("duty2", harmful_home=True, happened_at="2026-11-17T08:30:00+08:00")
    run.do("first_containment", "tech_lead", decision="contained", measure="static", contain_note="换成静态页")
    run.wait(40)
    run.do(
        "commander_activate", "commander", decision="activate", command_note="全站停止更新", publicity_needed=False
    )
    with transaction() as session:
        who = viewer_named(session, "commander")
        assert who is not None
        note(session, who, run.row.id, "decision", f"请{NAME}到场 <b>", clock.now(session))
    for node in {"phone_report", "first_report"} & run.open():
        run.do(
            node,
            "liaison",
            decision="sent",
            report_text="【演练】初步情况\n第二行",
            channel="phone",
            receiver_name="市网信办值班室",
            receipt="SW-118",
        )
    return run


def pages_of(client: FlaskClient, run: Running) -> list[str]:
    """Return the text of each page of the PDF, as a reader finds it, without white space."""
    answer = client.get(f"/emergency/{run.case.number}/dossier.pdf")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.mimetype == "application/pdf"
    return [squeezed(page.extract_text()) for page in PdfReader(BytesIO(answer.data)).pages]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def records_of(run: Running) -> list[Record]:
    db.session.rollback()
    return list(db.session.scalars(select(Record).where(Record.case_id == run.case_id).order_by(Record.seq)))


def test_the_pdf_equals_the_ledger(house: Flask, sign_in: SignIn) -> None:
    """Every record of the case stands in the timeline with number, time, person and receipt, and nothing more."""
    run = half_way(house)
    handle(run)
    pages = pages_of(sign_in("office"), run)
    text = "".join(pages)
    records = records_of(run)
    assert len(records) > 30
    place = text.index("时间线")
    for record in records:
        line = f"{record.seq}{squeezed(instant(record.at))}"
        place = text.index(line, place)
        end = text.index(record.code, place)
        assert squeezed(record.actor_name) in text[place:end] or record.actor_kind not in {"person", "stand_in"}
        place = end
    shown = {record.code for record in records}
    timeline = text[text.index("时间线") : text.index("呼叫和到位")]
    assert set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", timeline)) - heads(run) == shown


def heads(run: Running) -> set[str]:
    """Return what looks like a receipt on every page: parts of the check code, and the end of the number."""
    head = db.session.get_one(ChainHead, f"case:{run.case_id}").hash[:16].upper()
    parts = [head[start : start + 4] for start in range(0, 16, 4)]
    return {run.case.number[-9:], *(f"{one}-{two}" for one in parts for two in parts)}


def test_a_drill_is_marked_on_every_page(house: Flask, sign_in: SignIn) -> None:
    """Each page of a drill says 演练, which number and page it is, and the check code; a real one never says 演练."""
    run = half_way(house)
    head = db.session.get_one(ChainHead, f"case:{run.case_id}").hash[:16].upper()
    code = "-".join(head[start : start + 4] for start in range(0, 16, 4))
    pages = pages_of(sign_in("office"), run)
    assert len(pages) > 2
    for place, page in enumerate(pages, 1):
        assert "演练：不对外报告" in page
        assert f"第{place}页，共{len(pages)}页" in page
        assert run.case.number in page
        assert code in page
    real = half_way(house, drill=False)
    assert not any("演练：" in page for page in pages_of(sign_in("office"), real))


def test_the_dossier_tells_calls_reports_and_log(house: Flask, sign_in: SignIn) -> None:
    """Who was called with which outcome, what went out with which receipt, what was decided; page and PDF agree."""
    run = half_way(house)
    client = sign_in("office")
    text = "".join(pages_of(client, run))
    page = squeezed(client.get(f"/emergency/{run.case.number}/dossier").text)
    for said in (
        "无人接",
        "已接通",
        "桑榆晚",
        "全站停止更新",
        "网页篡改",
        "T0后13分钟",
        "不能证明最新的几条没有被截掉",
    ):
        assert said in text, said
        assert said in page, said
    ways = {one.result for one in records_of(run) if one.kind == "work:gateway:chosen" and one.result}
    assert any(way.isascii() for way in ways), "a flow without a name was taken"
    assert not [way for way in ways if way.isascii() and way in text]
    if db.session.scalars(select(EmergencyReport)).first():
        assert "SW-118" in text
        assert "SW-118" in page


def test_a_sign_the_font_lacks_is_printed_as_its_number(house: Flask, sign_in: SignIn) -> None:
    """No sign is left out silently, and nothing typed is read as markup."""
    run = half_way(house)
    text = "".join(pages_of(sign_in("office"), run))
    assert "请[U+20BB7]田某到场<b>" in text


def test_every_character_is_in_the_file(house: Flask, sign_in: SignIn) -> None:
    """The font is embedded as a subset: whoever opens the PDF needs no Chinese font, and the file is small."""
    run = half_way(house)
    data = sign_in("office").get(f"/emergency/{run.case.number}/dossier.pdf").data
    fonts = list(_fonts(PdfReader(BytesIO(data))))
    used = [font for font in fonts if "paper" in font or "Noto" in font]
    assert used
    assert all("+" in font for font in used)
    assert len(data) < 600_000


def _fonts(reader: PdfReader) -> Iterator[str]:
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].get_object().values():
            one = font.get_object()
            descriptor = one.get("/FontDescriptor")
            if descriptor is not None:
                assert "/FontFile2" in descriptor.get_object()
                yield str(descriptor.get_object()["/FontName"])


def test_a_report_is_printed_before_and_after_it_is_sent(house: Flask, sign_in: SignIn) -> None:
    """A report still to be sent prints as a draft that says so; a registered one with receiver and receipt."""
    run = half_way(house, drill=False)
    client = sign_in("office")
    draft = client.get(f"/emergency/{run.case.number}/reports/written")
    assert draft.status_code == 200
    assert "草稿，还没有报出" in draft.text
    assert "一、单位和系统" in draft.text
    with transaction() as session:
        now = clock.now(session)
        row = EmergencyReport(
            emergency_id=run.row.id,
            kind="written",
            number=1,
            body="第一行\n第二行",
            channel="fax",
            receiver="市网信办",
            receipt="SW-9",
            sent_at=now,
            recorded_at=now,
        )
        session.add(row)
        session.flush()
        report_id = row.id
    sent = client.get(f"/emergency/{run.case.number}/reports/{report_id}").text
    for said in ("市网信办", "传真", "SW-9", "第一行\n第二行"):
        assert said in sent
    assert "草稿" not in sent


def test_what_is_not_there_is_not_found(house: Flask, sign_in: SignIn) -> None:
    """No dossier of an ordinary number, no unknown report, none of another case; nothing at all for a vendor."""
    run = half_way(house)
    number = run.case.number
    office, vendor = sign_in("office"), sign_in("vendor_a_lead")
    paths = [f"/emergency/{number}/{what}" for what in ("dossier", "dossier.pdf", "reports/written")]
    assert [vendor.get(path).status_code for path in paths] == [404, 404, 404]
    others = ("YJ-2026-9999/dossier", f"{number}/reports/poem", f"{number}/reports/99")
    assert [office.get(f"/emergency/{path}").status_code for path in others] == [404, 404, 404]
