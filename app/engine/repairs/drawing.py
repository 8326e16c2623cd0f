"""The owner's drawing as a tree that repairs change in place; everything they do not touch stays as it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from copy import deepcopy
from typing import Any

from lxml import etree

from app.engine.attributes import PREFIX
from app.engine.repairs.layout import Layout
from app.engine.repairs.repair import Known, Repair
from app.engine.repairs.tree import (
    CAMUNDA,
    NODES,
    SCOPES,
    VENDORS,
    cut,
    elements,
    insert_after,
    is_element,
    label_of,
    tag_of,
)
from app.engine.xml import BPMN

_BEFORE_FLOWS = ("documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef", "incoming")
_BEFORE_NODES = ("documentation", "extensionElements", "auditing", "monitoring", "property", "laneSet")


class _Index:
    """The nodes of a process by id, the events on them and the flows at them."""

    def __init__(self, process: Any) -> None:
        found = (one for one in process.iter(f"{{{BPMN}}}*") if one.get("id"))
        self.nodes = [one for one in found if tag_of(one) in NODES]
        self.by_id: dict[str | None, Any] = {one.get("id"): one for one in reversed(self.nodes)}
        self.attached: dict[str, list[Any]] = defaultdict(list)
        for node in self.nodes:
            self.attached[node.get("attachedToRef")].append(node)
        self.leaving: dict[str, list[Any]] = defaultdict(list)
        self.entering: dict[str, list[Any]] = defaultdict(list)
        for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
            self.leaving[flow.get("sourceRef")].append(flow)
            self.entering[flow.get("targetRef")].append(flow)


class Drawing:
    """One process of a file, its nodes and flows, and the list of what was done to it.

    `accepted` names the repairs that may be made; None means all of them.
    """

    def __init__(self, root: Any, process: Any, known: Known, accepted: Collection[str] | None) -> None:
        self.root = root
        self.process = process
        self.known = known
        self.accepted = accepted
        self.repairs: list[Repair] = []
        self._told: dict[str, int] = {}
        self.layout = Layout(root)
        self._ids = {one.get("id") for one in root.iter() if is_element(one)}
        self._read: _Index | None = None

    def repair(
        self,
        rule: str,
        where: Any,
        message: str,
        *,
        old: str | None = None,
        new: str | None = None,
        **values: Any,
    ) -> bool:
        """Note a repair and return whether it may be made."""
        element = where.get("id") if where is not None else None
        line = where.sourceline if where is not None else None
        identity = self._repair_id(f"{rule}:{element or line or ''}")
        if self.accepted is not None and identity not in self.accepted:
            return False
        shown = label_of(where) if where is not None else None
        named = {"name": shown or element or "", **values}
        self.repairs.append(Repair(identity, rule, element, shown or None, line, message, named, old, new))
        return True

    def _repair_id(self, wanted: str) -> str:
        told = self._told[wanted] = self._told.get(wanted, 0) + 1
        return wanted if told == 1 else f"{wanted}#{told}"

    def scopes(self) -> list[Any]:
        """Return the process and all its sub-processes, outer ones first."""
        return [self.process, *(one for one in self.nodes() if tag_of(one) in SCOPES)]

    def nodes(self, scope: Any = None) -> list[Any]:
        """Return the nodes directly in `scope`, or all of the process, in document order."""
        if scope is None:
            return list(self._index.nodes)
        return [one for one in elements(scope) if tag_of(one) in NODES and one.get("id")]

    def flows(self, scope: Any = None) -> list[Any]:
        """Return the sequence flows directly in `scope`, or all of the process."""
        found = self.process.iter(f"{{{BPMN}}}sequenceFlow") if scope is None else elements(scope)
        return [one for one in found if tag_of(one) == "sequenceFlow"]

    def node(self, identity: str | None) -> Any:
        """Return a node by id, None when there is none."""
        return self._index.by_id.get(identity)

    def incoming(self, node: Any) -> list[Any]:
        """Return the flows that lead to a node."""
        return list(self._index.entering[node.get("id")])

    def outgoing(self, node: Any) -> list[Any]:
        """Return the flows that leave a node."""
        return list(self._index.leaving[node.get("id")])

    def attached(self, node: Any) -> list[Any]:
        """Return the boundary events on a node."""
        return list(self._index.attached[node.get("id")])

    @property
    def _index(self) -> _Index:
        if self._read is None:
            self._read = _Index(self.process)
        return self._read

    def changed(self) -> None:
        """Look at the nodes and flows anew after a change that this class did not make."""
        self._read = None

    def new_id(self, stem: str) -> str:
        """Return an id that nothing in the file has."""
        found = next(one for n in range(1, 100_000) if (one := f"{stem}_{n}") not in self._ids)
        self._ids.add(found)
        return found

    def add_node(self, scope: Any, tag: str, *, near: Any, name: str = "", before: bool = False) -> Any:
        """Draw a new node beside `near`."""
        node: Any = etree.Element(f"{{{BPMN}}}{tag}", id=self.new_id(tag))
        if name:
            node.set("name", name)
        node.sourceline = near.sourceline
        self._place(scope, node)
        self.changed()
        self._join_lane(node, near)
        self.layout.add_shape(node.get("id"), tag, near.get("id"), before=before)
        return node

    def add_flow(self, scope: Any, source: Any, target: Any) -> Any:
        """Draw a flow between two nodes."""
        ends = {"sourceRef": source.get("id"), "targetRef": target.get("id")}
        flow: Any = etree.Element(f"{{{BPMN}}}sequenceFlow", id=self.new_id("flow"), **ends)
        self._place(scope, flow)
        self._refer(source, "outgoing", flow)
        self._refer(target, "incoming", flow)
        self.layout.draw_edge(flow.get("id"), source.get("id"), target.get("id"))
        self.changed()
        return flow

    def redirect(self, flow: Any, *, source: Any = None, target: Any = None) -> None:
        """Let a flow begin or end at another node."""
        for end, reference, node in (("sourceRef", "outgoing", source), ("targetRef", "incoming", target)):
            if node is not None:
                self._unrefer(flow, reference)
                flow.set(end, node.get("id"))
                self._refer(node, reference, flow)
        self.changed()
        self.layout.draw_edge(flow.get("id"), flow.get("sourceRef"), flow.get("targetRef"))

    def put_between(self, node: Any, new: Any) -> None:
        """Lead everything that enters `node` into `new`, and `new` into `node`."""
        for flow in self.incoming(node):
            self.redirect(flow, target=new)
        self.add_flow(node.getparent(), new, node)

    def remove_flow(self, flow: Any) -> None:
        """Take a flow away."""
        for reference in ("incoming", "outgoing"):
            self._unrefer(flow, reference)
        for node in self.nodes():
            if node.get("default") == flow.get("id"):
                del node.attrib["default"]
        self._remove(flow)

    def remove_node(self, node: Any) -> None:
        """Take a node away, with its flows, its boundary events and what lies in it."""
        for flow in [*self.incoming(node), *self.outgoing(node)]:
            if flow.getparent() is not None:
                self.remove_flow(flow)
        for event in self.attached(node):
            self.remove_node(event)
        self.empty(node)
        self._leave(node)
        self._remove(node)

    def empty(self, scope: Any) -> None:
        """Take everything away that lies in a sub-process."""
        for inner in [*self.nodes(scope), *self.flows(scope)]:
            if inner.getparent() is not None:
                self.remove_flow(inner) if tag_of(inner) == "sequenceFlow" else self.remove_node(inner)

    def _remove(self, element: Any) -> None:
        self.layout.remove(element.get("id"))
        cut(element)
        self.changed()

    def _leave(self, node: Any) -> None:
        for one in list(self.root.iter(f"{{{BPMN}}}flowNodeRef", f"{{{BPMN}}}association", f"{{{BPMN}}}messageFlow")):
            references = {(one.text or "").strip(), one.get("sourceRef"), one.get("targetRef")}
            if node.get("id") in references:
                self.layout.remove(one.get("id"))
                cut(one)

    def rename(self, element: Any, new: str) -> None:
        """Give an element another id and change everything that refers to it."""
        old = element.get("id")
        element.set("id", new)
        self.layout.rename(old, new)
        for one in self.root.iter():
            if not is_element(one):
                continue
            for name in ("sourceRef", "targetRef", "attachedToRef", "default", "bpmnElement"):
                if one.get(name) == old:
                    one.set(name, new)
            if tag_of(one) in {"flowNodeRef", "incoming", "outgoing"} and (one.text or "").strip() == old:
                one.text = new
        self.changed()

    def retag(self, node: Any, tag: str) -> None:
        """Make another kind of node of this one."""
        node.tag = f"{{{BPMN}}}{tag}"
        self.changed()

    def declare(self, tag: str, name: str) -> str:
        """Add a message, signal, error or escalation to the file and return its id."""
        declared = etree.Element(f"{{{BPMN}}}{tag}", id=self.new_id(tag), name=name)
        first = next(one for one in elements(self.root) if tag_of(one) in {"process", "collaboration"})
        declared.tail = first.getprevious().tail if first.getprevious() is not None else self.root.text
        first.addprevious(declared)
        return str(declared.get("id"))

    def set_setting(self, node: Any, name: str, value: str | None) -> None:
        """Write `camunda:name`, or remove it under every vendor's prefix."""
        for namespace in VENDORS:
            node.attrib.pop(f"{{{namespace}}}{name}", None)
        if value is not None:
            node.set(f"{{{CAMUNDA}}}{name}", value)

    def own(self, node: Any, name: str) -> str:
        """Return the property `guanjia.name` of a node; empty when it has none."""
        found = (one for one in node.iter(f"{{{CAMUNDA}}}property") if one.get("name") == PREFIX + name)
        return next((one.get("value") or "" for one in found), "")

    def set_own(self, node: Any, name: str, value: str) -> None:
        """Write the property `guanjia.name` of a node."""
        holder = self._properties(node)
        found = next((one for one in holder if is_element(one) and one.get("name") == PREFIX + name), None)
        if found is None:
            found = etree.SubElement(holder, f"{{{CAMUNDA}}}property", name=PREFIX + name)
        found.set("value", value)

    def _properties(self, node: Any) -> Any:
        extension = next((one for one in elements(node) if tag_of(one) == "extensionElements"), None)
        if extension is None:
            extension = etree.Element(f"{{{BPMN}}}extensionElements")
            insert_after(node, extension, ("documentation",))
        found = extension.find(f"{{{CAMUNDA}}}properties")
        return etree.SubElement(extension, f"{{{CAMUNDA}}}properties") if found is None else found

    def describe(self, node: Any, text: str) -> None:
        """Add a note to the documentation of a node."""
        note = etree.Element(f"{{{BPMN}}}documentation")
        note.text = text
        insert_after(node, note, ("documentation",))

    def _place(self, scope: Any, element: Any) -> None:
        insert_after(scope, element, (*_BEFORE_NODES, *NODES, "sequenceFlow"))

    def _join_lane(self, node: Any, near: Any) -> None:
        for reference in self.process.iter(f"{{{BPMN}}}flowNodeRef"):
            if (reference.text or "").strip() == near.get("id"):
                mate = deepcopy(reference)
                mate.text = node.get("id")
                reference.addnext(mate)
                return

    def _refer(self, node: Any, tag: str, flow: Any) -> None:
        """Mention a flow in a node, if the nodes of this file do so."""
        if next(self.process.iter(f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"), None) is None:
            return
        reference = etree.Element(f"{{{BPMN}}}{tag}")
        reference.text = flow.get("id")
        insert_after(node, reference, (*_BEFORE_FLOWS, *(("outgoing",) if tag == "outgoing" else ())))

    def _unrefer(self, flow: Any, tag: str) -> None:
        for one in list(self.process.iter(f"{{{BPMN}}}{tag}")):
            if (one.text or "").strip() == flow.get("id"):
                cut(one)
