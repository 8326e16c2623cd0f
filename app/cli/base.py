"""The command line's root, and what all commands share: exit codes, errors in one sentence, an open database."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import backups, birth, create_app
from app.config import Settings, load_settings
from app.db import db
from app.errors import Invalid, SettingError, UserError
from app.ledger import Actor
from app.migrations import revision_of, upgrade
from app.people import operations as house
from app.people import queries as people
from app.people.models import User
from app.web.assets import AssetsMissing

PROBLEMS, WRONG = 1, 2
NO_DATABASE = "There is no database yet; `guanjia serve` makes one."
DATA = click.option("--data", metavar="DIR", help="data folder (default: GUANJIA_DATA or ./data)")
UNREAD = click.option("--data", metavar="DIR", expose_value=False, help="taken, but nothing is read from there")


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; known errors become one sentence and an exit code."""
    try:
        with told():
            sys.exit(cli.main(args, prog_name="guanjia", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG)
    except click.Abort:
        sys.exit(WRONG)
    except backups.Damaged as error:
        click.echo(str(error), err=True)
        sys.exit(PROBLEMS)
    except (SettingError, UserError) as error:
        for sentence in sentences(error):
            click.echo(sentence, err=True)
        sys.exit(WRONG)


def sentences(error: Exception) -> list[str]:
    """Return what there is to say about an error: of a refused form the sentence of each field."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return [f"{name}: {sentence}" for name, sentence in fields.items()] or [str(error)]


@contextmanager
def told() -> Iterator[None]:
    """Turn errors of the operating system and of the database into one sentence."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise SettingError(f"{place}{error.strerror or error}.") from error
    except DBAPIError as error:
        raise SettingError(f"The database does not answer: {' '.join(str(error.orig).split())}") from error
    except AssetsMissing as error:
        raise SettingError(str(error)) from error


@click.group()
@click.version_option(package_name="guanjia")
def cli() -> None:
    """Guanjia 管家: the steward of a government website cluster."""


def on_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data`, and its function the application on that database instead."""

    @DATA
    @wraps(command)
    def with_app(*args: Any, data: str | None, **options: Any) -> Any:
        with opened(load_settings(data=data, create=False)) as app:
            return command(app, *args, **options)

    return with_app


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """Open a database that exists and bring it up to date; raise SettingError when there is none."""
    if settings.sqlite_file is not None and not settings.sqlite_file.is_file():
        raise SettingError(NO_DATABASE)
    app = create_app(settings)
    with app.app_context():
        try:
            _ready()
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def _ready() -> None:
    if revision_of(db.engine) is None:
        raise SettingError(NO_DATABASE)
    upgrade(db.engine)
    if birth.kind() is None:
        raise SettingError(NO_DATABASE)


def console() -> Actor:
    """Return who sits at the console: the system user and the machine."""
    return Actor("console", birth.system_user(), client=socket.gethostname())


def author() -> house.Author:
    """Return the console as author of changes to people."""
    return house.by_console(birth.system_user(), socket.gethostname())


def unit_id(session: Session, code: str | None) -> int:
    """Return the unit with this code, by default the supervising office."""
    found = people.unit_by_code(session, code or "office")
    if found is None:
        raise SettingError(f"There is no unit with the code {code or 'office'}.")
    return found.id


def user_id(session: Session, name: str) -> int:
    """Return the account with this name."""
    found = session.scalar(select(User.id).where(User.user_name == name.strip().lower()))
    if found is None:
        raise SettingError(f"There is no account {name}.")
    return found
