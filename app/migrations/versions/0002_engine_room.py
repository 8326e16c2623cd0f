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
    add_incidents()
    add_drains()
    add_rest()
    add_moves()


def downgrade() -> None:
    drop_moves()
    drop_rest()
    drop_drains()
    drop_incidents()
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


def add_incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case_file.id", name=op.f("fk_incident_case_id_case_file")), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("node_name", sa.String(), nullable=False),
        sa.Column("node_name_en", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("rule", app.db.Json(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("owner_en", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("solved_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("solved_by_id", sa.Integer(), nullable=True),
        sa.Column("solved_by_name", sa.String(), nullable=True),
        sa.Column("solved_how", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("case_id", "token", name=op.f("uq_incident_case_id_token")),
    )
    op.create_index("ix_incident_state", "incident", ["state", "id"])
    # what stood still before there was this table can be solved like the rest
    op.execute(STOPPED)


STOPPED = """
insert into incident (case_id, token, node, node_name, node_name_en, kind, reason, raised_at, rule, owner, owner_en,
                      tries, state, row_version)
select task_row.case_id, task_row.id, task_row.spec, task_row.spec, task_row.spec, 'service', case_file.incident,
       case_file.opened_at, '{"rule": "role", "role": "owner"}', '流程负责人', 'Process owner', 1, 'open', 1
from task_row join case_file on case_file.id = task_row.case_id
where case_file.incident is not null and case_file.status = 'running' and task_row.internal like '%"incident"%'
"""


def drop_incidents() -> None:
    op.drop_index("ix_incident_state", "incident")
    op.drop_table("incident")


def add_drains() -> None:
    op.create_table(
        "clock_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("held_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("jump", sa.Double(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_clock_mark_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_mark")),
    )
    op.drop_index("ix_case_file_next_due", "case_file")
    for name in ("case_file", "deadline"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("held_until", app.db.UtcDateTime(timezone=True), nullable=True))
            table.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    running, waiting = sa.text("status = 'running'"), sa.text("done_at IS NULL AND dead_at IS NULL")
    op.create_index(
        "ix_case_file_next_due", "case_file", ["next_due"], sqlite_where=running, postgresql_where=running
    )
    with op.batch_alter_table("owed") as table:
        table.add_column(sa.Column("case_id", sa.Integer(), nullable=True))
    op.create_index("ix_owed_case", "owed", ["case_id"], sqlite_where=waiting, postgresql_where=waiting)


def drop_drains() -> None:
    op.drop_index("ix_owed_case", "owed")
    op.drop_index("ix_case_file_next_due", "case_file")
    for name, columns in (("owed", ("case_id",)), ("deadline", ("failures", "held_until")), ("case_file", ("failures", "held_until"))):
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.drop_column(column)
    op.create_index("ix_case_file_next_due", "case_file", ["next_due"])
    op.drop_table("clock_mark")


def add_rest() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_api_token_user_id_user_account")), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("expires_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"])
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "deployed",
        sa.Column("deployment_id", sa.Integer(), sa.ForeignKey("deployment.id", name=op.f("fk_deployed_deployment_id_deployment")), nullable=False),
        sa.Column("version_id", sa.Integer(), sa.ForeignKey("process_version.id", name=op.f("fk_deployed_version_id_process_version")), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("deployment_id", "version_id", name=op.f("pk_deployed")),
    )
    op.create_index(op.f("ix_deployed_version_id"), "deployed", ["version_id"])
    with op.batch_alter_table("case_file") as table:
        table.add_column(sa.Column("business_key", sa.String(), nullable=True))
        table.create_index("ix_case_file_business_key", ["business_key"])


def drop_rest() -> None:
    with op.batch_alter_table("case_file") as table:
        table.drop_index("ix_case_file_business_key")
        table.drop_column("business_key")
    op.drop_index(op.f("ix_deployed_version_id"), "deployed")
    op.drop_table("deployed")
    op.drop_table("deployment")
    op.drop_index(op.f("ix_api_token_user_id"), "api_token")
    op.drop_table("api_token")


def add_moves() -> None:
    with op.batch_alter_table("case_file") as table:
        table.add_column(sa.Column("suspended_at", app.db.UtcDateTime(timezone=True), nullable=True))


def drop_moves() -> None:
    with op.batch_alter_table("case_file") as table:
        table.drop_column("suspended_at")
