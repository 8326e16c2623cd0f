"""Compare forms field by field: what came, what went, and every property of those that stayed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Invalid
from app.i18n import N_, Listed
from app.studio.comparing.change import ADDED, CHANGED, FORMS, REMOVED, Change, Words, said

LABELS: Mapping[str, str] = {
    "label": N_("名称"),
    "properties.label.en": N_("英文名称"),
    "type": N_("类型"),
    "subtype": N_("类型"),
    "properties.widget": N_("控件"),
    "validate.required": N_("必填"),
    "values": N_("选项"),
    "valuesKey": N_("选项来源"),
    "valuesExpression": N_("选项来源"),
    "conditional.hide": N_("什么时候不出现"),
    "description": N_("填写说明"),
    "defaultValue": N_("预先填好的值"),
    "readonly": N_("只读"),
    "disabled": N_("不能填"),
    "validate.minLength": N_("最少字数"),
    "validate.maxLength": N_("最多字数"),
    "validate.min": N_("最小值"),
    "validate.max": N_("最大值"),
    "validate.pattern": N_("格式"),
    "text": N_("文字"),
    "properties.text.en": N_("英文文字"),
    "content": N_("文字"),
    "expression": N_("计算式"),
    "in": N_("所在分组"),
}
TYPES: Mapping[str, str] = {
    "textfield": N_("单行文字"),
    "textarea": N_("多行文字"),
    "number": N_("数字"),
    "datetime": N_("日期和时间"),
    "checkbox": N_("勾选"),
    "checklist": N_("多选"),
    "radio": N_("单选"),
    "select": N_("下拉选择"),
    "taglist": N_("标签"),
    "filepicker": N_("文件"),
    "expression": N_("计算"),
    "group": N_("分组"),
    "dynamiclist": N_("可增减的列表"),
    "text": N_("文字"),
    "html": N_("文字"),
    "table": N_("表格"),
    "separator": N_("分隔线"),
    "spacer": N_("空白"),
}
_INNER = "components"
_SKIPPED = frozenset({"id", "key", _INNER})
_FORM_SKIPPED = frozenset({"id", _INNER, "schemaVersion", "exporter", "executionPlatform", "generatedBy"})
_ORDER = {key: number for number, key in enumerate(LABELS)}


@dataclass(frozen=True)
class Field:
    """One component of a form with its properties by dotted name."""

    id: str
    name: str
    facts: Mapping[str, Any]


def compare_forms(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """Return the differences of two sets of forms; raise Invalid when one is no JSON."""
    found: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new or name not in old:
            found.append(_whole(name, REMOVED if name not in new else ADDED))
        elif old[name] != new[name]:
            found += _form(name, _parse(name, old[name]), _parse(name, new[name]))
    return found


def _whole(name: str, how: str) -> Change:
    subject = said(N_("表单“%(name)s”"), name=name)
    old, new = (None, subject) if how == ADDED else (subject, None)
    return Change(f"form:{name}:{how}", FORMS, how, subject, "", old, new, page=name)


def _form(form: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {one.id: one for one in _fields(old.get(_INNER), "")}
    after = {one.id: one for one in _fields(new.get(_INNER), "")}
    yield from (_lone(form, one, REMOVED) for id_, one in before.items() if id_ not in after)
    yield from (_lone(form, one, ADDED) for id_, one in after.items() if id_ not in before)
    for id_, now in after.items():
        if id_ in before:
            yield from _field(form, before[id_], now)
    yield from _order(form, before, after)
    yield from _itself(form, old, new)


def _lone(form: str, one: Field, how: str) -> Change:
    kind = _value("type", one.facts.get("type"))
    words = said(N_("%(name)s（%(kind)s）"), name=one.name, kind=kind)
    required = ((LABELS["validate.required"], N_("是")),) if one.facts.get("validate.required") else ()
    old, new = (None, words) if how == ADDED else (words, None)
    key = f"form:{form}:{one.id}:{how}"
    return Change(key, FORMS, how, _subject(form, one), "", old, new, page=form, details=required)


def _field(form: str, then: Field, now: Field) -> Iterator[Change]:
    keys = {key for key in then.facts.keys() | now.facts.keys() if then.facts.get(key) != now.facts.get(key)}
    for key in sorted(keys, key=lambda key: (_ORDER.get(key, len(_ORDER)), key)):
        old, new = _value(key, then.facts.get(key)), _value(key, now.facts.get(key))
        if old == new:
            old, new = _plain(then.facts.get(key)), _plain(now.facts.get(key))
        label = LABELS.get(key) or said(N_("设置 %(name)s"), name=key)
        yield Change(f"form:{form}:{now.id}:{key}", FORMS, CHANGED, _subject(form, now), label, old, new, page=form)


def _order(form: str, before: Mapping[str, Field], after: Mapping[str, Field]) -> Iterator[Change]:
    old, new = [id_ for id_ in before if id_ in after], [id_ for id_ in after if id_ in before]
    if old != new:
        subject = said(N_("表单“%(name)s”"), name=form)
        before_, after_ = (Listed(after[id_].name for id_ in ids) for ids in (old, new))
        yield Change(f"form:{form}:order", FORMS, CHANGED, subject, N_("字段的先后"), before_, after_, page=form)


def _itself(form: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    subject = said(N_("表单“%(name)s”"), name=form)
    before, after = (_flat({k: v for k, v in one.items() if k not in _FORM_SKIPPED}) for one in (old, new))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            label = said(N_("设置 %(name)s"), name=key)
            old_, new_ = _value(key, before.get(key)), _value(key, after.get(key))
            yield Change(f"form:{form}::{key}", FORMS, CHANGED, subject, label, old_, new_, page=form)


def _fields(components: object, inside: str) -> Iterator[Field]:
    for one in components if isinstance(components, list) else ():
        if not isinstance(one, dict):
            continue
        id_ = str(one.get("key") or one.get("path") or one.get("id") or "")
        name = str(one.get("label") or id_)
        facts = _flat({key: value for key, value in one.items() if key not in _SKIPPED})
        yield Field(f"{inside}.{id_}" if inside else id_, name, facts)
        # a group only holds fields together: a field stays the same one when it is put into it
        yield from _fields(one.get(_INNER), inside if one.get("type") == "group" else id_)


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, dict):
            found |= _flat(one, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = one
    return found


def _value(key: str, value: Any) -> Words | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return N_("是") if value else N_("否")
    if key == "type":
        return TYPES.get(str(value), str(value))
    if key == "values" and isinstance(value, list):
        return Listed(str(one.get("label") or one.get("value")) for one in value if isinstance(one, dict))
    return _plain(value)


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _subject(form: str, one: Field) -> Words:
    return said(N_("表单“%(form)s”的字段“%(name)s”"), form=form, name=one.name)


def _parse(name: str, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(N_("表单 %(name)s 不是有效的 JSON：%(why)s"), name=name, why=str(error)) from error
    return value if isinstance(value, dict) else {}
