"""Pages of work: inbox, task, case, start, receipts, prints."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web.menu import menu
from app.web.permissions import register
from app.work.runtime import Runtime
from app.work.views import cards, cases, confirming, handling, inbox, prints, receipts, starting, tasks, transcribing
from app.work.views.blueprint import bp
from app.work.views.sources import register_sources

__all__ = [
    "bp",
    "cards",
    "cases",
    "confirming",
    "handling",
    "inbox",
    "init_app",
    "prints",
    "receipts",
    "starting",
    "tasks",
    "transcribing",
]


def init_app(app: Flask, runtime: Runtime) -> None:
    """Serve the pages of work with `runtime`; add their permissions, menu entries and choice lists."""
    app.extensions["guanjia.runtime"] = runtime
    register(
        {
            "work.inbox": N_("看自己的待办"),
            "work.view": N_("看办件"),
            "work.act": N_("办理事项"),
            "work.start": N_("发起办件"),
            "work.urge": N_("催办"),
            "work.repair": N_("处置异常"),
            "work.steer": N_("暂停、恢复、终止办件，改时限"),
            "work.transcribe": N_("代录电话或纸面的决定"),
        }
    )
    register_sources()
    menu.add("mine", "work.inbox", N_("待办"), "inbox", "work.inbox", count="todo", tab=N_("待办"))
    menu.add("mine", "work.start", N_("发起"), "plus", "work.start", tab=N_("发起"))
    menu.add("mine", "work.receipts", N_("我的回执"), "receipt", "work.inbox", tab=N_("回执"))
    menu.add("tasks", "work.cases", N_("全部办件"), "list-details", "work.view", tab=N_("办件"))
    menu.add("tasks", "work.incident_list", N_("异常"), "alert-triangle", "work.repair", count="incidents")
    app.register_blueprint(bp)
