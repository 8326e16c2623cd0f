"""the engine room: waiting events, incidents, tokens of programs, leases of drains

Every area keeps its part in a function of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_calls()


def downgrade() -> None:
    drop_calls()


def add_calls() -> None:
    op.create_table(
        "awaited",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case_file.id", name=op.f("fk_awaited_case_id_case_file")), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("signal", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "token", name=op.f("pk_awaited")),
    )
    op.create_index("ix_awaited_name", "awaited", ["name", "signal"])
    with op.batch_alter_table("case_file") as table:
        table.add_column(sa.Column("called", app.db.Json(), nullable=False, server_default="{}"))


def drop_calls() -> None:
    with op.batch_alter_table("case_file") as table:
        table.drop_column("called")
    op.drop_index("ix_awaited_name", "awaited")
    op.drop_table("awaited")
