"""Tables of the house: units, sites, users, roles, contracts, sessions and settings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json, Versioned


class Unit(Versioned, Base):
    """A unit of the tree: the supervising office, a department, a section of one, or a vendor."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(160), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    disabled_at: Mapped[datetime | None]

    parent: Mapped[Unit | None] = relationship(remote_side="Unit.id")


class Site(Versioned, Base):
    """A government website: its identification code, its owner and whether it is open."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(300), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="open")

    parent: Mapped[Site | None] = relationship(remote_side="Site.id")
    owner: Mapped[Unit] = relationship()


class User(Versioned, Base):
    """An account. Never deleted: it is disabled, so that old records keep their name."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("identity_source", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_name: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    identity_source: Mapped[str] = mapped_column(String(16), default="local")
    external_id: Mapped[str | None] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_changed_at: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(default=False)
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship()
    posts: Mapped[list[Post]] = relationship(back_populates="user", cascade="all, delete-orphan", order_by="Post.id")
    grants: Mapped[list[RoleGrant]] = relationship(back_populates="user", cascade="all, delete-orphan")


class Post(Versioned, Base):
    """A post somebody holds in a unit, by its title."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("user_id", "unit_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), index=True)

    user: Mapped[User] = relationship(back_populates="posts")


class RoleGrant(Versioned, Base):
    """A role somebody was given, for one unit or (without unit) wherever the person belongs."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "role", "unit_id"), Index(None, "role", "unit_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    granted_by: Mapped[str] = mapped_column(String(60))
    granted_at: Mapped[datetime]

    user: Mapped[User] = relationship(back_populates="grants")
    unit: Mapped[Unit | None] = relationship()


class ServiceCategory(Versioned, Base):
    """What a vendor can be hired for: content, data, software security and the like."""

    __tablename__ = "service_category"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    disabled_at: Mapped[datetime | None]


class Contract(Versioned, Base):
    """What a vendor owes, from a day to a day, both included."""

    __tablename__ = "contract"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(160), default="")
    vendor_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    deemed_acceptance: Mapped[bool] = mapped_column(default=False)
    deemed_after: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    disabled_at: Mapped[datetime | None]

    vendor: Mapped[Unit] = relationship()
    scopes: Mapped[list[ContractScope]] = relationship(cascade="all, delete-orphan", order_by="ContractScope.id")
    clauses: Mapped[list[ContractClause]] = relationship(
        cascade="all, delete-orphan", order_by="ContractClause.position"
    )
    sla_rows: Mapped[list[SlaRow]] = relationship(cascade="all, delete-orphan")
    allowances: Mapped[list[Allowance]] = relationship(cascade="all, delete-orphan", order_by="Allowance.category_id")


class ContractScope(Versioned, Base):
    """One category of a contract at one site, or (without site) at all sites."""

    __tablename__ = "contract_scope"
    __table_args__ = (UniqueConstraint("contract_id", "category_id", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("service_category.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)

    category: Mapped[ServiceCategory] = relationship()
    site: Mapped[Site | None] = relationship()


class ContractClause(Versioned, Base):
    """A numbered clause, as a demand or a dispute cites it."""

    __tablename__ = "contract_clause"
    __table_args__ = (UniqueConstraint("contract_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(2000))


class SlaRow(Versioned, Base):
    """The agreed limits of one priority: until the vendor responds, until it is done."""

    __tablename__ = "sla_row"
    __table_args__ = (UniqueConstraint("contract_id", "priority"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    priority: Mapped[str] = mapped_column(String(8))
    respond: Mapped[str] = mapped_column(String(20))
    finish: Mapped[str] = mapped_column(String(20))


class Allowance(Versioned, Base):
    """How many tasks of a category the yearly fee covers."""

    __tablename__ = "allowance"
    __table_args__ = (UniqueConstraint("contract_id", "category_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("service_category.id"))
    yearly_units: Mapped[int]

    category: Mapped[ServiceCategory] = relationship()


class AuthSession(Versioned, Base):
    """One signed-in browser. The cookie holds a random token, this row only its hash."""

    __tablename__ = "auth_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    last_seen: Mapped[datetime]
    expires_at: Mapped[datetime]
    client: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class ApiToken(Base):
    """A program's key to the REST interface, in the name of one user. Only the hash of the token is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Setting(Versioned, Base):
    """One setting of this house that differs from its default."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
