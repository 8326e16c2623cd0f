"""What an article must carry before its review begins (A-15): title, source, class facts, words for pictures."""

from __future__ import annotations

from collections.abc import Iterator

from app.content.checks.found import BLOCK, WARN, Found
from app.content.checks.lists import Lists
from app.content.checks.text import Checked
from app.i18n import N_

LONG_TITLE = 60
SHORT_BODY = 20
NO_TITLE = N_("没有标题。")
TITLE_LONG = N_("标题有 %(count)s 个字，超过 60 个字在列表里会被截断。")
NO_BODY = N_("正文是空的，也没有附件。")
NO_SOURCE = N_("没有写来源。转载的写原来的网站，自己的写本单位。")
NO_SUMMARY = N_("没有写摘要，列表和搜索里只能显示正文的开头。")
NO_NUMBER = N_("政策文件要写发文字号。")
NO_POLICY = N_("政策解读要连上它解读的文件。")
NO_WORDS = N_("图片“%(name)s”没有写文字说明，看不见图的人读不到。")
SAME_TITLE = N_("这个网站已经有同名的稿件：%(other)s")
SAME_WORDS = N_("正文和“%(other)s”一字不差。")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield what is missing, and what is there twice."""
    del lists
    yield from _written(text)
    yield from _classed(text)
    for picture in text.pictures:
        if not str(picture.get("alt") or "").strip():
            yield _about("metadata", BLOCK, "body", NO_WORDS, name=str(picture.get("name", "")))
    if text.same_title:
        yield _about("duplicate", WARN, "title", SAME_TITLE, other=text.same_title)
    if text.same_words:
        yield _about("duplicate", BLOCK, "body", SAME_WORDS, other=text.same_words)


def _written(text: Checked) -> Iterator[Found]:
    if not text.title.strip():
        yield _about("metadata", BLOCK, "title", NO_TITLE)
    elif len(text.title) > LONG_TITLE:
        yield _about("metadata", WARN, "title", TITLE_LONG, count=len(text.title))
    if not text.words and not text.files and text.tree.find(".//img") is None:
        yield _about("metadata", BLOCK, "body", NO_BODY)
    if not text.source.strip():
        yield _about("metadata", BLOCK, "source", NO_SOURCE)
    if not text.summary.strip() and len(text.words) > SHORT_BODY:
        yield _about("metadata", WARN, "summary", NO_SUMMARY)


def _classed(text: Checked) -> Iterator[Found]:
    if text.kind == "policy" and not str(text.meta.get("document_number") or "").strip():
        yield _about("metadata", BLOCK, "meta", NO_NUMBER)
    if text.kind == "interpretation" and not text.linked:
        yield _about("metadata", WARN, "meta", NO_POLICY)


def _about(rule: str, level: str, field: str, message: str, **values: object) -> Found:
    seen = str(next(iter(values.values()), ""))
    return Found(rule, level, field, seen, -1, message, values)
