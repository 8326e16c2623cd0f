"""Settings that other engines write under their own names: the same under the names this engine reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.diagram import Parameter
from app.engine.parts import read_parameters
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.texts import readable
from app.engine.repairs.tree import CAMUNDA, HUMAN, OPERATON, VENDORS, children, elements, setting, tag_of
from app.expressions import ExpressionRefused
from app.i18n import N_, Listed

_ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_SHARED = (
    "assignee",
    "candidateUsers",
    "candidateGroups",
    "dueDate",
    "followUpDate",
    "priority",
    "formKey",
    "formRef",
    "initiator",
    "type",
    "topic",
    "decisionRef",
    "resultVariable",
    "mapDecisionResult",
    "collection",
    "elementVariable",
    "candidateStarterUsers",
    "candidateStarterGroups",
)


def repair_namespaces(drawing: Drawing) -> None:
    """Write what Flowable, Activiti and Operaton call their own under the `camunda:` prefix."""
    for node in drawing.process.iter():
        if not isinstance(node.tag, str):
            continue
        written = [(name, namespace) for namespace in VENDORS[1:] for name in _SHARED]
        found = {name: namespace for name, namespace in written if node.get(f"{{{namespace}}}{name}")}
        message = N_("别的引擎的设置 %(names)s 改写为 camunda:。")
        where = node if node.get("id") else node.getparent()
        if found and drawing.repair("vendor-settings", where, message, names=Listed(sorted(found))):
            for name, namespace in found.items():
                value = node.attrib.pop(f"{{{namespace}}}{name}")
                if not node.get(f"{{{CAMUNDA}}}{name}"):
                    node.set(f"{{{CAMUNDA}}}{name}", value)
    _repair_extensions(drawing)


def _repair_extensions(drawing: Drawing) -> None:
    """Take over Operaton's extension elements: they have Camunda's names and shape."""
    for node in [one for one in drawing.process.iter() if isinstance(one.tag, str) and tag_of(one)]:
        own = [one for extension in children(node, "extensionElements") for one in elements(extension)]
        own = [one for one in own if one.tag.startswith("{" + OPERATON)]
        where = node if node.get("id") else node.getparent()
        if own and drawing.repair("vendor-elements", where, N_("别的引擎的扩展元素改写为 camunda:。")):
            for one in (inner for outer in own for inner in outer.iter()):
                if isinstance(one.tag, str):
                    one.tag = one.tag.replace(OPERATON, CAMUNDA)


def repair_owners(drawing: Drawing) -> None:
    """Read who handles a step from Camunda 8 and from BPMN's own performers."""
    for node in drawing.nodes():
        if tag_of(node) not in HUMAN or any(
            setting(node, one) for one in ("assignee", "candidateUsers", "candidateGroups")
        ):
            continue
        for name, text in _owners(drawing, node).items():
            message = N_("“%(name)s”的办理人改写为 %(text)s。")
            if drawing.repair("owner", node, message, new=text, text=text):
                drawing.set_setting(node, name, text)


def _owners(drawing: Drawing, node: Any) -> dict[str, str]:
    for one in node.iter(f"{{{_ZEEBE}}}assignmentDefinition"):
        found = {name: _readable_or_plain(one.get(name) or "") for name in ("assignee", "candidateGroups")}
        return {name: text for name, text in found.items() if text}
    for owner in children(node, "potentialOwner", "humanPerformer", "performer"):
        text = str(owner.xpath("string()")).strip()
        name = "assignee" if tag_of(owner) == "humanPerformer" else "candidateGroups"
        for reference in children(owner, "resourceRef"):
            wanted = (reference.text or "").strip()
            text = next((one.get("name") or "" for one in elements(drawing.root) if one.get("id") == wanted), "")
        if told := _readable_or_plain(text.removeprefix("group(").removeprefix("user(").removesuffix(")")):
            return {name: told}
    return {}


def _readable_or_plain(text: str) -> str | None:
    """Return a name or an expression that can be read; None for everything else."""
    if "${" in text or "#{" in text or text.startswith("="):
        return readable(text)
    return text.strip() or None


def repair_parameters(drawing: Drawing) -> None:
    """Leave out parameters that hold scripts, lists or foreign expressions."""
    for node in drawing.nodes():
        for holder in [one for one in node.iter(f"{{{CAMUNDA}}}inputOutput") if one.getparent().getparent() is node]:
            for one in list(elements(holder)):
                _repair_parameter(drawing, node, one)


def _repair_parameter(drawing: Drawing, node: Any, one: Any) -> None:
    name, text = (one.get("name") or "").strip(), None if len(one) else (one.text or "").strip()
    if _reads(name, text):
        return
    told = readable(text) if text else None
    if told is not None and _reads(name, told):
        message = N_("参数“%(parameter)s”改写为 %(text)s。")
        if drawing.repair("parameter", node, message, old=text, new=told, parameter=name, text=told):
            one.text = told
        return
    message = N_("参数“%(parameter)s”这里读不了，去掉它。")
    if drawing.repair("parameter", node, message, old=text, parameter=name):
        one.getparent().remove(one)


def _reads(name: str, text: str | None) -> bool:
    try:
        read_parameters((Parameter(name, text),))
    except ExpressionRefused:
        return False
    return True


RULES: tuple[Callable[[Drawing], None], ...] = (repair_namespaces, repair_parameters)
