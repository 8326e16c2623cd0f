"""Random processes: stored and rebuilt before every step, they go the same way as a twin and as the oracle says."""

from __future__ import annotations

import pytest

from tests.conftest import FULL
from tests.processes.random_blocks import Block, grow, shrink, told
from tests.processes.random_diagrams import Race, failure

PROCESSES = 3000 if FULL else 300
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_random_processes_do_what_their_blocks_say(part: int) -> None:
    """The right steps as often as chosen, the right data, no standstill, no token twice, rows that are everything."""
    for seed in range(part, PROCESSES, PARTS):
        block = grow(seed)
        found = failure(block, seed)
        assert found is None, f"seed {seed}: {found}\n{told(block)}"


def test_the_same_seed_grows_the_same_process() -> None:
    """A seed that failed can be tried again; it is made smaller by leaving out what does not matter."""
    assert told(grow(5)) == told(grow(5))
    assert len({told(grow(seed)) for seed in range(50)}) > 45
    tree = Block("seq", "top", (grow(5), Block("sub", "s", (grow(6), Block("task", "wrong", how="task")))))
    assert told(shrink(tree, lambda one: "#wrong" in told(one))) == "seq#top(task:task#wrong)"


def test_a_wrong_oracle_is_noticed() -> None:
    """A step that should not be there, or is missing, is told."""
    race = Race(Block("task", "t1", how="userTask"), 1)
    race.block = Block("task", "t2", how="userTask")
    with pytest.raises(AssertionError, match="steps of people"):
        race.run()
