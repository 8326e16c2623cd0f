"""Every view says who may call it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.errors import Refused
from app.web import permissions
from app.web.permissions import PUBLIC, declared, install, permission, public, undeclared, unregistered


def app_with(check: permissions.Check) -> Flask:
    """Build an application with an open, a guarded and a forgotten view."""
    app = Flask(__name__, static_folder=None)
    app.config["TESTING"] = True
    install(app, check)
    app.add_url_rule("/open", "open", public(lambda: "open"))
    app.add_url_rule("/inbox", "inbox", permission("work.inbox")(lambda: "inbox"))
    app.add_url_rule("/forgotten", "forgotten", lambda: "forgotten")
    return app


def test_public_views_ask_nobody() -> None:
    """A public view is served without a check."""
    asked: list[str] = []
    assert app_with(asked.append).test_client().get("/open").text == "open"
    assert asked == []


def test_other_views_ask_for_their_permission() -> None:
    """The check is asked for the permission the view declares; it may let pass, answer or refuse."""
    asked: list[str] = []
    assert app_with(asked.append).test_client().get("/inbox").text == "inbox"
    assert asked == ["work.inbox"]
    assert app_with(lambda _name: ("sign in", 401)).test_client().get("/inbox").status_code == 401

    def refuse(_name: str) -> None:
        raise Refused

    with pytest.raises(Refused):
        app_with(refuse).test_client().get("/inbox")


def test_a_view_that_declares_nothing_is_not_served() -> None:
    """A forgotten declaration is an error on the first request, never an open door."""
    with pytest.raises(RuntimeError, match="forgotten does not say who may call it"):
        app_with(lambda _name: None).test_client().get("/forgotten")


def test_undeclared_views_are_listed() -> None:
    """The walk over the URL map names exactly the forgotten views."""
    assert undeclared(app_with(lambda _name: None)) == ["forgotten"]


def test_unknown_addresses_are_left_to_flask() -> None:
    """A missing page or a wrong method is no matter of permissions."""
    client = app_with(lambda _name: ("asked", 401)).test_client()
    assert client.get("/nowhere").status_code == 404
    assert client.post("/open").status_code == 405


def test_flasks_own_static_route_is_public() -> None:
    """An application that keeps Flask's static route still has no undeclared view."""
    app = Flask(__name__)
    install(app, lambda _name: None)
    assert undeclared(app) == []
    assert declared(app.view_functions["static"]) == PUBLIC


def test_permissions_have_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A permission nobody described is found, and describing it settles the matter."""
    monkeypatch.setattr(permissions, "PERMISSIONS", dict(permissions.PERMISSIONS))
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/moon", "moon", permission("moon.land")(lambda: "moon"))
    assert unregistered(app) == ["moon.land"]
    permissions.register({"moon.land": "登月"})
    assert unregistered(app) == []
