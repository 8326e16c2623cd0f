"""Store the cases of `cases.py` as this release writes them: `python -m tests.processes.states`.

Run it once before a release whose `HEADER_FORMAT` is new, and never again for that format: what lies in
`format-<n>/` was written by the release that had it, and every later one must load and finish it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from app.engine import Environment
from app.engine.state import to_json
from tests.processes.diagrams import Run
from tests.processes.states.cases import CASES, RETRIED, Standing, go_on

HERE = Path(__file__).parent


def main() -> None:
    """Write one file for each case; a format that is written already stays as it is."""
    for name, standing in CASES.items():
        run = Run(standing.xml, data=standing.data, case=standing.case, called=standing.called)
        standing.steps(run)
        header = json.loads(run.header)
        path = HERE / f"format-{header['format']}" / f"{name}.json"
        if path.exists():
            sys.stdout.write(f"kept {path.name}\n")
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(stored(run, standing, name), ensure_ascii=False, indent=1) + "\n")
        sys.stdout.write(f"wrote {path.name}\n")


def stored(run: Run, standing: Standing, name: str) -> dict[str, object]:
    """Return what is stored of a case, and how it ends when this release finishes it."""
    before = {
        "diagram": standing.xml.decode(),
        "called": {slug: xml.decode() for slug, xml in standing.called.items()},
        "now": run.now.isoformat(),
        "rows": [asdict(row) for row in sorted(run.rows.values(), key=lambda row: row.seq)],
        "header": json.loads(run.header),
        "answers": to_json(dict(standing.answers)),
        "messages": dict(standing.messages),
    }

    def env(now: datetime | None) -> Environment:
        run.now = now or run.now
        return replace(run.env, now=run.now)

    if name == RETRIED:
        return before
    passed = go_on(run.engine, run.live, env, standing.answers, standing.messages)
    return {**before, "passed": passed, "data": to_json(dict(run.live.data))}


if __name__ == "__main__":
    main()
