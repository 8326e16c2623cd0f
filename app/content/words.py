"""What the records of content and review are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.i18n import N_

RECORDS: Final[Mapping[str, str]] = {
    "content:article:created": N_("新写稿件"),
    "content:article:version": N_("稿件定为一版"),
    "content:article:handed_in": N_("稿件送审"),
    "content:article:thrown_away": N_("丢弃稿件草稿"),
    "content:article:linked": N_("关联政策解读"),
    "content:article:unlinked": N_("取消关联政策解读"),
    "content:article:published": N_("发布稿件"),
    "content:article:updated": N_("更新已发布的稿件"),
    "content:article:taken_down": N_("撤下稿件"),
    "content:page:compared": N_("取回网页核对"),
    "content:site:changed": N_("修改发布方式"),
    "content:site:rebuilt": N_("重新生成网站"),
    "content:template:changed": N_("修改网页样式"),
    "content:package:made": N_("打包"),
    "content:package:received": N_("导入回执"),
    "content:finding:waived": N_("写明理由放行"),
    "content:column:created": N_("新增栏目"),
    "content:column:changed": N_("修改栏目"),
    "content:column:reminded": N_("提醒更新栏目"),
    "content:right:given": N_("给栏目权限"),
    "content:right:withdrawn": N_("收回栏目权限"),
    "content:media:added": N_("图片或文件入库"),
    "content:media:described": N_("修改图片的文字说明"),
    "content:media:taken_out": N_("停用图片或文件"),
    "content:term:added": N_("词库加词"),
    "content:term:changed": N_("词库改词"),
    "content:term:removed": N_("词库去词"),
    "content:terms:imported": N_("导入词表"),
    "content:terms:established": N_("备好词库"),
    "content:leader:saved": N_("修改领导名单"),
    "content:leader:removed": N_("从领导名单拿掉"),
    "content:report:taken": N_("收到找错"),
    "content:report:aside": N_("找错不受理"),
    "content:fault:recorded": N_("记下发布差错"),
    "review:passes:voided": N_("内容改过，前面的通过作废"),
    "review:passes:denied": N_("本人否认代录，通过作废"),
}
