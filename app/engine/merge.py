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
    if all(isinstance(value, list) and value[: len(start)] == start for value in present):
        return start + [item for value in present for item in value[len(start) :]], []
    return last, [key]


def _differs(value: Any, other: Any) -> bool:
    # True == 1 in Python, but an answer changed from 1 to yes has changed
    return value is not other and (type(value) is not type(other) or bool(value != other))
