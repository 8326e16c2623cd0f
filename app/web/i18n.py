"""Chinese by default, English on request: the choice is a cookie."""

from __future__ import annotations

import re

import flask_babel
from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from app.errors import UserError
from app.i18n import Listed, Sentence
from app.web.permissions import public

COOKIE = "lang"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
DEFAULT = "zh"
ONE_YEAR = 365 * 24 * 3600
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")


def install(app: Flask) -> None:
    """Set up translation for every request."""
    flask_babel.Babel(
        app,
        default_locale=DEFAULT,
        default_timezone="Asia/Shanghai",
        default_translation_directories="translations",
        locale_selector=locale,
    )


def locale() -> str:
    """Return the language of this request: zh or en."""
    chosen = g.get("gj_lang") or request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else DEFAULT


def gettext(message: str, **values: object) -> str:
    """Return the sentence in the language of this request, with its values filled in."""
    written: str = flask_babel.gettext(message, **{name: _said(value) for name, value in values.items()})
    return written


def pgettext(context: str, message: str) -> str:
    """Return a word that English says differently in this place."""
    written: str = flask_babel.pgettext(context, message)
    return written


def _said(value: object) -> object:
    """Return a value as it is read inside a sentence: words of the catalogue in the same language."""
    if isinstance(value, UserError):
        return gettext(value.message, **value.values)
    if isinstance(value, Listed):
        return gettext("、").join(str(_said(one)) for one in value)
    return gettext(value) if isinstance(value, Sentence) else value


def html_lang() -> str:
    """Return the value of the page's lang attribute."""
    return LANGUAGES[locale()]


def own_path(text: str | None, default: str = "/") -> str:
    """Return `text` when it is a path on this site, else `default`; for `next` parameters."""
    return text if text and _OWN_PATH.fullmatch(text) else default


@public
def language() -> ResponseReturnValue:
    """Remember the language and go back to the page."""
    response = redirect(own_path(request.form.get("next")))
    chosen = request.form.get(COOKIE, DEFAULT)
    response.set_cookie(
        COOKIE,
        chosen if chosen in LANGUAGES else DEFAULT,
        max_age=ONE_YEAR,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure,
    )
    return response
