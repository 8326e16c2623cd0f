"""What the records about plans, rosters and drills are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.i18n import N_

RECORDS: Final[Mapping[str, str]] = {
    "emergency:plans:established": N_("备好应急预案"),
    "emergency:plan:changed": N_("应急预案定为新的一版"),
    "emergency:roster:added": N_("呼叫名单加人"),
    "emergency:roster:changed": N_("修改呼叫名单"),
    "emergency:roster:moved": N_("呼叫名单调整顺序"),
    "emergency:roster:removed": N_("呼叫名单去人"),
    "emergency:roster:checked": N_("核对电话号码"),
    "emergency:shift:added": N_("值班表加班次"),
    "emergency:shift:removed": N_("值班表去班次"),
    "emergency:shifts:imported": N_("导入值班表"),
    "emergency:drill:planned": N_("安排演练"),
    "emergency:drill:changed": N_("修改演练安排"),
    "emergency:drill:dropped": N_("不办演练"),
    "emergency:drill:overdue": N_("演练过期，交办"),
    "emergency:micro:changed": N_("修改微演练"),
    "emergency:log:inject": N_("演练情节"),
    "emergency:log:decision": N_("记下决定"),
    "emergency:log:note": N_("记下动态"),
    "emergency:log:resource": N_("记下调用资源"),
}
