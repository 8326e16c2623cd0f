"""Guanjia 管家: the steward of a government website cluster. `create_app` is where all parts meet."""

from __future__ import annotations

from flask import Flask

from app.config import Settings, load_settings
from app.db import db, prepare_engine

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from `settings` (default: the environment)."""
    settings = settings or load_settings()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        DIGEST=settings.digest,
    )
    app.extensions["guanjia.settings"] = settings
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    return app
