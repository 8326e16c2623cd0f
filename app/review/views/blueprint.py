"""The blueprint of review."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("review", "app.review", template_folder="templates")
