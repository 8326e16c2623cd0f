"""Write a site over and over under two names in turn, to be killed: python -m tests.crash.publisher DATA."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from sqlalchemy import select

from app import create_app
from app.content.models import SitePublishing
from app.content.sites.jobs import build_site
from app.db import db, transaction
from tests.conftest import settings_for

NAMES = ("住建之窗甲", "住建之窗乙")


def main(data: str) -> None:
    """Rename the site and write it, until killed."""
    app = create_app(settings_for(Path(data)))
    with app.app_context():
        site_id = db.session.scalars(select(SitePublishing.site_id)).one()
        for name in itertools.cycle(NAMES):
            with transaction() as session:
                session.get_one(SitePublishing, site_id).title = name
            print("writing", flush=True)
            build_site(db.session(), site_id)


if __name__ == "__main__":
    main(sys.argv[1])
