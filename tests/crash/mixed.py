"""What several clients do to a server at once: start, complete, claim, transfer, send back, send messages, use REST.

Each notes what was acknowledged to it; services and timers run in the server meanwhile.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests
from sqlalchemy import Engine, create_engine, select

from app import clock
from app.config import Settings
from app.db import transaction
from app.people import operations as house
from app.people.models import User
from app.work.models import Awaited, Case, WorkItem
from tests.conftest import PASSWORD
from tests.crash.boundaries import TOPIC
from tests.factories.drawn import asked, done, publish_drawn
from tests.factories.small import publish_small
from tests.processes import diagrams as d

VENDORS = ("vendor_a_tech", "vendor_a_lead")
PEOPLE = ("dept", *VENDORS)
ANSWERS: dict[str, dict[str, Any]] = {
    "do": {"done": "修好了"},
    "check": {"opinion": "看过"},
    "one": {"done": "办了"},
    "two": {"done": "办了"},
}


@dataclass
class Told:
    """What was acknowledged: the keys of starts, the ids of completed items, everything by kind."""

    starts: list[str] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def publish_crossing() -> None:
    """Publish what is started: a process sent back by hand, and one with a service, a timer and a message."""
    publish_small()
    offered = d.extension(d.properties({"offer.to": "${starter}", "name.en": "Paid"})) + d.message("paid")
    publish_drawn(
        "crossing",
        d.start(),
        asked(),
        d.service("outside", TOPIC),
        d.gateway("parallel", "both"),
        d.catch("t", d.timer("Duration", "PT1S")),
        done("one"),
        d.catch("m", offered),
        done("two"),
        d.gateway("parallel", "joined"),
        d.end(),
        d.chain("s", "ask", "outside", "both", "t", "one", "joined", "e"),
        d.chain("both", "m", "two", "joined"),
        outside=d.messages("paid"),
        topics=frozenset({TOPIC}),
    )


def token_of(user_name: str) -> str:
    """Issue a token of this person for REST."""
    with transaction() as session:
        return house.issue_token(session, house.by_setup(), user_name, "crash", clock.now(session))


class Client:
    """One person, by pages and by REST, who does at random whatever there is to do."""

    def __init__(self, url: str, user_name: str, token: str, database: Engine, told: Told) -> None:
        self.url, self.user_name, self.told, self.database = url, user_name, told, database
        self.random = random.Random()  # noqa: S311
        self.pages = requests.Session()
        self.rest = {"Authorization": f"Bearer {token}"}

    def run(self, stop: threading.Event) -> None:
        """Go on until the server is gone."""
        with contextlib.suppress(requests.RequestException):
            self.pages.post(
                f"{self.url}/sign-in", data={"user_name": self.user_name, "password": PASSWORD}, timeout=30
            )
            while not stop.is_set():
                self.random.choice(self._chances())()

    def _chances(self) -> list[Callable[[], None]]:
        both: list[Callable[[], None]] = [self._complete, self._complete_by_rest]
        if self.user_name == "dept":
            return [*both, self._start, self._pay]
        return [*both, self._hand_on, self._claim]

    def _post(self, kind: str, path: str, **sent: Any) -> bool:
        answer = self.pages.post(f"{self.url}{path}", timeout=30, allow_redirects=False, **sent)
        assert answer.status_code < 500, (kind, answer.status_code, answer.text[-2000:])
        if answer.status_code in {200, 204, 303}:
            self.told.kinds.append(kind)
            return True
        return False

    def _start(self) -> None:
        key, slug = uuid4().hex, self.random.choice(("small", "crossing"))
        if self._post("start", f"/start/{slug}", data={"title": f"事项 {key[:6]}", "key": key}):
            self.told.starts.append(key)

    def _open(self) -> Iterator[tuple[int, str]]:
        """Yield one open item, if there is one; whether this person may do it, the server says."""
        query = select(WorkItem.id, WorkItem.node).where(WorkItem.status == "open").order_by(WorkItem.id)
        with self.database.connect() as connection:
            found = connection.execute(query).all()
        if found:
            item_id, node = self.random.choice(found)
            yield item_id, node

    def _complete(self) -> None:
        for item_id, node in self._open():
            sent = {"answers": self._answers(node), "key": uuid4().hex}
            if self._post("complete", f"/tasks/{item_id}", json=sent):
                self.told.items.append(item_id)

    def _complete_by_rest(self) -> None:
        for item_id, node in self._open():
            variables = {name: {"value": value} for name, value in self._answers(node).items()}
            path = f"/engine-rest/task/{item_id}/complete"
            if self._post("rest", path, json={"variables": variables}, headers=self.rest):
                self.told.items.append(item_id)

    def _answers(self, node: str) -> dict[str, Any]:
        decision = {"decision": self.random.choice(("pass", "back"))} if node == "check" else {}
        return {**ANSWERS[node], **decision}

    def _claim(self) -> None:
        for item_id, _node in self._open():
            self._post("claim", f"/tasks/{item_id}/claim")

    def _hand_on(self) -> None:
        for item_id, _node in self._open():
            with self.database.connect() as connection:
                name = next(one for one in VENDORS if one != self.user_name)
                to = connection.execute(select(User.id).where(User.user_name == name)).scalar_one()
            self._post("transfer", f"/tasks/{item_id}/transfer", data={"to": to, "reason": "出差"})

    def _pay(self) -> None:
        with self.database.connect() as connection:
            query = select(Case.number).join(Awaited, Awaited.case_id == Case.id)
            numbers = connection.execute(query).scalars().all()
        if numbers:
            self._post("message", f"/cases/{self.random.choice(numbers)}/messages/paid")


def clients(url: str, settings: Settings, tokens: dict[str, str], told: Told) -> list[Client]:
    """Return one client for each person."""
    database = create_engine(settings.database_url)
    return [Client(url, name, tokens[name], database, told) for name in PEOPLE]
