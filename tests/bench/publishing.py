"""Publication: 5 000 articles over 21 sites written anew; one more article in a small and in a large site."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from flask import Flask
from sqlalchemy import select

from app import clock
from app.content.models import Article, SitePublishing
from app.content.sites.jobs import build_site
from app.db import db, transaction
from app.people.models import Site, Unit
from tests.bench import table
from tests.factories.published import add_column, fill

SITES, ARTICLES, COLUMNS = 21, 5_000, 5
SMALL, LARGE, UPDATES, RATIO = 500, 5_000, 21, 1.3
EACH = timedelta(hours=6)  # the same pace in both: the larger site is the older one


def measure(app: Flask) -> None:
    """Print the time of a full rebuild and of single updates, and how many files an update writes."""
    del app
    sites = [a_site(f"9{number:09}", ARTICLES // SITES) for number in range(SITES)]
    pages, spent = rebuilt(sites)
    table.told(
        f"full rebuild, {ARTICLES} articles over {SITES} sites", "–", f"{spent:.1f} s, {pages / spent:.0f} files/s"
    )
    changed, spent = rebuilt(sites)
    table.row("files written when nothing has changed", "0", f"{changed}", ok=changed == 0)
    table.told("full rebuild when nothing has changed", "–", f"{spent:.1f} s")
    small, large = a_site("8000000001", SMALL), a_site("8000000002", LARGE)
    rebuilt([small, large])
    least, most = updates(small, large)
    files = max(count for _, count in most)
    table.row(
        "files of one update, small and large site",
        "equal, ≤ 10",
        f"{files}",
        ok=files <= 10 and counts(least) == counts(most),
    )
    first, second = (statistics.median(spent for spent, _ in found) for found in (least, most))
    said = f"{second / first:.2f} ({first * 1000:.0f} and {second * 1000:.0f} ms)"
    table.row(f"one update, {LARGE} against {SMALL} articles", f"≤ {RATIO}", said, ok=second / first <= RATIO)


def a_site(code: str, count: int) -> int:
    """Register a site with published articles."""
    with transaction() as session:
        owner = session.scalars(select(Unit.id).where(Unit.code == "housing")).one()
        site = Site(code=code, name=f"网站 {code}", url=f"https://s{code}.example.cn", owner_id=owner)
        session.add(site)
        session.flush()
        now = clock.now(session)
        session.add(
            SitePublishing(site_id=site.id, mode="own", folder=f"s{code}", changed_at=now, changed_by="bench")
        )
        site_id = site.id
    columns = [add_column(site_id, f"c{number}", f"栏目 {number}") for number in range(COLUMNS)]
    with transaction() as session:
        list(fill(session, columns, count, clock.now(session) - count * EACH, EACH))
    return site_id


def rebuilt(sites: list[int]) -> tuple[int, float]:
    """Write these sites; return how many files were written, in how many seconds."""
    begin = time.perf_counter()
    written = sum(len(build_site(db.session(), site_id).changed) for site_id in sites)
    return written, time.perf_counter() - begin


def updates(small: int, large: int) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Publish one more article at a time, in both sites in turn; return seconds and files of each."""
    found: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
    rounds = [one_more(small), one_more(large)]
    for _ in range(UPDATES):
        for results, more in zip(found, rounds, strict=True):
            results.extend(islice(more, 1))
    return found[0], found[1]


def one_more(site_id: int) -> Iterator[tuple[float, int]]:
    """Publish another article in the first column, write its pages, yield seconds and files."""
    column = db.session.scalars(
        select(Article.column_id).where(Article.site_id == site_id).order_by(Article.id)
    ).first()
    assert column is not None
    while True:
        with transaction() as session:
            (article_id,) = fill(session, [column], 1, clock.now(session), EACH)
        begin = time.perf_counter()
        written = build_site(db.session(), site_id, [article_id])
        yield time.perf_counter() - begin, len(written.changed)


def counts(found: list[tuple[float, int]]) -> float:
    """Return the usual number of files of an update."""
    return statistics.median(count for _, count in found)
