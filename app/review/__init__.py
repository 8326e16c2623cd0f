"""Multi-level review (多级审核): levels, passes bound to a content's hash, what voids them.

Any object with a content hash can be reviewed; it registers a provider in `subjects`.
"""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import permissions
from app.work.runtime import Runtime
from app.work.views.sources import Reviews, show_reviews


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the topics of the review process, its pages and the part of task pages that shows what is reviewed."""
    from app.review import handlers, pages, views  # noqa: PLC0415 - pages need the areas that create_app imports first
    from app.review.case_fields import CaseFields  # noqa: PLC0415 - as above
    from app.review.subjects import register  # noqa: PLC0415 - as above

    permissions.register({"review.view": N_("看审核记录")})
    handlers.register_topics(runtime)
    register("case", CaseFields())
    show_reviews(Reviews(pages.reviewed, pages.version_of, pages.reviewed_by))
    app.register_blueprint(views.bp)
