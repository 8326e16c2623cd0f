"""The decision tables of a draft: their list, the editor, what is wrong with one, a row to try it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.engine import DiagramRefused
from app.engine.decisions import Decision, Outcome
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.processes.source import Source
from app.studio import queries, table_trials
from app.studio.diagrams import uses_of_decisions
from app.studio.operations import tabling
from app.studio.operations.parts import part
from app.studio.table_trials import Found
from app.studio.views import parts
from app.studio.views.blueprint import EDIT, SEE_OTHER, bp, draft_for, reading
from app.studio.views.modeler import frame
from app.studio.views.parts import UNREADABLE, body_of, text_in
from app.web import permission
from app.web.i18n import gettext

POLICIES = {
    "UNIQUE": N_("唯一"),
    "FIRST": N_("首条"),
    "ANY": N_("任一"),
    "PRIORITY": N_("优先"),
    "COLLECT": N_("汇总"),
    "RULE ORDER": N_("按规则顺序"),
    "OUTPUT ORDER": N_("按结果顺序"),
}


@bp.get("/studio/drafts/<int:draft_id>/tables")
@permission(EDIT)
def draft_tables(draft_id: int) -> ResponseReturnValue:
    """List the decision tables of the draft."""
    draft = draft_for(draft_id)
    source = queries.source_of(reading(), draft)
    asked = _asked(source)
    rows = [(name, *_row(name, table), _users(table.decode(), asked)) for name, table in source.tables.items()]
    return render_template("studio/tables.html", rows=rows, **frame(draft))


@bp.post("/studio/drafts/<int:draft_id>/tables")
@permission(EDIT)
def add_draft_table(draft_id: int) -> ResponseReturnValue:
    """Add a table: an empty one, or a copy of another."""
    name = parts.add(draft_id, tabling.new_table, tabling.copy_table)
    return redirect(url_for("studio.draft_table", draft_id=draft_id, name=name), SEE_OTHER)


@bp.post("/studio/drafts/<int:draft_id>/tables/<name>/delete")
@permission(EDIT)
def remove_draft_table(draft_id: int, name: str) -> ResponseReturnValue:
    """Take a table away that no step asks."""
    parts.change(draft_id, tabling.remove_table, name)
    return redirect(url_for("studio.draft_tables", draft_id=draft_id), SEE_OTHER)


@bp.get("/studio/drafts/<int:draft_id>/tables/<name>")
@permission(EDIT)
def draft_table(draft_id: int, name: str) -> ResponseReturnValue:
    """Show the editor of one decision table."""
    draft = draft_for(draft_id)
    text = part(reading(), draft_id, "table", name).text
    data = {
        **parts.editor_data(draft, "table", name, text),
        "try": url_for("studio.try_draft_table", draft_id=draft_id, name=name),
        "seen": _look(name, text),
    }
    users = _users(text, _asked(queries.source_of(reading(), draft)))
    return render_template("studio/table.html", table_name=name, table_data=data, users=users, **frame(draft))


@bp.post("/studio/drafts/<int:draft_id>/tables/<name>/check")
@permission(EDIT)
def check_draft_table(draft_id: int, name: str) -> ResponseReturnValue:
    """Say what is wrong with the table as it is on the page, and what can be typed to try it."""
    draft_for(draft_id)
    return _look(name, text_in(body_of(), "text"))


@bp.post("/studio/drafts/<int:draft_id>/tables/<name>/try")
@permission(EDIT)
def try_draft_table(draft_id: int, name: str) -> ResponseReturnValue:
    """Ask the table as it is on the page with typed values; answer which rules hold and what comes out."""
    draft_for(draft_id)
    body = body_of()
    decisions, _found = table_trials.judge(name, text_in(body, "text").encode())
    decision = decisions.get(text_in(body, "decision"))
    if decision is None:
        raise NotFound(N_("这张表现在有错误，不能试。请先改正下面列出的问题。"))
    answer = table_trials.try_decision(decision, dict(_typed(body.get("values"))))
    refusal = answer.refusal
    return {
        "rows": list(answer.rows),
        "result": _result(answer.outcome),
        "none": answer.outcome is not None and answer.outcome.found in (None, []),
        "sentence": gettext(refusal.message, **refusal.values) if refusal else "",
    }


def _look(name: str, text: str) -> dict[str, Any]:
    decisions, found = table_trials.judge(name, text.encode())
    return {
        "problems": [_told(one) for one in found],
        "decisions": [
            {
                "id": one.id,
                "name": one.name,
                "asks": [{"text": ask.text, "kind": ask.kind} for ask in table_trials.asked_of(one)],
            }
            for one in decisions.values()
        ],
    }


def _told(found: Found) -> dict[str, Any]:
    return {
        "severity": found.severity,
        "row": found.row,
        "sentence": gettext(found.message, **found.values),
        "fix": gettext(found.fix, **found.values),
    }


def _typed(raw: object) -> list[tuple[str, tuple[str, str]]]:
    """Return what was typed for each thing a decision looks at."""
    found = []
    for one in raw if isinstance(raw, list) else ():
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in ("text", "kind", "value")):
            raise Invalid(UNREADABLE)
        found.append((one["text"], (one["kind"], one["value"])))
    return found


def _result(outcome: Outcome | None) -> list[dict[str, str]]:
    """Return each output with its value in words."""
    if outcome is None:
        return []
    found = outcome.found
    pairs = list(outcome.variables(None, None)) if isinstance(found, dict | list | None) else [("", found)]
    return [{"name": name, "value": _written(value)} for name, value in pairs]


def _written(value: Any) -> str:
    if value is None:
        return gettext("没有")
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, list):
        return gettext("、").join(_written(one) for one in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _row(name: str, table: bytes) -> tuple[str, str, int | None, int]:
    """Return what the list says of a table: its name for people, hit policy, rules, and how much is wrong."""
    decisions, found = table_trials.judge(name, table)
    wrong = sum(one.severity == "error" for one in found)
    for one in decisions.values():
        policy, rules = _policy(one)
        return one.name, policy, rules, wrong
    return name, "", None, wrong


def _policy(decision: Decision) -> tuple[str, int | None]:
    policy = getattr(decision.logic, "policy", "")
    rows = getattr(decision.logic, "rows", None)
    return (gettext(POLICIES[policy]) if policy else ""), (None if rows is None else len(rows))


def _asked(source: Source) -> dict[str, list[str]]:
    try:
        return uses_of_decisions(source.diagram)
    except DiagramRefused:
        return {}


def _users(text: str, asked: dict[str, list[str]]) -> list[str]:
    return [step for one in tabling.decision_ids(text) for step in asked.get(one, ())]
