"""Writes what in the documentation follows from the code: attributes, elements, routes, roles, steps of processes.

`make docs` (`python -m docs.build`) writes them; `tests/docs` fails while one of them is stale.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from app.api.routes import ROUTES
from app.config import load_settings
from app.engine import Definition, Node, compile_definition, dmn
from app.engine.attributes import ATTRIBUTES, OPEN_ENDED, Attribute
from app.engine.coverage import ROWS, Row, Support
from app.expressions import reading, results, values
from app.expressions.compiling import WORK
from app.expressions.functions import LISTED as BUILT_IN_FUNCTIONS
from app.expressions.functions import Function
from app.people.rules import ROLES, UNIT_KINDS, Role
from app.processes.source import find_slugs, read_source
from app.web.permissions import PUBLIC, declared
from app.work.rules import actions_of
from docs import rest

ROOT = Path(__file__).resolve().parent.parent
DOCS, BPMN, FORMS = ROOT / "docs", ROOT / "bpmn", ROOT / "forms"
MADE = "<!-- made by `make docs`; change the code instead -->"
STEPS = re.compile(r"(<!-- steps -->\n).*?(<!-- /steps -->)", re.DOTALL)

PLACES: Mapping[str, str] = {"node": "环节、事件", "process": "流程", "flow": "连线", "any": "都可以"}
SUPPORT: Mapping[Support, str] = {"supported": "支持", "refused": "拒绝", "drawn": "只画"}
PROVING = "test_engine_coverage"
PROOFS: Mapping[Support, str] = {
    "supported": "test_a_supported_element_runs",
    "refused": "test_a_refused_element_is_refused",
    "drawn": "test_what_is_only_drawn_changes_nothing",
}
WHO: Mapping[str, str] = {
    "${starter}": "发起人",
    "${requester}": "补录时指定的提出人",
    "${case.requester}": "提出人",
    "${head(case.unit)}": "提出人所在科室的负责人",
    "${role('vendor_lead', case.vendor)}": "外包单位项目经理",
    "${engineer}": "派工时指定的工程师",
    "office": "网管办派发岗",
    "${climb(level_role, level_unit, level_barred)}": "决策表定的角色；作者和审过别级的除外，没有人就提级",
    "${climb('publisher', article_unit)}": "栏目单位的发布岗，没有就提级",
    "office,owner": "网管办派发岗或流程负责人",
    "${authors}": "作者",
    "${case.tech}": "这一次事件的技术组",
    "${case.duty}": "当班的人和值班名单",
    "${case.commander}": "指挥名单，正职在前",
    "${case.publicity}": "宣传名单",
    "${case.liaison}": "联络名单",
    "${case.responders}": "值班名单和技术组",
    "${case.duty_and_office}": "值班名单和网管办派发岗",
    "${case.vendor != null ? role('vendor_lead', case.vendor) : case.duty_and_office}": (
        "合同的外包单位项目经理；没有合同的，值班和网管办"
    ),
    "${callers}": "当班的人、值班名单和网管办，被叫的那个除外",
    "supervisor,director,office": "督办、主任或网管办派发岗",
    "director": "主任",
    "${climb('publisher', review_unit)}": "栏目单位的发布岗，没有就提级",
    "${climb('editor', review_unit)}": "栏目单位的信息编辑，没有就提级",
    "${climb('editor', review_unit, involved)}": "没有写过、也没有审过的信息编辑，没有就提级",
    "${fixers}": "作者；已停用的，栏目单位能写稿的人",
    "${person}": "带进来的人和每一个通过的人，各办各的",
    "${[climb('supervisor', office_unit, responsible), climb('director', office_unit, responsible)]}": (
        "督办或主任，经手人除外"
    ),
}
LIMITS: Mapping[str, str] = {
    "${case.respond_limit}": "合同的响应时限",
    "${case.finish_limit}": "合同的完成时限",
    "${urgent ? '30 分钟' : '4 工作小时'}": "4 工作小时；紧急的 30 分钟",
    "${suspected ? '30 分钟' : '2 工作小时'}": "2 工作小时；报的字在敏感词、涉密词、领导名单里的 30 分钟",
    "${severity == 'serious' ? '30 分钟' : '2 工作小时'}": "2 工作小时；严重的 30 分钟",
    "${fix_limit}": "4 工作小时；严重的 30 分钟",
    "${case.status_limit}": "随级别，同进展报告",
    "${case.confirm_limit}": "预案的目标，默认 10 分钟",
    "${case.contain_limit}": "预案的目标，默认 10 分钟",
    "${case.activate_limit}": "随级别：15 分钟到 4 小时",
    "${case.phone_limit}": "随层级：15 到 30 分钟",
    "${case.written_limit}": "随运营者：1 到 4 小时",
    "${case.review_limit}": "30 天；一般事件 10 工作日",
}


def main() -> None:
    """Write every page that differs from what the code says."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


def pages() -> dict[Path, str]:
    """Return every page that is made from the code, by its path."""
    made = {
        DOCS / "api.md": rest.page((DOCS / "api.md").read_text("utf-8"), ROUTES),
        DOCS / "attributes.md": attributes_page(),
        DOCS / "bpmn.md": bpmn_page(),
        DOCS / "expressions.md": expressions_page(),
        DOCS / "routes.md": routes_page(application()),
    }
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
| `${{climb('reviewer_1', case.unit, authors)}}` | 本单位有这个角色的人，`authors` 除外；没有就找上级单位（提级） |
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


# --- elements of BPMN


def bpmn_page() -> str:
    """Return the page of BPMN elements: what runs, what is refused, what is only drawn."""
    counted = "、".join(f"{word} {sum(one.support == key for one in ROWS.values())}" for key, word in SUPPORT.items())
    rows = (bpmn_row(key, one) for key, one in ROWS.items())
    return f"""# BPMN 2.0：支持什么 · what of BPMN 2.0 runs here

{MADE}

检查用的就是这张表：`guanjia check` 放行的，都能运行；不支持的，报出图形、行号和改法。
The checker asks this table: what it lets pass runs, what it refuses is named with line and remedy.

共 {len(ROWS)} 行（{counted}）。每行都有测试，各画一张小图：支持的走得完，拒绝的被拒绝，只画的不影响运行。
测试在 [tests/processes/{PROVING}.py](../tests/processes/{PROVING}.py)，图在
[tests/processes/palette.py](../tests/processes/palette.py)。

{table(("图形", "element", "结果", "怎样", "测试"), rows)}
## 别的工具画的图

`camunda:`、`flowable:`、`activiti:` 写的设置都认。
监听器、连接器、写在图里的表单、`dueDate` 没有作用，检查时提醒。先看 `guanjia import`：它列出要改的地方，同意后才改。
"""


def bpmn_row(key: str, one: Row) -> tuple[str, ...]:
    """Return the row of one element."""
    return one.name, one.english, SUPPORT[one.support], one.how, f"`{PROVING}::{PROOFS[one.support]}[{key}]`"


# --- expressions


def expressions_page() -> str:
    """Return the page of expressions with the tables that follow from the code."""
    text = (DOCS / "expressions.md").read_text("utf-8")
    nulls = [line for line in (values.__doc__ or "").splitlines() if line.startswith("|")]
    functions = table(("names", "what it does", "example", "value"), map(function_row, BUILT_IN_FUNCTIONS))
    parts = {"null": "\n".join((*nulls, "")), "functions": functions, "limits": table(("what", "at most"), limits())}
    for name, made in parts.items():
        text = re.sub(rf"(<!-- {name}: .*?-->\n).*?(<!-- /{name} -->)", partial(between, made), text, flags=re.DOTALL)
    return text


def between(made: str, match: re.Match[str]) -> str:
    """Return the marks of a part that is made, with what is made between them."""
    return f"{match[1]}\n{made}\n{match[2]}"


def function_row(one: Function) -> tuple[str, ...]:
    """Return the row of one function."""
    names = ", ".join(f"`{name}`" for name in one.names)
    what = (one.run.__doc__ or "").strip().split("\n")[0].removeprefix("Return ")
    return names, what, f"`{one.example}`", f"`{one.value}`"


def limits() -> Iterator[tuple[str, ...]]:
    """Yield the limits of an expression."""
    yield "characters, nodes, nesting of the text", f"{reading.MAX_LENGTH}, {reading.MAX_NODES}, {reading.MAX_DEPTH}"
    yield "work of one evaluation, of one decision with all its cells", str(WORK)
    yield "characters of a text as result", str(values.MAX_TEXT)
    yield "items and characters of a list or map as result", f"{results.MAX_ITEMS}, {results.MAX_CHARACTERS}"
    yield "digits of a decimal; a number is below", f"{values.DIGITS}; 1e{values.DIGITS}"
    yield "rules and cells of a decision table", f"{dmn.MAX_RULES}, {dmn.MAX_CELLS}"


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
    who = [one for one in (node.assignee, node.candidate_users, node.candidate_groups) if one]
    limit = node.properties.get("limit", "—")
    form = f"[`{node.form}`](../../forms/{slug}/{node.form}.form)" if node.form else "—"
    actions = "、".join(f"{action.name} `{action.code}`" for action in actions_of(node.properties))
    return (
        f"`{node.id}` {node.name}",
        node.lane or "",
        "；或者".join(WHO.get(one, f"`{one}`") for one in who),
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
