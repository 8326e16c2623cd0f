"""A site as it is published, and an article as it would be, shown from here.

What is published is for everybody: the address takes no cookie, sets none, and its pages can run nothing. An article
that is not published needs a reader who may see it; its pictures come by addresses that hold for an hour.
"""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from flask import Flask, Response, current_app, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app import clock
from app.content.bodies import clean_body, media_ids
from app.content.models import Article, ArticleDraft, Media
from app.content.queries import articles
from app.content.queries.media import of_site
from app.content.queries.publishing import at_address
from app.content.rules import PICTURE
from app.content.sites import render, snapshot
from app.content.sites.building import folder_of
from app.content.sites.facts import FILES, HOME, MISSING, FileFacts, SiteFacts, Story
from app.content.sites.style import sheet
from app.content.sites.writing import inside
from app.content.views.answering import reading
from app.content.views.blueprint import bp
from app.errors import NotFound
from app.files.jobs import store
from app.files.rules import MEDIA
from app.i18n import N_
from app.people.session import current_viewer
from app.web import permission, public

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX: Final = "/preview/"
OWN: Final = ("/preview/article/",)
POLICY: Final = (
    "sandbox allow-downloads; default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Frame-Options": "SAMEORIGIN",
    # a sandboxed page has no origin of its own: its pictures and style count as somebody else's
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Cache-Control": "no-cache",
}
HOUR: Final = 3600
FOUND, NOT_THERE, GONE = 200, 404, 410
NO_PAGE: Final = N_("没有这个网页，或者还没有发布。")


class WithoutCookies:
    """Takes the cookies off requests for published pages before anything can read them."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX) and not path.startswith(OWN):
            environ.pop("HTTP_COOKIE", None)
        return self._application(environ, start_response)


@bp.record_once
def _install(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.wsgi_app = WithoutCookies(app.wsgi_app)  # type: ignore[method-assign]


@bp.get("/preview/<folder>/")
@public
def preview_home(folder: str) -> Response:
    """Show the home page of a site as it is written."""
    return _page(folder, HOME)


@bp.get("/preview/<folder>/<path:path>")
@public
def preview_page(folder: str, path: str) -> Response:
    """Show a written page of a site; one that was taken down says so."""
    return _page(folder, f"{path}{HOME}" if path.endswith("/") else path)


@bp.get("/preview/article/<int:article_id>")
@permission("content.view")
def article_preview(article_id: int) -> Response:
    """Show an article as its site would: a version, or what is being typed if the reader may write."""
    session, viewer = reading(), current_viewer()
    found = articles.article(session, viewer, article_id)
    number = request.args.get("version", type=int)
    may_write = articles.may_write(session, viewer, found)
    site = snapshot.site_facts(session, found.site_id)
    story = _typed(found) if may_write and number is None else None
    story = story or _version(found, number)
    return _shown(render.render_article(site, story, _links(site)), "text/html; charset=utf-8")


@bp.get("/preview/article/style/<int:site_id>.css")
@public
def preview_style(site_id: int) -> Response:
    """Send the style of a site, written or not."""
    return _shown(sheet(snapshot.style_of(reading(), site_id)), "text/css; charset=utf-8")


@bp.get("/preview/article/file/<token>")
@public
def preview_file(token: str) -> Response:
    """Send a picture or attachment of an article that is not published, to whoever has just been shown it."""
    try:
        digest, extension = _signer().loads(token, max_age=HOUR)
    except BadSignature as error:
        raise NotFound(NO_PAGE) from error
    media = MEDIA.get(extension, "application/octet-stream")
    answer = send_file(store().open(digest), mimetype=media, as_attachment=not media.startswith("image/"))
    return _guarded(answer)


def _page(folder: str, path: str) -> Response:
    try:
        file = inside(folder_of(inside(Path(), folder).name), path)
    except ValueError as error:
        raise NotFound(NO_PAGE) from error
    if not file.is_file():
        return _missing(folder)
    media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    answer = send_file(
        io.BytesIO(file.read_bytes()), mimetype=media, download_name=file.name, last_modified=file.stat().st_mtime
    )
    answer.status_code = GONE if path.endswith(".html") and _is_down(folder, path) else FOUND
    return _guarded(answer)


def _missing(folder: str) -> Response:
    file = folder_of(folder) / MISSING
    if not file.is_file():
        raise NotFound(NO_PAGE)
    # that page leads on from the root of its site, which here is this folder
    data = file.read_bytes().replace(b'href="/', f'href="{PREFIX}{folder}/'.encode())
    data = data.replace(f'href="{PREFIX}{folder}/report-error'.encode(), b'href="/report-error')
    return _shown(data, "text/html; charset=utf-8", NOT_THERE)


def _is_down(folder: str, path: str) -> bool:
    found = at_address(reading(), folder, path)
    return found is not None and found.published_id is None and found.taken_down_at is not None


def _version(found: Article, number: int | None) -> Story:
    session = reading()
    row = (
        articles.version_numbered(session, found.id, number)
        if number is not None
        else articles.version(session, found.version_id)
    )
    if row is None:
        raise NotFound(NO_PAGE)
    at = found.published_at or found.publish_at or clock.now(session)
    return snapshot.story_of(session, found, row, at, None, "")


def _typed(found: Article) -> Story | None:
    """Return what is being typed as a story; None where nothing is."""
    session = reading()
    draft = session.get(ArticleDraft, found.id)
    if draft is None:
        return None
    fields: dict[str, Any] = draft.fields
    policies, interpretations = snapshot.linked(session, found.id)
    return Story(
        article_id=found.id,
        path=snapshot.path_for(found, found.column),
        title=fields.get("title") or found.title,
        html=clean_body(fields.get("body", "")),
        at=found.published_at or found.publish_at or clock.now(session),
        column=snapshot.column_facts(found.column),
        source=fields.get("source", ""),
        byline=fields.get("byline", ""),
        summary=fields.get("summary", ""),
        number=fields.get("document_number", ""),
        files=_files(found, fields),
        policies=policies,
        interpretations=interpretations,
    )


def _files(found: Article, fields: dict[str, Any]) -> tuple[FileFacts, ...]:
    chosen = {one["media_id"]: one for one in fields.get("files", [])}
    pictures = [number for number in media_ids(fields.get("body", "")) if number not in chosen]
    rows = {row.id: row for row in _media(found.site_id, [*chosen, *pictures])}
    return tuple(_file(rows[number], chosen.get(number, {})) for number in [*chosen, *pictures] if number in rows)


def _file(row: Media, chosen: dict[str, Any]) -> FileFacts:
    return FileFacts(row.id, row.digest, chosen.get("name") or row.name, chosen.get("kind") or PICTURE)


def _media(site_id: int, numbers: list[int]) -> Iterable[Media]:
    return of_site(reading(), site_id, numbers).values()


def _links(site: SiteFacts) -> Callable[[str], str]:
    """Return where the links of an unwritten page lead: its files come signed, the rest is what is written."""

    def to(target: str) -> str:
        if target == site.sheet:
            return url_for("content.preview_style", site_id=site.id)
        if target.startswith(f"{FILES}/"):
            digest, _dot, extension = target.removeprefix(f"{FILES}/").partition(".")
            return url_for("content.preview_file", token=_signer().dumps([digest, extension]))
        return url_for("content.preview_page", folder=site.folder, path=target)

    return to


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="preview-file")


def _shown(data: bytes, media: str, status: int = FOUND) -> Response:
    return _guarded(Response(data, status, mimetype=media.partition(";")[0], content_type=media))


def _guarded(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer
