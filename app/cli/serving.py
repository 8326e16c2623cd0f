"""`guanjia serve`: the product in one process."""

from __future__ import annotations

import click

from app import birth, create_app
from app.cli.base import DATA, cli
from app.config import load_settings
from app.db import db
from app.migrations import upgrade
from app.runner import bind, ending_on_sigterm, only_server
from app.runner import serve as serve_app
from app.web.assets import Assets


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
