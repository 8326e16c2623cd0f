"""Names that lists need beside their rows: processes, sites, vendors; all in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import exists, literal, select, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import cast
from sqlalchemy.types import String

from app.people.models import Site, Unit
from app.people.rules import Viewer
from app.processes.models import Process
from app.work.models import Case, Party


@dataclass(frozen=True)
class Name:
    """One name in both languages."""

    zh: str
    en: str = ""

    def say(self, locale: str) -> str:
        """Return the name in the reader's language; Chinese where English is missing."""
        return (locale == "en" and self.en) or self.zh


@dataclass(frozen=True)
class Names:
    """The names a viewer's lists may show; `vendors` is offered, `foreign` names those to be concealed."""

    processes: Mapping[str, Name] = field(default_factory=dict)
    sites: Mapping[int, Name] = field(default_factory=dict)
    vendors: Mapping[int, Name] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()

    def process(self, slug: str, locale: str) -> str:
        """Return the name of a process."""
        return self.processes[slug].say(locale) if slug in self.processes else slug


def names_for(session: Session, viewer: Viewer) -> Names:
    """Return processes, sites and vendors as this viewer may know them."""
    sites = select(literal("site"), cast(Site.id, String), Site.name, literal(""))
    if viewer.is_vendor:
        shared = exists().where(Case.site_id == Site.id, Party.case_id == Case.id, Party.unit_id == viewer.unit_id)
        sites = sites.where(shared)
    rows = session.execute(
        union_all(
            select(literal("process"), Process.slug, Process.name, Process.name_en),
            sites,
            select(literal("vendor"), cast(Unit.id, String), Unit.name, Unit.name_en).where(Unit.kind == "vendor"),
        )
    ).all()
    found: dict[str, dict[str, Name]] = {"process": {}, "site": {}, "vendor": {}}
    for kind, key, zh, en in rows:
        found[kind][key] = Name(zh, en)
    vendors = {int(key): name for key, name in found["vendor"].items()}
    own = {viewer.unit_id: vendors.pop(viewer.unit_id)} if viewer.unit_id in vendors else {}
    if viewer.is_vendor:
        vendors, foreign = own, frozenset(name.zh for name in vendors.values())
    else:
        foreign = frozenset[str]()
    sites_by_id = {int(key): name for key, name in found["site"].items()}
    return Names(found["process"], sites_by_id, vendors, foreign)
