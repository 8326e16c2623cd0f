"""How sites are published: mode, names, style, versions of the templates, packages for another network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.config import Settings
from app.content.models import SitePublishing
from app.content.operations import packages as packing_operations
from app.content.operations import sites as operations
from app.content.queries import publishing as queries
from app.content.rules import MODES, PACKAGE
from app.content.sites import snapshot
from app.content.sites.jobs import make_package
from app.content.sites.packing import RECEIPT_LONGEST, public_text, signing_key
from app.content.views.answering import reading
from app.content.views.blueprint import bp
from app.errors import Conflict, Invalid, NotFound, UserError
from app.i18n import N_
from app.people import queries as house
from app.people.models import Site
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, settle, told, write
from app.web.i18n import gettext

MANAGE, VIEW = "content.manage", "content.view"
SAVED: Final = N_("已保存，网页正在重新生成。")


@bp.get("/publishing/sites")
@permission(MANAGE)
def publishing_sites() -> ResponseReturnValue:
    """List the sites with how each is published."""
    return render_template("content/publishing_sites.html", lines=queries.site_lines(reading()), modes=MODES)


@bp.get("/publishing/sites/<int:site_id>")
@permission(MANAGE)
def publishing_site(site_id: int) -> ResponseReturnValue:
    """Show how a site is published, its style and its packages."""
    return _page(_site(site_id), {}, {})


@bp.post("/publishing/sites/<int:site_id>")
@permission(MANAGE)
def set_publishing(site_id: int) -> ResponseReturnValue:
    """Change mode, folder and names of a site."""
    site, viewer, form = _site(site_id), current_viewer(), request.form
    seen = form.get("row_version", type=int)
    try:
        write(lambda session, now: operations.set_publishing(session, viewer, site_id, form, seen, now))
    except (Invalid, Conflict) as error:
        return _page(site, _by_field(error), form), error.status
    flash(gettext(SAVED), "ok")
    return redirect(url_for("content.publishing_site", site_id=site_id), SEE_OTHER)


@bp.post("/publishing/sites/<int:site_id>/style")
@permission(MANAGE)
def set_style(site_id: int) -> ResponseReturnValue:
    """Give a site another style, as a new version of its templates."""
    site, viewer, form = _site(site_id), current_viewer(), request.form
    style, note = form.get("style", ""), form.get("note", "")
    try:
        write(lambda session, now: operations.set_style(session, viewer, site_id, style, note, now))
    except Invalid as error:
        return _page(site, _by_field(error), form), INVALID
    flash(gettext(SAVED), "ok")
    return redirect(url_for("content.publishing_site", site_id=site_id), SEE_OTHER)


@bp.post("/publishing/sites/<int:site_id>/rebuild")
@permission(MANAGE)
def rebuild_site(site_id: int) -> ResponseReturnValue:
    """Have every page of a site drawn anew."""
    _site(site_id)
    viewer = current_viewer()
    return settle(
        lambda session, now: operations.rebuild(session, viewer, site_id, now),
        N_("正在重新生成全站，没有变化的网页不动。"),
        url_for("content.publishing_site", site_id=site_id),
    )


@bp.get("/publishing/sites/<int:site_id>/packages")
@permission(VIEW)
def packages(site_id: int) -> ResponseReturnValue:
    """List the packages of a site, with the key their signature is checked with."""
    return _packages_page(site_id, {})


@bp.post("/publishing/sites/<int:site_id>/packages")
@permission(VIEW)
def add_package(site_id: int) -> ResponseReturnValue:
    """Pack what changed since the last package."""
    viewer = _packer()
    try:
        make_package(viewer, site_id)
    except (Conflict, Invalid) as error:
        flash(told(error), "error")
    else:
        flash(gettext("包已打好，可以下载。"), "ok")
    return redirect(url_for("content.packages", site_id=site_id), SEE_OTHER)


@bp.get("/publishing/packages/<int:package_id>.zip")
@permission(VIEW)
def download_package(package_id: int) -> ResponseReturnValue:
    """Send a package."""
    _packer()
    row = queries.package(reading(), package_id)
    site = reading().get_one(Site, row.site_id)
    path = packing_operations.package_file(_settings().data, row.site_id, row.number)
    if not path.is_file():
        raise NotFound(N_("包的文件不在了，请从备份恢复。"))
    return send_file(path, as_attachment=True, download_name=f"{site.code}-{row.number:04}.zip", etag=row.digest)


@bp.post("/publishing/packages/<int:package_id>/receipt")
@permission(VIEW)
def take_receipt(package_id: int) -> ResponseReturnValue:
    """Take the receiver's receipt of a package."""
    viewer, file = _packer(), request.files.get("receipt")
    site_id = queries.package(reading(), package_id).site_id
    data = file.stream.read(RECEIPT_LONGEST + 1) if file else b""
    try:
        write(lambda session, now: packing_operations.import_receipt(session, viewer, package_id, data, now))
    except Invalid as error:
        return _packages_page(site_id, {package_id: told(error)}), INVALID
    flash(gettext("回执已收下，和包里的一致。"), "ok")
    return redirect(url_for("content.packages", site_id=site_id), SEE_OTHER)


def _site(site_id: int) -> Site:
    return house.site(reading(), current_viewer(), site_id)


def _packer() -> Any:
    """Return the reader if packages are theirs to make; to others there are none."""
    viewer = current_viewer()
    if not (viewer.may(MANAGE) or viewer.may("content.publish")):
        raise NotFound(queries.NO_PACKAGE)
    return viewer


def _page(site: Site, errors: Mapping[str, str], typed: Mapping[str, Any]) -> str:
    session = reading()
    how = snapshot.publishing_of(session, site.id)
    templates = queries.templates(session, site.id)
    return render_template(
        "content/publishing_site.html",
        site=site,
        how=how,
        values={**_values(how), "style": snapshot.style_of(session, site.id), "note": "", **typed},
        modes=MODES,
        routes=operations.ROUTES,
        PACKAGE=PACKAGE,
        templates=templates,
        is_stale=queries.is_stale(templates),
        errors=errors,
    )


def _values(how: SitePublishing) -> dict[str, Any]:
    return {**{name: getattr(how, name) for name in operations.FIELDS}, "row_version": how.row_version or ""}


def _packages_page(site_id: int, errors: Mapping[int, str]) -> str:
    viewer, session = _packer(), reading()
    return render_template(
        "content/publishing_packages.html",
        site=house.site(session, viewer, site_id),
        packages=queries.packages(session, site_id),
        mode=snapshot.publishing_of(session, site_id).mode,
        PACKAGE=PACKAGE,
        key=public_text(signing_key(_settings().package_key)),
        may_manage=viewer.may(MANAGE),
        errors=errors,
    )


def _by_field(error: UserError) -> dict[str, str]:
    if isinstance(error, Invalid) and error.fields:
        return {name: gettext(sentence, **error.values) for name, sentence in error.fields.items()}
    return {"": gettext(error.message, **error.values)}


def _settings() -> Settings:
    settings: Settings = current_app.extensions["guanjia.settings"]
    return settings
