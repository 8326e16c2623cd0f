"""The fixed words of work and in whose language a name is said. One thing, one word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from app.deadlines.rules import Limit
from app.engine import Node
from app.i18n import N_
from app.people.rules import PRIORITIES
from app.web.i18n import gettext, locale
from app.work.rules import actions_of

SIDES: Mapping[str, str] = {"client": N_("需求单位"), "vendor": N_("外包单位"), "office": N_("网管办")}
GROUPS: Mapping[str, str] = {
    "overdue": N_("超期"),
    "today": N_("今日到期"),
    "week": N_("本周之内"),
    "later": N_("以后"),
    "paused": N_("已暂停"),
}
CHIPS: Mapping[str, str] = {
    "all": N_("全部"),
    "overdue": N_("超期"),
    "today": N_("今日到期"),
    "returned": N_("退回给我"),
    "urged": N_("被催办"),
}
BOXES: Mapping[str, str] = {
    "todo": N_("待办"),
    "done": N_("已办"),
    "started": N_("我发起"),
    "copies": N_("抄送"),
    "drafts": N_("草稿"),
}
LIST_STATES: Mapping[str, str] = {
    "": N_("全部"),
    "running": N_("在办"),
    "late": N_("超期"),
    "today": N_("今日到期"),
    "paused": N_("暂停"),
    "ended": N_("办结"),
}
SEALS: Mapping[str, str] = {
    "todo": N_("待办"),
    "run": N_("在办"),
    "done": N_("已办"),
    "late": N_("超期"),
    "hold": N_("暂停"),
    "void": N_("作废"),
}
RESULTS: Mapping[str, str] = {
    "done": N_("办结"),
    "withdrawn": N_("已撤回"),
    "refused": N_("不予办理"),
    "accepted": N_("验收通过"),
    "accepted_in_part": N_("部分通过"),
    "partial": N_("部分通过"),
    "deemed": N_("视为验收"),
    "deemed_accepted": N_("视为验收"),
    "cancelled": N_("已撤销"),
    "not_raised": N_("未成立"),
    "not_dispatched": N_("未派发"),
    "not_approved": N_("未批准"),
    "rejected": N_("不同意"),
    "terminated": N_("已终止"),
    "timer": N_("到时收回"),
    "submit": N_("提交"),
}
VOID_RESULTS = frozenset(
    {"withdrawn", "cancelled", "refused", "not_raised", "not_dispatched", "not_approved", "rejected", "terminated"}
)
ACTOR_WORDS: Mapping[str, str] = {
    "rule": N_("规则"),
    "timer": N_("到时规则"),
    "worker": N_("程序"),
    "administrator": N_("管理员"),
    "console": N_("控制台"),
    "setup": N_("安装程序"),
}
# areas above add the words of their own records
RECORDS: dict[str, str] = {
    "work:item:opened": N_("首次打开"),
    "work:item:claimed": N_("认领"),
    "work:item:released": N_("释放"),
    "work:item:transferred": N_("转办"),
    "work:item:urged": N_("催办"),
    "work:item:sent_back": N_("退回"),
    "work:item:taken_back": N_("撤回"),
    "work:item:signer_added": N_("加签"),
    "work:item:signer_removed": N_("减签"),
    "work:item:due_changed": N_("改时限"),
    "work:item:progressed": N_("进展说明"),
    "work:copy:read": N_("抄送已读"),
    "work:case:opened": N_("发起办件"),
    "work:case:changed": N_("办件信息变更"),
    "work:case:closed": N_("办结"),
    "work:case:jumped": N_("跳转"),
    "work:case:terminated": N_("终止"),
    "work:case:suspended": N_("暂停"),
    "work:case:resumed": N_("恢复"),
    "work:case:migrated": N_("换版本"),
    "work:message:sent": N_("发出消息"),
    "work:message:received": N_("收到消息"),
    "work:error:caught": N_("出错，改走备用分支"),
    "work:escalation:raised": N_("上报"),
    "work:repetition:ended": N_("多人办理结束"),
    "work:call:returned": N_("被调用的流程办完"),
    "work:incident:raised": N_("自动环节出错"),
    "work:incident:retried": N_("重试"),
    "work:incident:repaired": N_("改数据后重试"),
    "work:incident:skipped": N_("跳过"),
    "work:timer:fired": N_("到时"),
    "work:deadline:amber": N_("时限过八成提醒"),
    "work:deadline:overdue": N_("超期提醒"),
    "work:deadline:escalate": N_("超期上报"),
    "work:transcription:confirmed": N_("本人确认代录"),
    "work:transcription:objected": N_("本人对代录有异议"),
    "work:transcription:overdue": N_("代录过期未确认"),
    "review:passes:voided": N_("内容改过，通过作废"),
    "review:passes:denied": N_("本人否认代录，通过作废"),
}
MESSAGES: Mapping[str, str] = {
    "withdraw": N_("撤回"),
    "cancel": N_("撤销"),
    "object_restatement": N_("对复述提出异议"),
    "content_changed": N_("内容改过"),
}


class Named(Protocol):
    """Anything with a name in both languages."""

    @property
    def name(self) -> str:
        """Return the Chinese name."""

    @property
    def name_en(self) -> str | None:
        """Return the English name, if there is one."""


def name_of(thing: Named, locale: str) -> str:
    """Return the name in the reader's language; Chinese where English is missing."""
    return (locale == "en" and thing.name_en) or thing.name


def limit_word(limit: Limit) -> str:
    """Return a limit in the reader's language."""
    return limit.text_en if locale() == "en" else limit.text


def priority_word(code: str) -> str:
    """Return the word of a priority."""
    return gettext(PRIORITIES[code]) if code in PRIORITIES else code


def case_result_word(result: str | None) -> str:
    """Return the word of a case's result; the text itself where the process made its own."""
    return gettext(RESULTS[result]) if result and result in RESULTS else (result or "")


def result_word(node: Node | None, code: str | None, locale: str) -> str:
    """Return the verb chosen at a node, for example 退回返工; nothing for the plain submission."""
    if not code:
        return ""
    actions = actions_of(node.properties) if node else ()
    label = next((action.label(locale) for action in actions if action.code == code), "")
    return label or case_result_word(code)


def choice_word(node: Node | None, code: str | None, locale: str) -> str:
    """Return the verb chosen where there was a choice; a step with one action needs no word."""
    has_choice = node is not None and len(actions_of(node.properties)) > 1
    return result_word(node, code, locale) if has_choice else ""


def round_word(number: int) -> str:
    """Return 第 2 轮; nothing for the first."""
    return gettext("第 %(number)s 轮", number=number) if number > 1 else ""


def unit_word(name: str, side: str) -> str:
    """Return the unit's name, or its side where the name is not this reader's to know."""
    return name or gettext(SIDES.get(side, SIDES["office"]))


def migrated_words(payload: Mapping[str, Any]) -> str:
    """Say from which version of its process a case moved to which."""
    return gettext("换版本：v%(old)s → v%(new)s", old=payload.get("from"), new=payload.get("to"))
