"""The engine alone: long loops, publishing, memory."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from app.engine import Engine, Live, compile_definition
from app.engine.port import Environment
from app.processes.source import Source, problems_of
from tests.bench import table
from tests.bench.completion import IN_LOOP
from tests.conftest import START
from tests.processes import diagrams as d

PASSES, NODES, PUBLISH, IDLE, FULL, CASES = 5_000, 100, 300, 150, 300, 1_000


def measure() -> None:
    """Print the figures of the engine."""
    long_loop()
    publishing()
    for what, most in (("idle", IDLE), ("full", FULL)):
        found = memory(what)
        name = "memory after start" if what == "idle" else f"memory with {CASES} live cached cases"
        table.told(name, f"≤ {most} MB", f"{found:.0f} MB")


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


def memory(what: str) -> float:
    """Return the megabytes a process of its own holds."""
    command = [sys.executable, "-m", "tests.bench.core", what]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(said.stdout.split()[-1])


def hold(what: str) -> None:
    """Build the product, with or without live cases, and print its megabytes."""
    import tempfile  # noqa: PLC0415 - a process of its own
    from pathlib import Path  # noqa: PLC0415

    from app import create_app, runtime_of  # noqa: PLC0415
    from tests.conftest import prepare, settings_for  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        settings = settings_for(Path(name))
        prepare(settings)
        engine = runtime_of(create_app(settings)).engine
        definition, env = compile_definition(IN_LOOP), Environment(START, {"id": 1, "unit": 2})
        for number in range(CASES if what == "full" else 0):
            live, _ = engine.start(definition, {"title": f"办件 {number}", "wanted": "请修好。" * 20}, {}, env)
            engine.put_back(number, 1, live)
        print(resident())


def resident() -> float:
    """Return the megabytes this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 1024 / 1024


if __name__ == "__main__":
    hold(sys.argv[1])
