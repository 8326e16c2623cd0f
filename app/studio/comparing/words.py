"""The owner's words for elements, their properties and the values of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.deadlines.rules import parse_limit
from app.engine import ATTRIBUTES
from app.errors import UserError
from app.i18n import N_, Listed
from app.studio.comparing.change import Words, said
from app.studio.comparing.drawing import Drawing, Thing
from app.studio.comparing.people import who_in_words
from app.work.rules import actions_of

TAGS: Mapping[str, str] = {
    "userTask": N_("环节"),
    "manualTask": N_("环节"),
    "task": N_("环节"),
    "serviceTask": N_("自动环节"),
    "scriptTask": N_("计算"),
    "businessRuleTask": N_("按表决定"),
    "sendTask": N_("发送"),
    "receiveTask": N_("接收"),
    "subProcess": N_("子流程"),
    "callActivity": N_("调用的流程"),
    "startEvent": N_("开始"),
    "endEvent": N_("结束"),
    "boundaryEvent": N_("环节上的事件"),
    "intermediateCatchEvent": N_("等待"),
    "intermediateThrowEvent": N_("中间事件"),
    "exclusiveGateway": N_("分支判断"),
    "parallelGateway": N_("并行分支"),
    "inclusiveGateway": N_("多选分支"),
    "eventBasedGateway": N_("等哪件事先到"),
    "sequenceFlow": N_("连线"),
    "lane": N_("泳道"),
    "participant": N_("参与方"),
    "process": N_("流程"),
    "collaboration": N_("参与方的总图"),
    "messageFlow": N_("消息线"),
    "textAnnotation": N_("文字说明"),
    "association": N_("说明线"),
    "group": N_("分组框"),
    "dataObjectReference": N_("材料"),
    "dataObject": N_("材料"),
    "dataStoreReference": N_("台账"),
    "message": N_("消息"),
    "signal": N_("信号"),
    "error": N_("错误"),
    "escalation": N_("上报"),
}
LABELS: Mapping[str, str] = {
    "who": N_("谁办"),
    "name": N_("名称"),
    "p:guanjia.name.en": N_("英文名称"),
    "p:guanjia.limit": N_("时限"),
    "p:guanjia.limit.clock": N_("时限怎么算"),
    "p:guanjia.limit.follows": N_("时限随办件变化"),
    "a:formRef": N_("表单"),
    "a:formKey": N_("表单"),
    "p:guanjia.actions": N_("动作"),
    "p:guanjia.back.to": N_("可退回到"),
    "p:guanjia.basis": N_("依据"),
    "p:guanjia.remind": N_("提醒"),
    "p:guanjia.escalate": N_("超期后报"),
    "p:guanjia.reason.required": N_("必须写理由的动作"),
    "p:guanjia.evidence.required": N_("必须交佐证的动作"),
    "p:guanjia.distinct.from": N_("不能由办过这些环节的人办"),
    "p:guanjia.fields.edit": N_("可以填的字段"),
    "p:guanjia.fields.read": N_("只能看的字段"),
    "p:guanjia.fields.hidden": N_("看不到的字段"),
    "p:guanjia.cc": N_("办完抄送"),
    "p:guanjia.notice": N_("通知"),
    "p:guanjia.side": N_("时间算在哪一方"),
    "p:guanjia.pauses": N_("开着时哪一方的时限停着"),
    "p:guanjia.urgeable": N_("可不可以催办"),
    "p:guanjia.transfer": N_("可不可以转办"),
    "p:guanjia.summary.fields": N_("摘要里的字段"),
    "p:guanjia.title": N_("办件标题"),
    "p:guanjia.number": N_("编号前缀"),
    "p:guanjia.starts": N_("怎样发起"),
    "p:guanjia.handling": N_("外包单位的办理时限"),
    "p:guanjia.result": N_("办件结果"),
    "p:guanjia.shows": N_("先看哪些环节填的内容"),
    "a:topic": N_("自动服务"),
    "a:type": N_("服务类型"),
    "a:decisionRef": N_("决策表"),
    "a:resultVariable": N_("结果记到"),
    "a:priority": N_("优先级"),
    "a:dueDate": N_("到期时间"),
    "a:candidateStarterGroups": N_("谁可以发起"),
    "a:candidateStarterUsers": N_("谁可以发起（账号）"),
    "conditionExpression": N_("条件"),
    "default": N_("都不符合时走"),
    "source": N_("从哪里来"),
    "target": N_("到哪里去"),
    "attached": N_("附在哪个环节上"),
    "interrupting": N_("发生时是否停下原来的环节"),
    "lane": N_("泳道"),
    "scope": N_("所在子流程"),
    "documentation": N_("说明"),
    "script": N_("计算式"),
    "text": N_("文字"),
    "tag": N_("种类"),
    "calledElement": N_("调用哪个流程"),
    "x:multiInstanceLoopCharacteristics": N_("多人办理"),
    "x:standardLoopCharacteristics": N_("重复办理"),
    "event:timer": N_("等到什么时间"),
    "event:message": N_("消息"),
    "event:signal": N_("信号"),
    "event:error": N_("错误"),
    "event:escalation": N_("上报"),
    "event:terminate": N_("全部结束"),
    "event:link": N_("转到"),
}
CLOCKS = {"working": N_("工作时间"), "calendar": N_("自然时间")}
SIDES = {"vendor": N_("外包单位"), "client": N_("需求单位"), "office": N_("网管办")}
YES_NO = {"true": N_("是"), "false": N_("否")}
_ELEMENTS = frozenset(
    {"default", "source", "target", "attached", "scope"}
    | {f"p:guanjia.{name}" for name in ("back.to", "distinct.from", "shows")}
)
_CODES = frozenset({"p:guanjia.reason.required", "p:guanjia.evidence.required"})
_CONSEQUENCE = "p:guanjia.consequence."
_LISTS = frozenset({f"p:guanjia.fields.{name}" for name in ("edit", "read", "hidden")} | {"p:guanjia.summary.fields"})
WHO = ("a:assignee", "a:candidateUsers", "a:candidateGroups")
Write = Callable[[str, Thing, Drawing], Words]


def subject_of(thing: Thing, drawing: Drawing) -> Words:
    """Say which element it is: 环节“验收”, 连线“受理”, 连线“受理”→“派工”."""
    kind = TAGS.get(thing.tag, thing.tag)
    if thing.tag == "sequenceFlow" and not thing.name:
        ends = {end: drawing.called(thing.facts.get(end, "")) for end in ("source", "target")}
        return said(N_("从“%(source)s”到“%(target)s”的连线"), **ends)
    return said(N_("%(kind)s“%(name)s”"), kind=kind, name=thing.name or thing.id)


def label_of(key: str) -> Words:
    """Return the owner's word for a fact; the technical name where there is none."""
    if key in LABELS:
        return LABELS[key]
    if key.startswith(_CONSEQUENCE):
        return said(N_("动作 %(name)s 的后果"), name=key.removeprefix(_CONSEQUENCE))
    known = key.removeprefix("p:guanjia.")
    if known != key and known in ATTRIBUTES:
        return said(N_("设置 %(name)s"), name=known)
    kind, _, name = key.partition(":")
    if kind in {"in", "out"}:
        word = N_("交给它的值 %(name)s") if kind == "in" else N_("它交回的值 %(name)s")
        return said(word, name=name)
    return said(N_("设置 %(name)s"), name=name or key)


def value_of(key: str, text: str | None, thing: Thing, drawing: Drawing) -> Words | None:
    """Return the value of a fact in words; None for a fact that is not there."""
    if text is None:
        return None
    write = _WRITERS.get(key)
    if write is not None:
        return write(text, thing, drawing)
    if key in _ELEMENTS:
        return Listed(drawing.called(id_.strip()) for id_ in text.split(",") if id_.strip())
    if key in _CODES:
        return _coded(text, thing, drawing)
    if key in _LISTS:
        return Listed(part.strip() for part in text.split(",") if part.strip())
    return YES_NO.get(text, text)


def who_of(thing: Thing, drawing: Drawing) -> Words | None:
    """Say who does a step; None when nobody is named."""
    found = [
        words
        for key in WHO
        if thing.facts.get(key) and (words := who_in_words(key.removeprefix("a:"), thing.facts[key], drawing.called))
    ]
    return Listed(found) if found else None


def _actions(text: str, _thing: Thing, _drawing: Drawing) -> Words:
    return Listed(action.name for action in actions_of({"actions": text}))


def _coded(text: str, thing: Thing, _drawing: Drawing) -> Words:
    names = {one.code: one.name for one in actions_of({"actions": thing.facts.get("p:guanjia.actions", "")})}
    return Listed(names.get(code.strip(), code.strip()) for code in text.split(",") if code.strip())


def _limit(text: str, _thing: Thing, _drawing: Drawing) -> Words:
    """Return a limit as such, so that it is shown in the reader's language; an expression stays as it is written."""
    try:
        return parse_limit(text)
    except UserError:
        return text


def _tag(text: str, _thing: Thing, _drawing: Drawing) -> Words:
    return TAGS.get(text, text)


_WRITERS: Mapping[str, Write] = {
    "p:guanjia.actions": _actions,
    "p:guanjia.limit": _limit,
    "p:guanjia.limit.clock": lambda text, _thing, _drawing: CLOCKS.get(text, text),
    "p:guanjia.side": lambda text, _thing, _drawing: SIDES.get(text, text),
    "p:guanjia.pauses": lambda text, _thing, _drawing: SIDES.get(text, text),
    "tag": _tag,
}
