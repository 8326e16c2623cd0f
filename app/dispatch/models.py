"""The table of the maintenance register (系统维护登记): what was done to a production system, who watched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

import app.people.models
import app.work.models  # noqa: F401 - units, sites, cases and items are referred to by foreign keys
from app.db import Base
from app.ledger.guards import guard_table


class MaintenanceEntry(Base):
    """One operation on a production system, as the vendor declared it when handing in the work. Never changed."""

    __tablename__ = "maintenance_entry"
    __table_args__ = (
        Index("ix_maintenance_entry_site", "site_id", "from_at"),
        Index("ix_maintenance_entry_vendor", "vendor_id", "from_at"),
        Index("ix_maintenance_entry_from_at", "from_at", "id"),
        Index("ix_maintenance_entry_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    vendor_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    object: Mapped[str]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    done: Mapped[str]
    backup: Mapped[str]
    rollback: Mapped[str]
    watched_by: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None]
    recorded_by: Mapped[str]


guard_table(MaintenanceEntry.__table__)
