"""The command import: takes over a diagram that another product drew, after saying what has to change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.cli.base import DATA, PROBLEMS, cli, console, opened
from app.cli.diagrams import known_topics, put
from app.config import load_settings
from app.db import db, transaction
from app.engine import DiagramRefused, Problem, Repair
from app.errors import SettingError
from app.processes.asked import forms_of
from app.processes.foreign import LONGEST, SLUG, repaired, repairs_for, slug_for, sound_tables, used_tables
from app.processes.models import Process
from app.processes.operations import known_calls
from app.processes.source import Source, problems_by_file, read_file


@dataclass(frozen=True)
class Plan:
    """What an import of one file would do: the repairs, the source it makes, and what the checker still finds."""

    file: Path
    repairs: tuple[Repair, ...]
    source: Source
    problems: tuple[Problem, ...]

    @property
    def runs(self) -> bool:
        """Whether the repaired process can be published."""
        return all(one.severity != "error" for one in self.problems)


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--accept", is_flag=True, help="make the repairs and publish the process")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="write the repaired file instead")
@click.option("--slug", help="name of the process here (default: its id, or the name of the file)")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
@DATA
def import_(
    file: Path, *, accept: bool, output: Path | None, slug: str | None, as_json: bool, data: str | None
) -> None:
    """Take over a diagram drawn elsewhere: list the repairs it needs, and make them with --accept.

    What the repaired diagram still lacks is listed after them; such a diagram is not published.
    """
    if slug is not None and not SLUG.fullmatch(slug):
        raise SettingError(f"{slug} is no name for a process: small letters, digits and _, at most {LONGEST}.")
    if output is not None and not accept:
        raise SettingError("--output writes the repaired file; it needs --accept.")
    publishes = accept and output is None
    with _house(data, needed=publishes or data is not None) as app:
        topics = frozenset(runtime_of(app).topics) if app is not None else known_topics()
        called = _processes() if app is not None else {}
        plan = make_plan(file, topics, called, slug)
        done = _carry_out(plan, output, topics) if accept and plan.runs else None
    _show_json(plan, done) if as_json else _show(plan, done)
    finished = done is not None or (plan.runs and not plan.repairs)
    raise click.exceptions.Exit(0 if finished else PROBLEMS)


@contextmanager
def _house(data: str | None, *, needed: bool) -> Iterator[Flask | None]:
    """Open the database where the process is to be published, or where the processes are that it may call."""
    if not needed:
        yield None
        return
    with opened(load_settings(data=data, create=False)) as app:
        yield app


def _processes() -> dict[str, frozenset[str]]:
    """Return the processes of the open database and what each of them calls."""
    found = known_calls(db.session())
    db.session.rollback()
    return found


def make_plan(
    file: Path, topics: frozenset[str], called: Mapping[str, Collection[str]], slug: str | None = None
) -> Plan:
    """Read a file, repair it on paper and check what came of it; `called` are the processes that it may call."""
    source, _forms = read_file(file)
    source = replace(source, tables=sound_tables(source.tables))
    try:
        repairs = repairs_for(source, topics, called.keys())
    except DiagramRefused as refused:
        return Plan(file, (), source, refused.problems)
    made = repaired(source, topics, called.keys())
    name = slug or slug_for(made.diagram, file.name)
    source = replace(made, slug=name, tables=used_tables(made.diagram, made.tables))
    problems = tuple(one for _, one in problems_by_file(source, topics, called))
    return Plan(file, repairs, source, problems)


def _carry_out(plan: Plan, output: Path | None, topics: frozenset[str]) -> str:
    """Write or publish what was planned; return where it is now."""
    if output is not None:
        output.write_bytes(plan.source.diagram)
        for form in forms_of(plan.repairs):
            output.with_name(f"{form}.form").write_text(plan.source.forms[form], encoding="utf-8")
        return str(output)
    with transaction() as session:
        source = replace(plan.source, slug=_free_slug(session, plan.source.slug))
        outcome = put(session, source, console(), clock.now(session), "import", topics, plan.file.name)
    click.echo(f"{source.slug}: {outcome}", err=True)
    return source.slug


def _free_slug(session: Session, wanted: str) -> str:
    taken = set(session.scalars(select(Process.slug)))
    return next(one for one in (wanted, *(f"{wanted}_{n}" for n in range(2, 1000))) if one not in taken)


def _show(plan: Plan, done: str | None) -> None:
    for one in plan.repairs:
        where = " ".join(part for part in (one.element, one.name) if part)
        click.echo(f"{plan.file}:{one.line or 1}: {where}: {_sentence(one)}")
    for problem in plan.problems:
        where = " ".join(part for part in (problem.element, problem.name) if part)
        fix = problem.fix % problem.values if problem.values else problem.fix
        click.echo(f"{plan.file}:{problem.line or 1}: {problem.severity}: {where}: {_sentence(problem)} {fix}")
    click.echo(_outcome(plan, done), err=done is None)


def _outcome(plan: Plan, done: str | None) -> str:
    if not plan.runs:
        return f"{plan.file}: cannot be imported."
    if done is not None:
        return f"{done}: {len(plan.repairs)} repairs made"
    return f"{plan.file}: {len(plan.repairs)} repairs; accept them with --accept."


def _sentence(one: Repair | Problem) -> str:
    return " ".join((one.message % one.values if one.values else one.message).split())


def _show_json(plan: Plan, done: str | None) -> None:
    document = {
        "file": str(plan.file),
        "slug": plan.source.slug,
        "runs": plan.runs,
        "done": done,
        "repairs": [_as_json(one) for one in plan.repairs],
        "problems": [_as_json(one) for one in plan.problems],
    }
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _as_json(one: Repair | Problem) -> dict[str, Any]:
    known = {name: value for name, value in asdict(one).items() if name != "values"}
    known["message"] = _sentence(one)
    if isinstance(one, Problem):
        known["fix"] = one.fix % one.values if one.values else one.fix
    return known
