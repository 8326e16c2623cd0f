"""Load the demo: build the city, then play sixty days up to this morning."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TextIO

from app import clock
from app.content.jobs import keep_columns
from app.db import db, transaction
from app.deadlines.queries import calendar_for
from app.deadlines.rules import Calendar
from app.demo.articles import newsroom_lives
from app.demo.city import build_city
from app.demo.emergencies import emergency_lives
from app.demo.incidents import incident_lives
from app.demo.lives import habits, ordinary_lives
from app.demo.stage import Stage
from app.demo.stories import Stories
from app.demo.texts import Phrases
from app.demo.watch import watch_lives
from app.work.runtime import Runtime

Say = Callable[[str], object]
MORNING = (10, 24)
WIDTH = 40
STEP = 10


def load_demo(runtime: Runtime, password: str, say: Say) -> None:
    """Build the invented city and play its sixty days on the demo's clock, which ends at 10:24 of a working day."""
    with transaction() as session:
        build_city(session, password, clock.now(session))
    end = last_morning(datetime.now(clock.ZONE), calendar_for(db.session(), None))
    db.session.rollback()
    stage = Stage(runtime, end)
    phrases = Phrases(stage.random)
    lives = [*ordinary_lives(stage, phrases), *Stories(stage, phrases).lives(), *habits(stage)]
    lives += newsroom_lives(stage)
    lives += [*watch_lives(stage), *emergency_lives(stage), *incident_lives(stage)]
    stage.play(lives, Progress(say, sys.stdout).show)
    keep_columns(runtime)


def last_morning(today: datetime, calendar: Calendar) -> datetime:
    """Return 10:24 of the newest working day, not later than `today`."""
    hour, minute = MORNING
    end = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
    while end > today or not calendar.works_on(end.date()):
        end -= timedelta(days=1)
    return end


class Progress:
    """A bar on one line of a terminal; elsewhere a sentence every ten per cent."""

    def __init__(self, say: Say, stream: TextIO) -> None:
        self._say, self._stream = say, stream
        self._shown = -1

    def show(self, percent: int) -> None:
        """Show how much of the demo's days has passed."""
        if percent <= self._shown:
            return
        if self._stream.isatty():
            self._draw(percent)
        elif percent // STEP > self._shown // STEP:
            self._say(f"Playing sixty days of the demo city: {percent} %")
        self._shown = percent

    def _draw(self, percent: int) -> None:
        done = "█" * (percent * WIDTH // 100)
        self._stream.write(f"\rPlaying sixty days of the demo city {done:░<{WIDTH}} {percent:3} %")
        if percent == 100:  # noqa: PLR2004 - the whole
            self._stream.write("\n")
        self._stream.flush()
