"""Importing: what can be taken in, under which name, what is repaired only when accepted, what is refused and why."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from app import runtime_of
from app.db import db, transaction
from app.studio import queries
from app.studio.checking import check_source
from app.studio.models import DraftPart, ProcessDraft
from tests.conftest import signed_in
from tests.factories.small import publish_small
from tests.factories.studio import draft_of_small, manage

BPMN = Path(__file__).parents[1] / "factories" / "bpmn"
NOTICE = (BPMN / "foreign" / "notice_three_levels.bpmn").read_bytes()
SMALL = (BPMN / "small" / "small.bpmn").read_bytes()
FORM = {"schemaVersion": 16, "type": "default", "id": "write", "components": []}
# what the repairs of the notice may touch: these attributes, and the condition of the branch that becomes the default
TOUCHED = frozenset({"isExecutable", "default", "formKey", "formRef", "assignee"})
CONDITION = "//*[@id='f_again']/*[local-name()='conditionExpression']"


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    """The owner at a browser."""
    return signed_in(app, "owner")


def send(browser: FlaskClient, *files: tuple[str, bytes], **fields: str) -> Any:
    """Upload files as the form does."""
    data = {**fields, "files": [(io.BytesIO(content), name) for name, content in files]}
    return browser.post("/studio/import", data=data, content_type="multipart/form-data")


def draft_behind(answer: Any) -> ProcessDraft:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.search(r"/studio/drafts/(\d+)", answer.location)
    assert found, answer.location
    db.session.rollback()
    return db.session.get_one(ProcessDraft, int(found[1]), populate_existing=True)


def diagram_of(draft: ProcessDraft) -> bytes:
    db.session.rollback()
    return queries.source_of(db.session(), draft).diagram


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def repairs_on_page(browser: FlaskClient, draft: ProcessDraft) -> list[str]:
    page = browser.get(f"/studio/drafts/{draft.id}/repairs").get_data(as_text=True)
    return re.findall(r'name="repair" value="([^"]+)"', page)


def errors(app: Flask, draft: ProcessDraft) -> list[str | None]:
    source = queries.source_of(db.session(), draft)
    found = check_source(db.session(), source, frozenset(runtime_of(app).topics))
    return [one.element for _, one in found if one.severity == "error"]


def without_repairs(diagram: bytes) -> bytes:
    """Return the canonical text of the whole diagram, comments included, without what its repairs may touch."""
    root = etree.fromstring(diagram, etree.XMLParser(remove_blank_text=True))
    for one in root.xpath(CONDITION):
        one.getparent().remove(one)
    for one in root.iter(etree.Element):
        one.text, one.tail = (one.text or "").strip() or None, None
        for key in [key for key in one.attrib if etree.QName(key).localname in TOUCHED]:
            del one.attrib[key]
    written: bytes = etree.tostring(root, method="c14n")
    return written


def test_repairs_are_listed_and_only_the_accepted_are_made(owner: FlaskClient, app: Flask) -> None:
    """Six repairs are offered; with four of them made, the checker finds just the two errors left as drawn."""
    draft = draft_behind(send(owner, ("公告.bpmn", NOTICE)))
    assert (draft.slug, draft.name) == ("notice_three_levels", "公告三级审批")
    assert diagram_of(draft) == NOTICE
    offered = repairs_on_page(owner, draft)
    assert len(offered) == 6
    accepted = [one for one in offered if not one.startswith("assignee-missing:")]
    data = {"repair": accepted, "row_version": draft.row_version}
    assert owner.post(f"/studio/drafts/{draft.id}/repairs", data=data).status_code == 303
    db.session.rollback()
    assert (len(accepted), errors(app, draft)) == (4, ["second", "third"])


def test_what_is_not_repaired_stays_as_it_was_drawn(owner: FlaskClient) -> None:
    """After all repairs the diagram is canonically the same but for what they touch: foreign marks, comments."""
    draft = draft_behind(send(owner, ("n.bpmn", NOTICE)))
    data = {"repair": repairs_on_page(owner, draft), "row_version": draft.row_version}
    owner.post(f"/studio/drafts/{draft.id}/repairs", data=data)
    after = diagram_of(draft)
    assert after != NOTICE
    assert without_repairs(after) == without_repairs(NOTICE)
    for text in (b"<!-- three levels", b"acme:remark", b"executionListener"):
        assert text in after


def test_repairs_of_a_draft_that_somebody_saved_meanwhile_are_not_made(owner: FlaskClient) -> None:
    """A save in between is said and the ticks stay as they were."""
    draft = draft_behind(send(owner, ("n.bpmn", NOTICE)))
    answer = owner.post(f"/studio/drafts/{draft.id}/repairs", data={"repair": [], "row_version": 99})
    assert (answer.status_code, "存过这份草稿" in answer.get_data(as_text=True)) == (409, True)
    assert diagram_of(draft) == NOTICE


def test_what_cannot_be_taken_in_is_said(owner: FlaskClient) -> None:
    """Each unfit upload comes back with one sentence that says what is wrong, and begins no draft."""
    for name, content, said in unfit():
        answer = send(owner, (name, content), slug="kept_name")
        page = answer.get_data(as_text=True)
        assert (answer.status_code, said in page, 'value="kept_name"' in page) == (422, True, True), said
    assert db.session.query(ProcessDraft).count() == 0


def unfit() -> list[tuple[str, bytes, str]]:
    """Return files that cannot be imported, each with what is said about it."""
    doctype = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><definitions/>'
    undeclared = NOTICE.replace(b' encoding="UTF-8"', b"").decode().encode("gbk")
    form = json.dumps(FORM).encode()
    half = zipped(**{"a.bpmn": NOTICE})
    return [
        ("a.bpmn", doctype, "DOCTYPE"),
        ("a.bpmn", b"not xml at all", "不是完整的 XML 文件"),
        ("a.bpmn", b"<html/>", "definitions"),
        ("a.bpmn", undeclared, "文字编码读不出来"),
        ("a.bpmn", NOTICE.replace(b"UTF-8", b"idna"), "文字编码读不出来"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE + b" " * 2_100_000}), "最多 2 MB"),
        ("a.zip", half[:200], "不是完整的压缩包"),
        ("a.zip", half[:60] + b"\xff" * 40 + half[100:], "不是完整的压缩包"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, **{f"f{n}.form": b"{}" for n in range(200)}}), "最多 200 个文件"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, "f.form": b" " * 20_000_001}), "20 MB"),
        ("a.zip", zipped(**{"readme.txt": b"nothing"}), "没有流程图"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, "b.bpmn": NOTICE}), "有 2 张流程图：a.bpmn、b.bpmn"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, "x/f.form": b"{}", "y/f.form": b"[]"}), "都叫“f.form”"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, "x.form": form, "y.form": form}), "id 都是“write”"),
        ("a.zip", zipped(**{"a.bpmn": NOTICE, "f.form": b"\0"}), "文字编码读不出来"),
        ("a.exe", b"MZ", "不能导入"),
    ]


def test_without_a_file_the_form_asks_for_one(owner: FlaskClient) -> None:
    """Nothing chosen is said at the field."""
    answer = owner.post("/studio/import", data={"slug": ""})
    assert (answer.status_code, "还没有选文件" in answer.get_data(as_text=True)) == (422, True)


def test_other_encodings_that_are_declared_are_read(owner: FlaskClient) -> None:
    """A diagram that declares GBK is kept as UTF-8, its names unharmed."""
    text = NOTICE.decode().replace('encoding="UTF-8"', 'encoding="GBK"').encode("gbk")
    draft = draft_behind(send(owner, ("n.bpmn", text)))
    assert draft.name == "公告三级审批"
    assert diagram_of(draft) == NOTICE


def test_the_name_is_read_as_xml(owner: FlaskClient) -> None:
    """Single quotes and entities make no difference to the name; a process without steps is passed over."""
    for written in ("name='公告 &lt;急&gt;'", 'name="公告 &#60;急&gt;"'):
        text = NOTICE.decode().replace('name="公告三级审批"', written)
        text = text.replace("  <bpmn:process id=", '<bpmn:process id="b" name="空的"/><bpmn:process id=', 1)
        draft = draft_behind(send(owner, ("n.bpmn", text.encode())))
        assert (draft.name, draft.slug) == ("公告 <急>", "notice_three_levels")


def test_files_in_a_zip_are_put_where_the_diagram_asks_for_them(owner: FlaskClient) -> None:
    """A diagram is found as .xml and as .bpmn20.xml, other XML is left, a form is called by the id written in it."""
    form = json.dumps(FORM).encode()
    for diagram in ("drawn/n.xml", "n.bpmn20.xml"):
        content = zipped(
            **{"pom.xml": b"<project/>", "__MACOSX/._n.bpmn": b"\0", diagram: NOTICE, "Form_1.form": form}
        )
        draft = draft_behind(send(owner, ("all.zip", content)))
        parts = {(one.kind, one.name) for one in queries.parts_of(db.session(), draft.id)}
        assert parts == {("bpmn", "notice_three_levels"), ("form", "write")}


def test_a_known_process_gets_its_next_version_or_stands_apart(owner: FlaskClient) -> None:
    """By default the draft is one of the running process; apart it has the next free name, in its diagram too."""
    publish_small()
    again = draft_behind(send(owner, ("small.bpmn", SMALL)))
    assert (again.slug, again.base_version_id is not None) == ("small", True)
    answer = send(owner, ("small.bpmn", SMALL), **{"as": "another"})
    apart = draft_behind(answer)
    assert (apart.slug, apart.base_version_id) == ("small_2", None)
    assert b'id="small_2"' in diagram_of(apart)
    assert "地址名 small_2" in owner.get(answer.location).get_data(as_text=True)


def test_a_process_of_others_is_left_alone_and_the_file_is_not_lost(owner: FlaskClient) -> None:
    """The upload becomes another process, and the page says so."""
    publish_small()
    manage("small", "director")
    answer = send(owner, ("small.bpmn", SMALL))
    assert draft_behind(answer).slug == "small_2"
    assert "由别人负责，您改不了" in owner.get(answer.location).get_data(as_text=True)


def test_an_unfit_address_is_replaced_and_said(owner: FlaskClient) -> None:
    """A name that cannot be one does not cost the upload; a fit one is taken."""
    answer = send(owner, ("n.bpmn", NOTICE), slug="公告 1")
    assert draft_behind(answer).slug == "notice_three_levels"
    assert "“公告 1”不能用，改用 notice_three_levels" in owner.get(answer.location).get_data(as_text=True)
    assert draft_behind(send(owner, ("n.bpmn", NOTICE), slug="notice")).slug == "notice"


def test_a_draft_that_no_repair_can_mend_says_what_is_wrong(owner: FlaskClient) -> None:
    """Where the finder cannot read the texts, the page shows the checker's sentences; a sound draft says it is."""
    draft_id = draft_of_small()
    path = f"/studio/drafts/{draft_id}/repairs"
    assert "没有要改的地方" in owner.get(path).get_data(as_text=True)
    with transaction() as session:
        session.add(DraftPart(draft_id=draft_id, kind="form", name="broken", text="{"))
    page = owner.get(path).get_data(as_text=True)
    assert "要自己改的地方" in page
    assert "不是有效的 JSON" in page
    assert "没有要改的地方" not in page
