"""A case stored by any released version loads and goes on to its end; one of a newer version is refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.engine import Engine, Environment, Live, NewerState, TaskRow, compile_definition, restore
from app.engine.state import HEADER_FORMAT, untag
from tests.processes.states.cases import RETRIED, go_on

STORED = sorted((Path(__file__).parent / "states").glob("format-*/*.json"))


def load(path: Path) -> tuple[dict[str, Any], Live]:
    """Return a stored case and the live case built from it."""
    stored = json.loads(path.read_text())
    rows = [TaskRow(**row) for row in stored["rows"]]
    called = {slug: compile_definition(xml.encode()) for slug, xml in stored.get("called", {}).items()}
    definition = compile_definition(stored["diagram"].encode(), called=called)
    return stored, restore(definition, rows, stored["header"])


class World:
    """What a stored case sees of the world: its clock goes on from where it was stored."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now)

    def env(self, now: datetime | None = None) -> Environment:
        """Return the environment, at `now` if given."""
        self.now = now or self.now
        starter = {"id": 7, "name": "发起人", "unit": 3}
        return Environment(self.now, starter, {}, lambda start, _limit: start + timedelta(days=2))


@pytest.mark.parametrize("path", STORED, ids=[f"{one.parent.name}-{one.stem}" for one in STORED])
def test_a_stored_case_goes_on(path: Path) -> None:
    """It passes the same nodes and ends with the same data as in the release that stored it."""
    stored, live = load(path)
    engine, world = Engine(), World(stored["now"])
    if path.stem == RETRIED:
        (token,) = engine.stopped(live)
        assert engine.repair(live, token, {"price": 4}, world.env()).ended
        assert live.data["total"] == 8
        return
    answers = {name: untag(values) for name, values in stored["answers"].items()}
    passed = go_on(engine, live, world.env, answers, stored["messages"])
    assert passed == stored["passed"]
    assert live.data == untag(stored["data"])


@pytest.mark.parametrize("path", [one for one in STORED if one.stem in {"loop", "parallel"}], ids=str)
def test_a_stored_case_can_be_sent_back(path: Path) -> None:
    """What moves tokens needs nothing that older releases did not store."""
    stored, live = load(path)
    engine, world = Engine(), World(stored["now"])
    token = next(one for one in engine.open_nodes(live) if one.node == "x")
    engine.send_back(live, token.token, "draft", world.env())
    assert [one.node for one in engine.open_nodes(live)] == ["draft"]


def test_every_format_is_in_the_collection() -> None:
    """Each format ever released has stored cases here, the present one too."""
    formats = {int(one.parent.name.removeprefix("format-")) for one in STORED}
    assert formats == set(range(1, HEADER_FORMAT + 1))


def test_a_newer_format_is_refused() -> None:
    """A case stored by a release that knows more is left alone, with a sentence that says so."""
    stored = json.loads(STORED[0].read_text())
    header = {**stored["header"], "format": HEADER_FORMAT + 1}
    with pytest.raises(NewerState, match="更新的版本"):
        restore(compile_definition(stored["diagram"].encode()), [], header)
