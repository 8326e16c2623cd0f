"""Pages of review: the approval sheet and the history of a content's passes."""

from app.review.views import sheet
from app.review.views.blueprint import bp

__all__ = ["bp", "sheet"]
