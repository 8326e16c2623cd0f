"""Show stored answers: the frozen panel of an earlier step, and fields one may only read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from markupsafe import Markup

from app.clock import ZONE
from app.formkit.fields import GRADES, criteria_lines
from app.formkit.richtext import show_rich
from app.formkit.schema import CHOICE_KINDS, Component, Scope, read_options
from app.formkit.sentences import say as _
from app.formkit.sources import CaseLink, Sources, Upload
from app.formkit.values import decimal_of, number_text, posted_text

SHORT_DIGEST = 8
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_NOT_DIALLED = re.compile(r"[^0-9+]")


@dataclass(frozen=True)
class ReadField:
    """One stored answer with its label; `value` is text for any place, the rest is for richer drawing."""

    key: str
    label: str
    kind: str
    value: str | Markup
    items: tuple[str, ...] = ()
    criteria: tuple[tuple[str, bool | None], ...] = ()
    uploads: tuple[tuple[Upload, str], ...] = ()
    rows: tuple[tuple[ReadField, ...], ...] = ()
    link: CaseLink | None = None

    @property
    def is_long(self) -> bool:
        """Say whether the answer needs the full width."""
        return self.kind in {"textarea", "rich", "opinion", "lines", "criteria", "files", "rows"}


def in_english(locale: str) -> bool:
    """Say whether the reader chose English."""
    return locale.lower().startswith("en")


def label_of(component: Component, locale: str) -> str:
    """Return the label in the reader's language; Chinese where English is missing."""
    return (in_english(locale) and component.label_en) or component.label


def hint_of(component: Component, locale: str) -> str:
    """Return the hint in the reader's language."""
    return (in_english(locale) and component.hint_en) or component.hint


def read_fields(scope: Scope, answers: Mapping[str, Any], locale: str, sources: Sources) -> Iterator[ReadField]:
    """Yield what was answered in the order of the page; keys that are not among the answers are left out."""
    for key, component in scope.leaves.items():
        if key in answers:
            yield read_field(component, answers[key], locale, sources)


def read_field(component: Component, value: Any, locale: str, sources: Sources) -> ReadField:
    """Return one stored answer ready to be shown. Any JSON is taken; an empty one reads 未填."""
    extra = _extra(component, value, locale, sources)
    text = _text(component, value, locale, sources, extra)
    empty = _("填好后自动算出") if component.kind == "computed" else _("未填")
    return ReadField(component.key, label_of(component, locale), component.kind, text or empty, **extra)


def _extra(component: Component, value: Any, locale: str, sources: Sources) -> dict[str, Any]:
    """Return the parts that are drawn in their own way."""
    kind, parts = component.kind, value if isinstance(value, list) else []
    if kind == "lines":
        return {"items": tuple(criteria_lines(value))}
    if kind == "criteria":
        return {"criteria": tuple(_verdicts(parts))}
    if kind == "files":
        found = sources.files([part for part in parts if type(part) is int])
        address = sources.upload_url or (lambda _upload: "")
        return {"uploads": tuple((upload, address(upload)) for upload in found.values())}
    if kind == "rows" and component.children:
        rows = [part for part in parts if isinstance(part, Mapping)]
        return {"rows": tuple(tuple(read_fields(component.children, row, locale, sources)) for row in rows)}
    if kind == "caselink" and isinstance(value, str) and sources.case:
        return {"link": sources.case(value)}
    return {}


def _verdicts(parts: list[Any]) -> Iterator[tuple[str, bool | None]]:
    for part in parts:
        if isinstance(part, Mapping):
            met = part.get("met")
            yield str(part.get("text", "")), met if isinstance(met, bool) else None


def _text(component: Component, value: Any, locale: str, sources: Sources, extra: Mapping[str, Any]) -> str | Markup:
    kind = component.kind
    write = partial(_seen, sources=sources) if kind == "subject" else WRITERS.get(kind)
    if write:
        return write(value)
    if kind in CHOICE_KINDS:
        values = value if isinstance(value, list) else [value]
        return _("、").join(filter(None, (option_label(component, one, locale, sources) for one in values)))
    if kind == "criteria":
        return _("；").join(_verdict_text(text, met) for text, met in extra["criteria"])
    if kind == "files":
        return _("、").join(upload.name for upload, _url in extra["uploads"])
    if kind == "rows":
        return _("%(count)s 行", count=len(extra["rows"])) if extra["rows"] else ""
    return _plain(component, value)


def _seen(value: Any, *, sources: Sources) -> str:
    """Name the version somebody saw, with the first characters of its hash."""
    digest = value if isinstance(value, str) else ""
    version = sources.seen(digest) if sources.seen and digest else None
    if version is None:
        return digest[:SHORT_DIGEST]
    return _("第 %(version)s 版（%(digest)s）", version=version, digest=digest[:SHORT_DIGEST])


def _grade(value: Any) -> str:
    return next((_(word) for grade, word in GRADES if grade == value), "")


def _yes_no(value: Any) -> str:
    return _("是") if value is True else _("否")


def _rich(value: Any) -> str | Markup:
    return show_rich(value) if isinstance(value, str) else ""


def _plain(component: Component, value: Any) -> str | Markup:
    """Write a value as it is; one line that is the address of a page leads there."""
    if isinstance(value, bool):
        return _yes_no(value)
    number = decimal_of(value)
    if number is not None:
        return number_text(number, component.limits.digits)
    if isinstance(value, list):
        return _("、").join(filter(None, (posted_text(part) for part in value)))
    if component.kind == "text" and isinstance(value, str) and _ADDRESS.fullmatch(value):
        return Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>').format(value)
    return value if isinstance(value, str) else ""


def _verdict_text(text: str, met: bool | None) -> str:
    word = _("没有选") if met is None else _("达到") if met else _("未达到")
    return _("%(criterion)s：%(verdict)s", criterion=text, verdict=word)


def _instant(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment.astimezone(ZONE) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M")


def _dial(value: Any) -> str | Markup:
    """Return a number as a link that a telephone calls; a text without digits as it is."""
    text = value.strip() if isinstance(value, str) else ""
    number = _NOT_DIALLED.sub("", text)
    return Markup('<a href="tel:{}">{}</a>').format(number, text) if number.strip("+") else text


WRITERS: Mapping[str, Callable[[Any], str | Markup]] = {
    "rich": _rich,
    "checkbox": _yes_no,
    "datetime": _instant,
    "rating": _grade,
    "phone": _dial,
}


def option_label(component: Component, value: Any, locale: str, sources: Sources) -> str:
    """Return the name of a chosen value, as far as anybody knows it; else the value."""
    if component.source:
        named = sources.label(component.source, value)
    else:
        options = (
            read_options(sources.given.get(component.options_key)) if component.options_key else component.options
        )
        found = (option for option in options if option.value == value)
        named = next(((in_english(locale) and o.label_en) or o.label for o in found), None)
    return named or posted_text(value) or ""


def options_of(
    component: Component, names: Mapping[str, Any], stored: Mapping[str, Any], sources: Sources
) -> tuple[Any, ...]:
    """Return what may be chosen: a registered list, a list in the data, a computed list or the fixed one."""
    if component.source:
        return sources.options(component.source)
    if component.options_key:
        return tuple(read_options(names.get(component.options_key, stored.get(component.options_key))))
    return component.options
