"""The side menu, the phone's tab bar and the reader's own menu.

Areas add entries; a page shows those its reader may open.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.i18n import N_

GROUPS: dict[str, str] = {
    "mine": N_("我的事项"),
    "tasks": N_("任务管理"),
    "maintenance": N_("系统维护管理与事件汇报"),
    "content": N_("信息发布"),
    "audit": N_("监督与审计"),
    "settings": N_("流程与设置"),
}


class Reader(Protocol):
    """Whoever looks at the menu."""

    def may(self, permission: str, /) -> bool:
        """Say whether the reader holds this permission."""


@dataclass(frozen=True)
class Entry:
    """One line of a menu; `count` names the number shown behind it, `tab` its word on the phone."""

    endpoint: str
    label: str
    icon: str
    permission: str
    count: str | None = None
    tab: str | None = None
    number: int | None = None


@dataclass(frozen=True)
class Section:
    """A titled part of the side menu."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class AccountEntry:
    """One line under the reader's name; `post` makes it a button."""

    endpoint: str
    label: str
    icon: str
    post: bool = False


@dataclass
class Menu:
    """What the areas have added so far."""

    groups: dict[str, dict[str, Entry]] = field(default_factory=lambda: {name: {} for name in GROUPS})
    account_entries: dict[str, AccountEntry] = field(default_factory=dict)

    def add(
        self,
        group: str,
        endpoint: str,
        label: str,
        icon: str,
        permission: str,
        *,
        count: str | None = None,
        tab: str | None = None,
    ) -> None:
        """Add an entry to one of `GROUPS`; the same endpoint again replaces it."""
        self.groups[group][endpoint] = Entry(endpoint, label, icon, permission, count, tab)

    def account(self, endpoint: str, label: str, icon: str, *, post: bool = False) -> None:
        """Add a line under the reader's name."""
        self.account_entries[endpoint] = AccountEntry(endpoint, label, icon, post)

    def account_lines(self, pages: Container[str]) -> tuple[AccountEntry, ...]:
        """Return the lines under the reader's name whose page exists among `pages`."""
        return tuple(entry for entry in self.account_entries.values() if entry.endpoint in pages)

    def sections(
        self, reader: Reader, counts: Mapping[str, int], pages: Container[str] | None = None
    ) -> tuple[Section, ...]:
        """Return the parts of the menu in which the reader may open something that exists among `pages`."""
        built = (
            Section(title, tuple(_numbered(entry, counts) for entry in self._open(group, reader, pages)))
            for group, title in GROUPS.items()
        )
        return tuple(section for section in built if section.entries)

    def tabs(
        self, reader: Reader, counts: Mapping[str, int], pages: Container[str] | None = None
    ) -> tuple[Entry, ...]:
        """Return the entries of the phone's tab bar."""
        entries = (entry for section in self.sections(reader, counts, pages) for entry in section.entries)
        return tuple(entry for entry in entries if entry.tab)

    def _open(self, group: str, reader: Reader, pages: Container[str] | None) -> list[Entry]:
        entries = self.groups[group].values()
        return [one for one in entries if reader.may(one.permission) and (pages is None or one.endpoint in pages)]


def _numbered(entry: Entry, counts: Mapping[str, int]) -> Entry:
    return replace(entry, number=counts.get(entry.count)) if entry.count else entry


menu = Menu()
