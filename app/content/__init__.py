"""Content (信息发布): columns, articles, their checks, publication, correction and figures."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import menu, permissions
from app.work.pages import words as work_words
from app.work.runtime import Runtime

MENU = (
    ("content.articles", N_("稿件"), "file-text", "content.view"),
    ("content.publishing", N_("发布"), "send", "content.publish"),
    ("content.columns", N_("栏目"), "columns-3", "content.manage"),
    ("content.libraries", N_("图片和文件"), "photo", "content.write"),
    ("content.publishing_sites", N_("发布方式"), "world", "content.manage"),
    ("content.figures", N_("信息统计"), "layout-dashboard", "content.figures"),
    ("content.freshness", N_("更新期限"), "refresh", "content.figures"),
)


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the pages, their menu entries and the topics of the content processes."""
    # pages need the areas that create_app imports first
    from app.content import handlers, sources, subjects, views, words  # noqa: PLC0415

    permissions.register(
        {
            "content.view": N_("看稿件"),
            "content.write": N_("写稿件"),
            "content.publish": N_("发布稿件"),
            "content.take_down": N_("撤下已发布的稿件"),
            "content.manage": N_("管栏目、词库和发布方式"),
            "content.correct": N_("处理找错"),
            "content.figures": N_("看信息发布的统计"),
        }
    )
    work_words.RECORDS.update(words.RECORDS)
    subjects.install()
    sources.install()
    handlers.register_topics(runtime)
    app.register_blueprint(views.bp)
    for entry in MENU:
        menu.add("content", *entry)
    menu.add("content", "content.report_list", N_("找错"), "flag", "content.correct", count="reports")
    menu.add("content", "content.term_list", N_("词库"), "list-check", "content.manage")
