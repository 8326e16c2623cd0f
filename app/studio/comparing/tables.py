"""Compare decision tables row by row and cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.xml import child_text, children, local_name, read_xml
from app.i18n import N_
from app.studio.comparing.change import ADDED, CHANGED, REMOVED, TABLES, Change, Words, said
from app.studio.comparing.drawing import canonical

_ANY = frozenset({"", "-"})
_POLICIES = {
    "UNIQUE": N_("只能有一条符合"),
    "FIRST": N_("取第一条符合的"),
    "ANY": N_("几条符合时结果要相同"),
    "COLLECT": N_("收集所有符合的"),
    "RULE ORDER": N_("按顺序收集所有符合的"),
    "PRIORITY": N_("取优先的一条"),
    "OUTPUT ORDER": N_("按结果排序收集"),
}


@dataclass(frozen=True)
class Column:
    """A column: its name for people and what it reads or writes."""

    name: str
    text: str
    given: bool


@dataclass(frozen=True)
class Rule:
    """A row: its number and its cells by column."""

    id: str
    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """One decision: columns and rows, or the one expression that it is instead."""

    id: str
    name: str
    policy: str
    columns: Mapping[str, Column]
    rules: Mapping[str, Rule]
    other: str


def compare_tables(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Change]:
    """Return the differences of two sets of tables; raise DiagramRefused when one cannot be read."""
    found: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new or name not in old:
            how = REMOVED if name not in new else ADDED
            found.append(_whole(f"table:{name}", name, name, how))
        elif old[name] != new[name]:
            found += _file(name, read_tables_of(name, old[name]), read_tables_of(name, new[name]))
    return found


def read_tables_of(name: str, content: bytes) -> dict[str, Table]:
    """Return the decisions of a file by id."""
    return {one.get("id") or "": _table(one) for one in children(read_xml(content, "definitions", name), "decision")}


def _file(file: str, old: Mapping[str, Table], new: Mapping[str, Table]) -> Iterator[Change]:
    for id_ in [*old, *(one for one in new if one not in old)]:
        if id_ in old and id_ in new:
            yield from _decision(file, old[id_], new[id_])
        else:
            one, how = (old[id_], REMOVED) if id_ in old else (new[id_], ADDED)
            yield _whole(f"table:{file}:{id_}", file, one.name, how)


def _whole(key: str, file: str, name: str, how: str) -> Change:
    subject = said(N_("决策表“%(name)s”"), name=name)
    old, new = (None, subject) if how == ADDED else (subject, None)
    return Change(f"{key}:{how}", TABLES, how, subject, "", old, new, page=file)


def _decision(file: str, old: Table, new: Table) -> Iterator[Change]:
    key, subject = f"table:{file}:{new.id}", said(N_("决策表“%(name)s”"), name=new.name)
    plain: list[tuple[str, Words, Words, Words]] = [
        ("name", N_("名称"), old.name, new.name),
        ("policy", N_("几条都符合时"), _POLICIES.get(old.policy, old.policy), _POLICIES.get(new.policy, new.policy)),
        ("other", N_("表达式"), old.other, new.other),
    ]
    for what, label, before, after in plain:
        if before != after:
            yield Change(f"{key}:{what}", TABLES, CHANGED, subject, label, before or None, after or None, page=file)
    yield from _columns(file, key, subject, old, new)
    yield from _rules(file, key, subject, old, new)


def _columns(file: str, key: str, subject: Words, old: Table, new: Table) -> Iterator[Change]:
    for id_ in [*old.columns, *(one for one in new.columns if one not in old.columns)]:
        before, after = old.columns.get(id_), new.columns.get(id_)
        if before == after:
            continue
        how = ADDED if before is None else REMOVED if after is None else CHANGED
        label = said(N_("列“%(name)s”"), name=(after or before or Column("", "", given=True)).name)
        yield Change(f"{key}:{id_}", TABLES, how, subject, label, _heading(before), _heading(after), page=file)


def _heading(column: Column | None) -> Words | None:
    return said(N_("%(name)s（%(kind)s）"), name=column.name, kind=column.text) if column else None


def _rules(file: str, key: str, subject: Words, old: Table, new: Table) -> Iterator[Change]:
    pairs = _paired(old, new)
    for id_, rule in old.rules.items():
        if id_ not in pairs:
            yield _row(file, f"{key}:{id_}", subject, old, rule, REMOVED)
    met = {after: before for before, after in pairs.items()}
    for id_, rule in new.rules.items():
        if id_ not in met:
            yield _row(file, f"{key}:{id_}", subject, new, rule, ADDED)
            continue
        yield from _cells(file, f"{key}:{id_}", subject, old.rules[met[id_]], (new, rule))
    order = [pairs[id_] for id_ in old.rules if id_ in pairs]
    if order != [id_ for id_ in new.rules if id_ in met]:
        now = [new.rules[id_].number for id_ in order]
        words = said(N_("原来的先后现在是第 %(numbers)s 条"), numbers="、".join(map(str, now)))
        yield Change(f"{key}:order", TABLES, CHANGED, subject, N_("各条的先后"), None, words, page=file)


def _paired(old: Table, new: Table) -> dict[str, str]:
    """Return which row became which: by id, and where an id is gone by equal content."""
    pairs = {id_: id_ for id_ in old.rules if id_ in new.rules}
    left = {id_: rule for id_, rule in new.rules.items() if id_ not in pairs}
    for id_, rule in old.rules.items():
        same = next((one for one in left if id_ not in pairs and left[one].cells == rule.cells), None)
        if same is not None:
            pairs[id_] = same
            del left[same]
    return pairs


def _row(file: str, key: str, subject: Words, table: Table, rule: Rule, how: str) -> Change:
    words = in_words(table, rule)
    old, new = (None, words) if how == ADDED else (words, None)
    label = said(N_("第 %(number)s 条"), number=rule.number)
    return Change(f"{key}:{how}", TABLES, how, subject, label, old, new, page=file)


def _cells(file: str, key: str, subject: Words, then: Rule, now: tuple[Table, Rule]) -> Iterator[Change]:
    table, rule = now
    for column, text in rule.cells.items():
        before = then.cells.get(column, "")
        if before == text or (before in _ANY and text in _ANY):
            continue
        name = table.columns[column].name if column in table.columns else N_("说明")
        label = said(N_("第 %(number)s 条的“%(column)s”"), number=rule.number, column=name)
        yield Change(f"{key}:{column}", TABLES, CHANGED, subject, label, before or "-", text or "-", page=file)


def in_words(table: Table, rule: Rule) -> Words:
    """Say a row: if these inputs, then those outputs."""

    def listed(*, given: bool) -> str:
        parts = [
            f"{column.name} {rule.cells.get(id_, '')}"
            for id_, column in table.columns.items()
            if column.given is given and rule.cells.get(id_, "") not in _ANY
        ]
        return "，".join(parts)

    condition, result = listed(given=True), listed(given=False)
    if not condition:
        return said(N_("任何情况：%(result)s"), result=result)
    return said(N_("%(condition)s：%(result)s"), condition=condition, result=result)


def _table(node: Any) -> Table:
    found = children(node, "decisionTable")
    name = node.get("name") or node.get("id") or ""
    if not found:
        other = [canonical(one) for one in node if local_name(one) in {"literalExpression", "invocation", "context"}]
        return Table(node.get("id") or "", name, "", {}, {}, "\n".join(other))
    table = found[0]
    columns = dict(_read_columns(table))
    policy = " ".join(filter(None, ((table.get("hitPolicy") or "UNIQUE").upper(), table.get("aggregation"))))
    rules = {rule.id: rule for rule in _read_rules(table, list(columns))}
    return Table(node.get("id") or "", name, policy, columns, rules, "")


def _read_columns(table: Any) -> Iterator[tuple[str, Column]]:
    for number, one in enumerate(children(table, "input"), 1):
        expression = next(iter(children(one, "inputExpression")), None)
        text = (child_text(expression, "text") or "") if expression is not None else ""
        yield one.get("id") or f"input {number}", Column(one.get("label") or text, text, given=True)
    for number, one in enumerate(children(table, "output"), 1):
        text = one.get("name") or ""
        yield one.get("id") or f"output {number}", Column(one.get("label") or text, text, given=False)


def _read_rules(table: Any, columns: list[str]) -> Iterator[Rule]:
    for number, one in enumerate(children(table, "rule"), 1):
        entries = [child_text(entry, "text") or "" for entry in children(one, "inputEntry", "outputEntry")]
        cells = dict(zip(columns, entries, strict=False))
        notes = [child_text(entry, "text") or "" for entry in children(one, "annotationEntry")]
        note = child_text(one, "description") or " ".join(filter(None, notes))
        yield Rule(one.get("id") or f"rule {number}", number, {**cells, "note": note})
