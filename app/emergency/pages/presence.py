"""Who of the groups is there (到位): called, acknowledged, at work, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.emergency.models import CallAttempt
from app.emergency.pages.story import clock
from app.emergency.queries.board import BoardFile
from app.emergency.rules import GROUPS, OUTCOMES, REACHED
from app.web.i18n import gettext
from app.work.pages.lamps import Lamp


@dataclass(frozen=True)
class Present:
    """Somebody of a group: name, what for, when, lamp; `there` once taken up."""

    name: str
    title: str
    time: str
    lamp: Lamp
    there: bool


def presence(file: BoardFile) -> tuple[Present, ...]:
    """Return the people of all groups and whoever was called besides, each once, in the order of the groups."""
    return tuple(_present(user_id, name, title, file) for user_id, name, title in _people(file))


def _people(file: BoardFile) -> Iterator[tuple[int, str, str]]:
    seen: dict[int, tuple[str, list[str]]] = {}
    for group, word in GROUPS.items():
        for user_id in file.data.get(group) or ():
            seen.setdefault(user_id, (file.names.get(user_id, ""), []))[1].append(gettext(word))
    for call in file.calls:
        seen.setdefault(call.user_id, (call.name, [gettext(GROUPS[call.group])]))
    yield from ((user_id, name, gettext("、").join(words)) for user_id, (name, words) in seen.items() if name)


def _present(user_id: int, name: str, title: str, file: BoardFile) -> Present:
    calls = [one for one in file.calls if one.user_id == user_id and _took_place(one, file)]
    since = _first([*_answered(calls), *_worked(user_id, file)])
    times = gettext("第 %(count)s 次呼叫", count=len(calls)) if len(calls) > 1 else ""
    if since is not None:
        waited = times or (_waited(calls[0], since) if calls else "")
        return Present(name, title, _dotted(clock(since), waited), Lamp("green", gettext("已到位")), there=True)
    if not calls:
        word = gettext("已通知") if _is_asked(user_id, file) else gettext("未叫")
        return Present(name, title, "", Lamp("none", word), there=False)
    return Present(name, title, _dotted(clock(calls[-1].asked_at), times), _call_lamp(calls[-1]), there=False)


def _took_place(call: CallAttempt, file: BoardFile) -> bool:
    """Say whether a call goes on or came to something; one that was next when the calling ended was never made."""
    goes_on = any(told.get("callee") == call.user_id for told in file.tokens.values())
    return goes_on or call.outcome != "" or call.acknowledged_at is not None


def _answered(calls: Iterable[CallAttempt]) -> list[datetime | None]:
    return [one.acknowledged_at or (one.outcome_at if one.outcome == REACHED else None) for one in calls]


def _worked(user_id: int, file: BoardFile) -> list[datetime | None]:
    return [one.closed_at for one in file.done if one.done_by_id == user_id]


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in instants if one is not None), default=None)


def _is_asked(user_id: int, file: BoardFile) -> bool:
    """Say whether a step waits for this person, who has a notice of it."""
    seated = any(seat.user_id == user_id for seats in file.seats.values() for seat in seats)
    return seated or any(one.assignee_id == user_id for one in file.open)


def _call_lamp(call: CallAttempt) -> Lamp:
    if not call.outcome:
        return Lamp("amber", gettext("呼叫中"))
    return Lamp("red", gettext(OUTCOMES[call.outcome]))


def _waited(call: CallAttempt, since: datetime) -> str:
    minutes = int((since - call.asked_at).total_seconds() // 60)
    return gettext("用时 %(count)s 分钟", count=minutes) if minutes > 0 else ""


def _dotted(*texts: str) -> str:
    return gettext("，").join(filter(None, texts))
