"""Commands about accounts."""

from __future__ import annotations

import click
from flask import Flask

from app import clock
from app.cli.base import author, cli, on_database, unit_id, user_id
from app.db import transaction
from app.people import operations as house
from app.people.operations.passwords import one_time_password


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
