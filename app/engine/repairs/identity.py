"""Which process of the file is meant, and that everything in it can be told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.engine.compile import GUARD
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import NODES, name_of, tag_of
from app.engine.specs import ProcessSpec
from app.engine.xml import BPMN
from app.i18n import N_

_TOLD_APART = NODES | {"sequenceFlow"}
_ID = re.compile(r"[^\W\d][\w.-]*")
_SIGNS = re.compile(r"[^\w-]+")
_ENDINGS = (ProcessSpec.END, GUARD)


def choose_process(root: Any) -> Any:
    """Return the process that is meant: the executable one, else the one with the most steps; None without any."""
    drawn = [one for one in root.iter(f"{{{BPMN}}}process") if _size(one)]
    executable = [one for one in drawn if one.get("isExecutable") == "true"]
    among = executable if len(executable) == 1 else drawn
    return max(among, key=_size, default=None)


def _size(process: Any) -> int:
    return sum(tag_of(one) in NODES for one in process.iter())


def repair_processes(drawing: Drawing) -> None:
    """Make the chosen process the one that runs, and say which ones are left out."""
    main = drawing.process
    for other in drawing.root.iter(f"{{{BPMN}}}process"):
        if other is main or not _size(other):
            continue
        message = N_("文件里有几个流程，只导入“%(main)s”，不导入“%(name)s”。")
        told = {"old": other.get("isExecutable"), "new": "false", "main": name_of(main)}
        if drawing.repair("process-left-out", other, message, **told):
            other.set("isExecutable", "false")
    if not main.get("id") and drawing.repair("id-missing", main, N_("流程没有 id，给它一个。")):
        main.set("id", drawing.new_id("process"))
    old = main.get("isExecutable")
    if old != "true" and drawing.repair(
        "executable", main, N_("流程没有设为可执行，设为可执行。"), old=old, new="true"
    ):
        main.set("isExecutable", "true")


def repair_ids(drawing: Drawing) -> None:
    """Give every node and flow an id of its own."""
    seen: set[str] = {drawing.process.get("id")}
    for one in list(drawing.process.iter(f"{{{BPMN}}}*")):
        if tag_of(one) not in _TOLD_APART:
            continue
        _repair_id(drawing, one, seen)
        seen.add(one.get("id"))
    drawing.changed()


def _repair_id(drawing: Drawing, one: Any, seen: set[str]) -> None:
    old, tag = one.get("id"), tag_of(one)
    stem = "flow" if tag == "sequenceFlow" else tag
    if not old:
        if drawing.repair("id-missing", one, N_("这里没有 id，给它一个。"), new=stem):
            one.set("id", drawing.new_id(stem))
    elif old in seen:
        message = N_("id “%(id)s”用了不止一次，给后面的换一个。")
        if drawing.repair("id-twice", one, message, old=old, id=old):
            one.set("id", drawing.new_id(stem))
    elif _is_reserved(old) or not _ID.fullmatch(old):
        message = N_("id “%(id)s”不能用，换一个。")
        if drawing.repair("id-reserved", one, message, old=old, id=old):
            drawing.rename(one, drawing.new_id(f"{stem}_{_SIGNS.sub('_', old).lower()}"))


def _is_reserved(identity: str) -> bool:
    return identity in {"Start", "End"} or identity.endswith(_ENDINGS)


RULES: tuple[Callable[[Drawing], None], ...] = (repair_processes, repair_ids)
