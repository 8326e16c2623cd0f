"""What the product holds in memory, in a process that loads nothing but the product: `FOLDER CASES`."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from app import create_app, runtime_of
from app.config import load_settings
from app.engine import compile_definition
from app.engine.port import Environment

DIAGRAM = "loop.bpmn"


def hold(folder: Path, cases: int) -> float:
    """Answer one request, keep live cases of the diagram in `folder`, and return the megabytes held."""
    app = create_app(load_settings({"GUANJIA_SECRET_KEY": "k" * 40}, data=str(folder)))
    app.test_client().get("/")
    engine, env = runtime_of(app).engine, Environment(datetime.now(UTC), {"id": 1, "unit": 2})
    definition = compile_definition((folder / DIAGRAM).read_bytes())
    for number in range(cases):
        live, _ = engine.start(definition, {"title": f"办件 {number}", "wanted": "请修好。" * 20}, {}, env)
        engine.put_back(number, 1, live)
    return resident()


def resident() -> float:
    """Return the megabytes this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * resource.getpagesize() / 1024 / 1024


if __name__ == "__main__":
    print(hold(Path(sys.argv[1]), int(sys.argv[2])))
