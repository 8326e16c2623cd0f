"""What of BPMN 2.0 the product runs, refuses or only draws: one table for the checker and for the page about it.

A refused row's `how` is the advice the checker gives with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.i18n import N_

Support = Literal["supported", "refused", "drawn"]
ACTIVITIES = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "serviceTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
        "subProcess",
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One element or one variant of it; `rule` names the problem that refuses it."""

    name: str
    english: str
    support: Support
    how: str
    rule: str = "unsupported"


def _yes(name: str, english: str, how: str) -> Row:
    return Row(name, english, "supported", how)


def _no(name: str, english: str, how: str, rule: str = "unsupported") -> Row:
    return Row(name, english, "refused", how, rule)


def _drawn(name: str, english: str, how: str) -> Row:
    return Row(name, english, "drawn", how)


_EVENT = "event-unsupported"
_BY_BOUNDARY = N_("改成普通子流程，用贴在边上的事件触发。")
_ONE_EACH = N_("请拆成几个事件，每个只等一样东西。")
_BY_HAND = N_("撤销要做的事画成普通的环节，用网关走到那里。")
_BY_MESSAGE = N_("请换成消息、信号或定时事件；条件写在网关后面的连线上。")
_DRAWN_DATA = N_("只画在图上，不带数据；数据由表单、脚本和映射写入。")

ROWS: Mapping[str, Row] = {
    # start events
    "startEvent:none": _yes(N_("开始事件"), "start event", N_("办件从这里开始；一个流程只有一个。")),
    "startEvent:message": _yes(N_("消息开始事件"), "message start event", N_("指名从它开始的办件从这里走。")),
    "startEvent:signal": _yes(N_("信号开始事件"), "signal start event", N_("指名从它开始的办件从这里走。")),
    "startEvent:timer": _yes(
        N_("定时开始事件"), "timer start event", N_("指名从它开始的办件从这里走；什么时候发起是设置，检查时提醒。")
    ),
    "startEvent:conditional": _no(N_("条件开始事件"), "conditional start event", _BY_MESSAGE, _EVENT),
    "startEvent:error": _no(N_("错误开始事件"), "error start event", _BY_BOUNDARY, _EVENT),
    "startEvent:escalation": _no(N_("升级开始事件"), "escalation start event", _BY_BOUNDARY, _EVENT),
    "startEvent:compensate": _no(N_("补偿开始事件"), "compensation start event", _BY_HAND, _EVENT),
    "startEvent:multiple": _no(N_("多重开始事件"), "multiple start event", _ONE_EACH, "event-multiple"),
    "startEvent:parallelMultiple": _no(
        N_("并行多重开始事件"), "parallel multiple start event", _ONE_EACH, "event-multiple"
    ),
    "startEvent:inner": _no(
        N_("子流程里等待事件的开始事件"), "event start inside a sub-process", _BY_BOUNDARY, _EVENT
    ),
    # intermediate catching events
    "intermediateCatchEvent:timer": _yes(
        N_("定时中间事件"), "timer catch event", N_("到时间才往下走：ISO 8601 的日期、时长，或一个 ${…}。")
    ),
    "intermediateCatchEvent:cycle": _no(
        N_("循环定时中间事件"), "timer cycle catch event", N_("循环定时只能用在不打断的边界事件上。"), "timer-cycle"
    ),
    "intermediateCatchEvent:message": _yes(N_("消息中间事件"), "message catch event", N_("等到这个名称的消息。")),
    "intermediateCatchEvent:signal": _yes(
        N_("信号中间事件"), "signal catch event", N_("等到这个名称的信号，哪一件办件发出的都算。")
    ),
    "intermediateCatchEvent:link": _yes(
        N_("链接中间事件（入）"), "link catch event", N_("接着同名的链接往下走，就像有一条连线。")
    ),
    "intermediateCatchEvent:conditional": _no(N_("条件中间事件"), "conditional catch event", _BY_MESSAGE, _EVENT),
    "intermediateCatchEvent:multiple": _no(
        N_("多重中间事件（等待）"), "multiple catch event", _ONE_EACH, "event-multiple"
    ),
    "intermediateCatchEvent:parallelMultiple": _no(
        N_("并行多重中间事件"), "parallel multiple catch event", _ONE_EACH, "event-multiple"
    ),
    "intermediateCatchEvent:none": _no(
        N_("没有定义的等待事件"), "catch event without definition", N_("写明它等的是时间、消息还是信号。"), _EVENT
    ),
    # intermediate throwing events
    "intermediateThrowEvent:none": _yes(N_("空中间事件"), "none throw event", N_("经过时记一笔，随即往下走。")),
    "intermediateThrowEvent:message": _yes(
        N_("消息抛出事件"), "message throw event", N_("交给本办件里等这个名称的事件，随即往下走。")
    ),
    "intermediateThrowEvent:signal": _yes(
        N_("信号抛出事件"), "signal throw event", N_("交给所有办件里等这个名称的事件，随即往下走。")
    ),
    "intermediateThrowEvent:link": _yes(
        N_("链接中间事件（出）"), "link throw event", N_("接到同名的链接，就像有一条连线。")
    ),
    "intermediateThrowEvent:escalation": _yes(
        N_("升级抛出事件"), "escalation throw event", N_("由外面子流程边上的升级事件接住，随即往下走。")
    ),
    "intermediateThrowEvent:compensate": _no(N_("补偿抛出事件"), "compensation throw event", _BY_HAND, _EVENT),
    "intermediateThrowEvent:multiple": _no(
        N_("多重中间事件（抛出）"), "multiple throw event", _ONE_EACH, "event-multiple"
    ),
    # boundary events
    "boundaryEvent:timer": _yes(
        N_("定时边界事件，打断"), "timer boundary event, interrupting", N_("到时间收回这一步，走这条线。")
    ),
    "boundaryEvent:timer.beside": _yes(
        N_("定时边界事件，不打断"), "timer boundary event, non-interrupting", N_("到时间另开一条线，这一步照办。")
    ),
    "boundaryEvent:cycle": _no(
        N_("循环定时边界事件，打断"),
        "timer cycle boundary event, interrupting",
        N_("循环定时只能用在不打断的边界事件上。"),
        "timer-cycle",
    ),
    "boundaryEvent:cycle.beside": _yes(
        N_("循环定时边界事件，不打断"),
        "timer cycle boundary event, non-interrupting",
        N_("每到一次另开一条线；停机错过的合成一次，写明次数。"),
    ),
    "boundaryEvent:message": _yes(
        N_("消息边界事件，打断"), "message boundary event, interrupting", N_("消息来了收回这一步，走这条线。")
    ),
    "boundaryEvent:message.beside": _yes(
        N_("消息边界事件，不打断"),
        "message boundary event, non-interrupting",
        N_("每来一次消息另开一条线，这一步照办。"),
    ),
    "boundaryEvent:signal": _yes(
        N_("信号边界事件，打断"), "signal boundary event, interrupting", N_("信号来了收回这一步，走这条线。")
    ),
    "boundaryEvent:signal.beside": _yes(
        N_("信号边界事件，不打断"),
        "signal boundary event, non-interrupting",
        N_("每来一次信号另开一条线，这一步照办。"),
    ),
    "boundaryEvent:error": _yes(
        N_("错误边界事件"), "error boundary event", N_("贴在子流程、调用活动或服务任务上，接住里面的错误。")
    ),
    "boundaryEvent:error.beside": _no(
        N_("错误边界事件，不打断"),
        "error boundary event, non-interrupting",
        N_('错误总要打断，去掉 cancelActivity="false"。'),
        _EVENT,
    ),
    "boundaryEvent:escalation": _yes(
        N_("升级边界事件，打断"), "escalation boundary event, interrupting", N_("接住里面的升级，收回这一步。")
    ),
    "boundaryEvent:escalation.beside": _yes(
        N_("升级边界事件，不打断"),
        "escalation boundary event, non-interrupting",
        N_("接住里面的升级，另开一条线，这一步照办。"),
    ),
    "boundaryEvent:conditional": _no(N_("条件边界事件"), "conditional boundary event", _BY_MESSAGE, _EVENT),
    "boundaryEvent:compensate": _no(N_("补偿边界事件"), "compensation boundary event", _BY_HAND, _EVENT),
    "boundaryEvent:cancel": _no(N_("取消边界事件"), "cancel boundary event", _BY_HAND, _EVENT),
    "boundaryEvent:multiple": _no(N_("多重边界事件"), "multiple boundary event", _ONE_EACH, "event-multiple"),
    "boundaryEvent:parallelMultiple": _no(
        N_("并行多重边界事件"), "parallel multiple boundary event", _ONE_EACH, "event-multiple"
    ),
    "boundaryEvent:none": _no(
        N_("没有定义的边界事件"),
        "boundary event without definition",
        N_("写明它等的是时间、消息还是信号。"),
        _EVENT,
    ),
    # end events
    "endEvent:none": _yes(N_("结束事件"), "end event", N_("这条线到此为止；所有的线都到了，办件才结束。")),
    "endEvent:terminate": _yes(
        N_("终止结束事件"), "terminate end event", N_("收回其余所有的环节，所在的流程或子流程立即结束。")
    ),
    "endEvent:message": _yes(
        N_("消息结束事件"), "message end event", N_("先交给本办件里等这个名称的事件，再结束这条线。")
    ),
    "endEvent:signal": _yes(
        N_("信号结束事件"), "signal end event", N_("先交给所有办件里等这个名称的事件，再结束这条线。")
    ),
    "endEvent:error": _yes(
        N_("错误结束事件"), "error end event", N_("由外面子流程或调用活动边上的错误事件接住；没有接住的不能发布。")
    ),
    "endEvent:escalation": _yes(
        N_("升级结束事件"), "escalation end event", N_("由外面子流程边上的升级事件接住，这条线结束。")
    ),
    "endEvent:cancel": _no(N_("取消结束事件"), "cancel end event", _BY_HAND, _EVENT),
    "endEvent:compensate": _no(N_("补偿结束事件"), "compensation end event", _BY_HAND, _EVENT),
    "endEvent:multiple": _no(N_("多重结束事件"), "multiple end event", _ONE_EACH, "event-multiple"),
    # tasks
    "userTask": _yes(N_("用户任务"), "user task", N_("开出待办，由人填表办理。")),
    "manualTask": _yes(N_("手工任务"), "manual task", N_("开出待办，由人说办完了。")),
    "task": _yes(N_("任务"), "task", N_("同手工任务。")),
    "scriptTask": _yes(N_("脚本任务"), "script task", N_("每行“名称 = 表达式”；不执行任何编程语言。")),
    "scriptTask:code": _no(
        N_("用编程语言写的脚本任务"),
        "script task in Python, Groovy, JavaScript …",
        N_("每行写“名称 = 表达式”，去掉脚本语言；更复杂的请改成服务任务。"),
        "script-language",
    ),
    "serviceTask:external": _yes(
        N_("服务任务"), "service task (external)", N_("按 topic 交给程序办；失败了重试，再停成故障等人处理。")
    ),
    "serviceTask": _no(
        N_("调用 Java 类或表达式的服务任务"),
        "service task with class, delegate or expression",
        N_("类型设为 external，写上主题 topic。"),
        "service-kind",
    ),
    "businessRuleTask": _yes(
        N_("业务规则任务"), "business rule task (DMN)", N_("按 decisionRef 查同一流程的决策表。")
    ),
    "businessRuleTask:external": _yes(
        N_("外部的业务规则任务"), "business rule task (external)", N_("同服务任务，按 topic 交给程序办。")
    ),
    "sendTask": _yes(N_("发送任务"), "send task", N_("同消息抛出事件。")),
    "sendTask:external": _yes(N_("外部的发送任务"), "send task (external)", N_("同服务任务，按 topic 交给程序办。")),
    "sendTask:code": _no(
        N_("调用 Java 类或表达式的发送任务"),
        "send task with class, delegate or expression",
        N_("写上消息，或者类型设为 external，写上主题 topic。"),
        "service-kind",
    ),
    "receiveTask": _yes(N_("接收任务"), "receive task", N_("等到这个名称的消息。")),
    "receiveTask:none": _no(N_("没有消息的接收任务"), "receive task without message", N_("写上它等的消息。"), _EVENT),
    "receiveTask:instantiate": _no(
        N_("发起流程的接收任务"), "instantiating receive task", N_("请画一个开始事件。"), _EVENT
    ),
    # markers of activities
    "loop:parallel": _yes(
        N_("多实例，并行"), "multi-instance, parallel", N_("按次数或按名单同时开出；结束条件看得到票数，够了就停。")
    ),
    "loop:sequential": _yes(
        N_("多实例，依次"),
        "multi-instance, sequential",
        N_("按次数或按名单一个接一个；结束条件同上。"),
    ),
    "loop:standard": _yes(N_("循环标记"), "standard loop", N_("条件成立就再来一次，可以写最多几次。")),
    "marker:compensation": _no(N_("补偿标记"), "compensation marker", _BY_HAND),
    # sub-processes
    "subProcess": _yes(N_("子流程"), "embedded sub-process", N_("自己的开始和结束，数据与外面共用。")),
    "subProcess:event": _no(N_("事件子流程"), "event sub-process", _BY_BOUNDARY, "event-subprocess"),
    "transaction": _no(N_("事务子流程"), "transaction", _BY_HAND),
    "adHocSubProcess": _no(N_("临时子流程"), "ad-hoc sub-process", N_("改成普通子流程，用网关画出可以走的路。")),
    "callActivity": _yes(N_("调用活动"), "call activity", N_("在本办件里走另一个流程；版本在办件开始时定下。")),
    # gateways
    "exclusiveGateway": _yes(N_("排他网关"), "exclusive gateway", N_("按画的顺序走第一条成立的，否则走默认分支。")),
    "parallelGateway": _yes(
        N_("并行网关"), "parallel gateway", N_("同时走所有的线；汇合时等齐，数据三方合并，循环里也对。")
    ),
    "inclusiveGateway": _yes(
        N_("包容网关"), "inclusive gateway", N_("走所有成立的线；汇合时等还会来的，循环里也对。")
    ),
    "eventBasedGateway": _yes(
        N_("事件网关"), "event-based gateway", N_("后面的事件一起等，先来的走，其余收回；定时可以有几个。")
    ),
    "eventBasedGateway:instantiate": _no(
        N_("发起流程的事件网关"), "instantiating event-based gateway", N_("请画一个开始事件。")
    ),
    "complexGateway": _no(N_("复杂网关"), "complex gateway", N_("请换成包容网关，把规则写成条件。")),
    # flows
    "flow": _yes(N_("连线"), "sequence flow", N_("按画的走。")),
    "flow:conditional": _yes(
        N_("网关后面的条件"), "conditional flow after a gateway", N_("写成一个 ${…}；空值当不成立。")
    ),
    "flow:default": _yes(N_("默认分支"), "default flow", N_("条件都不成立时走它。")),
    "flow:activity": _yes(
        N_("任务后面的条件"),
        "conditional flow out of an activity",
        N_("同包容网关：成立的都走，否则走默认分支。"),
    ),
    "flow:ignored": _no(
        N_("别处的条件"),
        "condition on another flow",
        N_("在前面加一个排他网关，把条件写在网关后面的连线上。"),
        "condition-ignored",
    ),
    "flow:split": _yes(N_("任务后面几条连线"), "implicit split", N_("同并行网关：都走。")),
    "flow:merge": _yes(N_("几条连线进同一个任务"), "implicit merge", N_("不等：来一次办一次。")),
    # pools and lanes
    "lane": _yes(N_("泳道"), "lane", N_("环节带着最里层泳道的名称；由谁办理看环节自己写的。")),
    "participant": _yes(N_("池"), "pool", N_("一个文件一个可执行的流程，只读它。")),
    "participant:several": _no(
        N_("几个可执行的流程"), "several executable processes", N_("只留一个流程为可执行。"), "process"
    ),
    "messageFlow": _drawn(N_("消息流"), "message flow", N_("只画在图上；发消息用抛出事件、发送任务或接口。")),
    "choreography": _no(N_("编排图"), "choreography", N_("先画出流程再保存。"), "process"),
    "conversation": _no(N_("会话图"), "conversation", N_("先画出流程再保存。"), "process"),
    # data and artifacts
    "dataObject": _drawn(N_("数据对象"), "data object", _DRAWN_DATA),
    "dataStore": _drawn(N_("数据存储"), "data store", _DRAWN_DATA),
    "dataAssociation": _drawn(N_("数据关联"), "data association", _DRAWN_DATA),
    "textAnnotation": _drawn(N_("文字注释"), "text annotation", N_("只画在图上。")),
    "association": _drawn(N_("关联线"), "association", N_("只画在图上。")),
    "group": _drawn(N_("分组框"), "group", N_("只画在图上。")),
    "other": _no(N_("别的图形"), "anything else", N_("请换成支持的图形。")),
}

# what an editor may offer: it runs as it is drawn
SUPPORTED = frozenset(name for name, row in ROWS.items() if row.support == "supported")
