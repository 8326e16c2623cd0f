"""The command line `guanjia`. Exit code 0: fine, 1: problems found, 2: wrong use or settings."""

from __future__ import annotations

import getpass
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.orm import Session

from app import backups, birth, clock, create_app, runtime_of
from app.config import load_settings
from app.db import db, transaction
from app.engine import DiagramRefused, Problem
from app.errors import SettingError, UserError
from app.ledger import Actor, verify
from app.migrations import upgrade
from app.people import operations as house
from app.people import queries as people
from app.processes.operations import load_folders
from app.processes.source import find_slugs, problems_of, read_source
from app.runner import serve as serve_app

ROOT = Path(__file__).resolve().parent.parent
PROBLEMS = 1


def main() -> None:
    """Run the command line; known errors become one sentence and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(2)
    except SettingError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except UserError as error:
        click.echo(str(error), err=True)
        sys.exit(PROBLEMS)


@click.group()
@click.version_option(package_name="guanjia")
def cli() -> None:
    """Guanjia 管家: the steward of a government website cluster."""


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data`, and its function the opened application instead."""

    @click.option("--data", metavar="DIR", help="data folder (default: GUANJIA_DATA or ./data)")
    @wraps(command)
    def with_app(*args: Any, data: str | None, **options: Any) -> Any:
        app = open_app(data)
        with app.app_context():
            return command(app, *args, **options)

    return with_app


def open_app(data: str | None) -> Flask:
    """Build the application on a migrated database."""
    app = create_app(load_settings(data=data))
    with app.app_context():
        upgrade(db.engine)
    return app


def console() -> Actor:
    """Return who sits at the console: the system user and the machine."""
    return Actor("console", getpass.getuser(), client=socket.gethostname())


def author() -> house.Author:
    """Return the console as author of changes to people."""
    return house.by_console(getpass.getuser(), socket.gethostname())


def unit_id(session: Session, code: str | None) -> int:
    """Return the unit with this code, by default the supervising office."""
    found = people.unit_by_code(session, code or "office")
    if found is None:
        raise SettingError(f"There is no unit with the code {code or 'office'}.")
    return found.id


def user_id(session: Session, name: str) -> int:
    """Return the account with this name."""
    found = people.viewer_named(session, name)
    if found is None:
        raise SettingError(f"There is no account {name}.")
    return found.user_id


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="start a real, empty database instead of the demo")
@data_option
def serve(app: Flask, host: str, port: int, *, empty: bool) -> None:
    """Create, migrate, load the demo unless --empty, and serve in one process until SIGTERM."""
    birth.ensure(app, console(), empty=empty, say=click.echo)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve_app(app, host, port, say=click.echo)


@cli.command()
@data_option
def load(app: Flask) -> None:
    """Publish the processes and forms of the folders bpmn/ and forms/."""
    topics = frozenset(runtime_of(app).topics)
    try:
        with transaction() as session:
            done = load_folders(session, ROOT / "bpmn", ROOT / "forms", console(), clock.now(session), topics)
    except DiagramRefused as error:
        show_problems(error.problems)
        raise click.exceptions.Exit(PROBLEMS) from error
    for slug, new in done.items():
        click.echo(f"{slug}: {'published' if new else 'unchanged'}")


@cli.command()
@click.argument("slug")
@data_option
def where(_app: Flask, slug: str) -> None:
    """Print every address of a process."""
    if slug not in find_slugs(ROOT / "bpmn"):
        raise SettingError(f"There is no process {slug}; there are: {', '.join(find_slugs(ROOT / 'bpmn'))}.")
    for folder in (ROOT / "bpmn" / slug, ROOT / "forms" / slug):
        for path in sorted(folder.glob("*")):
            click.echo(path.relative_to(ROOT))
    click.echo(f"/start/{slug}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@data_option
def check(app: Flask, files: tuple[Path, ...]) -> None:
    """Check diagrams: every problem with element, line and what to do."""
    topics = frozenset(runtime_of(app).topics)
    worst = 0
    for file in files:
        if not file.is_file():
            raise SettingError(f"There is no file {file}.")
        source = read_source(file.parent.parent, ROOT / "forms", file.stem)
        found = problems_of(source, topics)
        show_problems(found, file.name)
        worst = max(worst, int(any(problem.severity == "error" for problem in found)))
    raise click.exceptions.Exit(worst)


def show_problems(problems: tuple[Problem, ...] | list[Problem], file: str = "") -> None:
    """Print problems one to a line."""
    for one in problems:
        place = f"{file}:{one.line or '-'}: {one.severity}: {one.element or ''} {one.name or ''}".strip()
        click.echo(f"{place}: {one.message % one.values if one.values else one.message} {one.fix}")


@cli.group()
def ledger() -> None:
    """The ledger of records."""


@ledger.command("verify")
@data_option
def ledger_verify(_app: Flask) -> None:
    """Check every record; name the first that does not fit."""
    verdict = verify(db.session())
    if verdict.fault:
        click.echo(f"BROKEN: {verdict.fault}")
        raise click.exceptions.Exit(PROBLEMS)
    click.echo(f"clean: {verdict.records} records in {verdict.chains} chains follow one another.")
    click.echo("This shows that nothing inside was changed; only a copy kept outside shows that nothing was cut off.")


@cli.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True)
@click.option("--unit", default=None, help="code of the unit")
@click.option("--password", default=None)
@data_option
def user_add(_app: Flask, name: str, roles: tuple[str, ...], unit: str | None, password: str | None) -> None:
    """Create an account; without --password one is made and printed once."""
    secret = password or secrets.token_urlsafe(9) + "1aA"
    with transaction() as session:
        house.create_user(
            session,
            author(),
            user_name=name,
            name=name,
            unit_id=unit_id(session, unit),
            password=secret,
            must_change=password is None,
            roles=roles,
            now=clock.now(session),
        )
    click.echo(f"{name} can sign in" + ("." if password else f" with the password {secret}"))


@user.command("passwd")
@click.argument("name")
@click.option("--password", default=None)
@data_option
def user_passwd(_app: Flask, name: str, password: str | None) -> None:
    """Set a new password, to be changed at the next sign-in."""
    secret = password or secrets.token_urlsafe(9) + "1aA"
    with transaction() as session:
        house.reset_password(session, author(), user_id(session, name), clock.now(session), secret)
    click.echo(f"{name} has a new password" + ("." if password else f": {secret}"))


@user.command("disable")
@click.argument("name")
@data_option
def user_disable(_app: Flask, name: str) -> None:
    """Disable an account; its records stay."""
    with transaction() as session:
        house.disable_user(session, author(), user_id(session, name), clock.now(session))
    click.echo(f"{name} can no longer sign in.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def backup(app: Flask, file: Path) -> None:
    """Write database and files into one archive; the database first, then the files it names."""
    with told():
        click.echo(backups.write(app, file, console()))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data", metavar="DIR", help="data folder, which must be empty")
def restore(file: Path, data: str | None) -> None:
    """Unpack an archive into an empty data folder and record that it was restored."""
    with told():
        click.echo(backups.read(load_settings(data=data), file, console()))


@contextmanager
def told() -> Iterator[None]:
    """Turn operating-system errors into one sentence."""
    try:
        yield
    except OSError as error:
        raise SettingError(f"{error.filename or ''}: {error.strerror}") from error
