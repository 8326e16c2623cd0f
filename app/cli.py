"""The command line `guanjia`. Exit code 0: fine, 1: problems found, 2: wrong use or settings."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import backups, birth, clock, create_app, runtime_of
from app.config import Settings, load_settings
from app.db import db, transaction
from app.engine import Problem
from app.errors import Invalid, SettingError, UserError
from app.ledger import Actor, verify
from app.migrations import revision_of, upgrade
from app.people import operations as house
from app.people import queries as people
from app.people.models import User
from app.people.operations.passwords import one_time_password
from app.processes.operations import publish
from app.processes.source import find_slugs, problems_by_file, read_file, read_source
from app.runner import bind, ending_on_sigterm, only_server
from app.runner import serve as serve_app
from app.web.assets import Assets, AssetsMissing

ROOT = Path(__file__).resolve().parent.parent
BPMN, FORMS = ROOT / "bpmn", ROOT / "forms"
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


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="start a real, empty database instead of the demo")
@DATA
def serve(host: str, port: int, data: str | None, *, empty: bool) -> None:
    """Create, migrate, load the demo unless --empty, and serve in one process until SIGTERM."""
    settings = load_settings(data=data)
    Assets().verify()
    with ending_on_sigterm(), only_server(settings.sqlite_file), bind(host, port) as listener:
        app = create_app(settings)
        with app.app_context():
            upgrade(db.engine)
            birth.ensure(app, empty=empty, say=click.echo)
        serve_app(app, host, port, say=click.echo, listener=listener)


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


@cli.group()
def user() -> None:
    """Look after accounts."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True)
@click.option("--unit", default=None, help="code of the unit")
@click.option("--password", default=None)
@on_database
def user_add(_app: Flask, name: str, roles: tuple[str, ...], unit: str | None, password: str | None) -> None:
    """Create an account; without --password one is made and printed once."""
    secret = password or one_time_password()
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
@on_database
def user_passwd(_app: Flask, name: str, password: str | None) -> None:
    """Set a new password, to be changed at the next sign-in."""
    with transaction() as session:
        secret = house.reset_password(session, author(), user_id(session, name), clock.now(session), password)
    click.echo(f"{name} has a new password" + ("." if password else f": {secret}"))


@user.command("disable")
@click.argument("name")
@on_database
def user_disable(_app: Flask, name: str) -> None:
    """Disable an account; its records stay."""
    with transaction() as session:
        house.disable_user(session, author(), user_id(session, name), clock.now(session))
    click.echo(f"{name} can no longer sign in.")


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


if __name__ == "__main__":
    main()
