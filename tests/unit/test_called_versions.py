"""A case runs every process it calls in the version that ran when the case began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from app import runtime_of
from app.db import db
from app.engine import Engine
from app.work.runtime import Runtime
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import case_of, complete, open_item
from tests.processes import diagrams as d


def publish_called(*steps: str) -> None:
    """Publish the called process with these steps, one after the other."""
    publish_drawn("part", d.start(), *(done(one) for one in steps), d.end(), d.chain("s", *steps, "e"))


def publish_caller() -> None:
    """Publish a process that asks, calls `part` and then has one step."""
    drawn = (d.start(), asked(), d.call("c", "part"), done("after"), d.end(), d.chain("s", "ask", "c", "after", "e"))
    publish_drawn("whole", *drawn)


def walk(runtime: Runtime, case_id: int) -> list[tuple[str, str | None]]:
    """Complete every item of a case and return node and form of each, in order."""
    passed = []
    while case_of(case_id).status == "running":
        item = open_item(case_id)
        passed.append((item.node, item.form))
        # nothing is kept in memory between two steps: what is stored must find the same versions again
        complete(replace(runtime, engine=Engine()), item.id, "dept", {"done": "办好了"})
    return passed


def test_a_case_keeps_the_versions_it_began_with(either_app: Flask) -> None:
    """A new version of a called process is for new cases; nodes and forms are found under the slug."""
    runtime = runtime_of(either_app)
    publish_called("x")
    publish_caller()
    old = start_drawn(runtime, "whole").case_id
    publish_called("x", "y")
    new = start_drawn(runtime, "whole").case_id
    assert walk(runtime, old) == [("part:x", "part:do"), ("after", "do")]
    assert walk(runtime, new) == [("part:x", "part:do"), ("part:y", "part:do"), ("after", "do")]
    pins = [case_of(one).called["part"] for one in (old, new)]
    assert pins[0] != pins[1]
    bundle = runtime.library.bundle(db.session(), case_of(old).version_id, case_of(old).called)
    assert bundle is runtime.library.bundle(db.session(), case_of(old).version_id, dict(case_of(old).called))
    assert bundle.forms["part:do"] is not bundle.forms["do"]
    assert runtime.library.pins(db.session(), case_of(old).version_id) == {"part": pins[1]}


def test_pages_show_the_steps_of_a_called_process(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """The task page has the called process's form; case page, inbox and receipts find its nodes."""
    runtime = runtime_of(app)
    publish_called("x")
    publish_caller()
    receipt = start_drawn(runtime, "whole")
    client, item = sign_in("dept"), open_item(receipt.case_id)
    assert "做了什么" in client.get(f"/tasks/{item.id}").text
    complete(runtime, item.id, "dept", {"done": "办好了"})
    for page in (f"/cases/{receipt.number}", "/inbox", "/inbox?box=done", "/receipts"):
        assert client.get(page, follow_redirects=True).status_code == 200, page
