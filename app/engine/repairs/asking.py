"""What expressions read and nobody writes: asked of a person before, in a form that the import makes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.engine.checks import check
from app.engine.repairs import branches, people
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import HUMAN, VENDORS, children, elements, setting, tag_of
from app.engine.xml import BPMN
from app.expressions import Expression, ExpressionRefused, juel, tree
from app.i18n import N_

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_PLACEHOLDER = re.compile(r"[$#]\{([^{}]*)\}")
_MARKERS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
_ORDER = frozenset({"<", "<=", ">", ">=", "+", "-", "*", "/", "%"})
_TYPES = {
    "boolean": "yes_no",
    "long": "number",
    "integer": "number",
    "int": "number",
    "double": "number",
    "date": "date",
    "enum": "choice",
}
_MOST_TURNS = 60
_PAGE = frozenset({"decision", "reason"})
OTHER = "other"
_FORMED = HUMAN | {"startEvent"}
Field = dict[str, Any]


def repair_asked(drawing: Drawing) -> None:
    """Ask for every value that something reads and nothing writes."""
    asked = _Asked(drawing)
    asked.take_drawn_fields()
    given_up: set[tuple[str | None, str]] = set()
    for _turn in range(_MOST_TURNS):
        missing = next((one for one in asked.missing() if one not in given_up), None)
        if missing is None:
            return
        given_up.add(missing)
        asked.settle(*missing)


class _Asked:
    """The forms that come to be while values are asked for, by the id of their step."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.fields: dict[str, list[Field]] = {}

    def missing(self) -> Iterator[tuple[str | None, str]]:
        """Yield the elements that read a name which nobody writes, and the name."""
        known = self.drawing.known
        made = {form_id(step): {"components": fields} for step, fields in self.fields.items()}
        for one in check(etree.tostring(self.drawing.root), known.tables, {**known.forms, **made}, known.topics):
            if one.rule == "name-unknown":
                yield one.element, str(one.values["name"])

    def take_drawn_fields(self) -> None:
        """Make forms of the fields that other engines draw into the step itself."""
        message = N_("图上写的表单项 %(fields)s 做成“%(name)s”的表单。")
        for node in self.drawing.nodes():
            fields = list(_drawn_fields(node)) if tag_of(node) in _FORMED else []
            step = self._first_after(node) if fields and tag_of(node) == "startEvent" else node
            if fields and step is not None and not _has_form(step):
                self._ask(step, fields, "form-drawn", message)

    def _first_after(self, start: Any) -> Any:
        """Return the step right after a start event; where that is no person's, one is put there."""
        flows = self.drawing.outgoing(start)
        step = self.drawing.node(flows[0].get("targetRef")) if len(flows) == 1 else None
        if step is None or tag_of(step) not in HUMAN or len(self.drawing.incoming(step)) > 1:
            if step is None or not self._add_step(step, message=N_("开始时填写的内容没有步骤可放，加一步填写。")):
                return None
            step = self.drawing.node(flows[0].get("targetRef"))
        return step if not children(step, *_MARKERS) else None

    def _add_step(self, node: Any, message: str, **values: Any) -> Any:
        """Put a step before a node in which values are filled in; None when that was not accepted."""
        if not self.drawing.repair("asked-before", node, message, new="userTask", **values):
            return None
        step = self.drawing.add_node(node.getparent(), "userTask", near=node, name=N_("填写"), before=True)
        self.drawing.put_between(node, step)
        self.drawing.set_setting(step, "assignee", people.STARTER)
        self.drawing.set_own(step, "name.en", "Fill in")
        return step

    def settle(self, identity: str | None, name: str) -> None:
        """Let a name be asked for, or do without it."""
        place = self._place(identity)
        if place is None:
            return
        where, node = place
        kind = _kind_of(self.drawing, node, where, name)
        if kind == "owner" and (not _can_ask(name) or _kind_of_value(self.drawing, name) == "record"):
            people.forget_owner(self.drawing, node, name)
        elif kind == "list":
            self._settle_list(node, name)
        elif kind == "record" or not _can_ask(name):
            self._choose(node)
        else:
            self._ask_before(node, self._field(name, "person" if kind == "owner" else kind))

    def _place(self, identity: str | None) -> tuple[Any, Any] | None:
        """Return the element that reads and the node before which it can be asked."""
        node = self.drawing.node(identity)
        if node is not None:
            return node, node
        flow = next((one for one in self.drawing.flows() if one.get("id") == identity), None)
        source = self.drawing.node(flow.get("sourceRef")) if flow is not None else None
        return None if source is None else (flow, source)

    def _choose(self, node: Any) -> None:
        flows = self.drawing.outgoing(node)
        if tag_of(node) in branches.CHOOSING and len(flows) > 1:
            branches.let_choose(self.drawing, node, flows)

    def _settle_list(self, node: Any, name: str) -> None:
        """Let people be picked where each of a list does the step; other lists have no source."""
        marker = children(node, *_MARKERS)[0]
        element = setting(marker, "elementVariable")
        if element and _can_ask(name) and any(element in setting(node, one) for one in people.PEOPLE):
            self._ask_before(node, self._field(name, "people"))
            return
        message = N_("没有哪一步写入“%(name)s”的名单“%(list)s”，只做一次。")
        if self.drawing.repair("repetition-list", node, message, old=tag_of(marker), list=name):
            node.remove(marker)

    def _field(self, name: str, kind: str) -> Field:
        choices = sorted({str(one) for one in _constants(self.drawing, name) if isinstance(one, str)})
        return {"key": name, "label": name, "kind": kind, "choices": [*choices, OTHER] if kind == "choice" else []}

    def _ask_before(self, node: Any, field: Field) -> None:
        while tag_of(node) == "boundaryEvent":
            node = self.drawing.node(node.get("attachedToRef"))
        step = self._step_before(node)
        if step is None and tag_of(node) != "startEvent":
            message = N_("“%(name)s”要用的“%(key)s”没有哪一步写入，加一步填写。")
            step = self._add_step(node, message, key=field["key"])
        message = N_("没有哪一步写入 %(fields)s，在“%(name)s”里填写。")
        if step is not None:
            self._ask(step, [field], "asked", message)

    def _ask(self, step: Any, fields: list[Field], rule: str, message: str) -> None:
        form = form_id(step.get("id"))
        keys = "、".join(field["key"] for field in fields)
        if self.drawing.repair(rule, step, message, new=form, form=form, asked=fields, fields=keys):
            self.fields.setdefault(step.get("id"), []).extend(fields)
            self.drawing.set_setting(step, "formKey", None)
            self.drawing.set_setting(step, "formRef", form)

    def _step_before(self, node: Any) -> Any:
        """Return the nearest human step that every way to `node` passes and that can ask."""
        scope = node.getparent()
        known = {one.get("id"): one for one in self.drawing.nodes(scope)}
        queue, seen = deque([node]), {node.get("id")}
        while queue:
            one = queue.popleft()
            if one is not node and self._asks(one) and self._always_before(one, node):
                return one
            sources = [known.get(flow.get("sourceRef")) for flow in self.drawing.incoming(one)]
            for source in [*sources, known.get(one.get("attachedToRef"))]:
                if source is not None and source.get("id") not in seen:
                    seen.add(source.get("id"))
                    queue.append(source)
        return None

    def _asks(self, step: Any) -> bool:
        free = step.get("id") in self.fields or not _has_form(step)
        return tag_of(step) in HUMAN and free and not children(step, *_MARKERS)

    def _always_before(self, step: Any, node: Any) -> bool:
        """Whether nothing leads to `node` without completing `step`."""
        scope = node.getparent()
        known = {one.get("id"): one for one in self.drawing.nodes(scope)}
        stack = [one for one in known.values() if tag_of(one) == "startEvent"]
        seen: set[str] = set()
        while stack:
            one = stack.pop()
            if one is node:
                return False
            if one.get("id") in seen:
                continue
            seen.add(one.get("id"))
            stack += self.drawing.attached(one)
            if one is not step:
                stack += [
                    known[f.get("targetRef")] for f in self.drawing.outgoing(one) if f.get("targetRef") in known
                ]
        return True


def form_id(step: str) -> str:
    """Return the id of the form that is made for a step."""
    return "ask_" + re.sub(r"[^\w]+", "_", step)


def _has_form(node: Any) -> bool:
    return bool(setting(node, "formRef") or setting(node, "formKey"))


def _can_ask(name: str) -> bool:
    return _KEY.fullmatch(name) is not None and name not in _PAGE


def _drawn_fields(node: Any) -> Iterator[Field]:
    for one in node.iter():
        namespace, _, tag = one.tag.rpartition("}") if isinstance(one.tag, str) else ("", "", "")
        if (
            namespace[1:] not in VENDORS
            or tag not in {"formField", "formProperty"}
            or not _can_ask(one.get("id") or "")
        ):
            continue
        kind = _TYPES.get((one.get("type") or "").lower(), "text")
        choices = [value.get("id") or "" for value in elements(one) if value.tag.endswith("}value")]
        label = one.get("label") or one.get("name") or one.get("id")
        shown = "text" if kind == "choice" and not any(choices) else kind
        yield {"key": one.get("id"), "label": label, "kind": shown, "choices": [each for each in choices if each]}


def _kind_of(drawing: Drawing, node: Any, where: Any, name: str) -> str:
    """Guess from its use what a value is."""
    if where is node:
        if any(name in _names(setting(marker, "collection")) for marker in children(node, *_MARKERS)):
            return "list"
        if any(name in _names(setting(node, one)) for one in people.PEOPLE):
            return "owner"
        if any(name in _names(one.text or "") for one in node.iter(f"{{{BPMN}}}timeDate")):
            return "date"
    return _kind_of_value(drawing, name) or ("yes_no" if tag_of(where) == "sequenceFlow" else "text")


def _kind_of_value(drawing: Drawing, name: str) -> str | None:
    uses = [use for expression in _expressions(drawing, name) for use in _uses(expression.root, None, name)]
    if any(isinstance(use, tree.Field | tree.Index | tree.Call) for use in uses):
        return "record"
    constants = _constants(drawing, name)
    if any(isinstance(one, str) for one in constants):
        return "choice"
    ordered = any(isinstance(use, tree.Binary) and use.operator in _ORDER for use in uses)
    counted = any(not isinstance(one, bool) and one is not None for one in constants)
    return "number" if ordered or counted else None


def _names(text: str) -> frozenset[str]:
    found = re.match(r"\s*[$#]\{(.*)\}\s*$", text, re.DOTALL)
    try:
        return juel.parse(found[1] if found else text).names if text else frozenset()
    except ExpressionRefused:
        return frozenset()


def _expressions(drawing: Drawing, name: str) -> Iterator[Expression]:
    """Yield the expressions of the process that read a name."""
    texts = (text for one in drawing.process.iter() for text in (one.text or "", *one.attrib.values()))
    for text in texts:
        for match in _PLACEHOLDER.finditer(str(text)) if "{" in str(text) else ():
            try:
                found = juel.parse(match[1])
            except ExpressionRefused:
                continue
            if name in found.names:
                yield found


def _uses(node: tree.Node, above: tree.Node | None, name: str) -> Iterator[tree.Node | None]:
    """Yield the node right above each mention of a name."""
    if isinstance(node, tree.Name) and node.name == name:
        yield above
    for child in node.children():
        yield from _uses(child, node, name)


def _constants(drawing: Drawing, name: str) -> list[Any]:
    """Return what a name is compared with."""
    found = []
    for expression in _expressions(drawing, name):
        for use in _uses(expression.root, None, name):
            sides = (use.left, use.right) if isinstance(use, tree.Binary) else ()
            found += [side.value for side in sides if isinstance(side, tree.Constant)]
    return found
