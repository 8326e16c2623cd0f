"""Turn a JSON body into what a page would have posted, so that both pass the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.formkit.bound import MAX_ROWS, Posted, Rights
from app.formkit.fields import criteria_lines
from app.formkit.schema import Component, Scope
from app.formkit.sentences import NOT_A_NUMBER, NOT_LISTED
from app.formkit.sentences import say as _
from app.formkit.values import decimal_of, posted_text
from app.i18n import N_

TEXTS = frozenset({"text", "textarea", "opinion", "rich", "date", "time", "datetime", "caselink", "phone", "subject"})
CHOICES = frozenset({"choice", "radio", "rating"})
MAX_ITEMS = 1_000


@dataclass
class Flat:
    """What came out: pairs as from a page, sentences for wrong types, names that are not asked."""

    posted: Posted = field(default_factory=MultiDict)
    problems: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def flatten(scope: Scope, rights: Rights, stored: Mapping[str, Any], body: object) -> Flat:
    """Read a JSON body. Raise Invalid when it is no object."""
    if not isinstance(body, Mapping):
        raise Invalid(N_("提交的内容应当是一个对象：每一项的名字和它的值。"))
    flat = Flat()
    _Place(flat, rights, stored).flatten(scope, body, "")
    return flat


@dataclass(frozen=True)
class _Place:
    """Where names are read: the whole form, or a row of a list, in which everything may be answered."""

    flat: Flat
    rights: Rights
    stored: Mapping[str, Any]

    def flatten(self, scope: Scope, body: Mapping[Any, Any], prefix: str) -> None:
        """Write the pairs of every key; note wrong types and unknown names."""
        for key, value in body.items():
            name, component = f"{prefix}{key}", scope.leaves.get(key)
            if component is None or component.kind == "computed" or self.rights.mode(component) != "edit":
                self.flat.unknown.append(name)
                continue
            try:
                self._write(component, name, value)
            except ValueError as error:
                self.flat.problems[name] = str(error)

    def _write(self, component: Component, name: str, value: Any) -> None:
        kind, posted = component.kind, self.flat.posted
        if kind == "rows":
            self._write_rows(component, name, value)
        elif kind == "criteria":
            for index, met in enumerate(_verdicts(component, value, self.stored)):
                posted.add(f"{name}-{index}", {None: "", True: "yes", False: "no"}[met])
        elif kind in {"many", "files"}:
            posted.setlist(name, ["", *_texts(value)])
        else:
            posted.add(name, _text(kind, value))

    def _write_rows(self, component: Component, name: str, value: Any) -> None:
        rows = [] if value is None else value
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise ValueError(_("这里要一个列表，每行是一个对象。"))
        self.flat.posted.add(name, "")
        inside = _Place(self.flat, Rights(), {})
        for index, row in enumerate(rows[: MAX_ROWS + 1]):
            self.flat.posted.add(f"{name}-{index}", "")
            inside.flatten(component.children or Scope(), row, f"{name}-{index}-")


def _text(kind: str, value: Any) -> str:
    """Return the one text a control of this kind would post."""
    if value is None:
        return ""
    if kind == "lines" and isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(" ".join(line.splitlines()) for line in value)
    if kind in TEXTS or kind == "lines":
        return _only(isinstance(value, str), value, N_("这里要填文字。"))
    if kind == "checkbox":
        return _only(isinstance(value, bool), value, N_("这里只能是 true 或 false。"))
    if kind == "number":
        return _only(isinstance(value, str) or decimal_of(value) is not None, value, NOT_A_NUMBER)
    return _only(posted_text(value) is not None, value, NOT_LISTED)


def _only(fits: bool, value: Any, sentence: str) -> str:
    text = posted_text(value) if fits else None
    if text is None:
        raise ValueError(_(sentence))
    return text


def _texts(value: Any) -> list[str]:
    parts = [] if value is None else value
    texts = [posted_text(part) for part in parts[:MAX_ITEMS]] if isinstance(parts, list) else [None]
    if None in texts:
        raise ValueError(_("这里要一个列表，每项是文字或数字。"))
    return [text for text in texts if text is not None]


def _verdicts(component: Component, value: Any, stored: Mapping[str, Any]) -> list[bool | None]:
    """Return the verdicts of `[{"text", "met"}]` or `[true, false]`; the texts must be the stored ones."""
    lines = criteria_lines(stored.get(component.properties["from"]))
    parts = [] if value is None else value
    if not isinstance(parts, list) or len(parts) > len(lines):
        raise ValueError(_("这里要一个列表，每条验收标准一项。"))
    return [_verdict(number, part, line) for number, (part, line) in enumerate(zip(parts, lines, strict=False), 1)]


def _verdict(number: int, part: Any, line: str) -> bool | None:
    met = part.get("met") if isinstance(part, Mapping) else part
    if isinstance(part, Mapping) and part.get("text", line) != line:
        raise ValueError(_("第 %(line)s 条与验收标准对不上。", line=number))
    if met is not None and not isinstance(met, bool):
        raise ValueError(_("第 %(line)s 条只能选达到或未达到。", line=number))
    return met
