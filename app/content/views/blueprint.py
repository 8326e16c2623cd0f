"""The blueprint of content."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("content", "app.content", template_folder="templates")
