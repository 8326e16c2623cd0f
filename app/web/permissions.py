"""Who may open a page: every view says so itself, and a view that says nothing is not served.

A view carries `@permission("area.verb")` or `@public`, below the route decorator. What a permission means for
a person is decided by the `check` that create_app hands to `install`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, request
from flask.typing import ResponseReturnValue

from app.i18n import N_

View = TypeVar("View", bound=Callable[..., Any])
Check = Callable[[str], ResponseReturnValue | None]

PUBLIC: Final = "public"
_ATTRIBUTE: Final = "guanjia_permission"

PERMISSIONS: dict[str, str] = {PUBLIC: N_("不登录也能打开")}


def permission(name: str) -> Callable[[View], View]:
    """Require `name` of whoever calls the view."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, name)
        return view

    return mark


def public(view: View) -> View:
    """Let anybody call the view, signed in or not."""
    setattr(view, _ATTRIBUTE, PUBLIC)
    return view


def register(labels: dict[str, str]) -> None:
    """Add permissions with the Chinese words an administrator reads for them."""
    PERMISSIONS.update(labels)


def declared(view: Callable[..., Any]) -> str | None:
    """Return what the view requires, or None when it says nothing."""
    name: str | None = getattr(view, _ATTRIBUTE, None)
    return name


def undeclared(app: Flask) -> list[str]:
    """List the endpoints that do not say who may call them."""
    return sorted(name for name, view in app.view_functions.items() if declared(view) is None)


def unregistered(app: Flask) -> list[str]:
    """List the permissions that views require and nobody registered."""
    used = {declared(view) for view in app.view_functions.values()} - {None}
    return sorted(name for name in used if name is not None and name not in PERMISSIONS)


def install(app: Flask, check: Check) -> None:
    """Ask `check` before each view; refuse to serve a view that declares nothing.

    `check` returns None to let the request pass, answers with a response (sign-in), or raises.
    """
    if "static" in app.view_functions:
        public(app.view_functions["static"])

    @app.before_request
    def _guard() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        name = declared(app.view_functions[request.endpoint])
        if name is None:
            raise RuntimeError(f"{request.endpoint} does not say who may call it: add @permission or @public")
        return None if name == PUBLIC else check(name)
