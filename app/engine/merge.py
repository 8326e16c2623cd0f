"""Merges the data of branches that meet again, each compared with the data they all began with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ABSENT = object()


def merge_branches(
    base: Mapping[str, Any], branches: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the merged data and the names on which branches disagree.

    What one branch changed beats what the others left alone. Lists get the additions of all, maps are merged
    entry by entry; where that is impossible the later branch wins and the name is reported.
    """
    merged: dict[str, Any] = {}
    conflicts: list[str] = []
    for key in dict.fromkeys(key for values in (base, *branches) for key in values):
        old = base.get(key, _ABSENT)
        changed = [value for branch in branches if _differs(value := branch.get(key, _ABSENT), old)]
        value, disagreed = _merge_value(key, old, changed)
        conflicts += disagreed
        if value is not _ABSENT:
            merged[key] = value
    return merged, tuple(conflicts)


def without_heard(data: Mapping[str, Any], heard: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return a branch's data as if it had begun with `base`: what it only `heard` of others is not its own."""
    own = {name: _off(value, heard[name], base.get(name, _ABSENT)) for name, value in data.items() if name in heard}
    return {name: value for name, value in {**data, **own}.items() if value is not _ABSENT}


def _off(value: Any, heard: Any, base: Any) -> Any:
    if not _differs(value, heard):
        return base
    if isinstance(value, dict) and isinstance(heard, dict):
        start = base if isinstance(base, dict) else {}
        return {**start, **without_heard(value, heard, start)}
    if isinstance(value, list) and isinstance(heard, list) and (added := _added(value, heard)) is not None:
        return [*(base if isinstance(base, list) else []), *added]
    return value


def _merge_value(key: str, old: Any, changed: list[Any]) -> tuple[Any, list[str]]:
    if not changed:
        return old, []
    present = [value for value in changed if value is not _ABSENT]
    if not present:
        return _ABSENT, []
    last = present[-1]
    if all(not _differs(value, last) for value in present):
        return last, []
    if all(isinstance(value, dict) for value in present):
        inner, disagreed = merge_branches(old if isinstance(old, dict) else {}, present)
        return inner, [f"{key}.{name}" for name in disagreed]
    start = old if isinstance(old, list) else []
    added = [_added(value, start) if isinstance(value, list) else None for value in present]
    if None not in added:
        return start + [item for items in added for item in items or ()], []
    return last, [key]


def _added(value: list[Any], start: list[Any]) -> list[Any] | None:
    """Return what a list has besides the items of `start`, which it must hold in their order; None otherwise.

    They need not come first: a branch that met others on its way has what those added between them.
    """
    rest = iter(start)
    wanted = next(rest, _ABSENT)
    added = []
    for item in value:
        if wanted is not _ABSENT and not _differs(item, wanted):
            wanted = next(rest, _ABSENT)
        else:
            added.append(item)
    return added if wanted is _ABSENT else None


def _differs(value: Any, other: Any) -> bool:
    # True == 1 in Python, but an answer changed from 1 to yes has changed
    return value is not other and (type(value) is not type(other) or bool(value != other))
