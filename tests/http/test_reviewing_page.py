"""The page of a reviewing step and the approval sheet, without scripts: what is shown, what is taken, who may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.review import hooks, pages
from app.review.models import RETURN, ReviewAct
from app.web.filters import fingerprint
from app.work.models import Transcription, WorkItem
from tests.factories import reviewed as sample
from tests.factories.reviewed import NEW, NOTES, OLD, Reviewed, digest_of

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def reviewed(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    """The reviewing process with a text of one version."""
    monkeypatch.setenv(sample.FILE, str(tmp_path / "notes.json"))
    made = Reviewed(app, tmp_path / "notes.json")
    made.publish()
    return made


def begun(reviewed: Reviewed) -> tuple[int, int]:
    """Begin a case; return its id and the id of the reviewing step."""
    case_id = reviewed.start().case_id
    return case_id, reviewed.item(case_id).id


def text_of(client: FlaskClient, item_id: int) -> str:
    """Return the page of a step."""
    answer = client.get(f"/tasks/{item_id}")
    assert answer.status_code == 200
    return str(answer.text)


def send(client: FlaskClient, item_id: int, digest: str, **more: str) -> Any:
    """Post a decision as the page does."""
    fields = {"key": "k1", "seen": digest, "dates": "yes", "linked": "", "note": "与原件一致", "decision": "pass"}
    return client.post(f"/tasks/{item_id}", data={**fields, **more})


def present() -> str:
    """Return the hash of the present version."""
    return digest_of(NOTES.versions()[-1])


def test_a_first_reading_shows_the_text_without_marks(reviewed: Reviewed, sign_in: Browser) -> None:
    """There is nothing to compare with, and that is said."""
    _case, item = begun(reviewed)
    page = text_of(sign_in("dept"), item)
    assert "第一次审，没有可以比较的版本" in page
    assert "群众反映较为集中" in page
    assert f'name="seen" value="{present()}"' in page
    assert "data-change" not in page
    assert "您的决定只对第 1 版" in page


def test_a_reviewer_sees_what_changed_since_their_own_pass(reviewed: Reviewed, sign_in: Browser) -> None:
    """The comparison starts from the version this reader passed; the end of that pass is said on top."""
    case_id, item = begun(reviewed)
    mine = reviewed.passed(case_id, "dept", "review_1", "一审")
    other = reviewed.passed(case_id, "dept_head", "review_2", "二审")
    reviewed.change(NEW, mine, other)
    page = text_of(sign_in("dept"), item)
    assert "与<b>您上次通过的第 1 版</b>相比：" in page
    assert re.search(r"<del data-change=\"\d+\">[^<]*2026", page)
    assert "您通过之后，内容又改过" in page
    assert re.search(
        r"您 \d\d:\d\d、许听澜 \d\d:\d\d 通过的是第 1 版；作者 \d\d:\d\d 改成了第 2 版，这 2 次通过因此作废。", page
    )
    assert "须与公文原件一致" in page


def test_another_reader_compares_with_what_the_level_passed(reviewed: Reviewed, sign_in: Browser) -> None:
    """Whoever never passed it sees the change since the level's last pass, else since publication or any pass."""
    case_id, item = begun(reviewed)
    reviewed.passed(case_id, "dept_head", "review_1", "一审")
    reviewed.change(NEW)
    with reviewed.app.test_request_context(), transaction() as session:
        who = sample.viewer(session, "dept")
        pane = pages.Pane(session, who, NOTES.find(session, sample.REF, {}), {"level": "review_1"})  # type: ignore[arg-type]
        assert pane.before is not None
        assert pane.before.words == "许听澜 上次通过的第 1 版"
        elsewhere = pages.Pane(session, who, pane.subject, {"level": "review_2"})
        assert elsewhere.before is not None
        assert elsewhere.before.digest == pane.before.digest
    assert "许听澜 上次通过的第 1 版" in text_of(sign_in("dept"), item)


def test_a_published_version_is_the_last_thing_to_compare_with(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction of a published text shows the change against what readers see now."""
    begun(reviewed)
    old = present()
    reviewed.change(NEW)
    monkeypatch.setattr(sample.Notes, "published", lambda _self, _session, _ref: (1, old), raising=False)
    with reviewed.app.test_request_context(), transaction() as session:
        subject = NOTES.find(session, sample.REF, {})
        assert subject is not None
        pane = pages.Pane(session, sample.viewer(session, "dept"), subject, {})
        assert isinstance(NOTES, hooks.Published)
        assert pane.before is not None
        assert pane.before.words == "已发布的第 1 版"
        assert pane.diff is not None
        assert pane.diff.changes


def test_a_decision_about_a_text_that_changed_is_not_taken(reviewed: Reviewed, sign_in: Browser) -> None:
    """The author changes the text while the page is open: a sentence, the new text, all that was typed."""
    _case, item = begun(reviewed)
    client = sign_in("dept")
    old = present()
    reviewed.change(NEW)
    answer = send(client, item, old, note="日期已核对")
    assert answer.status_code == 422
    assert "您打开以后，稿件改成了第 2 版。您写的意见都在，请看过改动再决定。" in answer.text
    assert "日期已核对" in answer.text
    assert "2027 年 1 月 1 日" in answer.text
    assert f'name="seen" value="{present()}"' in answer.text
    assert old not in answer.text
    db.session.rollback()
    assert db.session.get_one(WorkItem, item).status == "open"
    assert send(client, item, present(), key="k2").status_code == 303


def test_a_wrong_answer_beside_it_does_not_hide_the_change(reviewed: Reviewed, sign_in: Browser) -> None:
    """Both are said at once: what is missing, and that the text is another."""
    _case, item = begun(reviewed)
    old = present()
    reviewed.change(NEW)
    answer = send(sign_in("dept"), item, old, dates="")
    assert "还没有选。选好后才能提交。" in answer.text
    assert "稿件改成了第 2 版" in answer.text


def test_a_draft_from_before_the_change_says_so(reviewed: Reviewed, sign_in: Browser) -> None:
    """Coming back to a page with a draft, the reader learns that the text is another; the draft is there."""
    _case, item = begun(reviewed)
    client = sign_in("dept")
    client.post(f"/tasks/{item}/draft", data={"seen": present(), "note": "写了一半"})
    reviewed.change(NEW)
    page = text_of(client, item)
    assert "稿件改成了第 2 版" in page
    assert "写了一半" in page
    assert f'name="seen" value="{present()}"' in page


def test_the_form_redrawn_under_the_open_page_keeps_what_was_seen(reviewed: Reviewed, sign_in: Browser) -> None:
    """An answer that changes the form must not slip the new hash under the old text."""
    _case, item = begun(reviewed)
    old = present()
    reviewed.change(NEW)
    answer = sign_in("dept").post(f"/tasks/{item}/form", data={"seen": old, "linked": "true", "note": ""})
    assert f'name="seen" value="{old}"' in answer.text
    assert present() not in answer.text


def test_a_program_is_held_to_the_same(reviewed: Reviewed, sign_in: Browser) -> None:
    """JSON without the hash or with an old one is refused, with the present one taken."""
    _case, item = begun(reviewed)
    client = sign_in("dept")
    old = present()
    reviewed.change(NEW)
    answers = {"dates": "yes", "decision": "pass"}
    for wrong in ({}, {"seen": old}):
        answer = client.post(f"/tasks/{item}", json={"key": "p1", "answers": {**answers, **wrong}})
        assert answer.status_code == 422, answer.text
        assert "seen" in answer.text
    answer = client.post(f"/tasks/{item}", json={"key": "p2", "answers": {**answers, "seen": present()}})
    assert answer.status_code == 200


def test_what_was_decided_reads_with_its_version(reviewed: Reviewed, sign_in: Browser) -> None:
    """Afterwards the frozen answers name the version and the first characters of its hash."""
    case_id, item = begun(reviewed)
    reviewed.passed(case_id, "dept", "review_1", "一审")
    client = sign_in("dept")
    assert send(client, item, present()).status_code == 303
    page = text_of(client, item)
    assert f"第 1 版（{present()[:8]}）" in page


def test_the_text_of_a_stranger_cannot_be_seen(reviewed: Reviewed, sign_in: Browser) -> None:
    """A vendor without part in the case finds neither the step nor the sheet."""
    case_id, item = begun(reviewed)
    reviewed.passed(case_id, "dept", "review_1", "一审")
    client = sign_in("vendor_a_tech")
    assert client.get(f"/tasks/{item}").status_code == 404
    assert client.get("/review/note-1/sheet").status_code in {403, 404}


def test_nobody_reviewed_is_no_sheet(reviewed: Reviewed, sign_in: Browser) -> None:
    """A subject nobody handed in for review, and one of an unknown kind, are not found."""
    begun(reviewed)
    client = sign_in("office")
    for path in ("/review/note-2/sheet", "/review/nothing-1/sheet"):
        assert client.get(path).status_code == 404


def test_the_area_of_a_subject_may_decide_who_sees_its_sheet(
    reviewed: Reviewed, sign_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An area that keeps its own rights is asked instead of the cases."""
    case_id, _item = begun(reviewed)
    reviewed.passed(case_id, "dept", "review_1", "一审")
    client = sign_in("dept")
    assert client.get("/review/note-1/sheet").status_code == 200
    monkeypatch.setitem(hooks._sights, "note", lambda _session, _viewer, _ref: False)
    assert client.get("/review/note-1/sheet").status_code == 404


def _note(session: Session, reviewed: Reviewed, case_id: int, item_id: int, **more: Any) -> ReviewAct:
    subject = NOTES.find(session, sample.REF, {})
    assert subject is not None
    act = ReviewAct(
        subject=sample.REF,
        version=subject.version,
        digest=subject.digest,
        act=RETURN,
        level="review_3",
        level_name="三审",
        case_id=case_id,
        item_id=item_id,
        at=clock.now(session),
        user_name="方既白",
        unit_name="网站管理办公室",
        opinion="标题改短一些。",
        **more,
    )
    session.add(act)
    session.flush()
    return act


def test_the_sheet_prints_every_decision_from_the_record(reviewed: Reviewed, sign_in: Browser) -> None:
    """Who, unit, opinion, second, hash, receipt, answers, 提级 and 代录 stand on it; a void one is struck."""
    case_id, item = begun(reviewed)
    client = sign_in("dept")
    assert send(client, item, present()).status_code == 303
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=5))
    mine = reviewed.passed(case_id, "dept", "review_1", "一审")
    reviewed.change(NEW, mine)
    with transaction() as session:
        clerk, leader = sample.viewer(session, "office"), sample.viewer(session, "director")
        now = clock.now(session)
        _note(session, reviewed, case_id, item, recorded_by=clerk.name, raised_from="市住建局")
        session.add(
            Transcription(
                item_id=item,
                case_id=case_id,
                clerk_id=clerk.user_id,
                clerk_name=clerk.name,
                decided_by_id=leader.user_id,
                decided_by_name=leader.name,
                medium="phone",
                claimed_at=now,
                confirm_by=now + timedelta(days=1),
                at=now,
            )
        )
    answer = client.get("/review/note-1/sheet")
    assert answer.status_code == 200
    page = answer.text
    receipt = db.session.get_one(WorkItem, item).receipt_code
    assert receipt
    for words in (
        "信息发布审批表",
        "政策解读",
        "主动公开",
        "<s>通过</s>",
        "改成第 2 版后作废",
        "标题改短一些。",
        "提级：市住建局没有可以办的人",
        "电话代录，经手 沈明溪，待本人确认",
        "日期、文号与原件一致",
        receipt,
        fingerprint(present(), 16),
        "这张表不能作为发布依据",
        "签字",
    ):
        assert words in page, words
    assert re.search(r"2026-11-17 \d\d:\d\d:\d\d", page)


def test_a_remembered_comparison_is_not_shown_for_another_text(reviewed: Reviewed) -> None:
    """Comparisons are kept by both hashes; a third version is compared anew."""
    case_id, _item = begun(reviewed)
    reviewed.passed(case_id, "dept", "review_1", "一审")
    seen = []
    for html in (NEW, OLD.replace("八年", "九年")):
        reviewed.change(html)
        with reviewed.app.test_request_context(), transaction() as session:
            subject = NOTES.find(session, sample.REF, {})
            assert subject is not None
            pane = pages.Pane(session, sample.viewer(session, "dept"), subject, {})
            seen += [str(pane.reading), str(pages.Pane(session, pane.viewer, subject, {}).reading)]
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert seen[0] != seen[2]
    assert ">九</ins>" in seen[2]
