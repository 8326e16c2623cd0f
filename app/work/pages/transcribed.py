"""How a decision that a clerk recorded is said: never as the person's own act until the person confirms it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.i18n import N_
from app.web import filters
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.queries.transcriptions import CONFIRMED, OBJECTED, PENDING, Recorded

MEDIA: Final[Mapping[str, str]] = {"phone": N_("电话"), "paper": N_("纸面")}
SENTENCES: Final[Mapping[str, str]] = {
    "phone": N_("代录：%(clerk)s 按 %(who)s 电话意见录入，%(state)s"),
    "paper": N_("代录：%(clerk)s 按 %(who)s 纸面意见录入，%(state)s"),
}
STATES: Final[Mapping[str, str]] = {
    PENDING: N_("待本人确认"),
    CONFIRMED: N_("本人已确认"),
    OBJECTED: N_("本人有异议"),
}
MARKS: Final[Mapping[str, tuple[str, str]]] = {
    PENDING: (N_("待本人确认"), "warn"),
    OBJECTED: (N_("代录有异议"), "urgent"),
}


@dataclass(frozen=True)
class Told:
    """What a page says above everything else: a recorded decision that is open or objected to."""

    kind: str
    title: str
    text: str
    is_yours: bool = False


def state_word(recorded: Recorded) -> str:
    """Return 待本人确认, 本人已确认 or 本人有异议."""
    return gettext(STATES[recorded.state])


def sentence(recorded: Recorded) -> str:
    """Return who wrote down whose decision, how it came, and whether the person stands by it."""
    row = recorded.row
    words = SENTENCES.get(row.medium, SENTENCES["paper"])
    return gettext(words, clerk=row.clerk_name, who=row.decided_by_name, state=state_word(recorded))


def times(recorded: Recorded) -> str:
    """Return the claimed time beside the recorded one."""
    row = recorded.row
    return gettext(
        "作出决定 %(claimed)s，录入 %(at)s", claimed=filters.moment(row.claimed_at), at=filters.moment(row.at)
    )


def tellings(recorded: Mapping[int, Recorded], steps: Iterable[WorkItem], user_id: int, locale: str) -> list[Told]:
    """Return what is still open or objected to among the visible steps of a case."""
    names = {item.id: (locale == "en" and item.name_en) or item.name for item in steps}
    return [
        _told(one, names[item_id], user_id)
        for item_id, one in recorded.items()
        if item_id in names and one.state != CONFIRMED
    ]


def _told(recorded: Recorded, step: str, user_id: int) -> Told:
    title = gettext("“%(step)s”%(words)s", step=step, words=sentence(recorded))
    if recorded.answer is None:
        by = gettext(
            "请 %(who)s 在 %(by)s 前确认。",
            who=recorded.row.decided_by_name,
            by=filters.local_time(recorded.row.confirm_by),
        )
        text = gettext("%(times)s。%(more)s", times=times(recorded), more=by)
        return Told("warn", title, text, recorded.row.decided_by_id == user_id)
    said = gettext("%(who)s：%(note)s", who=recorded.row.decided_by_name, note=recorded.answer.note)
    return Told("warn", title, said)
