"""emergencies: plans, rosters, calls, grades, reports, logs, drills; a case may be a drill"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db
from app.ledger.guards import guard_statements, unguard_statements

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHEN = app.db.UtcDateTime(timezone=True)
GUARDED = ("plan_version", "grade_change", "emergency_report", "emergency_log")


def upgrade() -> None:
    add_tables()
    for table in GUARDED:
        for statement in guard_statements(table, op.get_context().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in GUARDED:
        for statement in unguard_statements(table, op.get_context().dialect.name):
            op.execute(statement)
    drop_tables()


def add_tables() -> None:
    op.create_table('emergency_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=120), nullable=False),
    sa.Column('process', sa.String(length=64), nullable=False),
    sa.Column('drill_months', sa.Integer(), nullable=False),
    sa.Column('disabled_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_plan')),
    sa.UniqueConstraint('kind', name=op.f('uq_emergency_plan_kind'))
    )
    op.create_table('micro_drill',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group', sa.String(length=16), nullable=False),
    sa.Column('began_at', WHEN, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('next_at', WHEN, nullable=True),
    sa.Column('answered_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_micro_drill'))
    )
    with op.batch_alter_table('micro_drill', schema=None) as batch_op:
        batch_op.create_index('ix_micro_drill_next', ['state', 'next_at'], unique=False)

    op.create_table('micro_rule',
    sa.Column('group', sa.String(length=16), nullable=False),
    sa.Column('per_month', sa.Integer(), nullable=False),
    sa.Column('from_hour', sa.Integer(), nullable=False),
    sa.Column('to_hour', sa.Integer(), nullable=False),
    sa.Column('answer_minutes', sa.Integer(), nullable=False),
    sa.Column('next_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('group', name=op.f('pk_micro_rule'))
    )
    op.create_table('duty_shift',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', WHEN, nullable=False),
    sa.Column('ends_at', WHEN, nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_duty_shift_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_shift'))
    )
    with op.batch_alter_table('duty_shift', schema=None) as batch_op:
        batch_op.create_index('ix_duty_shift_ends', ['ends_at'], unique=False)

    op.create_table('micro_call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('drill_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('asked_at', WHEN, nullable=False),
    sa.Column('answered_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['drill_id'], ['micro_drill.id'], name=op.f('fk_micro_call_drill_id_micro_drill')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_micro_call_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_micro_call'))
    )
    with op.batch_alter_table('micro_call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_micro_call_drill_id'), ['drill_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_micro_call_user_id'), ['user_id'], unique=False)

    op.create_table('plan_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('targets', app.db.Json(), nullable=False),
    sa.Column('knowledge', app.db.Json(), nullable=False),
    sa.Column('script', app.db.Json(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('made_by_name', sa.String(length=60), nullable=False),
    sa.Column('made_at', WHEN, nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['user_account.id'], name=op.f('fk_plan_version_made_by_id_user_account')),
    sa.ForeignKeyConstraint(['plan_id'], ['emergency_plan.id'], name=op.f('fk_plan_version_plan_id_emergency_plan')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_version')),
    sa.UniqueConstraint('plan_id', 'number', name=op.f('uq_plan_version_plan_id_number'))
    )
    op.create_table('roster_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group', sa.String(length=16), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('checked_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['emergency_plan.id'], name=op.f('fk_roster_member_plan_id_emergency_plan')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_roster_member_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_member'))
    )
    with op.batch_alter_table('roster_member', schema=None) as batch_op:
        batch_op.create_index('ix_roster_member_group', ['group', 'plan_id', 'position'], unique=False)

    op.create_table('drill',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('planned_on', sa.Date(), nullable=False),
    sa.Column('scene', sa.String(length=500), nullable=False),
    sa.Column('script', app.db.Json(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('result', app.db.Json(), nullable=False),
    sa.Column('passed_at', WHEN, nullable=True),
    sa.Column('overdue_case_id', sa.Integer(), nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_drill_case_id_case_file')),
    sa.ForeignKeyConstraint(['overdue_case_id'], ['case_file.id'], name=op.f('fk_drill_overdue_case_id_case_file')),
    sa.ForeignKeyConstraint(['plan_id'], ['emergency_plan.id'], name=op.f('fk_drill_plan_id_emergency_plan')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_drill_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drill')),
    sa.UniqueConstraint('case_id', name=op.f('uq_drill_case_id'))
    )
    with op.batch_alter_table('drill', schema=None) as batch_op:
        batch_op.create_index('ix_drill_plan', ['plan_id', 'planned_on'], unique=False)

    op.create_table('emergency',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('drill', sa.Boolean(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('told', sa.String(length=500), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=True),
    sa.Column('began_at', WHEN, nullable=False),
    sa.Column('confirmed_at', WHEN, nullable=True),
    sa.Column('contained_at', WHEN, nullable=True),
    sa.Column('activated_at', WHEN, nullable=True),
    sa.Column('restored_at', WHEN, nullable=True),
    sa.Column('closed_at', WHEN, nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_emergency_case_id_case_file')),
    sa.ForeignKeyConstraint(['plan_id'], ['emergency_plan.id'], name=op.f('fk_emergency_plan_id_emergency_plan')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_emergency_site_id_site')),
    sa.ForeignKeyConstraint(['version_id'], ['plan_version.id'], name=op.f('fk_emergency_version_id_plan_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency')),
    sa.UniqueConstraint('case_id', name=op.f('uq_emergency_case_id'))
    )
    with op.batch_alter_table('emergency', schema=None) as batch_op:
        batch_op.create_index('ix_emergency_began', ['began_at'], unique=False)
        batch_op.create_index('ix_emergency_open', ['drill'], unique=False, sqlite_where=sa.text("outcome = ''"), postgresql_where=sa.text("outcome = ''"))
        batch_op.create_index(batch_op.f('ix_emergency_plan_id'), ['plan_id'], unique=False)

    op.create_table('call_attempt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('emergency_id', sa.Integer(), nullable=False),
    sa.Column('group', sa.String(length=16), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('asked_at', WHEN, nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('outcome_at', WHEN, nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.Column('acknowledged_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_call_attempt_by_id_user_account')),
    sa.ForeignKeyConstraint(['emergency_id'], ['emergency.id'], name=op.f('fk_call_attempt_emergency_id_emergency')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_call_attempt_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_attempt'))
    )
    with op.batch_alter_table('call_attempt', schema=None) as batch_op:
        batch_op.create_index('ix_call_attempt_emergency', ['emergency_id', 'group'], unique=False)

    op.create_table('emergency_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('emergency_id', sa.Integer(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_emergency_log_by_id_user_account')),
    sa.ForeignKeyConstraint(['emergency_id'], ['emergency.id'], name=op.f('fk_emergency_log_emergency_id_emergency')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_log'))
    )
    with op.batch_alter_table('emergency_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_emergency_log_emergency_id'), ['emergency_id'], unique=False)

    op.create_table('emergency_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('emergency_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('receiver', sa.String(length=120), nullable=False),
    sa.Column('receipt', sa.String(length=80), nullable=False),
    sa.Column('sent_at', WHEN, nullable=False),
    sa.Column('due_at', WHEN, nullable=True),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.Column('recorded_at', WHEN, nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_emergency_report_by_id_user_account')),
    sa.ForeignKeyConstraint(['emergency_id'], ['emergency.id'], name=op.f('fk_emergency_report_emergency_id_emergency')),
    sa.ForeignKeyConstraint(['item_id'], ['work_item.id'], name=op.f('fk_emergency_report_item_id_work_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergency_report'))
    )
    with op.batch_alter_table('emergency_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_emergency_report_emergency_id'), ['emergency_id'], unique=False)

    op.create_table('grade_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('emergency_id', sa.Integer(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    sa.Column('before', sa.Integer(), nullable=True),
    sa.Column('after', sa.Integer(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('facts', app.db.Json(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_grade_change_by_id_user_account')),
    sa.ForeignKeyConstraint(['emergency_id'], ['emergency.id'], name=op.f('fk_grade_change_emergency_id_emergency')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade_change'))
    )
    with op.batch_alter_table('grade_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_grade_change_emergency_id'), ['emergency_id'], unique=False)

    op.create_table('inject',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('emergency_id', sa.Integer(), nullable=False),
    sa.Column('due_at', WHEN, nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('delivered_at', WHEN, nullable=True),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['emergency_id'], ['emergency.id'], name=op.f('fk_inject_emergency_id_emergency')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inject'))
    )
    with op.batch_alter_table('inject', schema=None) as batch_op:
        batch_op.create_index('ix_inject_due', ['due_at'], unique=False, sqlite_where=sa.text('delivered_at is null'), postgresql_where=sa.text('delivered_at is null'))
        batch_op.create_index(batch_op.f('ix_inject_emergency_id'), ['emergency_id'], unique=False)

    with op.batch_alter_table('case_file', schema=None) as batch_op:
        # a text, which SQLite can add in place: an expression has the whole table made anew
        batch_op.add_column(sa.Column('drill', sa.Boolean(), nullable=False, server_default="0"))


def drop_tables() -> None:
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.drop_column('drill')

    with op.batch_alter_table('inject', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_inject_emergency_id'))
        batch_op.drop_index('ix_inject_due', sqlite_where=sa.text('delivered_at is null'), postgresql_where=sa.text('delivered_at is null'))

    op.drop_table('inject')
    with op.batch_alter_table('grade_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_grade_change_emergency_id'))

    op.drop_table('grade_change')
    with op.batch_alter_table('emergency_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_emergency_report_emergency_id'))

    op.drop_table('emergency_report')
    with op.batch_alter_table('emergency_log', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_emergency_log_emergency_id'))

    op.drop_table('emergency_log')
    with op.batch_alter_table('call_attempt', schema=None) as batch_op:
        batch_op.drop_index('ix_call_attempt_emergency')

    op.drop_table('call_attempt')
    with op.batch_alter_table('emergency', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_emergency_plan_id'))
        batch_op.drop_index('ix_emergency_open', sqlite_where=sa.text("outcome = ''"), postgresql_where=sa.text("outcome = ''"))
        batch_op.drop_index('ix_emergency_began')

    op.drop_table('emergency')
    with op.batch_alter_table('drill', schema=None) as batch_op:
        batch_op.drop_index('ix_drill_plan')

    op.drop_table('drill')
    with op.batch_alter_table('roster_member', schema=None) as batch_op:
        batch_op.drop_index('ix_roster_member_group')

    op.drop_table('roster_member')
    op.drop_table('plan_version')
    with op.batch_alter_table('micro_call', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_micro_call_user_id'))
        batch_op.drop_index(batch_op.f('ix_micro_call_drill_id'))

    op.drop_table('micro_call')
    with op.batch_alter_table('duty_shift', schema=None) as batch_op:
        batch_op.drop_index('ix_duty_shift_ends')

    op.drop_table('duty_shift')
    op.drop_table('micro_rule')
    with op.batch_alter_table('micro_drill', schema=None) as batch_op:
        batch_op.drop_index('ix_micro_drill_next')

    op.drop_table('micro_drill')
    op.drop_table('emergency_plan')
