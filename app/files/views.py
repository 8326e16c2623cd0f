"""Upload, download, preview, discard. Who may see a bound file is decided by `may_see`, given to `init_app`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from flask import Blueprint, Flask, Response, current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from app.db import db, transaction
from app.errors import Invalid, NotFound
from app.files import jobs, operations, queries, rules
from app.files.jobs import store
from app.files.models import DRAFT, Upload
from app.files.store import Store
from app.i18n import N_
from app.web import own_path, permission
from app.web.errors import wants_json
from app.web.i18n import gettext

bp = Blueprint("files", __name__)
SANDBOX = "sandbox; default-src 'none'"
PICTURE = "default-src 'none'; img-src 'self'; sandbox"
CREATED = 201
GONE = N_("没有这个文件，或者它不归您看。")


class Stored(Protocol):
    """A row that stands for bytes of the store."""

    @property
    def digest(self) -> str:
        """Return the hash of the bytes."""

    @property
    def media(self) -> str:
        """Return what they are."""

    @property
    def name(self) -> str:
        """Return the name people know them by."""

    @property
    def created_at(self) -> datetime:
        """Return when they came."""


class Viewer(Protocol):
    """Whoever is signed in."""

    @property
    def user_id(self) -> int:
        """Return whose drafts are theirs."""


@dataclass(frozen=True)
class _Port:
    may_see: Callable[[Upload, Any], bool]
    viewer: Callable[[], Viewer]


def serve(
    app: Flask,
    *,
    may_see: Callable[[Upload, Any], bool] | None,
    viewer: Callable[[], Viewer] | None,
    folder: Path | None,
) -> None:
    """Do what `app.files.init_app` promises."""
    app.extensions[jobs.STORE] = Store(folder or app.extensions["guanjia.settings"].data / "files")
    app.extensions["guanjia.files"] = _Port(may_see or _nobody, viewer or _signed_in)
    app.register_blueprint(bp)


def _nobody(_upload: Upload, _viewer: object) -> bool:
    return False


def _signed_in() -> Viewer:
    viewer: Viewer = current_user.viewer
    return viewer


def receive(file: FileStorage, *, owner_id: int, item_id: int | None = None) -> Upload:
    """Take one posted file and make it a draft of its owner, in a transaction of its own."""
    return jobs.receive(cast("BinaryIO", file.stream), file.filename or "", owner_id=owner_id, item_id=item_id)


def send_bundle(uploads: Sequence[Upload], name: str) -> Response:
    """Answer with one zip of these files; `name` is the zip's own name without extension."""
    out = tempfile.TemporaryFile(dir=store().incoming)  # noqa: SIM115 - the response closes it
    operations.bundle(store(), uploads, out)
    out.seek(0)
    response = send_file(out, mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")
    return _guarded(response, SANDBOX)


@bp.post("/files")
@permission("work.act")
def add() -> ResponseReturnValue:
    """Receive files: one with JSON about it for the page's script, any number and a way back for a plain form."""
    owner = _port().viewer().user_id
    posted = [file for file in request.files.getlist("file") if file.filename]
    if not posted:
        raise Invalid(N_("没有选择文件。请先选择，再上传。"))
    item = request.form.get("item", type=int)
    posted = posted[:1] if wants_json() else posted
    kept = [receive(file, owner_id=owner, item_id=item) for file in posted]
    if wants_json():
        return _facts(kept[0]), CREATED
    for row in kept:
        flash(gettext("“%(name)s”已上传。", name=row.name), "ok")
    return redirect(own_path(request.form.get("next")))


@bp.get("/files/<int:upload_id>")
@permission("account.self")
def download(upload_id: int) -> ResponseReturnValue:
    """Send the file as an attachment under its own name."""
    return send_stored(_visible(upload_id), inline=False)


@bp.get("/files/<int:upload_id>/preview")
@permission("account.self")
def preview(upload_id: int) -> ResponseReturnValue:
    """Show a picture inline, after a second look at its bytes; anything else is sent as an attachment."""
    row = _visible(upload_id)
    with store().open(row.digest) as file:
        inline = row.previewable and rules.is_clean_picture(file, row.media)
    return send_stored(row, inline=inline)


@bp.post("/files/<int:upload_id>/discard")
@permission("work.act")
def discard(upload_id: int) -> ResponseReturnValue:
    """Take back one's own draft."""
    owner = _port().viewer().user_id
    with transaction() as session:
        operations.discard(session, upload_id, owner_id=owner)
    return ("", 204) if wants_json() else redirect(own_path(request.form.get("next")))


def _port() -> _Port:
    port: _Port = current_app.extensions["guanjia.files"]
    return port


def _visible(upload_id: int) -> Upload:
    row, viewer = queries.upload(db.session(), upload_id), _port().viewer()
    if row is None or not _may_see(row, viewer):
        raise NotFound(GONE)
    return row


def _may_see(row: Upload, viewer: Viewer) -> bool:
    if row.state == DRAFT:
        return row.owner_id == viewer.user_id
    return _port().may_see(row, viewer)


def _facts(row: Upload) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "size": row.size,
        "digest": row.digest,
        "media": row.media,
        "url": url_for("files.download", upload_id=row.id),
        "discard_url": url_for("files.discard", upload_id=row.id),
    }


def send_stored(row: Stored, *, inline: bool) -> Response:
    """Answer with the bytes a row stands for, under its name; inline only what was looked at again."""
    path = store().address(row.digest)
    if not path.is_file():
        raise NotFound(N_("文件的内容不在库里了，请联系系统管理员从备份恢复。"))
    response = send_file(
        path,
        mimetype=row.media,
        as_attachment=not inline,
        download_name=row.name,
        etag=row.digest,
        last_modified=row.created_at,
        max_age=timedelta(0).seconds,
        conditional=True,
    )
    return _guarded(response, PICTURE if inline else SANDBOX)


def _guarded(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
