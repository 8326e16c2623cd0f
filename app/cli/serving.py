"""`guanjia serve`: the product in one process. `guanjia worker`: its drains in processes of their own."""

from __future__ import annotations

import click

from app import birth, create_app
from app.cli.base import DATA, cli, console, opened
from app.config import load_settings
from app.db import db, transaction
from app.errors import SettingError
from app.migrations import upgrade
from app.runner import NAMES, accept, bind, chosen, ending_on_sigterm, only_server, work
from app.runner import serve as serve_app
from app.web.assets import Assets

NOBODY_DRAINS = "On SQLite the server runs the drains itself; --no-drains is for PostgreSQL with `guanjia worker`."


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--empty", is_flag=True, help="start a real, empty database instead of the demo")
@click.option("--drains/--no-drains", default=True, help="run timers and the like here, or leave them to workers")
@DATA
def serve(host: str, port: int, data: str | None, *, empty: bool, drains: bool) -> None:
    """Create, migrate, load the demo unless --empty, and serve in one process until SIGTERM."""
    settings = load_settings(data=data)
    if settings.is_sqlite and not drains:
        raise SettingError(NOBODY_DRAINS)
    Assets().verify()
    with ending_on_sigterm(), only_server(settings.sqlite_file), bind(host, port) as listener:
        app = create_app(settings)
        with app.app_context():
            upgrade(db.engine)
            birth.ensure(app, empty=empty, say=click.echo)
        serve_app(app, host, port, say=click.echo, listener=listener, drains=drains)


@cli.command()
@click.option("--drains", metavar="LIST", help=f"which of {','.join(NAMES)}; all without it")
@click.option("--accept-clock", is_flag=True, help="believe the machine's clock after a jump, and end")
@DATA
def worker(drains: str | None, data: str | None, *, accept_clock: bool) -> None:
    """Run timers, deadlines, publishing, services, signals, the outbox until SIGTERM; on PostgreSQL any number."""
    settings = load_settings(data=data, create=False)
    names = chosen(drains)
    if accept_clock:
        with opened(settings), transaction() as session:
            accept(session, console())
        click.echo("The machine's clock is believed; what is due by it goes on.")
        return
    with ending_on_sigterm(), only_server(settings.sqlite_file), opened(settings) as app:
        work(app, names, say=click.echo)
