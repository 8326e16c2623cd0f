"""Commands about the tokens of programs that use the REST interface."""

from __future__ import annotations

from datetime import datetime

import click
from flask import Flask

from app import clock
from app.cli.base import author, cli, on_database, user_id
from app.clock import local
from app.db import db, transaction
from app.people import operations as house
from app.people.models import ApiToken
from app.people.tokens import tokens

FORMAT = "%Y-%m-%d %H:%M"


@cli.group()
def token() -> None:
    """Look after the tokens of programs."""


@token.command("add")
@click.argument("user")
@click.option("--name", default="", help="which program it is for")
@on_database
def token_add(_app: Flask, user: str, name: str) -> None:
    """Issue a token with the rights of USER; it stands alone on the last line and is shown only now."""
    with transaction() as session:
        user_id(session, user)
        made = house.issue_token(session, author(), user, name, clock.now(session))
    click.echo(made)


@token.command("list")
@on_database
def token_list(_app: Flask) -> None:
    """List the tokens: id, user, program, issued, last used, whether it holds."""
    at = clock.now(db.session())
    for one in tokens(db.session()):
        used = f"{local(one.last_used_at):{FORMAT}}" if one.last_used_at else "never used"
        line = (str(one.id), one.user.user_name, one.name, f"{local(one.created_at):{FORMAT}}", used, _state(one, at))
        click.echo("\t".join(line))


@token.command("revoke")
@click.argument("token_id", metavar="ID", type=click.IntRange(1))
@on_database
def token_revoke(_app: Flask, token_id: int) -> None:
    """End a token at once."""
    with transaction() as session:
        house.revoke_token(session, author(), token_id, clock.now(session))
    click.echo(f"Token {token_id} no longer works.")


def _state(one: ApiToken, at: datetime) -> str:
    if one.revoked_at is not None:
        return "revoked"
    if one.user.disabled_at is not None:
        return "account disabled"
    return "expired" if one.expires_at is not None and one.expires_at <= at else "works"
