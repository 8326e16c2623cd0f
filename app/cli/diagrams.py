"""Commands about process files: load, where, check."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.orm import Session

from app import clock, create_app, runtime_of
from app.cli.base import PROBLEMS, UNREAD, WRONG, cli, console, on_database
from app.config import load_settings
from app.db import transaction
from app.engine import Problem, calls_of
from app.errors import SettingError
from app.i18n import N_
from app.ledger import Actor
from app.processes.proposals import NothingNew, propose
from app.processes.source import Source, find_slugs, in_order, problems_by_file, read_file, read_source

ROOT = Path(__file__).resolve().parent.parent.parent
BPMN, FORMS = ROOT / "bpmn", ROOT / "forms"
UNREADABLE = "unreadable"
COLUMN = N_("第 %(column)s 个字符")


@cli.command()
@on_database
def load(app: Flask) -> None:
    """Publish the processes and forms of the folders bpmn/ and forms/.

    Where publishing needs a second person, what is new waits for approval instead.
    """
    topics = frozenset(runtime_of(app).topics)
    sources = in_order([read_source(BPMN, FORMS, slug) for slug in find_slugs(BPMN)])
    called = {one.slug: calls_of(one.diagram) for one in sources}
    worst = 0
    for source in sources:
        found = problems_by_file(source, topics, called)
        worst = max(worst, show_problems(found, BPMN / source.slug, FORMS / source.slug))
    if worst:
        raise click.exceptions.Exit(worst)
    with transaction() as session:
        now = clock.now(session)
        done = {one.slug: put(session, one, console(), now, "load", topics) for one in sources}
    for slug, outcome in done.items():
        click.echo(f"{slug}: {outcome}")


def put(
    session: Session,
    source: Source,
    actor: Actor,
    now: datetime,
    origin: str,
    topics: frozenset[str],
    note: str = "",
) -> str:
    """Propose a source; return in words whether it runs now, waits for approval, or is what runs already."""
    try:
        proposal = propose(session, source, actor, now, origin=origin, note=note, topics=topics)
    except NothingNew:
        return "unchanged"
    if proposal.version_id is not None:
        return "published"
    return f"waiting for approval (proposal {proposal.id})"


@cli.command()
@click.argument("slug")
@UNREAD
def where(slug: str) -> None:
    """Print every address of a process."""
    if slug not in find_slugs(BPMN):
        raise SettingError(f"There is no process {slug}; there are: {', '.join(find_slugs(BPMN))}.")
    for folder in (BPMN / slug, FORMS / slug):
        for path in sorted(folder.glob("*")):
            click.echo(path.relative_to(ROOT))
    click.echo(f"/start/{slug}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="print one JSON document instead of lines")
@UNREAD
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Check diagrams: every problem with element, line and what to do.

    The decision tables beside a diagram are checked with it, and its forms when it lies in bpmn/SLUG/. The exit
    code is 1 when something cannot run and 2 when a file cannot be read.
    """
    topics = known_topics()
    found = [one for file in files for one in judge(file, topics)]
    if as_json:
        click.echo(json.dumps([as_value(file, problems) for file, problems in found], ensure_ascii=False, indent=2))
    else:
        for file, problems in found:
            for one in problems:
                click.echo(line_of(file, one))
    raise click.exceptions.Exit(max(exit_code(problems) for _, problems in found))


def judge(file: Path, topics: frozenset[str]) -> list[tuple[Path, list[Problem]]]:
    """Return the problems of a diagram, and those of the tables and forms that belong to it, by file."""
    try:
        source, forms = read_file(file)
    except OSError as error:
        message, fix = N_("文件读不了：%(why)s。"), N_("看看文件在不在，能不能打开。")
        return [(file, [Problem(UNREADABLE, "error", None, None, None, message, {"why": error.strerror}, fix)])]
    found: dict[Path, list[Problem]] = {file: []}
    for name, one in problems_by_file(source, topics, with_forms=forms is not None):
        found.setdefault(path_of(name, file.parent, forms or file.parent, file), []).append(one)
    return list(found.items())


def as_value(file: Path, problems: list[Problem]) -> dict[str, Any]:
    """Return a file's problems as a JSON value."""
    return {"file": str(file), "problems": [_problem_value(one) for one in problems]}


def _problem_value(one: Problem) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": one.severity,
        "element": one.element,
        "name": one.name,
        "line": one.line,
        "column": one.values.get("column"),
        "message": one.message % one.values,
        "fix": one.fix % one.values,
    }


def exit_code(problems: list[Problem]) -> int:
    """Return what the program ends with for these."""
    if any(one.rule == UNREADABLE for one in problems):
        return WRONG
    return PROBLEMS if any(one.severity == "error" for one in problems) else 0


def known_topics() -> frozenset[str]:
    """Return the topics this program handles; no data is opened for it."""
    with tempfile.TemporaryDirectory() as folder:
        return frozenset(runtime_of(create_app(load_settings({}, data=folder))).topics)


def show_problems(problems: list[tuple[str, Problem]], diagrams: Path, forms: Path) -> int:
    """Print problems one to a line and return the exit code."""
    for name, one in problems:
        click.echo(line_of(path_of(name, diagrams, forms), one))
    return exit_code([one for _, one in problems])


def path_of(name: str, diagrams: Path, forms: Path, drawn: Path | None = None) -> Path:
    """Return the path of a file of a process; `drawn` is that of the diagram when it lies elsewhere."""
    if drawn and name.endswith(".bpmn"):
        return drawn
    return (forms if name.endswith(".form") else diagrams) / name


def line_of(file: Path, one: Problem) -> str:
    """Return a problem as `file:line: severity: element name: sentence`; of an expression with its column."""
    where_ = " ".join(part for part in (one.element, one.name) if part)
    place = COLUMN % {"column": one.values["column"]} if one.values.get("column") else ""
    sentence = f"{one.message % one.values} {one.fix % one.values}"
    if place not in sentence:
        sentence = f"{place} {sentence}"
    return f"{file}:{one.line or 1}: {one.severity}: {where_}: {' '.join(sentence.split())}"
