"""The notice against state secrets stands where people type, upload and print, and is theirs to word."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from app import clock, runtime_of
from app.db import transaction
from app.people.operations import by_setup, change_setting
from tests.factories.small import publish_small, start_small

SHIPPED = "本系统为非涉密系统，严禁存储、处理、传输国家秘密"
OWN = "这里只谈公开的事"


def pages(app: Flask, sign_in: Callable[[str], FlaskClient]) -> list[str]:
    """Return the sign-in page, the page of a step with an upload box, and a print."""
    receipt = start_small(runtime_of(app))
    vendor = sign_in("vendor_a_tech")
    step = vendor.get("/inbox").text.partition('href="/tasks/')[2].partition('"')[0]
    return [
        app.test_client().get("/sign-in").text,
        vendor.get(f"/tasks/{step}").text.partition("gj-upload-zone")[2],
        vendor.get(f"/cases/{receipt.number}/print").text,
    ]


def test_the_notice_is_on_by_default(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """Nobody has to switch it on."""
    publish_small()
    assert all(SHIPPED in page for page in pages(app, sign_in))


def test_the_house_words_it(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """An edited notice replaces the shipped one everywhere."""
    publish_small()
    with transaction() as session:
        change_setting(session, by_setup(), "notice", OWN, clock.now(session))
    assert all(OWN in page and SHIPPED not in page for page in pages(app, sign_in))
