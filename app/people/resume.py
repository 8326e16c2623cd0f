"""A session that ended while somebody was typing: what was posted travels, sealed, through the sign-in page.

After signing in the same person sees what was written and sends it again with one button. Nothing is sent by
itself, and text from a foreign page or for another person is never offered for sending.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Response, current_app, make_response, render_template, request
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from wtforms import ValidationError

from app.people import rules
from app.people.forms import SignInForm
from app.people.rules import Viewer
from app.web import own_path

_SALT: Final = "guanjia.resume"
_SECRET: Final = ("password", "csrf_token")
UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class Kept:
    """What was posted when the session was found to have ended."""

    path: str
    user_id: int | None
    fields: tuple[tuple[str, str], ...]
    sendable: bool
    lost_files: bool

    def belongs_to(self, user_id: int) -> bool:
        """Say whether this person wrote it."""
        return self.user_id in {None, user_id}

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Return what a person wrote, without ids and choices."""
        return [(name, text) for name, text in self.fields if not (text.isascii() and " " not in text)]

    @property
    def characters(self) -> int:
        """Count what was written."""
        return sum(len(text) for _, text in self.typed)


def ask_to_sign_in(user: Viewer | None, ended: str | None) -> Response:
    """Return the sign-in page that carries what this request posted; `user` had the session that ended."""
    kept = _posted(user.user_id if user else None)
    form = SignInForm(data={"user_name": user.user_name if user else ""})
    page = render_template(
        "people/sign_in.html", form=form, next="", ended=ended, kept=kept, sealed=seal(kept), groups=()
    )
    return make_response(page, UNAUTHORIZED)


def seal(kept: Kept) -> str:
    """Return `kept` as text that cannot be changed on its way."""
    return str(
        _serializer().dumps(
            {"p": kept.path, "u": kept.user_id, "f": kept.fields, "s": kept.sendable, "l": kept.lost_files}
        )
    )


def unseal(text: str | None) -> Kept | None:
    """Return what `seal` wrote, if it is intact and not older than a session may last."""
    if not text:
        return None
    try:
        data: dict[str, Any] = _serializer().loads(text, max_age=int(rules.ABSOLUTE.total_seconds()))
    except BadSignature:
        return None
    fields = tuple((str(name), str(value)) for name, value in data["f"])
    return Kept(own_path(data["p"]), data["u"], fields, data["s"], data["l"])


def _posted(user_id: int | None) -> Kept:
    try:
        fields = tuple(
            (name, value)
            for name, values in request.form.lists()
            if not any(word in name.lower() for word in _SECRET)
            for value in values
        )
        lost_files = any(upload.filename for upload in request.files.values())
    except HTTPException:  # too large or broken: there is nothing to keep
        fields, lost_files = (), False
    return Kept(request.full_path.rstrip("?"), user_id, fields, bool(fields) and _is_own_form(), lost_files)


def _is_own_form() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        return False
    return True


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=_SALT)
