"""Read form-js JSON into components, and refuse what this product cannot draw, with the component's name.

Accepted types: textfield textarea number datetime select radio checkbox checklist taglist group dynamiclist
text html expression separator spacer filepicker. Own widgets ride on them through `properties.widget`.
"""

from __future__ import annotations

import graphlib
import html
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import nh3

from app.errors import UserError
from app.expressions import Expression, ExpressionRefused, feel
from app.formkit.values import is_decimal, plain, posted_text
from app.i18n import N_, Listed

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
MAX_COMPONENTS = 300
MAX_DEPTH = 8
FULL_WIDTH = 16

INPUT_KINDS: Mapping[str, str] = {
    "textfield": "text",
    "textarea": "textarea",
    "number": "number",
    "select": "choice",
    "radio": "radio",
    "checkbox": "checkbox",
    "checklist": "many",
    "taglist": "many",
    "filepicker": "files",
}
STATIC_KINDS: Mapping[str, str] = {"text": "note", "html": "note", "separator": "line", "spacer": "space"}
NESTING_KINDS: Mapping[str, str] = {"group": "group", "dynamiclist": "rows"}
MOMENTS = frozenset({"date", "time", "datetime"})
SOURCES = frozenset({"person", "unit", "vendor", "site", "category", "article"})
WRITTEN = frozenset({"textfield", "textarea"})
PICKED = frozenset({"textfield", "select", "radio", "checklist", "taglist"})
WIDGETS: Mapping[str, tuple[str, frozenset[str]]] = {
    "richtext": ("rich", WRITTEN),
    "opinion": ("opinion", WRITTEN),
    "lines": ("lines", WRITTEN),
    "caselink": ("caselink", WRITTEN),
    "criteria": ("criteria", WRITTEN | {"checklist", "radio"}),
    "rating": ("rating", frozenset({"textfield", "number", "select", "radio"})),
    "evidence": ("files", frozenset({"filepicker", "textfield"})),
    "subject": ("subject", frozenset({"textfield"})),
    "phone": ("phone", frozenset({"textfield"})),
}
CHOICE_KINDS = frozenset({"choice", "radio", "many"})
DATA_KINDS = frozenset(INPUT_KINDS.values()) | {name for name, _ in WIDGETS.values()} | MOMENTS
# What was decided or handed in belongs to one round: it never starts filled with the last round's answer.
FRESH_KINDS = frozenset({"opinion", "criteria", "rating", "files", "subject"})


class FormRefused(UserError):
    """The form cannot be used; the sentence names the component, `problems` lists every reason."""

    default = N_("这张表不能用。")

    def __init__(self, problems: list[FormProblem]) -> None:
        super().__init__(problems[0].message, **problems[0].values)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class FormProblem:
    """One reason why a form is refused: the component's id, a sentence and its values."""

    component: str
    message: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """One thing to choose: the value kept, the text posted for it and its names."""

    value: Any
    text: str
    label: str
    label_en: str = ""


@dataclass(frozen=True)
class Limits:
    """What a single answer may be."""

    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    minimum: Any = None
    maximum: Any = None
    digits: int | None = None
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Component:
    """One part of a form, checked and ready to be bound."""

    id: str
    kind: str
    key: str = ""
    label: str = ""
    label_en: str = ""
    hint: str = ""
    hint_en: str = ""
    limits: Limits = Limits()
    fixed: bool = False
    default: Any = None
    options: tuple[Option, ...] = ()
    options_key: str = ""
    options_expression: Expression | None = None
    source: str = ""
    conditions: tuple[Expression, ...] = ()
    expression: Expression | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    multiple: bool = False
    accept: str = ""
    text: str = ""
    span: int = FULL_WIDTH
    children: Scope | None = None

    @property
    def is_input(self) -> bool:
        """Say whether a person answers here."""
        return self.kind in DATA_KINDS

    @property
    def expressions(self) -> Iterator[Expression]:
        """Yield every expression that must be worked out before this component."""
        yield from self.conditions
        yield from (part for part in (self.options_expression, self.expression) if part)


@dataclass(frozen=True)
class Scope:
    """Components that share one set of names: the whole form, or one row of a list."""

    components: tuple[Component, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def leaves(self) -> Mapping[str, Component]:
        """Map keys to the components that hold data, in the order of the page."""
        return {part.key: part for part in self._flat() if part.key}

    @property
    def names(self) -> frozenset[str]:
        """Return the free names of all expressions here and in the rows below."""
        found: set[str] = set()
        for part in self._flat():
            found.update(*(expression.names for expression in part.expressions))
            if part.kind == "rows" and part.children:
                found |= part.children.names
        return frozenset(found)

    def _flat(self) -> Iterator[Component]:
        for part in self.components:
            yield part
            if part.kind == "group" and part.children:
                yield from part.children._flat()  # noqa: SLF001 - the same class


def read_schema(schema: object) -> Scope:
    """Turn form-js JSON into components. Raise FormRefused listing everything that is wrong."""
    reader = _Reader()
    if not isinstance(schema, Mapping) or schema.get("type", "default") != "default":
        reader.refuse("", N_("这不是一张表：缺少 type 为 default 的 form-js 内容。"))
        raise FormRefused(reader.problems)
    scope = reader.scope(schema.get("components"), "", (), 0)
    if not reader.problems and not scope.leaves:
        reader.refuse("", N_("表里没有可以填写的项。"))
    if reader.problems:
        raise FormRefused(reader.problems)
    return scope


class _Reader:
    """One pass over a schema; collects problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[FormProblem] = []
        self.count = 0

    def refuse(self, component: str, message: str, **values: Any) -> None:
        """Note one problem."""
        self.problems.append(FormProblem(component, message, {"component": component, **values}))

    def scope(
        self, parts: object, owner: str, conditions: tuple[Expression, ...], depth: int, *, own: bool = True
    ) -> Scope:
        """Read the parts of a form, group or list; `own` when they have a set of names of their own."""
        if not isinstance(parts, list):
            self.refuse(owner, N_("“%(component)s”里的 components 不是列表。"))
            return Scope()
        if depth > MAX_DEPTH:
            self.refuse(owner, N_("“%(component)s”里套得太深，最多 %(limit)s 层。"), limit=MAX_DEPTH)
            return Scope()
        read = [self.component(part, conditions, depth) for part in parts]
        scope = Scope(tuple(part for part in read if part))
        return self._ordered(scope, owner) if own else scope

    def _ordered(self, scope: Scope, owner: str) -> Scope:
        leaves: dict[str, Component] = {}
        for part in scope._flat():  # noqa: SLF001 - the same module
            if part.key in leaves:
                self.refuse(part.id, N_("“%(component)s”的 key “%(key)s”已经用过。"), key=part.key)
            elif part.key:
                leaves[part.key] = part
        needs = {key: _names_needed(part) & (leaves.keys() - {key}) for key, part in leaves.items()}
        try:
            order = tuple(graphlib.TopologicalSorter(needs).static_order())
        except graphlib.CycleError as error:
            self.refuse(owner, N_("这几项的条件互相依赖，算不出先后：%(keys)s。"), keys=Listed(error.args[1]))
            return scope
        return Scope(scope.components, order)

    def component(self, raw: object, conditions: tuple[Expression, ...], depth: int) -> Component | None:
        """Read one component, or note why it cannot be."""
        self.count += 1
        if self.count > MAX_COMPONENTS:
            if self.count == MAX_COMPONENTS + 1:
                self.refuse("", N_("表里的项太多，最多 %(limit)s 项。"), limit=MAX_COMPONENTS)
            return None
        if not isinstance(raw, Mapping):
            self.refuse("", N_("components 里有一项不是对象。"))
            return None
        part = _Raw(self, raw)
        return part.component((*conditions, *part.condition()), depth)


class _Raw:
    """One raw component and the questions asked of it."""

    def __init__(self, reader: _Reader, raw: Mapping[Any, Any]) -> None:
        self.reader = reader
        self.raw = raw
        named = next((raw[name] for name in ("id", "key", "path", "type") if _is_text(raw.get(name))), "")
        self.id = str(named)
        properties = raw.get("properties")
        pairs = properties.items() if isinstance(properties, Mapping) else ()
        self.properties = {str(name): value.strip() for name, value in pairs if isinstance(value, str)}

    def refuse(self, message: str, **values: Any) -> None:
        """Note a problem of this component."""
        self.reader.refuse(self.id, message, **values)

    def text(self, name: str) -> str:
        """Return a text attribute, empty when absent."""
        value = self.raw.get(name)
        if value is not None and not isinstance(value, str):
            self.refuse(N_("“%(component)s”的 %(name)s 应当是文字。"), name=name)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Return a yes-no attribute."""
        value = self.raw.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(N_("“%(component)s”的 %(name)s 只能是 true 或 false。"), name=name)
        return value is True

    def key(self, name: str = "key") -> str:
        """Return the key, which is also the name of the case's data."""
        key = self.text(name)
        if not key:
            self.refuse(N_("“%(component)s”没有 key，填写的内容没有地方放。"))
        elif not KEY.fullmatch(key):
            self.refuse(N_("“%(component)s”的 key “%(key)s”只能用字母、数字和下划线，字母开头。"), key=key)
        return key

    def label(self) -> str:
        """Return the label; every control needs one."""
        label = self.text("label")
        if not label:
            label = self.text("dateLabel") or self.text("timeLabel")
        if not label:
            self.refuse(N_("“%(component)s”没有标题。"))
        return label

    def feel(self, name: str, value: object, *, marked: bool = True) -> Expression | None:
        """Parse a FEEL expression written as `=…`."""
        if value is None or value == "":
            return None
        if not isinstance(value, str) or (marked and not value.lstrip().startswith("=")):
            self.refuse(N_("“%(component)s”的 %(name)s 应当是以 = 开头的表达式。"), name=name)
            return None
        try:
            return feel.parse(value)
        except ExpressionRefused as error:
            self.refuse(N_("“%(component)s”的 %(name)s 读不懂：%(reason)s"), name=name, reason=str(error))
            return None

    def condition(self) -> tuple[Expression, ...]:
        """Return the condition under which the component is hidden."""
        conditional = self.raw.get("conditional")
        if conditional is None:
            return ()
        if not isinstance(conditional, Mapping):
            self.refuse(N_("“%(component)s”的 %(name)s 应当是对象。"), name="conditional")
            return ()
        expression = self.feel("conditional.hide", conditional.get("hide"))
        return (expression,) if expression else ()

    def span(self) -> int:
        """Return the width in sixteenths of the row."""
        layout = self.raw.get("layout")
        columns = layout.get("columns") if isinstance(layout, Mapping) else None
        return columns if type(columns) is int and 1 <= columns <= FULL_WIDTH else FULL_WIDTH

    def component(self, conditions: tuple[Expression, ...], depth: int) -> Component | None:
        """Read the component by its type."""
        kind = self.text("type")
        found = None
        if kind in STATIC_KINDS:
            found = self.static(STATIC_KINDS[kind], conditions)
        elif kind in NESTING_KINDS:
            found = self.nesting(NESTING_KINDS[kind], conditions, depth)
        elif kind == "expression":
            found = self.computed(conditions)
        elif kind in INPUT_KINDS or kind == "datetime":
            found = self.input(kind, conditions)
        else:
            self.refuse(N_("“%(component)s”的类型“%(type)s”这里不能用。"), type=kind)
        return found

    def static(self, kind: str, conditions: tuple[Expression, ...]) -> Component:
        """Read a part that only shows something; html is shown as its plain text."""
        text = self.text("text") or _plain_text(self.text("content"))
        return Component(
            self.id, kind, text=text, conditions=conditions, properties=self.properties, span=self.span()
        )

    def computed(self, conditions: tuple[Expression, ...]) -> Component:
        """Read a value that is worked out here and never typed."""
        expression = self.feel("expression", self.raw.get("expression"))
        if expression is None and not self.raw.get("expression"):
            self.refuse(N_("“%(component)s”没有写怎么算。"))
        return Component(
            self.id,
            "computed",
            key=self.key(),
            label=self.text("label"),
            label_en=self.properties.get("label.en", ""),
            limits=Limits(digits=self._whole(self.raw, "decimalDigits", 10)),
            expression=expression,
            conditions=conditions,
            properties=self.properties,
            span=self.span(),
        )

    def nesting(self, kind: str, conditions: tuple[Expression, ...], depth: int) -> Component:
        """Read a group, or a list whose rows repeat."""
        rows = kind == "rows"
        key = self.key("path" if self.raw.get("path") else "key") if rows else ""
        if not rows and self.text("path"):
            self.refuse(N_("“%(component)s”是分组，不能带 path。"))
        inner = () if rows else conditions
        scope = self.reader.scope(self.raw.get("components"), self.id, inner, depth + 1, own=rows)
        if rows:
            self._check_row(scope)
        return Component(
            self.id,
            kind,
            key=key,
            label=self.label() if rows else self.text("label"),
            label_en=self.properties.get("label.en", ""),
            hint=self.text("description"),
            hint_en=self.properties.get("description.en", ""),
            limits=self.limits(),
            fixed=self.flag("disabled") or self.flag("readonly"),
            default=self._whole(self.raw, "defaultRepetitions", 20),
            conditions=conditions,
            properties=self.properties,
            children=scope,
            span=self.span(),
        )

    def _check_row(self, scope: Scope) -> None:
        for part in scope.leaves.values():
            if part.kind in {"rows", "criteria"}:
                self.refuse(N_("“%(component)s”的一行里不能再放清单或逐条核对（%(key)s）。"), key=part.key)
            elif part.kind == "subject":
                self.refuse(N_("审核的内容（%(key)s）不能放在“%(component)s”的一行里。"), key=part.key)

    def input(self, type_: str, conditions: tuple[Expression, ...]) -> Component:
        """Read a component that a person answers."""
        kind, source = self._kind(type_)
        return Component(
            self.id,
            kind,
            key=self.key(),
            label=self.label(),
            label_en=self.properties.get("label.en", ""),
            hint=self.text("description"),
            hint_en=self.properties.get("description.en", ""),
            limits=self.limits(),
            fixed=self.flag("disabled") or self.flag("readonly"),
            default=self.raw.get("defaultValue"),
            source=source,
            conditions=conditions,
            properties=self.properties,
            multiple=self.flag("multiple") or self.properties.get("widget") == "evidence",
            accept=self.text("accept"),
            span=self.span(),
            **(self._choices() if kind in CHOICE_KINDS and not source else {}),
        )

    def _kind(self, type_: str) -> tuple[str, str]:
        widget = self.properties.get("widget", "")
        if not widget:
            return (self._moment() if type_ == "datetime" else INPUT_KINDS[type_]), ""
        if widget in SOURCES and type_ in PICKED:
            # `scope` narrows a list, for example person: own_unit or departments
            scope = self.properties.get("scope", "")
            kind = "choice" if type_ == "textfield" else INPUT_KINDS[type_]
            return kind, f"{widget}.{scope}" if scope else widget
        kind, types = WIDGETS.get(widget, ("text", frozenset()))
        if type_ not in types:
            self.refuse(N_("“%(component)s”的控件“%(widget)s”不能用在“%(type)s”上。"), widget=widget, type=type_)
        if kind == "criteria" and not self.properties.get("from"):
            self.refuse(N_("“%(component)s”没有写验收标准从哪一项来（properties.from）。"))
        return kind, ""

    def _moment(self) -> str:
        subtype = self.text("subtype") or "date"
        if subtype not in MOMENTS:
            self.refuse(N_("“%(component)s”的类型“%(type)s”这里不能用。"), type=subtype)
            return "date"
        return subtype

    def _choices(self) -> dict[str, Any]:
        options_key = self.text("valuesKey")
        expression = self.feel("valuesExpression", self.raw.get("valuesExpression"))
        values = self.raw.get("values")
        if values is not None and not isinstance(values, list):
            self.refuse(N_("“%(component)s”的 %(name)s 应当是列表。"), name="values")
        options = tuple(read_options(values, self.properties))
        if isinstance(values, list) and len(options) != len(values):
            self.refuse(N_("“%(component)s”有选项没有写值，或者两个选项的值一样。"))
        if not (options or options_key or expression or self.raw.get("valuesExpression")):
            self.refuse(N_("“%(component)s”没有选项。"))
        return {"options": options, "options_key": options_key, "options_expression": expression}

    def limits(self) -> Limits:
        """Read what the answer may be."""
        rules = self.raw.get("validate")
        if rules is None:
            rules = {}
        if not isinstance(rules, Mapping):
            self.refuse(N_("“%(component)s”的 %(name)s 应当是对象。"), name="validate")
            return Limits()
        limits = Limits(
            required=rules.get("required") is True,
            min_length=self._whole(rules, "minLength", 10**6),
            max_length=self._whole(rules, "maxLength", 10**6),
            minimum=self._number(rules, "min"),
            maximum=self._number(rules, "max"),
            digits=self._whole(self.raw, "decimalDigits", 10),
            pattern=self._pattern(rules.get("pattern")),
        )
        self._check_order(limits)
        return limits

    def _check_order(self, limits: Limits) -> None:
        pairs = ((limits.min_length, limits.max_length), (limits.minimum, limits.maximum))
        if any(low is not None and high is not None and low > high for low, high in pairs):
            self.refuse(N_("“%(component)s”的下限比上限大。"))

    def _whole(self, rules: Mapping[Any, Any], name: str, most: int) -> int | None:
        number = self._number(rules, name)
        if number is None:
            return None
        if number != int(number) or not 0 <= number <= most:
            self.refuse(N_("“%(component)s”的 %(name)s 应当是不超过 %(most)s 的整数。"), name=name, most=most)
            return None
        return int(number)

    def _number(self, rules: Mapping[Any, Any], name: str) -> Any:
        value = rules.get(name)
        if value is None or value == "":
            return None
        number = parse_number(posted_text(value) or "") if not isinstance(value, bool) else None
        if number is None:
            self.refuse(N_("“%(component)s”的 %(name)s 应当是数字。"), name=name)
        return number

    def _pattern(self, value: object) -> re.Pattern[str] | None:
        if value is None or value == "":
            return None
        try:
            return _compile(str(value))
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self.refuse(N_("“%(component)s”的 %(name)s 读不懂：%(reason)s"), name="pattern", reason=str(error))
            return None


NUMBER = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,10})?", re.ASCII)


def parse_number(text: str) -> Decimal | None:
    """Read a number as people write it, full-width digits too; None when it is not one."""
    text = unicodedata.normalize("NFKC", text).strip()
    return Decimal(text) if NUMBER.fullmatch(text) else None


def read_options(values: object, properties: Mapping[str, str] | None = None) -> Iterator[Option]:
    """Yield the usable options of a list of `{label, value}` or of plain values; same value, first one wins."""
    seen: set[str] = set()
    for entry in values if isinstance(values, list | tuple) else ():
        pair = entry if isinstance(entry, Mapping) and not is_decimal(entry) else {"value": entry}
        text = posted_text(pair.get("value"))
        if text is None or not text or text in seen:
            continue
        seen.add(text)
        label = pair.get("label")
        english = pair.get("label.en") or (properties or {}).get(f"option.{text}.en", "")
        yield Option(plain(pair["value"]), text, str(label) if label else text, str(english or ""))


def _compile(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return re.compile(pattern)


def _names_needed(part: Component) -> set[str]:
    names = {name for expression in part.expressions for name in expression.names | expression.loose_names}
    if part.kind == "rows" and part.children:
        names |= part.children.names - part.children.leaves.keys()
    return names


def _plain_text(markup: str) -> str:
    return html.unescape(nh3.clean(markup, tags=set())).strip()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
