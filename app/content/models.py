"""Tables of content: columns of sites, articles in versions, media, word lists, publication and its checks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.files.models
import app.people.models
import app.work.models  # noqa: F401 - sites, people, files and cases are referred to by foreign keys
from app.db import Base, Json, Versioned
from app.ledger.guards import guard_table
from app.people.models import Site, Unit


class SiteColumn(Versioned, Base):
    """A column (栏目) of a site: what is published there, whose duty it is, how often it must be updated.

    `update_days` is the longest time without a new article, `warn_days` how long before that its owner is reminded;
    both in calendar days. `slug` is its folder below the site.
    """

    __tablename__ = "site_column"
    __table_args__ = (UniqueConstraint("site_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("site_column.id"), index=True)
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    kind: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    update_days: Mapped[int | None]
    warn_days: Mapped[int] = mapped_column(default=3)
    note: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default="open")
    last_published_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    due_case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))

    site: Mapped[Site] = relationship()
    owner: Mapped[Unit] = relationship()


class ColumnGrant(Versioned, Base):
    """A right at a site or at one of its columns, for a unit or a person: `write`, `publish` or `manage`."""

    __tablename__ = "column_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    column_id: Mapped[int | None] = mapped_column(ForeignKey("site_column.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    right: Mapped[str] = mapped_column(String(12))
    granted_by: Mapped[str] = mapped_column(String(60))
    granted_at: Mapped[datetime]


class Article(Versioned, Base):
    """An article (稿件): where it belongs, how far it is; its texts are versions, its unsaved text a draft.

    `version_id` is the latest handed-in version, `published_id` the one readers see now. `case_id` is the case that
    reviews it at present. `path` is its address below the site, given once and kept.
    """

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_column", "column_id", "state", "published_at"),
        Index("ix_article_site", "site_id", "state", "published_at"),
        Index("ix_article_unit", "unit_id", "state", "updated_at"),
        Index("ix_article_author", "author_id", "state", "updated_at"),
        Index("ix_article_case", "case_id"),
        # what a site's pages list, in the order of publication
        Index(
            "ix_article_shown",
            "column_id",
            "published_at",
            "id",
            sqlite_where=text("published_at IS NOT NULL"),
            postgresql_where=text("published_at IS NOT NULL"),
        ),
        Index(
            "ix_article_site_shown",
            "site_id",
            "published_at",
            "id",
            sqlite_where=text("published_at IS NOT NULL"),
            postgresql_where=text("published_at IS NOT NULL"),
        ),
        UniqueConstraint("site_id", "path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    column_id: Mapped[int] = mapped_column(ForeignKey("site_column.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    urgent: Mapped[bool] = mapped_column(default=False)
    version_id: Mapped[int | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    publish_at: Mapped[datetime | None]
    published_id: Mapped[int | None]
    published_at: Mapped[datetime | None]
    path: Mapped[str | None] = mapped_column(String(200))
    outside_url: Mapped[str] = mapped_column(String(500), default="")
    taken_down_at: Mapped[datetime | None]
    taken_down_reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    site: Mapped[Site] = relationship()
    column: Mapped[SiteColumn] = relationship()


class ArticleDraft(Versioned, Base):
    """What is being typed and not handed in (`fields`); `row_version` counts every save."""

    __tablename__ = "article_draft"

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    fields: Mapped[dict[str, Any]]
    base_version_id: Mapped[int | None]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    saved_by: Mapped[str] = mapped_column(String(60))


class ArticleEditor(Base):
    """Who has an article open in the editor, and when their page last said so."""

    __tablename__ = "article_editor"

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime]


class ArticleVersion(Base):
    """A version of an article as it was handed in; never changed. `digest` covers all a reader will see.

    `meta` holds the class facts that decide the depth of review: `reprint`, `leader`, `sensitive`, document number …
    `files` lists pictures and attachments: media id, digest, name, kind (`picture`, `attachment`, `cover`).
    """

    __tablename__ = "article_version"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        Index("ix_article_version_digest", "digest"),
        Index("ix_article_version_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(1000), default="")
    body: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(120), default="")
    byline: Mapped[str] = mapped_column(String(120), default="")
    kind: Mapped[str] = mapped_column(String(20))
    meta: Mapped[dict[str, Any]]
    files: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    characters: Mapped[int]
    note: Mapped[str] = mapped_column(String(500), default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[str] = mapped_column(String(60))
    unit_name: Mapped[str] = mapped_column(String(120))


class ArticleLink(Base):
    """A policy document and an article that interprets it (政策解读)."""

    __tablename__ = "article_link"

    policy_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    interpretation_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True, index=True)
    linked_at: Mapped[datetime]
    linked_by: Mapped[str] = mapped_column(String(60))


class Media(Versioned, Base):
    """A picture or file of a site's media library; its bytes are those of an upload."""

    __tablename__ = "media"
    __table_args__ = (Index("ix_media_site", "site_id", "id"), Index("ix_media_digest", "digest"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"))
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    alt: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[str] = mapped_column(String(60))
    disabled_at: Mapped[datetime | None]


class Term(Versioned, Base):
    """A word of a list (错敏词): `wrong` with its correction, `sensitive`, `secret` mark; `level` block or warn."""

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("list", "text"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(80))
    suggestion: Mapped[str] = mapped_column(String(120), default="")
    level: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(String(300), default="")
    basis: Mapped[str] = mapped_column(String(200), default="")
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))
    disabled_at: Mapped[datetime | None]


class Leader(Versioned, Base):
    """A leader whose name and place in the order are checked in articles."""

    __tablename__ = "leader"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))
    disabled_at: Mapped[datetime | None]


class Finding(Base):
    """What the checks found in a version when it was handed in."""

    __tablename__ = "finding"
    __table_args__ = (Index("ix_finding_version", "version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("article_version.id"))
    rule: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(8))
    field: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(300))
    offset: Mapped[int]
    message: Mapped[str] = mapped_column(String(300))
    values: Mapped[dict[str, Any]]
    suggestion: Mapped[str] = mapped_column(String(300), default="")
    waived: Mapped[str | None]


class Waiver(Base):
    """Why a blocking finding stands in an article nevertheless: who said so and the reason."""

    __tablename__ = "waiver"
    __table_args__ = (Index("ix_waiver_article", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    rule: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(String(500))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class SitePublishing(Versioned, Base):
    """How a site is published: `own` static folder, `package` for another network, `outside` platform.

    `route` says how its pages can be fetched back from here: `preview` (from this product's own preview), `direct`
    (from the site's address) or `none`.
    """

    __tablename__ = "site_publishing"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(String(8))
    folder: Mapped[str] = mapped_column(String(40), unique=True)
    route: Mapped[str] = mapped_column(String(8), default="preview")
    title: Mapped[str] = mapped_column(String(120), default="")
    footer: Mapped[str] = mapped_column(String(1000), default="")
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))


class SiteTemplate(Base):
    """A version of the page templates a site is drawn with; a layout fault leads to the one that brought it."""

    __tablename__ = "site_template"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    style: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(String(500))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    changed_by: Mapped[str] = mapped_column(String(60))


class Publication(Base):
    """Something done to what readers see: `publish`, `update`, `take_down`; never changed.

    `digest` is the content's, `page_digest` that of the bytes written. `package_id` names the package it left in.
    """

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_article", "article_id", "id"),
        Index("ix_publication_site", "site_id", "at"),
        Index("ix_publication_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("article_version.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("site_template.id"))
    package_id: Mapped[int | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    act: Mapped[str] = mapped_column(String(12))
    mode: Mapped[str] = mapped_column(String(8))
    digest: Mapped[str] = mapped_column(String(64))
    page_digest: Mapped[str] = mapped_column(String(64), default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by: Mapped[str] = mapped_column(String(60))


class PageCheck(Base):
    """A published page fetched back and compared: `same`, `different`, `no_route`, `failed`."""

    __tablename__ = "page_check"
    __table_args__ = (Index("ix_page_check_publication", "publication_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    outcome: Mapped[str] = mapped_column(String(12))
    found_digest: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))


class PublishedPage(Base):
    """A file of a site's folder as it was last written, so that only what changed is written again."""

    __tablename__ = "published_page"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    written_at: Mapped[datetime]


class Package(Versioned, Base):
    """A signed zip for one-way transfer into another network; its receipt is imported back."""

    __tablename__ = "package"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(60))
    receipt: Mapped[dict[str, Any] | None]
    received_at: Mapped[datetime | None]
    received_by: Mapped[str | None] = mapped_column(String(60))


class ErrorReport(Versioned, Base):
    """A fault somebody saw on a published page (找错): the words, or a marked area with a picture of the screen.

    `area` is the marked rectangle in shares of the picture (x, y, width, height); `address` a keyed hash of where a
    reader wrote from, kept for the limit of reports per hour only.
    """

    __tablename__ = "error_report"
    __table_args__ = (
        Index("ix_error_report_state", "state", "id"),
        Index("ix_error_report_article", "article_id"),
        Index("ix_error_report_address", "address", "reported_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"))
    url: Mapped[str] = mapped_column(String(500))
    words: Mapped[str] = mapped_column(String(500), default="")
    remark: Mapped[str] = mapped_column(String(2000), default="")
    area: Mapped[dict[str, Any] | None]
    screenshot_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    contact: Mapped[str] = mapped_column(String(120), default="")
    source: Mapped[str] = mapped_column(String(12))
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reporter: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    reported_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))


class Fault(Base):
    """A confirmed error after publication: which version brought it in, who passed it, how grave it was."""

    __tablename__ = "fault"
    __table_args__ = (Index("ix_fault_article", "article_id"), Index("ix_fault_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("error_report.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("article_version.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("site_template.id"))
    cause: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(String(500), default="")
    passers: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    decision: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))


for model in (ArticleVersion, Finding, Waiver, SiteTemplate, Publication, PageCheck, Fault):
    guard_table(model.__table__)
