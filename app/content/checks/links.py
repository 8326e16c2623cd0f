"""Links that cannot work for a reader: empty, local, inside the house's own network, badly written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from app.content.checks.found import BLOCK, WARN, Found
from app.content.checks.lists import Lists
from app.content.checks.text import Checked
from app.i18n import N_

MEDIA: Final = re.compile(r"/content/media/([0-9]{1,9})(?:[?#].*)?")
EMPTY = N_("“%(words)s”的链接是空的。")
LOCAL = N_("“%(words)s”的链接 %(url)s 只在您的电脑或内网打得开。")
BROKEN = N_("“%(words)s”的链接 %(url)s 写得不对。")
GONE = N_("“%(words)s”的链接指向已经不在的文件。")
LONGEST: Final = 80


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield the links and pictures that would not open."""
    del lists
    for node in text.tree.iter("a", "img"):
        url = (node.get("href") if node.tag == "a" else node.get("src")) or ""
        words = (node.text_content().strip() if node.tag == "a" else node.get("alt") or "") or url
        message = problem(url.strip(), text.known_media)
        if message:
            level = WARN if message is BROKEN else BLOCK
            shown = words[:LONGEST]
            values = {"words": shown, "url": url[:LONGEST]}
            yield Found("link", level, "body", shown, text.words.find(shown), message, values)


def problem(url: str, known_media: frozenset[int] | None) -> str | None:
    """Say what is wrong with an address, as a sentence; None when nothing can be told from here."""
    if not url or url == "#":
        return EMPTY
    media = MEDIA.fullmatch(url)
    if media:
        return GONE if known_media is not None and int(media.group(1)) not in known_media else None
    if url.startswith(("/", "#", "mailto:")):
        return None
    return _outside(url)


def _outside(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return BROKEN
    if parts.scheme == "file" or re.match(r"[A-Za-z]:\\", url) or host == "localhost" or _is_inside(host):
        return LOCAL
    if parts.scheme not in {"http", "https"} or "." not in host or re.search(r"[\s\u3000，。；]", url):
        return BROKEN
    return None


def _is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host.endswith((".local", ".lan", ".internal"))
