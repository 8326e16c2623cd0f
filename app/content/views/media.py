"""The media library of a site: its page, what the editor asks of it, the pictures themselves."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePath
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.content.models import Media
from app.content.operations import media as operations
from app.content.pictures import prepared
from app.content.queries import media as queries
from app.content.queries.articles import media_url
from app.content.views.answering import reading
from app.content.views.blueprint import bp
from app.errors import Invalid, NotFound
from app.files import jobs
from app.files import rules as files
from app.files import views as uploads
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, asked, asked_id, settle, told, write
from app.web.errors import wants_json
from app.web.i18n import gettext

CREATED: Final = 201
MOST_AT_ONCE: Final = 20
PICTURES: Final = frozenset({"jpg", "jpeg", "png"})
PICTURE_MEDIA: Final = frozenset({"image/png", "image/jpeg"})
NO_FILE: Final = N_("没有选择文件。请先选择，再上传。")


@bp.get("/media")
@permission("content.write")
def libraries() -> ResponseReturnValue:
    """Open the library of the reader's first site, or say that there is none."""
    sites = queries.library_sites(reading(), current_viewer())
    if not sites:
        return render_template("content/media.html", sites=(), site=None, rows=(), more=None, kinds={})
    return redirect(url_for("content.media_library", site_id=sites[0].id))


@bp.get("/sites/<int:site_id>/media")
@permission("content.write")
def media_library(site_id: int) -> ResponseReturnValue:
    """List what is in the library of a site; the editor gets the same as JSON."""
    session, viewer = reading(), current_viewer()
    if not queries.may_add(session, viewer, site_id):
        raise NotFound(operations.NOT_YOURS)
    kind = {"picture": True, "file": False}.get(asked("kind"))
    rows = list(
        queries.library(session, viewer, site_id, search=asked("q"), pictures=kind, before=asked_id("before"))
    )
    more = rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None
    rows = rows[: queries.PAGE]
    if wants_json():
        return {"media": [facts(one) for one in rows], "more": more}
    sites = queries.library_sites(session, viewer)
    return render_template(
        "content/media.html",
        sites=sites,
        site=next(one for one in sites if one.id == site_id),
        rows=rows,
        more=more,
        kinds={"picture": N_("图片"), "file": N_("文件")},
    )


@bp.post("/sites/<int:site_id>/media")
@permission("content.write")
def add_media(site_id: int) -> ResponseReturnValue:
    """Take files into the library: one with JSON for the editor, any number from a plain form."""
    viewer = current_viewer()
    if not queries.may_add(reading(), viewer, site_id):
        raise NotFound(operations.NOT_YOURS)
    posted = [file for file in request.files.getlist("file") if file.filename][:MOST_AT_ONCE]
    if not posted:
        raise Invalid(NO_FILE)
    alt = request.form.get("alt", "")
    if wants_json():
        return facts(_added(viewer, site_id, posted[0], alt)), CREATED
    back = url_for("content.media_library", site_id=site_id)
    for file in posted:
        try:
            flash(gettext("“%(name)s”已放进媒体库。", name=_added(viewer, site_id, file, alt).name), "ok")
        except Invalid as error:
            flash(told(error), "error")
    return redirect(back, SEE_OTHER)


@bp.get("/media/<int:media_id>")
@permission("content.view")
def media(media_id: int) -> ResponseReturnValue:
    """Show one picture or file and where it is used."""
    return _page(media_id)


@bp.post("/media/<int:media_id>")
@permission("content.write")
def describe_media(media_id: int) -> ResponseReturnValue:
    """Say what a picture shows."""
    viewer, alt, seen = current_viewer(), request.form.get("alt", ""), request.form.get("row_version", type=int)
    try:
        row = write(lambda session, now: operations.describe(session, viewer, media_id, alt, now, seen))
    except Invalid as error:
        if wants_json():
            return {"error": told(error)}, INVALID
        return _page(media_id, {name: gettext(one) for name, one in error.fields.items()}), INVALID
    if wants_json():
        return facts(row)
    flash(gettext("已保存。"), "ok")
    return redirect(url_for("content.media", media_id=media_id), SEE_OTHER)


@bp.post("/media/<int:media_id>/take-out")
@permission("content.write")
def take_out_media(media_id: int) -> ResponseReturnValue:
    """Offer a picture or file no longer."""
    viewer = current_viewer()
    site_id = queries.one(reading(), viewer, media_id).site_id
    return settle(
        lambda session, now: operations.take_out(session, viewer, media_id, now),
        N_("已移出媒体库。用过它的稿件里还在。"),
        url_for("content.media_library", site_id=site_id),
    )


@bp.get("/content/media/<int:media_id>")
@permission("content.view")
def media_content(media_id: int) -> ResponseReturnValue:
    """Send a picture to be shown, after a second look at its bytes; anything else as an attachment."""
    row = queries.one(reading(), current_viewer(), media_id)
    with jobs.store().open(row.digest) as file:
        inline = row.media in PICTURE_MEDIA and files.is_clean_picture(file, row.media)
    return uploads.send_stored(row, inline=inline)


def facts(row: Media) -> dict[str, Any]:
    """Return what the editor needs to know of a picture or file."""
    return {
        "id": row.id,
        "url": media_url(row.id),
        "name": row.name,
        "alt": row.alt,
        "size": row.size,
        "media": row.media,
        "width": row.width,
        "height": row.height,
        "describe": url_for("content.describe_media", media_id=row.id),
    }


def _added(viewer: Viewer, site_id: int, file: FileStorage, alt: str) -> Media:
    """Receive one file, a picture cleaned before it is kept, and put it into the library."""
    name = files.clean_name(file.filename or "")
    stream: Any = file.stream
    size = None
    if PurePath(name).suffix.lower().removeprefix(".") in PICTURES:
        picture = prepared(file.stream.read(files.MAX_SIZE + 1), name)
        stream, size = BytesIO(picture.content), (picture.width, picture.height)
    upload_id = jobs.receive(stream, name, owner_id=viewer.user_id).id
    return write(
        lambda session, now: operations.add_media(session, viewer, site_id, upload_id, now, size=size, alt=alt)
    )


def _page(media_id: int, errors: dict[str, str] | None = None) -> str:
    session, viewer = reading(), current_viewer()
    row = queries.one(session, viewer, media_id)
    return render_template(
        "content/medium.html",
        row=row,
        url=media_url(row.id),
        uses=queries.uses(session, row),
        may_change=queries.may_add(session, viewer, row.site_id),
        errors=errors or {},
        typed=request.form,
    )
