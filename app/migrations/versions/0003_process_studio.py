"""the process studio: rights and state of processes, proposals, walks, drafts, try-outs, favourites

Every area keeps its part in a function of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHEN = app.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    widen_processes()
    add_proposals()
    add_reasons()
    add_drafts()
    widen_deadlines()


def downgrade() -> None:
    narrow_deadlines()
    drop_drafts()
    drop_proposals()
    narrow_processes()


def widen_processes() -> None:
    with op.batch_alter_table("process") as table:
        table.add_column(sa.Column("category", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("description", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("starters", app.db.Json(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("suspended_at", WHEN, nullable=True))
        table.add_column(sa.Column("suspended_by", sa.String(), nullable=True))
        table.add_column(sa.Column("suspended_reason", sa.String(), nullable=True))
    # a guarded table is never rebuilt: a plain ADD COLUMN leaves its triggers alone
    op.add_column("process_version", sa.Column("approved_by", sa.String(), nullable=True))
    op.create_table(
        "process_manager",
        sa.Column("process_id", sa.Integer(), sa.ForeignKey("process.id", name=op.f("fk_process_manager_process_id_process")), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_process_manager_user_id_user_account")), nullable=False),
        sa.PrimaryKeyConstraint("process_id", "user_id", name=op.f("pk_process_manager")),
    )
    op.create_index("ix_process_manager_user_id", "process_manager", ["user_id"])


def narrow_processes() -> None:
    op.drop_index("ix_process_manager_user_id", "process_manager")
    op.drop_table("process_manager")
    op.drop_column("process_version", "approved_by")
    with op.batch_alter_table("process") as table:
        for name in ("category", "description", "starters", "suspended_at", "suspended_by", "suspended_reason"):
            table.drop_column(name)


def widen_deadlines() -> None:
    op.add_column("deadline", sa.Column("remind", sa.String(), nullable=True))
    op.add_column("deadline", sa.Column("remind_at", app.db.Json(), nullable=True))
    op.add_column("deadline", sa.Column("escalate", sa.String(), nullable=True))


def narrow_deadlines() -> None:
    for name in ("remind", "remind_at", "escalate"):
        op.drop_column("deadline", name)


def add_proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("base_version_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("parts", app.db.Json(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("effective_at", WHEN, nullable=True),
        sa.Column("proposed_at", WHEN, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_slug", "proposal", ["slug"])
    waiting = sa.text("state = 'approved'")
    op.create_index("ix_proposal_due", "proposal", ["effective_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "walk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("version_id", sa.Integer(), sa.ForeignKey("process_version.id", name=op.f("fk_walk_version_id_process_version")), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("steps", app.db.Json(), nullable=False),
        sa.Column("outcome", app.db.Json(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("retired_at", WHEN, nullable=True),
        sa.Column("retired_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk")),
    )
    op.create_index("ix_walk_slug", "walk", ["slug"])


def add_reasons() -> None:
    op.add_column("proposal", sa.Column("reasons", app.db.Json(), nullable=False, server_default="{}"))


def drop_proposals() -> None:
    op.drop_index("ix_walk_slug", "walk")
    op.drop_table("walk")
    op.drop_index("ix_proposal_due", "proposal")
    op.drop_index("ix_proposal_slug", "proposal")
    op.drop_table("proposal")


def add_drafts() -> None:
    op.create_table(
        "process_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_version_id", sa.Integer(), sa.ForeignKey("process_version.id", name=op.f("fk_process_draft_base_version_id_process_version")), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("created_by_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_process_draft_created_by_id_user_account")), nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("updated_by_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_process_draft_updated_by_id_user_account")), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("reasons", app.db.Json(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_draft")),
    )
    op.create_index("ix_process_draft_slug", "process_draft", ["slug"])
    op.create_table(
        "draft_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), sa.ForeignKey("process_draft.id", name=op.f("fk_draft_part_draft_id_process_draft")), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_part")),
        sa.UniqueConstraint("draft_id", "kind", "name", name=op.f("uq_draft_part_draft_id_kind_name")),
    )
    op.create_table(
        "draft_editor",
        sa.Column("draft_id", sa.Integer(), sa.ForeignKey("process_draft.id", name=op.f("fk_draft_editor_draft_id_process_draft")), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_draft_editor_user_id_user_account")), nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "user_id", name=op.f("pk_draft_editor")),
    )
    op.create_table(
        "try_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), sa.ForeignKey("process_draft.id", name=op.f("fk_try_out_draft_id_process_draft")), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_try_out_user_id_user_account")), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("now", WHEN, nullable=False),
        sa.Column("state", app.db.Json(), nullable=False),
        sa.Column("steps", app.db.Json(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_try_out")),
    )
    op.create_index("ix_try_out_draft_id", "try_out", ["draft_id"])
    op.create_table(
        "favourite",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("user_account.id", name=op.f("fk_favourite_user_id_user_account")), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "slug", name=op.f("pk_favourite")),
    )


def drop_drafts() -> None:
    op.drop_table("favourite")
    op.drop_index("ix_try_out_draft_id", "try_out")
    op.drop_table("try_out")
    op.drop_table("draft_editor")
    op.drop_table("draft_part")
    op.drop_index("ix_process_draft_slug", "process_draft")
    op.drop_table("process_draft")
