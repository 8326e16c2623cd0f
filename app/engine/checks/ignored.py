"""What stands in a diagram without any effect here, said rather than passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.engine.checks.people import HUMAN_TAGS
from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.compile import is_external
from app.engine.coverage import ROWS
from app.engine.diagram import Element
from app.engine.port import Problem
from app.i18n import N_

_TAKING = HUMAN_TAGS | {"subProcess", "callActivity", "sendTask", "intermediateThrowEvent", "endEvent"}
_BY_SERVICE = N_("要做的事改成服务任务。")
_EXTENSIONS: Mapping[str, tuple[str, str]] = {
    "executionListener": (N_("监听器里的程序不会执行。"), _BY_SERVICE),
    "taskListener": (N_("监听器里的程序不会执行。"), _BY_SERVICE),
    "connector": (N_("连接器不会执行。"), _BY_SERVICE),
    "formData": (N_("写在图里的表单项不起作用。"), N_("用 formRef 选一张表单。")),
    "formProperty": (N_("写在图里的表单项不起作用。"), N_("用 formRef 选一张表单。")),
}
_SETTINGS: Mapping[str, tuple[str, str]] = {
    "dueDate": (N_("dueDate 不起作用。"), N_("时限写在属性 guanjia.limit 里。")),
    "followUpDate": (N_("followUpDate 不起作用。"), N_("要到时间才办的，在前面画一个定时事件。")),
    "skipExpression": (N_("skipExpression 不起作用。"), N_("用排他网关绕过这一步。")),
}


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what has no effect."""
    for one in subject.diagram.elements.values():
        for name, (message, fix) in _EXTENSIONS.items():
            if name in one.extensions:
                yield problem("ignored", one, message, fix, "warning")
        for name, (message, fix) in _SETTINGS.items():
            if name in one.settings:
                yield problem("ignored", one, message, fix, "warning")
        if _loses_inputs(one):
            fix = N_("直接在表达式里读数据，或者用前面的脚本任务写好。")
            yield problem("ignored", one, N_("这里的输入映射不起作用。"), fix, "warning")
    for drawn in subject.diagram.data:
        row = ROWS[drawn.tag.removesuffix("Reference")]
        yield problem("drawn-only", drawn, N_("“%(what)s”只画在图上。"), row.how, "warning", what=row.name)


def _loses_inputs(one: Element) -> bool:
    return bool(one.inputs) and one.tag not in _TAKING and not is_external(one)
