"""The words of the boards: figures, lists, places, and the kinds of records in plain language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.content.words import RECORDS as CONTENT_RECORDS
from app.emergency.words_ready import RECORDS as READY_RECORDS
from app.i18n import N_
from app.work.pages import words as work_words

FIGURES: Final[Mapping[str, str]] = {
    "open": N_("在办"),
    "overdue": N_("超期"),
    "today": N_("今日到期"),
    "unclaimed": N_("没人接"),
    "paused": N_("已暂停"),
    "to_rate": N_("待评价"),
}
LAMPS: Final[Mapping[str, str]] = {"overdue": "red", "today": "amber", "paused": "paused"}
PAST: Final[Mapping[str, str]] = {
    "handled": N_("本月计入按时率"),
    "accepted": N_("本月首次验收"),
    "rated": N_("本月评价"),
    "refused": N_("本月退单"),
    "received": N_("近 30 天新收"),
    "received_week": N_("本周新收"),
    "closed": N_("近 30 天办结"),
}
PLACES: Final[Mapping[str, str]] = {
    "vendor": N_("外包单位"),
    "client": N_("需求单位"),
    "office": N_("网管办"),
    "paused": N_("已暂停"),
    "automatic": N_("自动环节"),
}

ACTORS: Final[Mapping[str, str]] = {
    "person": N_("本人"),
    "stand_in": N_("代办"),
    "transcriber": N_("代录"),
    "rule": N_("规则"),
    "timer": N_("到时规则"),
    "worker": N_("程序"),
    "administrator": N_("管理员"),
    "console": N_("控制台"),
    "setup": N_("安装程序"),
}
AREAS: Final[Mapping[str, str]] = {
    "work": N_("办件"),
    "people": N_("单位与人员"),
    "deadlines": N_("工作日历"),
    "processes": N_("流程"),
    "files": N_("文件"),
    "dispatch": N_("任务派发"),
    "content": N_("信息发布"),
    "review": N_("审核"),
    "emergency": N_("应急"),
    "ledger": N_("记录"),
    "house": N_("数据库"),
}
RECORDS: Final[Mapping[str, str]] = {
    **work_words.RECORDS,
    **CONTENT_RECORDS,
    **READY_RECORDS,
    "work:item:completed": N_("办完环节"),
    "work:script:run": N_("规则计算"),
    "work:service:done": N_("自动环节办完"),
    "work:decision:made": N_("判定表得出结论"),
    "work:gateway:chosen": N_("选定走向"),
    "work:end:reached": N_("到达终点"),
    "people:session:opened": N_("登录"),
    "people:session:closed": N_("退出"),
    "people:session:failed": N_("登录失败"),
    "people:session:locked": N_("账号锁定"),
    "people:session:revoked": N_("收回登录"),
    "people:page:opened": N_("检查人员打开页面"),
    "people:password:changed": N_("改密码"),
    "people:password:reset": N_("重置密码"),
    "people:role:granted": N_("授予角色"),
    "people:role:withdrawn": N_("收回角色"),
    "people:token:issued": N_("发放程序令牌"),
    "people:token:revoked": N_("收回程序令牌"),
    "people:user:created": N_("新增人员"),
    "people:user:changed": N_("修改人员"),
    "people:user:disabled": N_("停用人员"),
    "people:user:enabled": N_("启用人员"),
    "people:unit:created": N_("新增单位"),
    "people:unit:changed": N_("修改单位"),
    "people:unit:disabled": N_("停用单位"),
    "people:unit:enabled": N_("启用单位"),
    "people:site:created": N_("新增网站"),
    "people:site:changed": N_("修改网站"),
    "people:category:created": N_("新增服务类别"),
    "people:contract:created": N_("录入合同"),
    "people:contract:changed": N_("修改合同"),
    "people:contract:disabled": N_("停用合同"),
    "people:contract:enabled": N_("启用合同"),
    "people:setting:changed": N_("修改设置"),
    "deadlines:plan:created": N_("新增工作时间"),
    "deadlines:plan:changed": N_("修改工作时间"),
    "deadlines:plan:removed": N_("取消工作时间"),
    "deadlines:year:imported": N_("导入节假日"),
    "deadlines:year:assumed": N_("节假日暂按周末推算"),
    "processes:version:published": N_("发布流程版本"),
    "processes:version:proposed": N_("提出发布流程"),
    "processes:version:approved": N_("批准发布流程"),
    "processes:version:refused": N_("没有批准发布流程"),
    "processes:version:withdrawn": N_("撤回发布流程的提案"),
    "processes:version:failed": N_("流程没有按时发布"),
    "processes:process:suspended": N_("停用流程"),
    "processes:process:resumed": N_("恢复流程"),
    "processes:process:changed": N_("修改流程的说明或权限"),
    "processes:deployment:made": N_("程序部署流程"),
    "house:database:born": N_("建库"),
    "house:database:ready": N_("演示数据备好"),
    "house:backup:written": N_("备份"),
    "house:backup:restored": N_("从备份恢复"),
    "ledger:chains:verified": N_("核对记录"),
}

# what the check of the chains found, by the sentence it reports
