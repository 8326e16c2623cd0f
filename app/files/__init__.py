"""Files (附件): content-addressed store, drafts, binding to records, download, sweep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from app.files.models import Upload


def init_app(
    app: Flask,
    *,
    may_see: Callable[[Upload, Any], bool] | None = None,
    viewer: Callable[[], Any] | None = None,
    folder: Path | None = None,
) -> None:
    """Serve files from `folder` (default: `files` in the data folder).

    `may_see(upload, viewer)` decides on bound files, without it nobody sees one; `viewer()` says who asks
    (default: the viewer of Flask-Login's user).
    """
    # here, not above: operations of other areas import this package without any Flask page
    from app.files import views  # noqa: PLC0415

    views.serve(app, may_see=may_see, viewer=viewer, folder=folder)
