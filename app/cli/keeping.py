"""Commands about what must last: the ledger, backups."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask

from app import backups
from app.cli.base import DATA, PROBLEMS, cli, console, on_database
from app.config import load_settings
from app.db import db
from app.ledger import verify
from app.runner import only_server


@cli.group()
def ledger() -> None:
    """Look after the ledger of records."""


@ledger.command("verify")
@on_database
def ledger_verify(_app: Flask) -> None:
    """Check every record; name the first that does not fit."""
    verdict = verify(db.session())
    if verdict.fault:
        click.echo(f"BROKEN: {verdict.fault}")
        raise click.exceptions.Exit(PROBLEMS)
    click.echo(f"clean: {verdict.records} records in {verdict.chains} chains follow one another.")
    click.echo("This shows that nothing inside was changed; only a copy kept outside shows that nothing was cut off.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@on_database
def backup(app: Flask, file: Path) -> None:
    """Write database and files into one archive; the database first, then the files it names."""
    click.echo(backups.write(app, file, console()))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATA
def restore(file: Path, data: str | None) -> None:
    """Unpack an archive into an empty data folder and database, and record that it was restored."""
    settings = load_settings(data=data)
    with only_server(settings.sqlite_file):
        click.echo(backups.read(settings, file, console()))
