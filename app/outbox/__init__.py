"""What is owed to the outside (外发) and what people are told (消息). `init_app` is the one call create_app makes."""

from __future__ import annotations

from flask import Flask, url_for

from app.i18n import N_
from app.outbox.channels import Channel

CHANNELS = "guanjia.channels"


def init_app(app: Flask) -> None:
    """Serve the list of notices; `channels_of` is what the ways out of the house are added to."""
    # here, not above: operations of other areas import this package without any Flask page
    from app.outbox.views import bp  # noqa: PLC0415
    from app.web import menu  # noqa: PLC0415

    app.extensions[CHANNELS] = {}
    app.register_blueprint(bp)
    menu.account("outbox.notices", N_("消息"), "bell")


def channels_of(app: Flask) -> dict[str, Channel]:
    """Return the ways out of the house by the kind of thing they send; what has none waits."""
    channels: dict[str, Channel] = app.extensions[CHANNELS]
    return channels


def bell(unread: int) -> dict[str, object]:
    """Return what the bell in the frame shows: where it leads and how many notices are unread."""
    return {"url": url_for("outbox.notices"), "count": unread}
