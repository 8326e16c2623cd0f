"""The command export: writes a version back to the folders it could have come from."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from app.cli.base import cli, on_database
from app.cli.diagrams import ROOT
from app.db import db
from app.errors import SettingError
from app.processes.models import Process, ProcessVersion
from app.processes.operations import stored_source
from app.processes.writing import Written, write_source


@cli.command()
@click.argument("slug")
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=ROOT, help="folder of bpmn/ and forms/"
)
@click.option("--version", "number", type=int, help="version to write (default: the one that runs)")
@on_database
def export(app: Flask, slug: str, to: Path, number: int | None) -> None:  # noqa: ARG001 - its context is needed
    """Write a version of a process to bpmn/SLUG/ and forms/SLUG/.

    Diagrams and decision tables are written byte for byte, forms in the shape they have here. Tables and forms that
    the version has no more are removed, other files stay.
    """
    source = stored_source(db.session(), version_id(slug, number))
    show(write_source(source, to / "bpmn", to / "forms"), to)


def version_id(slug: str, number: int | None) -> int:
    """Return the id of a version of a process, by default of the running one."""
    process = db.session.scalar(select(Process).where(Process.slug == slug))
    if process is None:
        known = ", ".join(db.session.scalars(select(Process.slug).order_by(Process.slug)))
        raise SettingError(f"There is no process {slug}; there are: {known}.")
    if number is None:
        number = db.session.scalar(
            select(ProcessVersion.number).where(ProcessVersion.id == process.running_version_id)
        )
    query = select(ProcessVersion.id).where(ProcessVersion.process_id == process.id, ProcessVersion.number == number)
    found = db.session.scalar(query)
    if found is None:
        raise SettingError(f"{slug} has no version {number}.")
    return found


def show(done: Written, folder: Path) -> None:
    """Print what was written and removed, one file to a line."""
    lines = [*(("written", one) for one in done.written), *(("removed", one) for one in done.removed)]
    for word, path in lines:
        click.echo(f"{word}: {path.relative_to(folder)}")
    click.echo(f"{len(done.written)} written, {len(done.removed)} removed, {len(done.unchanged)} unchanged")
