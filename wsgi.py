"""The pages for a WSGI server such as gunicorn (`gunicorn wsgi:app`), on PostgreSQL; `guanjia worker` runs the rest.

Settings come from the environment. The database must have been made by `guanjia serve` before.
"""

from app import create_app
from app.config import load_settings
from app.errors import SettingError
from app.web import wrap_static

settings = load_settings()
if settings.is_sqlite:
    raise SettingError("wsgi.py is for PostgreSQL: SQLite takes one process, `guanjia serve`.")
app = create_app(settings)
wrap_static(app)
