"""The documentation is whole and true: links resolve, made pages are fresh, nothing of the product is left out."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest
from flask import Flask
from lxml import etree

from app.cli import cli
from app.config import SETTINGS
from app.engine.attributes import ATTRIBUTES, OPEN_ENDED
from app.engine.coverage import ROWS
from app.formkit import schema
from app.people.rules import ROLES
from docs import build
from tests.processes.palette import SAMPLES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
PAGES = sorted([*READMES, ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"), *ROOT.glob("bpmn/*/README.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```", re.DOTALL)
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
LONGEST_README = 120
MADE = build.pages()


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def every_page() -> str:
    return "\n".join(text_of(page) for page in PAGES)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def targets(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield file and anchor of every relative link and picture of a page."""
    for link in LINK.findall(CODE.sub("", text_of(page))):
        if "://" not in link and not link.startswith("mailto:"):
            file, _, anchor = link.partition("#")
            yield (page.parent / file if file else page), anchor


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", CODE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_and_picture_is_there(page: Path) -> None:
    """A relative link leads to a file, and to a heading in it if it names one."""
    missing = [str(file) for file, _ in targets(page) if not file.exists()]
    assert not missing
    assert not [anchor for file, anchor in targets(page) if anchor and anchor not in anchors(file)]


@pytest.mark.parametrize("path", MADE, ids=page_id)
def test_made_pages_are_fresh(path: Path) -> None:
    """What follows from the code says what the code says; `make docs` writes it."""
    assert path.read_text("utf-8") == MADE[path]


@pytest.mark.parametrize("readme", READMES, ids=page_id)
def test_a_readme_is_short_and_starts_with_a_picture_and_two_commands(readme: Path) -> None:
    """A reader meets one sentence, a picture, then `make run` and `make test`."""
    text = text_of(readme)
    places = [text.index(sign) for sign in ("docs/pictures/task-1440.png", "make run", "make test")]
    assert places == sorted(places)
    assert len(text.splitlines()) <= LONGEST_README


def commands(group: click.Group, path: str = "guanjia") -> Iterator[str]:
    for name, command in group.commands.items():
        whole = f"{path} {name}"
        yield from commands(command, whole) if isinstance(command, click.Group) else (whole,)


@pytest.mark.parametrize("readme", READMES, ids=page_id)
def test_every_command_is_in_the_readme(readme: Path) -> None:
    """The table of commands leaves none out."""
    assert not [command for command in commands(cli) if f"`{command}`" not in text_of(readme)]


def test_every_setting_attribute_and_role_has_its_row() -> None:
    """Settings, attributes and roles each have a row in their table, roles in both languages."""
    names = [f"| `guanjia.{name}` |" for name in ATTRIBUTES]
    names += [f"| `guanjia.{name}…` |" for name in OPEN_ENDED]
    assert not [name for name in names if name not in text_of(DOCS / "attributes.md")]
    assert not [name for name, *_ in SETTINGS if f"| `{name}`" not in text_of(DOCS / "settings.md")]
    assert not [role for role in ROLES if f"| `{role}` |" not in text_of(DOCS / "routes.md")]
    rows = [f"| {role.name} | `{role.key}` |" for role in ROLES.values()]
    assert not [row for row in rows if row not in text_of(DOCS / "owner.zh.md")]


def test_every_bpmn_element_has_its_row_and_its_test() -> None:
    """Each row of the table of elements names a test that exists and draws that element; none is passed over."""
    row = r"^\| .+ \| .+ \| (支持|拒绝|只画) \| (.+) \| `(\w+)::(\w+)\[(.+)\]` \|$"
    rows = re.findall(row, text_of(DOCS / "bpmn.md"), re.MULTILINE)
    assert [key for *_, key in rows] == list(ROWS)
    tests = {name for _, _, module, name, _ in rows if hasattr(import_module(f"tests.processes.{module}"), name)}
    assert tests == set(build.PROOFS.values())
    assert {key for *_, key in rows} == SAMPLES.keys()
    assert not [how for _, how, *_ in rows if "悄悄" in how or not how.strip()]


def test_every_component_and_widget_of_forms_has_its_row() -> None:
    """The page about forms names all types and widgets, and no type the product refuses."""
    types = {*schema.INPUT_KINDS, *schema.STATIC_KINDS, *schema.NESTING_KINDS, "datetime", "expression"}
    head, _, rest = text_of(DOCS / "forms.md").partition("## Own widgets")
    assert set(re.findall(r"^\| `(\w+)` \|", head, re.MULTILINE)) == types
    widgets = rest.partition("## Other properties")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", widgets, re.MULTILINE)) == {*schema.SOURCES, *schema.WIDGETS}


def test_the_glossary_names_what_exists() -> None:
    """Every identifier of the glossary occurs in the program or its processes."""
    kinds = ("app/**/*.py", "bpmn/**/*.bpmn", "bpmn/**/*.dmn", "forms/**/*.form")
    source = "\n".join(path.read_text("utf-8") for kind in kinds for path in ROOT.glob(kind))
    rows = re.findall(r"^\|[^|]+\|[^|]+\|(.+)\|$", text_of(DOCS / "glossary.md"), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert names
    assert not [name for name in sorted(names) if not re.search(rf"\b{name}\b", source)]


def drawn_steps() -> dict[str, tuple[str, str | None, str | None]]:
    """Return the human steps of task_dispatch straight from its XML: name, form, limit."""
    tree = etree.parse(ROOT / "bpmn/task_dispatch/task_dispatch.bpmn")
    found = {}
    for task in tree.iter("{*}userTask"):
        own = {one.get("name"): one.get("value") for one in task.iter(f"{CAMUNDA}property")}
        found[task.get("id", "")] = (task.get("name", ""), task.get(f"{CAMUNDA}formRef"), own.get("guanjia.limit"))
    return found


def test_the_step_table_follows_the_drawing() -> None:
    """Every human step of the diagram has one row with its name, form and limit, and no other row is there."""
    text = text_of(ROOT / "bpmn/task_dispatch/README.md")
    rows = text.partition("<!-- steps -->")[2].partition("<!-- /steps -->")[0].strip().splitlines()[2:]
    shown = {}
    for row in rows:
        step, _lane, _who, limit, form, *_ = (cell.strip() for cell in row.strip("|").split("|"))
        node, name = re.fullmatch(r"`(\w+)` (.+)", step).groups()  # type: ignore[union-attr]
        shown[node] = (name, re.search(r"`(\w+)`", form)[1], limit)  # type: ignore[index]
    drawn = {
        node: (name, form, build.LIMITS.get(limit or "", limit or "—"))
        for node, (name, form, limit) in drawn_steps().items()
    }
    assert shown == drawn


def test_the_readers_page_of_the_dispatch_follows_the_drawing() -> None:
    """The page for readers has each step with the limit of the diagram."""
    text = text_of(DOCS / "dispatch.zh.md")
    for name, _form, limit in drawn_steps().values():
        words = re.escape(build.LIMITS.get(limit or "", limit or "—"))
        assert re.search(rf"^\| {re.escape(name)} \| [^|]+ \| {words} \|", text, re.MULTILINE), name


def verified(script: Path, database: Path) -> str:
    """Run the reader's verifier on a database and return what it says."""
    done = subprocess.run([sys.executable, script, database], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_verifier_of_the_ledger_page_works(app: Flask, tmp_path: Path) -> None:
    """The verifier printed in the docs finds the product's records clean, and names a record changed in a copy."""
    database = app.extensions["guanjia.settings"].sqlite_file
    copy = tmp_path / "copy.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    block = re.search(r"```python\n(.*?)```", text_of(DOCS / "ledger.md"), re.DOTALL)
    assert block
    script = tmp_path / "verifier.py"
    script.write_text(block[1], "utf-8")
    assert verified(script, copy) == "clean"
    with sqlite3.connect(copy) as changed:
        changed.execute("DROP TRIGGER record_no_update")
        (victim,) = changed.execute("SELECT max(id) FROM record WHERE chain = 'house'").fetchone()
        changed.execute("UPDATE record SET body = replace(body, 'house', 'horse') WHERE id = ?", (victim,))
    assert verified(script, copy).startswith(f"record {victim} ")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_tone_is_kept(page: Path) -> None:
    """No exclamation marks in sentences, no folder of one machine, no word the glossary bans in Chinese pages."""
    text = CODE.sub("", text_of(page))
    assert "！" not in text
    assert not re.search(r"\w!(\s|$)", text)
    assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr)/", text)
    if page.name.endswith(".zh.md"):
        assert not re.search("温馨提示|敬请|驳回|打回|工作流|任务节点", text)
