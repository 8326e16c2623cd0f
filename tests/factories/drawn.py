"""Processes drawn in a test with `tests.processes.diagrams`, published and started like shipped ones."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from app import clock
from app.db import transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.operations import Receipt, start_case
from app.work.runtime import Runtime
from tests.factories.small import viewer
from tests.processes.diagrams import diagram, user

FORMS = Path(__file__).parent / "forms" / "small"


def publish_drawn(slug: str, *parts: str, outside: str = "", topics: frozenset[str] | None = None) -> None:
    """Publish a diagram of these parts; its people fill in the forms of `small`."""
    forms = {path.stem: path.read_text() for path in FORMS.glob("*.form")}
    source = Source(slug, diagram(*parts, outside=outside), forms=forms)
    with transaction() as session:
        publish(session, source, Actor("setup", "setup"), clock.now(session), topics=topics)


def asked(id_: str = "ask") -> str:
    """Return the first step of a drawn process."""
    return user(id_, camunda_formRef="ask")


def done(id_: str, assignee: str = "${starter}") -> str:
    """Return a step with the form `do`."""
    return user(id_, assignee=assignee, camunda_formRef="do")


def start_drawn(runtime: Runtime, slug: str, title: str = "事项", key: str | None = None) -> Receipt:
    """Start a case of a drawn process as a person of the department."""
    with transaction() as session:
        answers = {"title": title, "wanted": "请办。"}
        now = clock.now(session)
        return start_case(session, runtime, slug, viewer(session, "dept"), answers, key or uuid4().hex, now)
