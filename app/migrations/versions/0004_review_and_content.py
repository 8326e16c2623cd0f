"""review, content and publication: acts of reviewers, transcribed decisions, articles, word lists, faults"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db
from app.ledger.guards import guard_statements, unguard_statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHEN = app.db.UtcDateTime(timezone=True)
GUARDED = ('review_act', 'review_snapshot', 'transcription', 'transcription_answer', 'article_version', 'finding', 'waiver', 'site_template', 'publication', 'page_check', 'fault')


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
    op.create_table('leader',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('changed_at', WHEN, nullable=False),
        sa.Column('changed_by', sa.String(length=60), nullable=False),
        sa.Column('disabled_at', WHEN, nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_leader')),
        sa.UniqueConstraint('name', name=op.f('uq_leader_name'))
    )
    op.create_table('review_snapshot',
        sa.Column('subject', sa.String(length=64), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('content', app.db.Json(), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.PrimaryKeyConstraint('subject', 'digest', name=op.f('pk_review_snapshot'))
    )
    op.create_table('term',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('list', sa.String(length=12), nullable=False),
        sa.Column('text', sa.String(length=80), nullable=False),
        sa.Column('suggestion', sa.String(length=120), nullable=False),
        sa.Column('level', sa.String(length=8), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('basis', sa.String(length=200), nullable=False),
        sa.Column('changed_at', WHEN, nullable=False),
        sa.Column('changed_by', sa.String(length=60), nullable=False),
        sa.Column('disabled_at', WHEN, nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_term')),
        sa.UniqueConstraint('list', 'text', name=op.f('uq_term_list_text'))
    )
    op.create_table('media',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('upload_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('media', sa.String(length=80), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('width', sa.Integer(), nullable=True),
        sa.Column('height', sa.Integer(), nullable=True),
        sa.Column('alt', sa.String(length=300), nullable=False),
        sa.Column('created_at', WHEN, nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=False),
        sa.Column('created_by', sa.String(length=60), nullable=False),
        sa.Column('disabled_at', WHEN, nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_media_created_by_id_user_account')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_media_site_id_site')),
        sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], name=op.f('fk_media_upload_id_upload')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_media'))
    )
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.create_index('ix_media_digest', ['digest'], unique=False)
        batch_op.create_index('ix_media_site', ['site_id', 'id'], unique=False)

    op.create_table('package',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('manifest', app.db.Json(), nullable=False),
        sa.Column('made_at', WHEN, nullable=False),
        sa.Column('made_by', sa.String(length=60), nullable=False),
        sa.Column('receipt', app.db.Json(), nullable=True),
        sa.Column('received_at', WHEN, nullable=True),
        sa.Column('received_by', sa.String(length=60), nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_package_site_id_site')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_package')),
        sa.UniqueConstraint('site_id', 'number', name=op.f('uq_package_site_id_number'))
    )
    op.create_table('site_publishing',
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('mode', sa.String(length=8), nullable=False),
        sa.Column('folder', sa.String(length=40), nullable=False),
        sa.Column('route', sa.String(length=8), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('footer', sa.String(length=1000), nullable=False),
        sa.Column('changed_at', WHEN, nullable=False),
        sa.Column('changed_by', sa.String(length=60), nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_publishing_site_id_site')),
        sa.PrimaryKeyConstraint('site_id', name=op.f('pk_site_publishing')),
        sa.UniqueConstraint('folder', name=op.f('uq_site_publishing_folder'))
    )
    op.create_table('site_template',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('style', sa.Text(), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('changed_at', WHEN, nullable=False),
        sa.Column('changed_by_id', sa.Integer(), nullable=True),
        sa.Column('changed_by', sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(['changed_by_id'], ['user_account.id'], name=op.f('fk_site_template_changed_by_id_user_account')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_template_site_id_site')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_site_template')),
        sa.UniqueConstraint('site_id', 'number', name=op.f('uq_site_template_site_id_number'))
    )
    op.create_table('site_column',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('parent_id', sa.Integer(), nullable=True),
        sa.Column('slug', sa.String(length=40), nullable=False),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('name_en', sa.String(length=120), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('owner_id', sa.Integer(), nullable=False),
        sa.Column('update_days', sa.Integer(), nullable=True),
        sa.Column('warn_days', sa.Integer(), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('last_published_at', WHEN, nullable=True),
        sa.Column('reminded_at', WHEN, nullable=True),
        sa.Column('due_case_id', sa.Integer(), nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['due_case_id'], ['case_file.id'], name=op.f('fk_site_column_due_case_id_case_file')),
        sa.ForeignKeyConstraint(['owner_id'], ['unit.id'], name=op.f('fk_site_column_owner_id_unit')),
        sa.ForeignKeyConstraint(['parent_id'], ['site_column.id'], name=op.f('fk_site_column_parent_id_site_column')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_column_site_id_site')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_site_column')),
        sa.UniqueConstraint('site_id', 'slug', name=op.f('uq_site_column_site_id_slug'))
    )
    with op.batch_alter_table('site_column', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_column_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_column_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_column_site_id'), ['site_id'], unique=False)

    op.create_table('article',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('column_id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=False),
        sa.Column('author_name', sa.String(length=60), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('urgent', sa.Boolean(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=True),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('publish_at', WHEN, nullable=True),
        sa.Column('published_id', sa.Integer(), nullable=True),
        sa.Column('published_at', WHEN, nullable=True),
        sa.Column('path', sa.String(length=200), nullable=True),
        sa.Column('outside_url', sa.String(length=500), nullable=False),
        sa.Column('taken_down_at', WHEN, nullable=True),
        sa.Column('taken_down_reason', sa.String(length=500), nullable=False),
        sa.Column('created_at', WHEN, nullable=False),
        sa.Column('updated_at', WHEN, nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['author_id'], ['user_account.id'], name=op.f('fk_article_author_id_user_account')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_article_case_id_case_file')),
        sa.ForeignKeyConstraint(['column_id'], ['site_column.id'], name=op.f('fk_article_column_id_site_column')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_article_site_id_site')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_article_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_article')),
        sa.UniqueConstraint('site_id', 'path', name=op.f('uq_article_site_id_path'))
    )
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.create_index('ix_article_author', ['author_id', 'state', 'updated_at'], unique=False)
        batch_op.create_index('ix_article_case', ['case_id'], unique=False)
        batch_op.create_index('ix_article_column', ['column_id', 'state', 'published_at'], unique=False)
        batch_op.create_index('ix_article_shown', ['column_id', 'published_at', 'id'], unique=False, sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))
        batch_op.create_index('ix_article_site', ['site_id', 'state', 'published_at'], unique=False)
        batch_op.create_index('ix_article_site_shown', ['site_id', 'published_at', 'id'], unique=False, sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))
        batch_op.create_index('ix_article_unit', ['unit_id', 'state', 'updated_at'], unique=False)

    op.create_table('column_grant',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('column_id', sa.Integer(), nullable=True),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('right', sa.String(length=12), nullable=False),
        sa.Column('granted_by', sa.String(length=60), nullable=False),
        sa.Column('granted_at', WHEN, nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['column_id'], ['site_column.id'], name=op.f('fk_column_grant_column_id_site_column')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_column_grant_site_id_site')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_column_grant_unit_id_unit')),
        sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_column_grant_user_id_user_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_column_grant'))
    )
    with op.batch_alter_table('column_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_column_grant_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_column_grant_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_column_grant_user_id'), ['user_id'], unique=False)

    op.create_table('review_act',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.String(length=64), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('act', sa.String(length=12), nullable=False),
        sa.Column('level', sa.String(length=40), nullable=False),
        sa.Column('level_name', sa.String(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('item_id', sa.Integer(), nullable=True),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('user_name', sa.String(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('unit_name', sa.String(), nullable=False),
        sa.Column('recorded_by', sa.String(), nullable=True),
        sa.Column('raised_from', sa.String(), nullable=True),
        sa.Column('started_at', WHEN, nullable=True),
        sa.Column('at', WHEN, nullable=False),
        sa.Column('characters', sa.Integer(), nullable=False),
        sa.Column('answers', app.db.Json(), nullable=False),
        sa.Column('opinion', sa.Text(), nullable=False),
        sa.Column('voids_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_review_act_case_id_case_file')),
        sa.ForeignKeyConstraint(['item_id'], ['work_item.id'], name=op.f('fk_review_act_item_id_work_item')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_review_act_unit_id_unit')),
        sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_review_act_user_id_user_account')),
        sa.ForeignKeyConstraint(['voids_id'], ['review_act.id'], name=op.f('fk_review_act_voids_id_review_act')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_review_act'))
    )
    with op.batch_alter_table('review_act', schema=None) as batch_op:
        batch_op.create_index('ix_review_act_at', ['at'], unique=False)
        batch_op.create_index('ix_review_act_case', ['case_id'], unique=False)
        batch_op.create_index('ix_review_act_digest', ['digest'], unique=False)
        batch_op.create_index('ix_review_act_subject', ['subject', 'id'], unique=False)
        batch_op.create_index('ix_review_act_user', ['user_id', 'at'], unique=False)

    op.create_table('transcription',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('item_id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('clerk_id', sa.Integer(), nullable=False),
        sa.Column('clerk_name', sa.String(), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=False),
        sa.Column('decided_by_name', sa.String(), nullable=False),
        sa.Column('medium', sa.String(), nullable=False),
        sa.Column('claimed_at', WHEN, nullable=False),
        sa.Column('upload_id', sa.Integer(), nullable=True),
        sa.Column('note', sa.String(), nullable=False),
        sa.Column('confirm_by', WHEN, nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_transcription_case_id_case_file')),
        sa.ForeignKeyConstraint(['clerk_id'], ['user_account.id'], name=op.f('fk_transcription_clerk_id_user_account')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['user_account.id'], name=op.f('fk_transcription_decided_by_id_user_account')),
        sa.ForeignKeyConstraint(['item_id'], ['work_item.id'], name=op.f('fk_transcription_item_id_work_item')),
        sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], name=op.f('fk_transcription_upload_id_upload')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_transcription')),
        sa.UniqueConstraint('item_id', name=op.f('uq_transcription_item_id'))
    )
    with op.batch_alter_table('transcription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transcription_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_transcription_decided_by', ['decided_by_id'], unique=False)

    op.create_table('article_draft',
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('fields', app.db.Json(), nullable=False),
        sa.Column('base_version_id', sa.Integer(), nullable=True),
        sa.Column('saved_at', WHEN, nullable=False),
        sa.Column('saved_by_id', sa.Integer(), nullable=False),
        sa.Column('saved_by', sa.String(length=60), nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_draft_article_id_article')),
        sa.ForeignKeyConstraint(['saved_by_id'], ['user_account.id'], name=op.f('fk_article_draft_saved_by_id_user_account')),
        sa.PrimaryKeyConstraint('article_id', name=op.f('pk_article_draft'))
    )
    op.create_table('article_editor',
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('seen_at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_editor_article_id_article')),
        sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_article_editor_user_id_user_account')),
        sa.PrimaryKeyConstraint('article_id', 'user_id', name=op.f('pk_article_editor'))
    )
    op.create_table('article_link',
        sa.Column('policy_id', sa.Integer(), nullable=False),
        sa.Column('interpretation_id', sa.Integer(), nullable=False),
        sa.Column('linked_at', WHEN, nullable=False),
        sa.Column('linked_by', sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(['interpretation_id'], ['article.id'], name=op.f('fk_article_link_interpretation_id_article')),
        sa.ForeignKeyConstraint(['policy_id'], ['article.id'], name=op.f('fk_article_link_policy_id_article')),
        sa.PrimaryKeyConstraint('policy_id', 'interpretation_id', name=op.f('pk_article_link'))
    )
    with op.batch_alter_table('article_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_article_link_interpretation_id'), ['interpretation_id'], unique=False)

    op.create_table('article_version',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('summary', sa.String(length=1000), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('source', sa.String(length=120), nullable=False),
        sa.Column('byline', sa.String(length=120), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('meta', app.db.Json(), nullable=False),
        sa.Column('files', app.db.Json(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('characters', sa.Integer(), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('created_at', WHEN, nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=False),
        sa.Column('created_by', sa.String(length=60), nullable=False),
        sa.Column('unit_name', sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_version_article_id_article')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_article_version_case_id_case_file')),
        sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_article_version_created_by_id_user_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_article_version')),
        sa.UniqueConstraint('article_id', 'number', name=op.f('uq_article_version_article_id_number'))
    )
    with op.batch_alter_table('article_version', schema=None) as batch_op:
        batch_op.create_index('ix_article_version_created', ['created_at'], unique=False)
        batch_op.create_index('ix_article_version_digest', ['digest'], unique=False)

    op.create_table('published_page',
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('path', sa.String(length=300), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('article_id', sa.Integer(), nullable=True),
        sa.Column('written_at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_published_page_article_id_article')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_published_page_site_id_site')),
        sa.PrimaryKeyConstraint('site_id', 'path', name=op.f('pk_published_page'))
    )
    with op.batch_alter_table('published_page', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_published_page_article_id'), ['article_id'], unique=False)

    op.create_table('transcription_answer',
        sa.Column('transcription_id', sa.Integer(), nullable=False),
        sa.Column('answer', sa.String(), nullable=False),
        sa.Column('note', sa.String(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_transcription_answer_by_id_user_account')),
        sa.ForeignKeyConstraint(['transcription_id'], ['transcription.id'], name=op.f('fk_transcription_answer_transcription_id_transcription')),
        sa.PrimaryKeyConstraint('transcription_id', name=op.f('pk_transcription_answer'))
    )
    op.create_table('waiver',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('rule', sa.String(length=20), nullable=False),
        sa.Column('text', sa.String(length=300), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('by', sa.String(length=60), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_waiver_article_id_article')),
        sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_waiver_by_id_user_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_waiver'))
    )
    with op.batch_alter_table('waiver', schema=None) as batch_op:
        batch_op.create_index('ix_waiver_article', ['article_id'], unique=False)

    op.create_table('finding',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=False),
        sa.Column('rule', sa.String(length=20), nullable=False),
        sa.Column('level', sa.String(length=8), nullable=False),
        sa.Column('field', sa.String(length=20), nullable=False),
        sa.Column('text', sa.String(length=300), nullable=False),
        sa.Column('offset', sa.Integer(), nullable=False),
        sa.Column('message', sa.String(length=300), nullable=False),
        sa.Column('values', app.db.Json(), nullable=False),
        sa.Column('suggestion', sa.String(length=300), nullable=False),
        sa.Column('waived', sa.String(), nullable=True),
        sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_finding_version_id_article_version')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.create_index('ix_finding_version', ['version_id'], unique=False)

    op.create_table('publication',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=False),
        sa.Column('template_id', sa.Integer(), nullable=True),
        sa.Column('package_id', sa.Integer(), nullable=True),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('act', sa.String(length=12), nullable=False),
        sa.Column('mode', sa.String(length=8), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('page_digest', sa.String(length=64), nullable=False),
        sa.Column('url', sa.String(length=500), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('by', sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_publication_article_id_article')),
        sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_publication_by_id_user_account')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_publication_case_id_case_file')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_publication_site_id_site')),
        sa.ForeignKeyConstraint(['template_id'], ['site_template.id'], name=op.f('fk_publication_template_id_site_template')),
        sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_publication_version_id_article_version')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_publication'))
    )
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.create_index('ix_publication_article', ['article_id', 'id'], unique=False)
        batch_op.create_index('ix_publication_at', ['at'], unique=False)
        batch_op.create_index('ix_publication_site', ['site_id', 'at'], unique=False)

    op.create_table('error_report',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.Integer(), nullable=True),
        sa.Column('article_id', sa.Integer(), nullable=True),
        sa.Column('publication_id', sa.Integer(), nullable=True),
        sa.Column('url', sa.String(length=500), nullable=False),
        sa.Column('words', sa.String(length=500), nullable=False),
        sa.Column('remark', sa.String(length=2000), nullable=False),
        sa.Column('area', app.db.Json(), nullable=True),
        sa.Column('screenshot_id', sa.Integer(), nullable=True),
        sa.Column('contact', sa.String(length=120), nullable=False),
        sa.Column('source', sa.String(length=12), nullable=False),
        sa.Column('reporter_id', sa.Integer(), nullable=True),
        sa.Column('reporter', sa.String(length=60), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.Column('reported_at', WHEN, nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=True),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_error_report_article_id_article')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_error_report_case_id_case_file')),
        sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_error_report_publication_id_publication')),
        sa.ForeignKeyConstraint(['reporter_id'], ['user_account.id'], name=op.f('fk_error_report_reporter_id_user_account')),
        sa.ForeignKeyConstraint(['screenshot_id'], ['upload.id'], name=op.f('fk_error_report_screenshot_id_upload')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_error_report_site_id_site')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_error_report'))
    )
    with op.batch_alter_table('error_report', schema=None) as batch_op:
        batch_op.create_index('ix_error_report_address', ['address', 'reported_at'], unique=False)
        batch_op.create_index('ix_error_report_article', ['article_id'], unique=False)
        batch_op.create_index('ix_error_report_state', ['state', 'id'], unique=False)

    op.create_table('page_check',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('publication_id', sa.Integer(), nullable=False),
        sa.Column('outcome', sa.String(length=12), nullable=False),
        sa.Column('found_digest', sa.String(length=64), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.Column('by', sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_page_check_publication_id_publication')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_page_check'))
    )
    with op.batch_alter_table('page_check', schema=None) as batch_op:
        batch_op.create_index('ix_page_check_publication', ['publication_id'], unique=False)

    op.create_table('fault',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('article_id', sa.Integer(), nullable=False),
        sa.Column('report_id', sa.Integer(), nullable=True),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=True),
        sa.Column('template_id', sa.Integer(), nullable=True),
        sa.Column('cause', sa.String(length=20), nullable=False),
        sa.Column('severity', sa.String(length=12), nullable=False),
        sa.Column('words', sa.String(length=500), nullable=False),
        sa.Column('passers', app.db.Json(), nullable=False),
        sa.Column('decision', sa.String(length=1000), nullable=False),
        sa.Column('at', WHEN, nullable=False),
        sa.Column('by', sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_fault_article_id_article')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_fault_case_id_case_file')),
        sa.ForeignKeyConstraint(['report_id'], ['error_report.id'], name=op.f('fk_fault_report_id_error_report')),
        sa.ForeignKeyConstraint(['template_id'], ['site_template.id'], name=op.f('fk_fault_template_id_site_template')),
        sa.ForeignKeyConstraint(['version_id'], ['article_version.id'], name=op.f('fk_fault_version_id_article_version')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_fault'))
    )
    with op.batch_alter_table('fault', schema=None) as batch_op:
        batch_op.create_index('ix_fault_article', ['article_id'], unique=False)
        batch_op.create_index('ix_fault_at', ['at'], unique=False)



def drop_tables() -> None:
    with op.batch_alter_table('fault', schema=None) as batch_op:
        batch_op.drop_index('ix_fault_at')
        batch_op.drop_index('ix_fault_article')

    op.drop_table('fault')
    with op.batch_alter_table('page_check', schema=None) as batch_op:
        batch_op.drop_index('ix_page_check_publication')

    op.drop_table('page_check')
    with op.batch_alter_table('error_report', schema=None) as batch_op:
        batch_op.drop_index('ix_error_report_state')
        batch_op.drop_index('ix_error_report_article')
        batch_op.drop_index('ix_error_report_address')

    op.drop_table('error_report')
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.drop_index('ix_publication_site')
        batch_op.drop_index('ix_publication_at')
        batch_op.drop_index('ix_publication_article')

    op.drop_table('publication')
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.drop_index('ix_finding_version')

    op.drop_table('finding')
    with op.batch_alter_table('waiver', schema=None) as batch_op:
        batch_op.drop_index('ix_waiver_article')

    op.drop_table('waiver')
    op.drop_table('transcription_answer')
    with op.batch_alter_table('published_page', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_published_page_article_id'))

    op.drop_table('published_page')
    with op.batch_alter_table('article_version', schema=None) as batch_op:
        batch_op.drop_index('ix_article_version_digest')
        batch_op.drop_index('ix_article_version_created')

    op.drop_table('article_version')
    with op.batch_alter_table('article_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_article_link_interpretation_id'))

    op.drop_table('article_link')
    op.drop_table('article_editor')
    op.drop_table('article_draft')
    with op.batch_alter_table('transcription', schema=None) as batch_op:
        batch_op.drop_index('ix_transcription_decided_by')
        batch_op.drop_index(batch_op.f('ix_transcription_case_id'))

    op.drop_table('transcription')
    with op.batch_alter_table('review_act', schema=None) as batch_op:
        batch_op.drop_index('ix_review_act_user')
        batch_op.drop_index('ix_review_act_subject')
        batch_op.drop_index('ix_review_act_digest')
        batch_op.drop_index('ix_review_act_case')
        batch_op.drop_index('ix_review_act_at')

    op.drop_table('review_act')
    with op.batch_alter_table('column_grant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_column_grant_user_id'))
        batch_op.drop_index(batch_op.f('ix_column_grant_unit_id'))
        batch_op.drop_index(batch_op.f('ix_column_grant_site_id'))

    op.drop_table('column_grant')
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index('ix_article_unit')
        batch_op.drop_index('ix_article_site_shown', sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))
        batch_op.drop_index('ix_article_site')
        batch_op.drop_index('ix_article_shown', sqlite_where=sa.text('published_at IS NOT NULL'), postgresql_where=sa.text('published_at IS NOT NULL'))
        batch_op.drop_index('ix_article_column')
        batch_op.drop_index('ix_article_case')
        batch_op.drop_index('ix_article_author')

    op.drop_table('article')
    with op.batch_alter_table('site_column', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_column_site_id'))
        batch_op.drop_index(batch_op.f('ix_site_column_parent_id'))
        batch_op.drop_index(batch_op.f('ix_site_column_owner_id'))

    op.drop_table('site_column')
    op.drop_table('site_template')
    op.drop_table('site_publishing')
    op.drop_table('package')
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.drop_index('ix_media_site')
        batch_op.drop_index('ix_media_digest')

    op.drop_table('media')
    op.drop_table('term')
    op.drop_table('review_snapshot')
    op.drop_table('leader')
