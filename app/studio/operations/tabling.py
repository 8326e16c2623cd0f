"""Decision tables of a draft: new ones, copies, away with those that no step asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lxml import etree
from sqlalchemy.orm import Session

from app.engine import DiagramRefused
from app.engine.xml import children, descendants, read_xml
from app.errors import Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.studio.diagrams import uses_of_decisions
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.operations.parts import add_part, in_diagram, part, refuse_used

NEW = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{name}_definitions" name="{name}" \
namespace="urn:guanjia:{name}">
  <decision id="{name}" name="{name}">
    <decisionTable id="{name}_table" hitPolicy="FIRST">
      <input id="{name}_input" label="看什么">
        <inputExpression id="{name}_input_expression" typeRef="string">
          <text>priority</text>
        </inputExpression>
      </input>
      <output id="{name}_output" label="结果" name="result" typeRef="string" />
    </decisionTable>
  </decision>
</definitions>
"""


def new_table(session: Session, viewer: Viewer, draft_id: int, name: str, seen: int, now: datetime) -> ProcessDraft:
    """Add a table with one column to look at and one for the result."""
    return add_part(session, viewer, draft_id, ("table", name, NEW.format(name=name)), seen, now)


def copy_table(
    session: Session, viewer: Viewer, draft_id: int, names: tuple[str, str], seen: int, now: datetime
) -> ProcessDraft:
    """Add a copy of the first table under the second name, its decisions named after it."""
    old, new = names
    text = part(session, draft_id, "table", old).text
    try:
        copied = _copied(text, new)
    except DiagramRefused as error:
        raise Invalid(N_("决策表“%(name)s”读不出来，没有复制。请先改正它。"), name=old) from error
    return add_part(session, viewer, draft_id, ("table", new, copied), seen, now)


def remove_table(
    session: Session, viewer: Viewer, draft_id: int, name: str, seen: int, now: datetime
) -> ProcessDraft:
    """Take a table away that no step asks; raise Conflict naming the steps that do."""
    text = part(session, draft_id, "table", name).text
    asked = in_diagram(session, draft_id, uses_of_decisions)
    refuse_used(name, [step for one in decision_ids(text) for step in asked.get(one, ())])
    return drafts.remove_part(session, viewer, draft_id, "table", name, seen, now)


def decision_ids(text: str) -> list[str]:
    """Return the ids of the decisions in a table's text, or none when it cannot be read."""
    try:
        root = read_xml(text.encode(), "definitions")
    except DiagramRefused:
        return []
    return [one.get("id") or "" for one in children(root, "decision")]


def _copied(text: str, name: str) -> str:
    root = read_xml(text.encode(), "definitions", comments=True)
    decisions = [one for one in root if isinstance(one.tag, str) and etree.QName(one).localname == "decision"]
    new = {one.get("id"): name if place == 0 else f"{name}_{place + 1}" for place, one in enumerate(decisions)}
    for one in decisions:
        one.set("id", new[one.get("id")])
    for one in descendants(root, "requiredDecision"):
        head, mark, old = (one.get("href") or "").rpartition("#")
        one.set("href", f"{head}{mark}{new.get(old, old)}")
    _move_shapes(root, new)
    written: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return written.decode()


def _move_shapes(root: Any, new: dict[str | None, str]) -> None:
    for one in root.iter("{*}DMNShape"):
        reference = one.get("dmnElementRef")
        if reference in new:
            one.set("dmnElementRef", new[reference])
