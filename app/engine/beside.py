"""Branches that go on beside those that meet: what they had heard of them before is not their own.

Tokens are compared with the data they had in common where they parted. When branches meet, the token that goes on
hangs below one of them only; whatever still lives below another one must not bring that one's changes once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.engine.token import Token


def news(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `data` that are not in `before`."""
    return {name: value for name, value in data.items() if name not in before or before[name] != value}


def hang(token: Token, at: Token) -> None:
    """Let a token in which branches met hang where they parted, if it came by one that had heard of another."""
    if any("heard" in one.internal_data for one in _between(token.parent, {at.id})):
        token.parent = at


def leave_behind(token: Token, ways: Sequence[Token]) -> None:
    """Let what still lives beside the ways on which branches met in `token` hang where those ways left its own."""
    own = {one.id for one in _between(token.parent, ())}
    passed = {one.id for way in ways for one in _between(way, own)} | {token.id}
    for way in ways:
        above = list(_between(way, own))
        if not above:
            continue
        at = above[-1].parent
        for one in above:
            for side in one.children:
                if side.id not in passed and side.parent is one and _lives(side):
                    _rehang(side, at)


def _rehang(side: Token, at: Token) -> None:
    heard = {**news(side.parent.data, at.data), **side.internal_data.get("heard", {})}
    if heard:
        side.internal_data["heard"] = heard
    side.parent = at
    side.touch()


def _between(token: Token | None, until: Any) -> Iterator[Token]:
    """Yield the tasks from `token` upwards, without `until` and what is above it."""
    while token is not None and token.id not in until:
        yield token
        token = token.parent


def _lives(token: Token) -> bool:
    """Return whether a token is at or below this task."""
    stack = [token]
    while stack:
        one = stack.pop()
        if not one.finished:
            return True
        stack += one.children
    return False
