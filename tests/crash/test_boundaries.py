"""Interrupted at any commit, a case has a way forward: kill -9 there, restart, and everything comes to its end."""

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


def interrupted(kind: str, settings: Settings, number: int) -> dict[str, int]:
    """Run the program that kills; return what it tried."""
    env = {**os.environ, "GUANJIA_DATABASE_URL": settings.database_url, "GUANJIA_SECRET_KEY": settings.secret_key}
    words = [sys.executable, "-m", "tests.crash.boundaries", kind, str(settings.data), str(number)]
    ended = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-4000:]
    told: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])
    return told


@pytest.mark.crash
def test_killed_at_every_commit(sqlite_settings: Settings) -> None:
    """Start, completion, service, timer, message and signal: from each state between two commits it goes on."""
    every = 1 if FULL else 2
    told = interrupted("sqlite", sqlite_settings, every)
    assert told["commits"] > 12
    assert told["kills"] >= told["commits"] // every - 2  # after the last commits there is nothing to interrupt


@pytest.mark.crash
@pytest.mark.postgres
def test_killed_again_and_again_on_postgres(postgres_settings: Settings) -> None:
    """The same on the other database, at different commits of one run after the other."""
    kills = 60 if FULL else 6
    assert interrupted("postgres", postgres_settings, kills)["kills"] == kills
