"""Commands about process files: load, where, check."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from flask import Flask

from app import clock, create_app, runtime_of
from app.cli.base import PROBLEMS, UNREAD, cli, console, on_database
from app.config import load_settings
from app.db import transaction
from app.engine import Problem
from app.errors import SettingError
from app.processes.operations import publish
from app.processes.source import find_slugs, problems_by_file, read_file, read_source

ROOT = Path(__file__).resolve().parent.parent.parent
BPMN, FORMS = ROOT / "bpmn", ROOT / "forms"


@cli.command()
@on_database
def load(app: Flask) -> None:
    """Publish the processes and forms of the folders bpmn/ and forms/."""
    topics = frozenset(runtime_of(app).topics)
    sources = [read_source(BPMN, FORMS, slug) for slug in find_slugs(BPMN)]
    worst = 0
    for source in sources:
        found = problems_by_file(source, topics)
        worst = max(worst, show_problems(found, BPMN / source.slug, FORMS / source.slug))
    if worst:
        raise click.exceptions.Exit(worst)
    with transaction() as session:
        now = clock.now(session)
        done = {one.slug: publish(session, one, console(), now, topics=topics)[1] for one in sources}
    for slug, new in done.items():
        click.echo(f"{slug}: {'published' if new else 'unchanged'}")


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
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@UNREAD
def check(files: tuple[Path, ...]) -> None:
    """Check diagrams: every problem with element, line and what to do.

    The decision tables beside a diagram are checked with it, and its forms when it lies in bpmn/SLUG/.
    """
    topics = known_topics()
    worst = 0
    for file in files:
        source, forms = read_file(file)
        found = problems_by_file(source, topics, with_forms=forms is not None)
        worst = max(worst, show_problems(found, file.parent, forms or file.parent, drawn=file))
    raise click.exceptions.Exit(worst)


def known_topics() -> frozenset[str]:
    """Return the topics this program handles; no data is opened for it."""
    with tempfile.TemporaryDirectory() as folder:
        return frozenset(runtime_of(create_app(load_settings({}, data=folder))).topics)


def show_problems(problems: list[tuple[str, Problem]], diagrams: Path, forms: Path, drawn: Path | None = None) -> int:
    """Print problems one to a line, as `file:line: severity: element name: sentence`; return the exit code."""
    for name, one in problems:
        file = (forms if name.endswith(".form") else diagrams) / name
        file = drawn if drawn and name.endswith(".bpmn") else file
        where_ = " ".join(part for part in (one.element, one.name) if part)
        sentence = f"{one.message % one.values if one.values else one.message} {one.fix % one.values}"
        click.echo(f"{file}:{one.line or 1}: {one.severity}: {where_}: {' '.join(sentence.split())}")
    return PROBLEMS if any(one.severity == "error" for _, one in problems) else 0
