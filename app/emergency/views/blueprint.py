"""The blueprint of all pages of emergencies."""

from flask import Blueprint

bp = Blueprint("emergency", "app.emergency", template_folder="templates")
