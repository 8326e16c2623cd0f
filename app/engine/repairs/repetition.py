"""Steps that are done several times: how often must be known."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lxml import etree

from app.engine.diagram import read_repeat
from app.engine.parts import read_repetition
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.texts import readable
from app.engine.repairs.tree import ACTIVITIES, children, elements, setting, tag_of
from app.expressions import ExpressionRefused
from app.i18n import N_

_MARKERS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
_DATA = frozenset({"dataInput", "dataOutput", "dataObject", "dataObjectReference"})
_TEXTS = ("loopCardinality", "completionCondition", "loopCondition")


def repair_repetition(drawing: Drawing) -> None:
    """Write how often a step is done as this engine reads it; where it cannot be known, it is done once."""
    for node in drawing.nodes():
        markers = children(node, *_MARKERS)
        kept = markers[:1] if tag_of(node) in ACTIVITIES else []
        for marker in markers[len(kept) :]:
            message = N_("“%(name)s”上多余的多次办理标记去掉。")
            if drawing.repair("repetition-twice", node, message, old=tag_of(marker)):
                node.remove(marker)
        for marker in kept:
            _repair_texts(drawing, node, marker)
            _repair_reference(drawing, node, marker)
            _repair_marker(drawing, node, marker)


def _repair_texts(drawing: Drawing, node: Any, marker: Any) -> None:
    for part in children(marker, *_TEXTS):
        old = str(part.xpath("string()")).strip()
        new = old if old.isdecimal() else readable(old, part.get("language", "")) if old else None
        if new == old:
            continue
        values = {"text": old, "told": new or ""}
        message = (
            N_("“%(name)s”的多次办理：“%(text)s”改写为 %(told)s。")
            if new
            else N_("“%(name)s”的多次办理：“%(text)s”这里读不了，去掉它。")
        )
        if drawing.repair("repetition-text", node, message, old=old, new=new, **values):
            _write(part, new)


def _write(part: Any, text: str | None) -> None:
    if text is None:
        part.getparent().remove(part)
    else:
        part.text = text


def _repair_reference(drawing: Drawing, node: Any, marker: Any) -> None:
    """Take away a list that is only drawn: data objects carry no data here."""
    drawn = {one.get("id") for one in drawing.process.iter() if tag_of(one) in _DATA}
    for part in children(marker, "loopDataInputRef", "loopDataOutputRef"):
        name = (part.text or "").strip()
        message = N_("“%(name)s”的名单“%(text)s”只画在图上，没有数据，去掉它。")
        if name in drawn and drawing.repair("repetition-data", node, message, old=name, text=name):
            marker.remove(part)
    for part in children(marker, "inputDataItem", "outputDataItem"):
        if not _is_name(part.get("name") or part.get("id") or "") and drawing.repair(
            "repetition-data", node, N_("“%(name)s”的名单里每一项没有能用的名称，去掉它。"), old=part.get("id")
        ):
            marker.remove(part)


def _is_name(text: str) -> bool:
    return text.isidentifier()


def _repair_marker(drawing: Drawing, node: Any, marker: Any) -> None:
    collection = setting(marker, "collection")
    if collection and not _reads(node):
        told = readable(collection)
        message = N_("“%(name)s”的名单“%(text)s”改写为 %(told)s。")
        if told and drawing.repair(
            "repetition-list", node, message, old=collection, new=told, text=collection, told=told
        ):
            drawing.set_setting(marker, "collection", told)
    if not _reads(node):
        message = N_("“%(name)s”没有写明做几次，只做一次。")
        if drawing.repair("repetition", node, message, old=tag_of(marker)):
            node.remove(marker)


def _reads(node: Any) -> bool:
    """Say whether the engine reads the marker of a node."""
    bare = node.makeelement(node.tag, node.attrib)
    bare.extend(deepcopy(one) for one in elements(node) if tag_of(one) in (*_MARKERS, "extensionElements"))
    etree.strip_elements(bare, etree.Comment, etree.PI, with_tail=False)
    found = read_repeat(bare)
    try:
        return found is None or bool(read_repetition(found))
    except ExpressionRefused:
        return False


RULES: tuple[Callable[[Drawing], None], ...] = (repair_repetition,)
