"""The engine alone: long loops, publishing, memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.engine import Engine, Live, compile_definition
from app.engine.port import Environment
from app.processes.source import Source, problems_of
from tests.bench import holding, table
from tests.bench.completion import IN_LOOP
from tests.conftest import START, prepare, settings_for
from tests.processes import diagrams as d

PASSES, NODES, PUBLISH, IDLE, FULL, CASES = 5_000, 100, 300, 150, 300, 1_000


def measure() -> None:
    """Print the figures of the engine."""
    long_loop()
    publishing()
    table.told("memory after start", f"≤ {IDLE} MB", f"{memory(0):.0f} MB")
    table.told(f"memory with {CASES} live cached cases", f"≤ {FULL} MB", f"{memory(CASES):.0f} MB")


def long_loop() -> None:
    """Send a parallel region round its loop many times; compare with a case that has just begun, in turns."""
    engine, env = Engine(), Environment(START, {"id": 1, "unit": 2})
    definition = compile_definition(IN_LOOP)
    long, _ = engine.start(definition, {}, {}, env)
    short, _ = engine.start(definition, {}, {}, env)
    for _ in range(PASSES):
        one_pass(engine, long, env)
    early, late = [], []
    for _ in range(100):
        early.append(one_pass(engine, short, env))
        late.append(one_pass(engine, long, env))
    first, last = statistics.median(early), statistics.median(late)
    table.ratio(f"{PASSES} passes of a parallel region", last / first, 1.3, f"{first:.2f} → {last:.2f} ms")
    table.count("engine tasks of that case in memory", long.size, 12)


def one_pass(engine: Engine, live: Live, env: Environment) -> float:
    """Go round once and return the milliseconds."""
    begin = time.perf_counter()
    for _step in range(3):
        engine.complete(live, engine.open_nodes(live)[0].token, {}, env)
    return (time.perf_counter() - begin) * 1000


def publishing() -> None:
    """Check and compile a diagram of a hundred nodes."""
    ids = [f"n{n}" for n in range(NODES)]
    users = [d.user(id_) for id_ in ids]
    source = Source("p", d.diagram(d.start(), *users, d.end(), d.chain("s", *ids, "e")))
    begin = time.process_time()
    problems_of(source)
    compile_definition(source.diagram)
    spent = (time.process_time() - begin) * 1000
    table.told(f"publish of {NODES} nodes with all checks", f"≤ {PUBLISH} ms CPU", f"{spent:.0f} ms CPU")


def memory(cases: int) -> float:
    """Return the megabytes a process of its own holds with so many live cases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(settings_for(folder))
        (folder / holding.DIAGRAM).write_bytes(IN_LOOP)
        command = [sys.executable, "-m", "tests.bench.holding", name, str(cases)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(said.stdout.split()[-1])
