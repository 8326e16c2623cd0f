"""kill -9 while a site is written: every page is the old one or the new one, and the next round completes it."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.content.models import PublishedPage, SitePublishing
from app.content.sites.building import folder_of
from app.content.sites.jobs import build_site
from app.db import db, transaction
from tests.conftest import FULL, running
from tests.crash.publisher import NAMES
from tests.factories.published import add_column, fill, set_mode, site_id_of

KILLS = 30 if FULL else 4
ARTICLES = 120
ROOT = Path(__file__).parents[2]
ENDS = {".html": b"</html>", ".xml": b">", ".css": b"}"}


@pytest.mark.crash
@pytest.mark.timeout(1800 if FULL else 300)
def test_a_killed_publisher_leaves_whole_pages(sqlite_settings: Settings) -> None:
    """Old or new, never half; running again writes the rest; rows and files agree."""
    for _app in running(sqlite_settings):
        site_id = site_id_of()
        set_mode(site_id)
        column = add_column(site_id)
        with transaction() as session:
            now = clock.now(session)
            list(fill(session, [column], ARTICLES, now - timedelta(days=ARTICLES), timedelta(days=1)))
            session.get_one(SitePublishing, site_id).title = NAMES[0]
        build_site(db.session(), site_id)
    mixed = 0
    for _ in range(KILLS):
        kill_a_publisher(sqlite_settings)
        for _app in running(sqlite_settings):
            mixed += len(names_on(folder_of("housing"))) > 1
            complete(site_id)
    assert mixed, "no kill hit a round that was half done: the test proves nothing"


def kill_a_publisher(settings: Settings) -> None:
    """Let it begin another round, and kill it as soon as a page taken at random reads differently."""
    env = {**os.environ, "GUANJIA_SECRET_KEY": settings.secret_key}
    words = [sys.executable, "-m", "tests.crash.publisher", str(settings.data)]
    watched = random.choice(sorted(settings.sites.rglob("a*.html"))[: ARTICLES // 2])  # noqa: S311
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(2):  # one of the two rounds is under another name than the pages have
            assert process.stdout.readline() == "writing\n"
        before = watched.read_bytes()
        while watched.read_bytes() == before:
            assert process.poll() is None
        process.kill()


def names_on(folder: Path) -> set[str]:
    """Return the names the pages bear, after seeing that each page is whole and bears one of them."""
    found = set()
    for path in [one for one in folder.rglob("*") if one.is_file() and not one.name.startswith(".")]:
        data = path.read_bytes()
        assert data.rstrip().endswith(ENDS[path.suffix]), path
        if path.suffix == ".html":
            names = {name for name in NAMES if name.encode() in data}
            assert len(names) == 1, path
            found |= names
    return found


def complete(site_id: int) -> None:
    """Write once more: every page is the present one, and the rows say what lies there."""
    build_site(db.session(), site_id)
    folder = folder_of("housing")
    assert names_on(folder) == {db.session.get_one(SitePublishing, site_id).title}
    for row in db.session.scalars(select(PublishedPage).where(PublishedPage.digest != "")):
        assert hashlib.sha256((folder / row.path).read_bytes()).hexdigest() == row.digest, row.path
    db.session.rollback()
