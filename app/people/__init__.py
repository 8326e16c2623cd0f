"""Units, sites, people, contracts, and who may do what. `init_app` is the one call create_app makes."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_


def init_app(app: Flask) -> None:
    """Recognise people, serve the pages of the house and add them to the menu."""
    # here, not above: operations of other areas import this package without any Flask page
    from app.people import rules, session  # noqa: PLC0415
    from app.people.views import bp  # noqa: PLC0415
    from app.web import menu, permissions  # noqa: PLC0415

    permissions.register(dict(rules.PERMISSION_WORDS))
    session.init_app(app)
    app.register_blueprint(bp)
    menu.add("settings", "people.people", N_("单位与人员"), "users", "people.list")
    menu.add("settings", "people.sites", N_("网站"), "world", "sites.view")
    menu.add("settings", "people.contracts", N_("合同"), "file-text", "contracts.view")
    menu.add("settings", "people.tokens", N_("程序令牌"), "key", "people.tokens")
    menu.add("settings", "people.settings", N_("系统设置"), "settings", "settings.edit")
    menu.account("people.account", N_("我的账号"), "user")
    menu.account("people.sign_out", N_("退出"), "logout", post=True)
