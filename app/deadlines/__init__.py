"""Deadlines (时限): calendars, limits and their clocks, pauses, reminders, escalation."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_


def init_app(app: Flask) -> None:
    """Serve the calendar page."""
    # here, not above: operations of other areas import this package without any Flask page
    from app.deadlines.views import bp  # noqa: PLC0415
    from app.web import menu, permissions  # noqa: PLC0415

    permissions.register({"calendar.edit": N_("改工作日历")})
    app.register_blueprint(bp)
    menu.add("settings", "deadlines.calendar", N_("工作日历"), "calendar", "account.self")
