"""Done-when of emergencies: kill -9 at any step of one, and after the restart no branch, limit or call is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import Settings
from tests.conftest import FULL

ROOT = Path(__file__).parents[2]
# in full every act, before its commit and after it; otherwise a few, so far apart that all of an emergency is met
STEP, LEAST = (1, 50) if FULL else (9, 3)


def interrupted(settings: Settings) -> dict[str, int]:
    """Run the program that kills; return what it tried."""
    env = {**os.environ, "GUANJIA_DATABASE_URL": settings.database_url, "GUANJIA_SECRET_KEY": settings.secret_key}
    words = [sys.executable, "-m", "tests.crash.emergencies", str(settings.data), str(STEP)]
    ended = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-4000:]
    told: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])
    print(told)
    return told


@pytest.mark.crash
@pytest.mark.timeout(3600 if FULL else 300)
def test_an_emergency_survives_a_kill_at_every_step(sqlite_settings: Settings) -> None:
    """Alarm, calls, grades that rise, reports, repair, review: each happens once, whoever dies in between."""
    assert interrupted(sqlite_settings)["acts"] >= LEAST


@pytest.mark.crash
@pytest.mark.postgres
@pytest.mark.timeout(3600 if FULL else 300)
def test_an_emergency_survives_a_kill_at_every_step_on_postgres(postgres_settings: Settings) -> None:
    """The same on the other database."""
    assert interrupted(postgres_settings)["acts"] >= LEAST
