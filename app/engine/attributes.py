"""The product's own attributes: `camunda:property` entries whose name begins with `guanjia.`.

This table is what the checker accepts and what the page of attributes is generated from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.i18n import N_

PREFIX = "guanjia."
Place = Literal["node", "process", "flow", "any"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: where it may stand and what it means; `values` lists the allowed texts, if they are fixed."""

    place: Place
    meaning: str
    values: tuple[str, ...] = ()


_YES_NO = ("true", "false")
_SIDES = ("vendor", "client", "office")

ATTRIBUTES: Mapping[str, Attribute] = {
    "name.en": Attribute("any", N_("英文名称。")),
    "limit": Attribute("node", N_("办理时限：时限名称、`2 工作日`、`PT30M` 或 ${…}。")),
    "limit.clock": Attribute("node", N_("时限按工作时间还是自然时间计算。"), ("working", "calendar")),
    "limit.follows": Attribute(
        "node", N_("时限里的 `case.…` 变了，开着的这一步按新的时限重算，已用的时间照算。"), _YES_NO
    ),
    "remind": Attribute("node", N_("过了时限的百分之几提醒，例如 `80`、`50,80`；`off` 不提醒。不写是 80。")),
    "escalate": Attribute("node", N_("超期多久往上报，例如 `1 工作日`，第二次用逗号隔开；`off` 不上报。")),
    "basis": Attribute("node", N_("这一步的依据，显示在办理页上。")),
    "back.to": Attribute("node", N_("可以退回到前面的哪些环节，写节点 id，用逗号隔开。")),
    "actions": Attribute("node", N_("办理动作：`代码:中文:英文:样式`，用 | 隔开。")),
    "reason.required": Attribute("node", N_("哪些动作必须写理由。")),
    "evidence.required": Attribute("node", N_("哪些动作必须附上材料。")),
    "distinct.from": Attribute("node", N_("不能由办过这些节点的人办理，写节点 id，用逗号隔开。")),
    "fields.edit": Attribute("node", N_("这一步可以填写的字段。")),
    "fields.read": Attribute("node", N_("这一步只能看的字段。")),
    "fields.hidden": Attribute("node", N_("这一步看不到的字段。")),
    "cc": Attribute("node", N_("办完以后抄送给谁。")),
    "notice": Attribute("node", N_("到了这一步怎样通知。")),
    "fallback": Attribute("node", N_("找不到办理人时由谁办。")),
    "summary.fields": Attribute("any", N_("办件摘要里显示的字段。")),
    "title": Attribute("any", N_("办件标题，可以含 ${…}。")),
    "title.fields": Attribute("process", N_("哪些字段变了要重写标题。")),
    "transcribe": Attribute("node", N_("可以由别人代录。"), _YES_NO),
    "side": Attribute("node", N_("这一步的时间算在哪一方。"), _SIDES),
    "number": Attribute("process", N_("办件编号的前缀。")),
    "takes": Attribute("process", N_("调用它的流程、发起它的程序交进来的名称，用逗号隔开。")),
    "starts": Attribute(
        "process", N_("可以怎样发起：`代码:中文:英文:角色,角色`，用 | 隔开；代码写进 start。`off` 不在发起页上。")
    ),
    "handling": Attribute("process", N_("外包单位的办理时限；别人的环节开着时它停着。")),
    "shows": Attribute("node", N_("办理页上先看哪些环节填的内容，写节点 id，用逗号隔开。")),
    "pauses": Attribute("node", N_("这一步开着时，哪一方的办理时限停着。"), _SIDES),
    "inside": Attribute(
        "node", N_("这一步只归本方看：外包单位读不到它填的内容、附件和记录，除非由它来办。"), _YES_NO
    ),
    "urgeable": Attribute("node", N_("可不可以催办。"), _YES_NO),
    "transfer": Attribute("node", N_("可不可以转办。"), _YES_NO),
    "result": Attribute("node", N_("办件在这里结束时的结果。")),
    "collect": Attribute("node", N_("会签各人填的内容收进哪个名称；不写就是 `节点 id_answers`。")),
    "offer.to": Attribute("node", N_("这条消息提供给谁发，写法同办理人。")),
    "offer.when": Attribute("node", N_("什么情况下提供这条消息。")),
    "offer.within": Attribute("node", N_("提供多久，写法同 limit。")),
    "offer.since": Attribute("node", N_("从哪个环节办完起算。")),
}
OPEN_ENDED: Mapping[str, Attribute] = {
    "consequence.": Attribute("node", N_("某个动作的后果，写在按钮上；英文加 .en。")),
    "due.": Attribute("process", N_("${due('名称')} 读到的时限，写法同 limit。")),
}


def attribute(name: str) -> Attribute | None:
    """Return what is known of `guanjia.<name>`; None when there is no such attribute."""
    open_ended = next((known for prefix, known in OPEN_ENDED.items() if name.startswith(prefix)), None)
    return ATTRIBUTES.get(name) or open_ended
