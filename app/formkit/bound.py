"""A form bound to one reader: the stored data, what was posted, what may be seen and what came out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from flask import render_template
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms.fields.core import UnboundField

from app.errors import Invalid, UserError
from app.expressions import Expression
from app.formkit.fields import (
    FIELDS,
    AnswerField,
    AnswerForm,
    CriteriaField,
    FilesField,
    SubjectField,
    criteria_lines,
)
from app.formkit.read import ReadField, hint_of, in_english, label_of, options_of, read_field
from app.formkit.schema import FRESH_KINDS, Component, Option, Scope, read_options
from app.formkit.sentences import say as _
from app.formkit.sources import Sources, SubjectView
from app.formkit.values import living, plain
from app.i18n import N_, Listed

CONTROL = "gj_form"
ROW = re.compile(r"[0-9]{1,3}", re.ASCII)
BLANK_ROW = "__row__"
MAX_ROWS = 50
NAMED = 5
NO_ROWS = N_("至少要有一行。加上后才能提交。")
UNCOUNTED = N_("这一项算不出来。请核对前面填写的内容。")

Mode = Literal["edit", "read", "hidden"]
# where what is under review stands: in the form, elsewhere on the same page, or on the page that is already open
Pane = Literal["inside", "apart", "open"]
Posted = MultiDict[str, Any]


@dataclass(frozen=True)
class Rights:
    """What a step may do with the fields: `edit` None means all; unnamed ones are read. Hidden goes before read.

    A computed field is worked out wherever it is not hidden or only read.
    """

    edit: frozenset[str] | None = None
    read: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    def mode(self, component: Component) -> Mode:
        """Return what may be done with this component."""
        if component.key in self.hidden:
            return "hidden"
        if component.key in self.read or component.fixed:
            return "read"
        if component.kind == "computed" or self.edit is None or component.key in self.edit:
            return "edit"
        return "read"


@dataclass(frozen=True)
class Binding:
    """What all parts of one bound form share."""

    sources: Sources
    locale: str
    watched: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Row:
    """One row of a list as the page draws it."""

    index: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Part:
    """One visible part of the page."""

    kind: str
    component: Component
    label: str = ""
    hint: str = ""
    name: str = ""
    field: AnswerField | None = None
    value: ReadField | None = None
    error: str = ""
    watched: bool = False
    english: bool = False
    children: tuple[Part, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def id(self) -> str:
        """Return the id of the control; the same on every page that shows this field."""
        return f"gj-{self.name}"

    @property
    def described_by(self) -> str:
        """Return the ids of hint and error."""
        ids = [f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-error"] * bool(self.error)
        return " ".join(ids)

    @property
    def needed(self) -> bool:
        """Say whether an answer is needed."""
        return self.field.needed if self.field else self.component.limits.required

    @property
    def mark(self) -> str:
        """Return the owner's own word beside the label, such as 退回时必填."""
        words = self.component.properties
        return (words.get("mark.en", "") if self.english else "") or words.get("mark", "")

    @property
    def phrases(self) -> list[str]:
        """Return the common phrases of the form."""
        words = self.component.properties
        listed = (words.get("phrases.en", "") if self.english else "") or words.get("phrases", "")
        return [text.strip() for text in listed.split("|") if text.strip()]

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Return (posted text, label, chosen) of everything on offer."""
        if not self.field:
            return []
        data = self.field.data if isinstance(self.field.data, list) else [self.field.data]
        return [
            (option.text, (self.english and option.label_en) or option.label, option.text in data)
            for option in self.field.options
        ]

    @property
    def lines(self) -> list[tuple[str, bool | None]]:
        """Return the criteria with their verdicts."""
        if not isinstance(self.field, CriteriaField):
            return []
        return list(zip(self.field.lines, self.field.data, strict=True))

    @property
    def paragraphs(self) -> list[tuple[str, str]]:
        """Return the static text as (heading or text, words)."""
        text = (self.component.properties.get("text.en", "") if self.english else "") or self.component.text
        blocks = (block.strip() for block in text.split("\n\n"))
        return [("heading" if b.startswith("#") else "text", b.lstrip("# ")) for b in blocks if b]


@dataclass(frozen=True)
class Reviewed:
    """What is under review on this form, for a page that shows it in a place of its own."""

    id: str
    view: SubjectView
    problem: str = ""


class Sheet:
    """One scope bound to data: the whole form, or one row of a list."""

    def __init__(
        self,
        scope: Scope,
        prefix: str,
        *,
        stored: Mapping[str, Any],
        posted: Posted | None,
        binding: Binding,
        rights: Rights,
        outer: Mapping[str, Any],
    ) -> None:
        self.scope, self.prefix, self.stored, self.posted, self.binding = scope, prefix, stored, posted, binding
        self.leaves = scope.leaves
        self.modes = {key: rights.mode(component) for key, component in self.leaves.items()}
        self.concealed: set[str] = set()
        self.computed: dict[str, Any] = {}
        self.rows: dict[str, list[tuple[str, Sheet]]] = {}
        self.problems: dict[str, str] = {}
        self.form = self._form()
        self.names = {name: living(stored.get(name)) for name in scope.names} | dict(outer)
        self.names.update({key: living(stored.get(key)) for key in self.leaves})
        for key in scope.order:
            self.names[key] = self._settle(self.leaves[key])

    def _form(self) -> AnswerForm:
        asked = {
            key: component
            for key, component in self.leaves.items()
            if component.is_input and self.modes[key] == "edit"
        }
        form = AnswerForm(
            [(key, self._unbound(part)) for key, part in asked.items()],
            self.prefix,
        )
        form.process(self.posted, data={key: self._start(part) for key, part in asked.items()})
        return form

    def _unbound(self, component: Component) -> UnboundField[AnswerField]:
        label = label_of(component, self.binding.locale)
        return UnboundField(FIELDS[component.kind], label, component=component, stored=self.stored)

    def _start(self, component: Component) -> Any:
        if component.kind in FRESH_KINDS:
            return component.default
        stored = self.stored.get(component.key)
        return component.default if stored is None else stored

    def _settle(self, component: Component) -> Any:
        """Work out one component whose conditions can be judged now; return what expressions see of it."""
        key = component.key
        if self.modes[key] == "hidden":
            return self.names[key]
        if self._is_concealed(component):
            self.concealed.add(key)
            if key in self.form:
                del self.form[key]
            return None
        if self.modes[key] == "read":
            return self.names[key]
        if component.kind == "computed":
            return self._compute(component)
        if component.kind == "rows":
            return self._settle_rows(component)
        answer_field = self.field(key)
        answer_field.offer(self._options(component))
        answer_field.consult(self.binding.sources)
        return answer_field.living

    def field(self, key: str) -> AnswerField:
        """Return the field of `key`."""
        found = self.form[key]
        if not isinstance(found, AnswerField):
            raise TypeError(key)
        return found

    def _evaluate(self, expression: Expression) -> Any:
        return expression.evaluate(self.names)

    def _is_concealed(self, component: Component) -> bool:
        # A condition that cannot be worked out must not make a question vanish.
        for condition in component.conditions:
            try:
                if self._evaluate(condition) is True:
                    return True
            except UserError:
                continue
        return False

    def _options(self, component: Component) -> Sequence[Option]:
        if not component.options_expression:
            return options_of(component, self.names, self.stored, self.binding.sources)
        try:
            return tuple(read_options(self._evaluate(component.options_expression)))
        except (UserError, ValueError):
            return ()

    def _compute(self, component: Component) -> Any:
        try:
            value = self._evaluate(component.expression) if component.expression else None
            self.computed[component.key] = plain(value)
        except (UserError, ValueError):
            self.computed[component.key] = None
            self.problems[self.name(component.key)] = _(UNCOUNTED)
            return None
        return value

    def name(self, key: str) -> str:
        """Return the name under which `key` is posted."""
        return f"{self.prefix}-{key}" if self.prefix else key

    def _settle_rows(self, component: Component) -> list[Any]:
        indexes = self._row_indexes(component)
        if len(indexes) > MAX_ROWS:
            self.problems[self.name(component.key)] = _("最多 %(most)s 行。", most=MAX_ROWS)
        self.rows[component.key] = [(str(index), self._row(component, str(index))) for index in indexes[:MAX_ROWS]]
        return [sheet.row_names for sheet in self.filled(component.key)]

    def _row_indexes(self, component: Component) -> list[int]:
        name = self.name(component.key)
        if self.posted is not None and name in self.posted:
            heads = {text[len(name) + 1 :].partition("-")[0] for text in self.posted if text.startswith(f"{name}-")}
            return sorted(int(head) for head in heads if ROW.fullmatch(head))
        rows = self.stored.get(component.key)
        return list(range(len(rows) if isinstance(rows, list) else component.default or 0))

    def _row(self, component: Component, index: str) -> Sheet:
        rows = self.stored.get(component.key)
        known = isinstance(rows, list) and index.isdigit() and int(index) < len(rows)
        row = rows[int(index)] if known and isinstance(rows, list) else {}
        name = self.name(component.key)
        posted = self.posted if self.posted is not None and name in self.posted else None
        return Sheet(
            component.children or Scope(),
            f"{name}-{index}",
            stored=row if isinstance(row, Mapping) else {},
            posted=posted if index != BLANK_ROW else None,
            binding=self.binding,
            rights=Rights(),
            outer=self.names,
        )

    @property
    def row_names(self) -> dict[str, Any]:
        """Return what expressions see of this row."""
        return {key: self.names[key] for key in self.leaves}

    def filled(self, key: str) -> list[Sheet]:
        """Return the rows in which something was answered."""
        return [sheet for _index, sheet in self.rows.get(key, ()) if not sheet.is_blank]

    @property
    def is_blank(self) -> bool:
        """Say whether nothing was typed in this row."""
        return all(not isinstance(part, AnswerField) or part.blank for part in self.form)

    @property
    def answers(self) -> dict[str, Any]:
        """Return the JSON answers of everything that was asked or computed and is shown."""
        found = {}
        for key in self.leaves:
            if key in self.form:
                found[key] = self.field(key).answer
            elif key in self.computed:
                found[key] = self.computed[key]
            elif key in self.rows:
                found[key] = [sheet.answers for sheet in self.filled(key)]
            elif self.prefix and self.modes[key] == "read" and key in self.stored:
                # A list is replaced as a whole, so what a row only shows must come along.
                found[key] = self.stored[key]
        return found

    def judge(self, problems: Mapping[str, str]) -> dict[str, str]:
        """Validate everything that is shown; return sentences by the name of the control."""
        errors = dict(self.problems)
        for answer_field in self.form:
            if answer_field.name in problems:
                answer_field.process_errors = [problems[answer_field.name]]
        self.form.validate()
        errors.update({part.name: part.errors[0] for part in self.form if part.errors})
        for key in self.rows:
            errors.update(self._judge_rows(key, problems))
        return errors

    def _judge_rows(self, key: str, problems: Mapping[str, str]) -> dict[str, str]:
        name, errors = self.name(key), {}
        filled = self.filled(key)
        if name in problems:
            errors[name] = problems[name]
        elif self.leaves[key].limits.required and not filled:
            errors[name] = _(NO_ROWS)
        for sheet in filled:
            errors.update(sheet.judge(problems))
        return errors

    def every(self) -> Iterator[AnswerField]:
        """Yield the fields of this sheet and of its rows."""
        for key in self.leaves:
            if key in self.form:
                yield self.field(key)
            for _index, sheet in self.rows.get(key, ()):
                yield from sheet.every()

    def parts(self, errors: Mapping[str, str]) -> tuple[Part, ...]:
        """Return what the page draws, in order."""
        return tuple(self._parts(self.scope.components, errors))

    def _parts(self, components: Iterable[Component], errors: Mapping[str, str]) -> Iterator[Part]:
        for component in components:
            part = self._part(component, errors)
            if part:
                yield part

    def _part(self, component: Component, errors: Mapping[str, str]) -> Part | None:
        if component.key:
            return self._leaf_part(component, errors)
        if self._is_concealed(component):
            return None
        locale = self.binding.locale
        inner = component.children.components if component.children else ()
        children = tuple(self._parts(inner, errors))
        if component.kind == "group" and not children:
            return None
        return Part(
            component.kind,
            component,
            label_of(component, locale),
            hint_of(component, locale),
            name=component.id,
            english=in_english(locale),
            children=children,
        )

    def _leaf_part(self, component: Component, errors: Mapping[str, str]) -> Part | None:
        key, locale = component.key, self.binding.locale
        if key in self.concealed or self.modes[key] == "hidden":
            return None
        shown, error = self._shown(component), errors.get(self.name(key), "")
        if shown and not (component.label or error):
            return None
        return Part(
            "read" if shown else component.kind,
            component,
            label_of(component, locale),
            hint_of(component, locale),
            name=self.name(key),
            field=self.field(key) if key in self.form else None,
            value=shown,
            error=error,
            watched=key in self.binding.watched,
            english=in_english(locale),
            rows=self._row_parts(component, errors) if key in self.rows else (),
        )

    def _shown(self, component: Component) -> ReadField | None:
        key = component.key
        if key in self.form or key in self.rows:
            return None
        value = self.computed[key] if key in self.computed else self.stored.get(key)
        return read_field(component, value, self.binding.locale, self._sources_here())

    def _sources_here(self) -> Sources:
        """Return the sources with the lists in the data, so that a stored choice is read by its name."""
        return replace(self.binding.sources, given={**self.stored, **self.names})

    def _row_parts(self, component: Component, errors: Mapping[str, str]) -> tuple[Row, ...]:
        rows = [*self.rows[component.key], (BLANK_ROW, self._row(component, BLANK_ROW))]
        return tuple(Row(index, sheet.parts(errors)) for index, sheet in rows)


@dataclass
class BoundForm:
    """One reader's form. Draw it with `html()`; after a post call `validate()` and take `answers`.

    `reshaped` says that the post only added or removed a row, or asked to see the form again: draw, do not judge.
    Files sent with the form itself wait in `pending_files`; store them and hand their ids to `attach` first.
    """

    sheet: Sheet
    posted: Posted | None
    files: MultiDict[str, FileStorage] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    reshaped: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    def validate(self, required: Collection[str] = ()) -> bool:
        """Judge everything that is shown. `required` names fields that this action needs besides."""
        for key in required:
            if key in self.sheet.form:
                self.sheet.field(key).needed = True
        self.errors = self.sheet.judge(self.problems)
        return not self.errors

    def invalid(self) -> Invalid:
        """Return the error that tells a program what was wrong."""
        return Invalid(fields=self.errors)

    @property
    def answers(self) -> dict[str, Any]:
        """Return what was answered and computed, ready to be stored; hidden questions are not in it."""
        return self.sheet.answers

    @property
    def dropped(self) -> frozenset[str]:
        """Return the keys whose question is hidden by its condition; an earlier answer must not be kept."""
        return frozenset(key for key in self.sheet.concealed if self.sheet.modes[key] == "edit")

    @property
    def typed(self) -> dict[str, list[str]]:
        """Return what was typed, understood or not, as JSON for a draft; give it back as `MultiDict(typed)`."""
        posted = self.posted or MultiDict()
        return {name: [str(text) for text in posted.getlist(name)] for name in posted}

    @property
    def fields(self) -> dict[str, AnswerField]:
        """Return the fields that may be answered now, by the name of their control."""
        return {part.name: part for part in self.sheet.every()}

    @property
    def reviewed(self) -> Reviewed | None:
        """Return what is under review here, with the sentence when it is not what was on the page before."""
        found = (part for part in self.fields.values() if isinstance(part, SubjectField) and part.view)
        return next((Reviewed(f"gj-{part.name}", part.view, part.stale) for part in found if part.view), None)

    @property
    def takes_files(self) -> bool:
        """Say whether the page's form must be sent as multipart."""
        return any(isinstance(part, FilesField) for part in self.fields.values())

    @property
    def pending_files(self) -> dict[str, list[FileStorage]]:
        """Return the files that came with the form itself, by the name of their control."""
        if self.files is None:
            return {}
        names = [part.name for part in self.fields.values() if isinstance(part, FilesField)]
        found = {name: [part for part in self.files.getlist(name) if part.filename] for name in names}
        return {name: parts for name, parts in found.items() if parts}

    def attach(self, name: str, ids: Iterable[int]) -> None:
        """Add stored files to the answer of the control `name`."""
        target = self.fields[name]
        if not isinstance(target, FilesField):
            raise TypeError(name)
        target.attach(ids)
        target.consult(self.sheet.binding.sources)

    @property
    def depends(self) -> bool:
        """Say whether some answers decide what else is asked."""
        return bool(self.sheet.binding.watched & self.sheet.leaves.keys())

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return the reader's own phrases."""
        return self.sheet.binding.sources.phrases

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return what the page draws, in order."""
        return self.sheet.parts(self.errors)

    def html(self, *, refresh_url: str = "", upload_url: str = "", pane: Pane = "inside") -> Markup:
        """Return the region to put inside the page's `<form>`.

        `refresh_url` takes the whole form and answers with this region again (it changes what is asked);
        `upload_url` takes one file and answers `{"id", "name", "size", "digest"}` or `{"message"}`. `pane` says where
        what is under review stands; with `open` the region goes back to a page that shows it already.
        """
        return Markup(  # noqa: S704 - an autoescaped template
            render_template("formkit/form.html", form=self, refresh_url=refresh_url, upload_url=upload_url, pane=pane)
        )


def is_known(scope: Scope, rights: Rights, stored: Mapping[str, Any], name: str) -> bool:
    """Say whether a page drawn with these rights could post this name."""
    head, dash, rest = name.partition("-")
    component = scope.leaves.get(head)
    if component is None or component.kind == "computed" or rights.mode(component) != "edit":
        return False
    if not dash:
        return component.kind != "criteria"
    index, dash, inner = rest.partition("-")
    if not ROW.fullmatch(index):
        return False
    if component.kind == "criteria":
        return not dash and int(index) < len(criteria_lines(stored.get(component.properties["from"])))
    if component.kind != "rows" or component.children is None:
        return False
    return not dash or is_known(component.children, Rights(), {}, inner)


def refuse_unknown(names: Iterable[str]) -> None:
    """Raise Invalid when something was posted that this step does not ask."""
    unknown = [name[:60].encode("utf-8", "replace").decode() for name in names]
    if unknown:
        raise Invalid(
            N_("提交的内容里有这一环节不能填的项：%(names)s。什么都没有改动。"),
            names=Listed(unknown[:NAMED]),
            fields=dict.fromkeys(unknown, _("这一项不能在这一环节填写。")),
        )


def reshape(posted: Posted) -> tuple[Posted, bool]:
    """Carry out 增加一行, 去掉这一行 or 更新要填的项, the buttons that work without scripts."""
    posted = MultiDict(posted)
    orders = posted.poplist(CONTROL)
    verb, _colon, target = (str(orders[-1]) if orders else "").partition(":")
    if verb == "add":
        rows = [int(head) for head in _row_heads(posted, target)]
        posted.add(target, "")
        posted.add(f"{target}-{max(rows, default=-1) + 1}", "")
    if verb == "drop":
        for name in [name for name in posted if name == target or name.startswith(f"{target}-")]:
            posted.poplist(name)
    return posted, bool(verb)


def _row_heads(posted: Posted, name: str) -> Iterator[str]:
    for text in posted:
        head = text[len(name) + 1 :].partition("-")[0]
        if text.startswith(f"{name}-") and ROW.fullmatch(head):
            yield head
