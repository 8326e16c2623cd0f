"""Words and rules of content that need no database: kinds, states, rights, the hash of a version. Pure."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.i18n import N_

KINDS: Final[Mapping[str, str]] = {
    "news": N_("工作动态"),
    "notice": N_("通知公告"),
    "policy": N_("政策文件"),
    "interpretation": N_("政策解读"),
    "leader": N_("领导活动"),
    "response": N_("回应关切"),
    "guide": N_("办事指南"),
}
DRAFT, REVIEW, RETURNED, REJECTED = "draft", "review", "returned", "rejected"
PASSED, PUBLISHED, DOWN = "passed", "published", "down"
STATES: Final[Mapping[str, str]] = {
    DRAFT: N_("撰写中"),
    REVIEW: N_("审核中"),
    RETURNED: N_("退回修改"),
    REJECTED: N_("不予发布"),
    PASSED: N_("待发布"),
    PUBLISHED: N_("已发布"),
    DOWN: N_("已撤下"),
}
OWN, PACKAGE, OUTSIDE = "own", "package", "outside"
MODES: Final[Mapping[str, str]] = {
    OWN: N_("本平台生成静态网页"),
    PACKAGE: N_("打包送往另一个网络"),
    OUTSIDE: N_("在外部平台发布"),
}
WRITE, PUBLISH, MANAGE = "write", "publish", "manage"
RIGHTS: Final[Mapping[str, str]] = {WRITE: N_("写稿"), PUBLISH: N_("发布"), MANAGE: N_("管栏目")}
# what about a version decides how deep it is reviewed; part of its hash like everything else
META_FLAGS: Final = ("reprint", "leader", "sensitive")
PICTURE, ATTACHMENT, COVER = "picture", "attachment", "cover"
_SPACE: Final = re.compile(r"\s+")
_TAG: Final = re.compile(r"<[^>]*>")


def digest_of(
    *,
    title: str,
    summary: str,
    body: str,
    source: str,
    byline: str,
    kind: str,
    meta: Mapping[str, Any],
    files: Iterable[Mapping[str, Any]],
) -> str:
    """Return the SHA-256 of everything of a version that a reader will see or that decides its review, as hex.

    `files` are maps with `digest`, `name` and `kind`, in the order of the page.
    """
    content = {
        "title": title,
        "summary": summary,
        "body": body,
        "source": source,
        "byline": byline,
        "kind": kind,
        "meta": dict(meta),
        "files": [[one["digest"], one["name"], one["kind"]] for one in files],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain(body: str) -> str:
    """Return the words of cleaned HTML, without tags and without doubled spaces."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", body))).strip()


def count_characters(body: str) -> int:
    """Return how many characters a reviewer has to read, spaces not counted."""
    return len(_SPACE.sub("", html.unescape(_TAG.sub("", body))))
