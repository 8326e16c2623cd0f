"""Writes what in the documentation follows from the code: attributes, routes and roles, the step tables of processes.

`make docs` (`python -m docs.build`) writes them; `tests/docs` fails while one of them is stale.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from app.config import load_settings
from app.engine import Definition, Node, compile_definition
from app.engine.attributes import ATTRIBUTES, OPEN_ENDED, Attribute
from app.people.rules import ROLES, UNIT_KINDS, Role
from app.processes.source import find_slugs, read_source
from app.web.permissions import PUBLIC, declared
from app.work.rules import actions_of

ROOT = Path(__file__).resolve().parent.parent
DOCS, BPMN, FORMS = ROOT / "docs", ROOT / "bpmn", ROOT / "forms"
MADE = "<!-- made by `make docs`; change the code instead -->"
STEPS = re.compile(r"(<!-- steps -->\n).*?(<!-- /steps -->)", re.DOTALL)

PLACES: Mapping[str, str] = {"node": "环节、事件", "process": "流程", "flow": "连线", "any": "都可以"}
WHO: Mapping[str, str] = {
    "${starter}": "发起人",
    "${requester}": "补录时指定的提出人",
    "${case.requester}": "提出人",
    "${head(case.unit)}": "提出人所在科室的负责人",
    "${role('vendor_lead', case.vendor)}": "外包单位项目经理",
    "${engineer}": "派工时指定的工程师",
    "office": "网管办派发岗",
}
LIMITS: Mapping[str, str] = {
    "${case.respond_limit}": "合同的响应时限",
    "${case.finish_limit}": "合同的完成时限",
}


def main() -> None:
    """Write every page that differs from what the code says."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


def pages() -> dict[Path, str]:
    """Return every page that is made from the code, by its path."""
    made = {DOCS / "attributes.md": attributes_page(), DOCS / "routes.md": routes_page(application())}
    return made | {BPMN / slug / "README.md": with_steps(slug) for slug in find_slugs(BPMN)}


def application() -> Flask:
    """Return the application with a data folder that nobody keeps."""
    with tempfile.TemporaryDirectory() as folder:
        return create_app(load_settings({}, data=folder))


# --- attributes


def attributes_page() -> str:
    """Return the page of the product's own attributes."""
    source = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "app").rglob("*.py")))
    known = [*ATTRIBUTES.items(), *((f"{name}…", one) for name, one in OPEN_ENDED.items())]
    rows = [attribute_row(name, one, heeded=is_heeded(name.removesuffix("…"), source)) for name, one in known]
    return f"""# 流程图上的 `guanjia.*` 属性

{MADE}

写在环节、事件、连线或流程的 `camunda:properties` 里，名称前加 `guanjia.`：

```xml
<bpmn:userTask id="head_approval" name="科室负责人审批"
    camunda:formRef="head_approval" camunda:assignee="${{head(case.unit)}}">
  <bpmn:extensionElements>
    <camunda:properties>
      <camunda:property name="guanjia.limit" value="4 工作小时" />
      <camunda:property name="guanjia.actions" value="approve:同意:Agree:primary|return:退回修改:Return:normal" />
    </camunda:properties>
  </bpmn:extensionElements>
</bpmn:userTask>
```

名称写错、值不在范围内，`guanjia check` 会指出在哪一行。“还没有”的属性检查时认得，写上不出错，但现在不起作用。

{table(("属性", "写在哪里", "可写的值", "意思", "起作用"), rows)}
## 谁来办

- `camunda:assignee`：一个账号，或一个 `${{…}}`；
- `camunda:candidateUsers`：几个账号，用逗号隔开，或一个 `${{…}}`；
- `camunda:candidateGroups`：几个角色，用逗号隔开，或一个 `${{…}}`。

| 写法 | 意思 |
|---|---|
| `${{starter}}` | 发起人 |
| `${{role('vendor_lead', case.vendor)}}` | 某单位里有这个角色的人；单位不写就是全平台 |
| `${{head(case.unit)}}` | 单位负责人：网管办主任、科室负责人、项目经理 |
| `${{chain(case.unit, 2)}}` | 从本单位起往上两级的负责人 |
| `${{earlier('vendor_accept')}}` | 办过那个环节的人 |
| `${{duty('网站值班')}}` | 这个岗位上的人 |
| `${{user('office')}}` | 这个账号 |
| `${{requester}}` | 表单里选的人，表单项 `requester` |

找不到人时由派发岗接办，记录里写明。停用的账号不会被派到。角色的代码见 [routes.md](routes.md#roles)。
"""


def attribute_row(name: str, one: Attribute, *, heeded: bool) -> tuple[str, ...]:
    """Return the row of one attribute."""
    values = "、".join(f"`{value}`" for value in one.values)
    return f"`guanjia.{name}`", PLACES[one.place], values, one.meaning, "是" if heeded else "还没有"


def is_heeded(name: str, source: str) -> bool:
    """Say whether the program reads this attribute: its name is asked of a node's or process's properties."""
    quoted = re.escape(name) if name.endswith(".") else f"{re.escape(name)}[\"']"
    asked = rf"(properties|own)(\.get\(|\[)f?[\"']{quoted}|[\"']{quoted} in [\w.]*properties"
    return bool(re.search(asked, source)) or (name.endswith(".") and f'"{name}' in source.replace('f"', '"'))


# --- routes and roles


def routes_page(app: Flask) -> str:
    """Return the page of addresses and roles."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))
    return f"""# Addresses, permissions, roles

{MADE}

Every view declares its permission; a view that declares none is not served. A permission opens the page; what is on
it comes from queries scoped to the reader, so an object that is not the reader's answers 404, like one that is not
there. Besides these addresses only built files are served, below `/static/`.

{table(("address", "method", "permission", "what it does"), (route_row(app, rule) for rule in rules))}
## Roles

The three administrators and the inspector each stand alone in an account; vendors hold vendor roles only.

{table(("role", "name", "中文", "belongs to", "may"), (role_row(role) for role in ROLES.values()))}"""


def route_row(app: Flask, rule: Rule) -> tuple[str, ...]:
    """Return the row of one address."""
    view = app.view_functions[rule.endpoint]
    methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    needed = declared(view) or ""
    address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    what = (view.__doc__ or "").strip().split("\n")[0]
    return f"`{address}`", methods, "anybody" if needed == PUBLIC else f"`{needed}`", what


def role_row(role: Role) -> tuple[str, ...]:
    """Return the row of one role."""
    kinds = "、".join(name for kind, name in UNIT_KINDS.items() if kind in role.kinds)
    return f"`{role.key}`", role.name_en, role.name, kinds, " ".join(f"`{one}`" for one in sorted(role.permissions))


# --- steps of a process


def with_steps(slug: str) -> str:
    """Return the README of a process with its step table as the diagram has it now."""
    text = (BPMN / slug / "README.md").read_text("utf-8")
    made = steps_table(slug)
    return STEPS.sub(lambda match: f"{match[1]}{made}{match[2]}", text)


def steps_table(slug: str) -> str:
    """Return the table of the human steps: lane, who, limit, form, actions."""
    source = read_source(BPMN, FORMS, slug)
    definition = compile_definition(source.diagram, source.tables)
    rows = (step_row(slug, node) for node in people_steps(definition))
    return table(("环节", "泳道", "谁来办", "时限", "表单", "动作"), rows)


def people_steps(definition: Definition) -> Iterator[Node]:
    """Yield the nodes that people complete, in the order of the diagram's text."""
    yield from (node for node in definition.nodes.values() if node.human)


def step_row(slug: str, node: Node) -> tuple[str, ...]:
    """Return the row of one step."""
    who = node.assignee or node.candidate_groups or node.candidate_users or ""
    limit = node.properties.get("limit", "—")
    form = f"[`{node.form}`](../../forms/{slug}/{node.form}.form)" if node.form else "—"
    actions = "、".join(f"{action.name} `{action.code}`" for action in actions_of(node.properties))
    return (
        f"`{node.id}` {node.name}",
        node.lane or "",
        WHO.get(who, f"`{who}`"),
        LIMITS.get(limit, limit),
        form,
        actions,
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    first, rule, *body = lines
    return "".join(f"{line}\n" for line in (_line(first), f"|{'|'.join(rule)}|", *map(_line, body)))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
