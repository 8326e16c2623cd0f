"""The table of BPMN elements is true: what it says is supported runs, what it says is refused is refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.engine import Advance, DiagramRefused, Engine, Environment, Live, OpenNode, check, compile_definition
from app.engine import with_called as joined
from app.engine.checks.kinds import key_of
from app.engine.coverage import ACTIVITIES, ROWS
from app.engine.diagram import read_diagram
from tests.processes.palette import SAMPLES, Sample

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STEPS = 30


def keys(support: str) -> list[str]:
    return [key for key, row in ROWS.items() if row.support == support]


class Walk:
    """One case, from its start to its end; what waits at `x` is answered first, then people."""

    def __init__(self, sample: Sample) -> None:
        called = {slug: compile_definition(xml) for slug, xml in sample.called.items()}
        definition = joined(compile_definition(sample.xml, sample.tables), called)
        self.engine, self.now = Engine(), BEGIN
        self.passed: Counter[str] = Counter()
        self.live, first = self.engine.start(definition, {}, {}, self.env)
        self.note(first)

    @property
    def env(self) -> Environment:
        return Environment(self.now, {"id": 7, "name": "发起人", "unit": 3})

    def note(self, step: Advance) -> None:
        self.passed.update(one.node for one in step.completed)
        assert not step.incidents

    def go(self) -> Live:
        for _ in range(STEPS):
            waiting = sorted(self.engine.open_nodes(self.live), key=self.urgency)
            if self.live.ended or not waiting:
                break
            self.note(self.answer(waiting[0]))
        return self.live

    def urgency(self, one: OpenNode) -> tuple[bool, str]:
        return (one.node != "x" if "x" not in self.passed else one.wait != "person"), one.node

    def answer(self, one: OpenNode) -> Advance:
        if one.wait == "person":
            return self.engine.complete(self.live, one.token, {}, self.env)
        if one.wait == "service":
            return self.engine.finish_service(self.live, one.token, {}, self.env)
        if one.wait == "timer":
            self.now += timedelta(hours=1)
            return self.engine.tick(self.live, self.env)
        deliver = self.engine.signal if one.signal else self.engine.message
        return deliver(self.live, one.event or "", {}, self.env)


def test_every_row_has_its_drawing() -> None:
    """No row of the table is without a sample, and no sample without a row."""
    assert SAMPLES.keys() == ROWS.keys()
    nodes = {
        key for key in ROWS if key.split(":")[0] in ACTIVITIES or key.split(":")[0].endswith(("Event", "Gateway"))
    }
    for key in nodes:
        drawn = read_diagram(SAMPLES[key].xml)
        assert key_of(drawn.elements["x"], drawn.process_id) == key


@pytest.mark.parametrize("key", keys("supported"))
def test_a_supported_element_runs(key: str) -> None:
    """A diagram with it is let pass, runs through it, and ends."""
    sample = SAMPLES[key]
    walk = Walk(sample)
    assert walk.go().ended
    assert sample.passes <= walk.passed.keys()


@pytest.mark.parametrize("key", keys("refused"))
def test_a_refused_element_is_refused(key: str) -> None:
    """The checker names it with the rule and the advice of the table, and it cannot be compiled."""
    row = ROWS[key]
    found = [one for one in check(SAMPLES[key].xml) if one.rule == row.rule and one.severity == "error"]
    assert found
    assert row.how in {one.fix for one in found}
    with pytest.raises(DiagramRefused):
        compile_definition(SAMPLES[key].xml)


@pytest.mark.parametrize("key", keys("drawn"))
def test_what_is_only_drawn_changes_nothing(key: str) -> None:
    """A diagram with it runs as if it were not there, and nothing of it gets into the data."""
    walk = Walk(SAMPLES[key])
    live = walk.go()
    assert live.ended
    assert SAMPLES[key].passes <= walk.passed.keys()
    assert not live.data
