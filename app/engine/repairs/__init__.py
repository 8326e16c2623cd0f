"""Repairs of diagrams that others drew: found and listed first, made only where they were accepted.

Each module knows one kind of repair; together they leave everything else in the file as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from lxml import etree

from app.engine.repairs import (
    asking,
    branches,
    events,
    identity,
    joins,
    people,
    reach,
    repetition,
    steps,
    structure,
    unsupported,
    vendors,
)
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.identity import choose_process
from app.engine.repairs.repair import Known, Repair
from app.engine.repairs.tree import CAMUNDA
from app.engine.xml import read_xml
from app.i18n import N_

__all__ = ["Known", "Repair", "apply_repairs", "choose_process", "find_repairs"]

_RULES: tuple[Callable[[Drawing], None], ...] = (
    *identity.RULES,
    *vendors.RULES,
    *unsupported.RULES,
    *structure.RULES,
    *reach.RULES,
    *steps.RULES,
    vendors.repair_owners,
    *repetition.RULES,
    *events.RULES,
    *branches.RULES,
    joins.repair_joins,
    joins.repair_restless,
    *people.RULES,
    asking.repair_asked,
    people.repair_people,
)
_ANYTHING = Known()


def find_repairs(xml: bytes, known: Known = _ANYTHING) -> tuple[Repair, ...]:
    """Return the repairs that would make a foreign diagram run; raise DiagramRefused when it cannot be read."""
    return _repaired(xml, known, None)[1]


def apply_repairs(xml: bytes, accepted: Collection[str] | None = None, known: Known = _ANYTHING) -> bytes:
    """Return the diagram with the repairs whose ids were accepted, by default all that are found."""
    return _repaired(xml, known, accepted)[0]


def _repaired(xml: bytes, known: Known, accepted: Collection[str] | None) -> tuple[bytes, tuple[Repair, ...]]:
    root = read_xml(xml, "definitions", comments=True)
    process = choose_process(root)
    if process is None:
        return xml, ()
    drawing = Drawing(root, process, known, accepted)
    encoding = _repair_encoding(drawing, xml)
    for rule in _RULES:
        rule(drawing)
    if not drawing.repairs:
        return xml, ()
    _declare_prefix(root)
    tree = root.getroottree()
    written: Any = etree.tostring(tree, encoding=encoding, xml_declaration=True)
    return written, tuple(drawing.repairs)


def _repair_encoding(drawing: Drawing, xml: bytes) -> str:
    """Return the encoding to write: versions are stored as UTF-8."""
    try:
        xml.decode()
    except UnicodeDecodeError:
        old = str(drawing.root.getroottree().docinfo.encoding or "")
        message = N_("文件用 %(encoding)s 编码，改为 UTF-8。")
        if not drawing.repair("encoding", None, message, old=old, new="UTF-8", encoding=old):
            return old
    return "UTF-8"


def _declare_prefix(root: Any) -> None:
    """Declare `camunda:` once at the top when repairs used it; keep every other prefix where it is."""
    used = any(
        isinstance(one.tag, str) and (CAMUNDA in one.tag or any(CAMUNDA in name for name in one.attrib))
        for one in root.iter()
    )
    if used and CAMUNDA not in root.nsmap.values():
        kept = [prefix for one in root.iter() for prefix in one.nsmap if prefix]
        etree.cleanup_namespaces(root, top_nsmap={"camunda": CAMUNDA}, keep_ns_prefixes=sorted(set(kept)))
