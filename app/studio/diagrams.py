"""The diagram of a draft as its forms and tables see it: which steps use them, and small edits of just that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from app.engine.attributes import PREFIX
from app.engine.repairs.tree import CAMUNDA, VENDORS, append, children, cut, insert_after, label_of, setting
from app.engine.xml import BPMN, read_xml
from app.errors import NotFound
from app.i18n import N_

Mode = Literal["edit", "read", "hidden"]
_PROPERTIES: Mapping[Mode, str] = {mode: f"{PREFIX}fields.{mode}" for mode in ("edit", "read", "hidden")}
_FORM_SETTINGS = ("formRef", "formKey")


@dataclass(frozen=True, slots=True)
class Use:
    """One step that shows a form; the lists are its field rights as written, `edit` None means all fields."""

    id: str
    name: str
    form: str
    edit: frozenset[str] | None
    read: frozenset[str]
    hidden: frozenset[str]

    def mode(self, key: str) -> Mode:
        """Return what the step may do with a field; hidden goes before read."""
        if key in self.hidden:
            return "hidden"
        return "read" if key in self.read or (self.edit is not None and key not in self.edit) else "edit"


@dataclass(frozen=True, slots=True)
class Change:
    """One right to be changed."""

    step: str
    key: str
    mode: Mode


def uses_of_forms(xml: bytes) -> list[Use]:
    """Return the steps that show a form, in document order; raise DiagramRefused for what is no diagram."""
    return [_use(one, form) for one in _nodes(read_xml(xml, "definitions")) if (form := _form_of(one))]


def uses_of_decisions(xml: bytes) -> dict[str, list[str]]:
    """Return the names of the steps that ask each decision, by decision id."""
    found: dict[str, list[str]] = {}
    for one in _nodes(read_xml(xml, "definitions")):
        if decision := setting(one, "decisionRef"):
            found.setdefault(decision, []).append(label_of(one) or one.get("id"))
    return found


def with_form_renamed(xml: bytes, old: str, new: str) -> bytes:
    """Return the diagram with every step that shows form `old` showing `new`; nothing else changes."""
    root = read_xml(xml, "definitions", comments=True)
    for one in _nodes(root):
        if _form_of(one) == old:
            _rename(one, old, new)
    return _written(root)


def with_rights(xml: bytes, changes: Iterable[Change]) -> bytes:
    """Return the diagram with these field rights changed; raise NotFound when a step is not in it."""
    root = read_xml(xml, "definitions", comments=True)
    nodes = {one.get("id"): one for one in _nodes(root)}
    for change in changes:
        if change.step not in nodes:
            raise NotFound(N_("流程图里没有这个环节了。请刷新页面。"))
        _change(nodes[change.step], change)
    return _written(root)


def _nodes(root: Any) -> Iterator[Any]:
    return (one for one in root.iter(f"{{{BPMN}}}*") if one.get("id"))


def _form_of(node: Any) -> str:
    text = setting(node, "formRef") or setting(node, "formKey")
    return text.rsplit(":", 1)[-1].removesuffix(".form")


def _rename(node: Any, old: str, new: str) -> None:
    for name in (f"{{{vendor}}}{name}" for vendor in VENDORS for name in _FORM_SETTINGS):
        text = node.get(name)
        if text is not None and text.strip().rsplit(":", 1)[-1].removesuffix(".form") == old:
            before, _old, after = text.rpartition(old)
            node.set(name, f"{before}{new}{after}")


def _use(node: Any, form: str) -> Use:
    lists = {mode: _read(node, mode) for mode in _PROPERTIES}
    edit = None if lists["edit"] is None else frozenset(lists["edit"])
    read, hidden = frozenset(lists["read"] or ()), frozenset(lists["hidden"] or ())
    return Use(node.get("id"), label_of(node) or node.get("id"), form, edit, read, hidden)


def _change(node: Any, change: Change) -> None:
    """Change one right, writing as little as says it."""
    narrowed = _read(node, "edit") is not None
    for mode in _PROPERTIES:
        keys = _read(node, mode) or []
        listed = change.key in keys
        # where a list of what may be filled in stands, what is not on it may only be read
        needless = narrowed if mode == "read" else not narrowed and mode == "edit"
        wanted = mode == change.mode and (listed or not needless)
        if wanted != listed:
            _write(node, mode, [one for one in keys if one != change.key] + [change.key] * wanted)


def _read(node: Any, mode: Mode) -> list[str] | None:
    found = _property(node, mode)
    return None if found is None else (found.get("value") or "").replace(",", " ").split()


def _property(node: Any, mode: Mode) -> Any:
    holders = (one for extension in children(node, "extensionElements") for one in extension)
    entries = (one for holder in holders if _is_named(holder, "properties") for one in holder)
    return next((one for one in entries if _is_named(one, "property") and one.get("name") == _PROPERTIES[mode]), None)


def _write(node: Any, mode: Mode, keys: list[str]) -> None:
    found = _property(node, mode)
    if not keys and mode != "edit":
        if found is not None:
            cut(found)
        return
    if found is None:
        holder = _holder(node)
        name = etree.QName(holder).namespace
        found = etree.Element(f"{{{name}}}property", nsmap={"camunda": name}, name=_PROPERTIES[mode])
        append(holder, found)
    found.set("value", ",".join(keys))


def _holder(node: Any) -> Any:
    """Return the properties of a node, made where it has none."""
    extension = next(iter(children(node, "extensionElements")), None)
    if extension is None:
        extension = etree.Element(f"{{{BPMN}}}extensionElements")
        insert_after(node, extension, ("documentation",))
    found = next((one for one in extension if _is_named(one, "properties")), None)
    if found is None:
        found = etree.Element(f"{{{CAMUNDA}}}properties", nsmap={"camunda": CAMUNDA})
        append(extension, found)
    return found


def _is_named(one: Any, name: str) -> bool:
    return isinstance(one.tag, str) and etree.QName(one).localname == name


def _written(root: Any) -> bytes:
    written: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return written
