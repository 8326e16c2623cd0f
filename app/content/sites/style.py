"""The style of a site: the shipped sheet and what the site adds to it. Pure but for reading the shipped files."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

from app.content.sites.facts import ASSETS
from app.errors import Invalid
from app.i18n import N_

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates" / "site"
LONGEST: Final = 50_000
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_FORBIDDEN: Final = (
    (
        re.compile(r"@(import|charset|namespace|font-face)", re.IGNORECASE),
        N_("样式里不能用 %(found)s。删掉它再保存。"),
    ),
    (
        re.compile(r"(url|src|image|image-set|-webkit-image-set|expression|attr)\s*\(", re.IGNORECASE),
        N_("样式里不能用 %(found)s：网页不从别处取东西。删掉它再保存。"),
    ),
    (re.compile(r"(behavior|-moz-binding)\s*:", re.IGNORECASE), N_("样式里不能用 %(found)s。删掉它再保存。")),
    (re.compile(r"[\\<]"), N_("样式里不能有“%(found)s”这个字符。删掉它再保存。")),
)
TOO_LONG: Final = N_("样式太长，最多 5 万个字符。")
UNBALANCED: Final = N_("样式里的花括号不成对，补上或删掉后再保存。")


def clean_style(text: str) -> str:
    """Return a site's own style without comments; raise Invalid for anything that could fetch or run something."""
    bare = _COMMENT.sub("", text).replace("\r\n", "\n").strip()
    problem = _problem(bare)
    if problem:
        sentence, found = problem
        raise Invalid(sentence, found=found)
    return "\n".join(line.rstrip() for line in bare.splitlines() if line.strip())


def _problem(text: str) -> tuple[str, str] | None:
    if len(text) > LONGEST:
        return TOO_LONG, ""
    for pattern, sentence in _FORBIDDEN:
        found = pattern.search(text)
        if found:
            return sentence, found.group()
    if "/*" in text or not _is_balanced(text):
        return UNBALANCED, ""
    return None


def _is_balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


def sheet(style: str) -> bytes:
    """Return the style sheet of a site: the shipped one, then its own."""
    own = f"\n{style}\n" if style else ""
    return ((TEMPLATES / "site.css").read_text(encoding="utf-8") + own).encode()


def sheet_path(style: str) -> str:
    """Return where the sheet lies; another content has another name, so no reader keeps an old one."""
    return f"{ASSETS}/site-{hashlib.sha256(sheet(style)).hexdigest()[:12]}.css"


def template_digest(style: str) -> str:
    """Return the SHA-256 over every shipped template and the site's own style: what a page's look follows from."""
    return hashlib.sha256(f"{_shipped_digest()}\n{style}".encode()).hexdigest()


@cache
def _shipped_digest() -> str:
    whole = hashlib.sha256()
    for path in sorted(TEMPLATES.iterdir()):
        if path.is_file():
            whole.update(f"{path.name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
