"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context

from app.db import Base
from app.models import all_models

all_models()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
