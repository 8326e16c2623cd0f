"""Uploading, downloading and discarding files in the browser."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from app.db import db, transaction
from app.files import operations, queries, views
from app.files.jobs import store, sweep
from app.files.models import Upload

SignIn = Callable[[str], FlaskClient]
JSON = {"Accept": "application/json"}
PDF = b"%PDF-1.7\n%%EOF"


def tiny_png() -> bytes:
    """Return a one-pixel picture."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def upload(client: FlaskClient, content: bytes = PDF, name: str = "验收报告（终稿）.pdf") -> TestResponse:
    """Post one file as the page's script does."""
    return client.post("/files", data={"file": (io.BytesIO(content), name)}, headers=JSON)


def upload_id(client: FlaskClient, content: bytes = PDF, name: str = "验收报告（终稿）.pdf") -> int:
    """Post one file and return its id."""
    answer = upload(client, content, name)
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["id"])


def bind(one: int, owner: int) -> None:
    """Bind a draft to a case."""
    with transaction() as session:
        operations.bind(session, [one], owner_id=owner, case_id=7, item_id=5, now=clock.now(session))


def let_see(app: Flask, *, everybody: bool) -> None:
    """Decide for every bound file whether it may be seen, as `work` does by its rules."""
    port = app.extensions["guanjia.files"]
    app.extensions["guanjia.files"] = replace(port, may_see=lambda _upload, _viewer: everybody)


def test_a_chinese_name_survives_upload_and_download(sign_in: SignIn) -> None:
    """The file comes back under its own name, as an attachment that no browser runs."""
    client = sign_in("dept")
    facts = upload(client).get_json()
    assert (facts["name"], facts["size"], facts["media"]) == ("验收报告（终稿）.pdf", len(PDF), "application/pdf")
    answer = client.get(facts["url"], buffered=True)
    assert answer.data == PDF
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "filename*=UTF-8''%E9%AA%8C%E6%94%B6" in disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_draft_is_its_owners_alone(sign_in: SignIn) -> None:
    """Somebody else's draft reads as missing: to see, to preview, to discard."""
    one = upload_id(sign_in("dept"))
    stranger = sign_in("vendor_b_tech")
    assert stranger.get(f"/files/{one}").status_code == 404
    assert stranger.get(f"/files/{one}/preview").status_code == 404
    assert stranger.post(f"/files/{one}/discard").status_code == 404
    assert stranger.get("/files/999999").status_code == 404


def test_a_bound_file_is_open_to_whom_the_case_is_open(app: Flask, sign_in: SignIn) -> None:
    """Binding hands the question who may see it to the case's rules, for the owner too."""
    client = sign_in("dept")
    one = upload_id(client)
    owner = queries.uploads(db.session(), [one])[0].owner_id
    bind(one, owner)
    let_see(app, everybody=False)
    assert client.get(f"/files/{one}", buffered=True).status_code == 404
    let_see(app, everybody=True)
    assert client.post(f"/files/{one}/discard").status_code == 403
    assert client.get(f"/files/{one}", buffered=True).status_code == 200
    assert sign_in("vendor_a_tech").get(f"/files/{one}", buffered=True).data == PDF


def test_content_that_is_not_its_extension_is_refused(sign_in: SignIn) -> None:
    """The sentence says what was found and nothing is kept."""
    client = sign_in("dept")
    answer = upload(client, b"MZ\x90\0", "说明.pdf")
    assert answer.status_code == 422
    assert "文件内容与扩展名不符" in answer.get_json()["error"]
    assert db.session.query(Upload).count() == 0


@pytest.mark.parametrize("name", ["a.exe", "无扩展名", "../../evil.sh"])
def test_what_is_not_accepted_is_refused(sign_in: SignIn, name: str) -> None:
    """Unknown kinds are named in a sentence."""
    assert upload(sign_in("dept"), PDF, name).status_code == 422


def test_a_huge_upload_is_told_the_limit(sign_in: SignIn) -> None:
    """60 MB is answered by one sentence about 50 MB, and nothing is left in the store."""
    client = sign_in("dept")
    answer = upload(client, PDF + bytes(60 * 1024 * 1024), "大文件.pdf")
    answer.request.input_stream.close()  # the test client spools what it sends and forgets to close it
    assert answer.status_code == 413
    assert "50 MB" in answer.get_json()["error"]
    assert [path for path in store().folder.rglob("*") if path.is_file()] == []


def test_a_plain_form_uploads_several_and_goes_back(sign_in: SignIn) -> None:
    """Without JavaScript several files go at once; the way back never leaves this site."""
    client = sign_in("dept")
    files = [(io.BytesIO(PDF), "甲.pdf"), (io.BytesIO(PDF), "乙.pdf")]
    answer = client.post("/files", data={"file": files, "next": "/notices"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/notices")
    page = client.get("/notices").text
    assert "“甲.pdf”已上传。" in page
    assert "“乙.pdf”已上传。" in page
    away = client.post("/files", data={"file": (io.BytesIO(PDF), "甲.pdf"), "next": "//example.com"})
    assert away.headers["Location"] == "/"
    assert client.post("/files", data={}, headers=JSON).status_code == 422


def test_only_a_whole_picture_is_shown_inline(sign_in: SignIn) -> None:
    """A clean picture is shown, one with something behind its end is sent as an attachment."""
    client = sign_in("dept")
    clean, polyglot = tiny_png(), tiny_png() + b"<script>alert(1)</script>"
    shown = client.get(f"/files/{upload_id(client, clean, '首页.png')}/preview", buffered=True)
    sent = client.get(f"/files/{upload_id(client, polyglot, '首页.png')}/preview", buffered=True)
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert (
        client.get(f"/files/{upload_id(client)}/preview", buffered=True)
        .headers["Content-Disposition"]
        .startswith("attachment")
    )


def test_an_unchanged_file_is_not_sent_again(sign_in: SignIn) -> None:
    """The digest is the tag: a browser that has the bytes gets 304, after the same check of rights."""
    client = sign_in("dept")
    one = upload_id(client)
    tag = client.get(f"/files/{one}", buffered=True).headers["ETag"]
    assert client.get(f"/files/{one}", headers={"If-None-Match": tag}, buffered=True).status_code == 304
    other = sign_in("vendor_b_tech").get(f"/files/{one}", headers={"If-None-Match": tag})
    assert other.status_code == 404


def test_a_discarded_draft_is_gone(sign_in: SignIn) -> None:
    """The owner takes a draft back; from then on nobody reads it."""
    client = sign_in("dept")
    one = upload_id(client)
    assert client.post(f"/files/{one}/discard", headers=JSON).status_code == 204
    assert client.get(f"/files/{one}", buffered=True).status_code == 404


def test_missing_bytes_are_told(sign_in: SignIn) -> None:
    """A blob lost on disk is a sentence with what to do."""
    client = sign_in("dept")
    one = upload_id(client)
    row = queries.uploads(db.session(), [one])[0]
    store().address(row.digest).unlink()
    answer = client.get(f"/files/{one}", buffered=True)
    assert answer.status_code == 404
    assert "备份" in answer.text


def test_a_case_bundle_carries_chinese_names(app: Flask, sign_in: SignIn) -> None:
    """All files of a case in one zip, names and content whole."""
    client = sign_in("dept")
    ids = [upload_id(client, name="截图.pdf"), upload_id(client, PDF + b"2", name="截图.pdf")]
    with app.test_request_context():
        response = views.send_bundle(queries.uploads(db.session(), ids), "2026-任务-0001 附件")
        response.direct_passthrough = False
        content = response.get_data()
        response.close()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["截图.pdf", "截图 (2).pdf"]


def test_the_sweep_runs_on_the_real_store(sign_in: SignIn) -> None:
    """The hourly job finds nothing to do right after an upload."""
    upload_id(sign_in("dept"))
    assert sweep() == 0
