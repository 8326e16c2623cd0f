"""Whose time it was (计时归属): the stretches of a case as one bar whose parts add up to start → now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.deadlines.rules import Calendar, working_between
from app.web import filters
from app.web.i18n import gettext
from app.work.models import Stretch
from app.work.pages.lamps import working_span
from app.work.pages.words import SIDES

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
ROOM = 0.14
REST = "rest"


@dataclass(frozen=True)
class Part:
    """One stretch as it is charged: to which side, to whom, for what, how much working time."""

    side: str
    unit: str
    node: str
    begins: datetime
    ends: datetime
    amount: timedelta


@dataclass(frozen=True)
class Sum:
    """What one side is charged in all."""

    side: str
    label: str
    length: str
    remark: str


@dataclass(frozen=True)
class Charged:
    """The whole bar: parts for drawing, dated boundaries, sums per side and the total."""

    bar: tuple[tuple[str, int, str], ...]
    marks: tuple[tuple[int, str], ...]
    sums: tuple[Sum, ...]
    total: str
    label: str
    day: str
    parts: tuple[Part, ...]
    incomplete: bool

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return the sums as the part `charged_sums` draws them."""
        return [(one.side, one.label, one.length, one.remark) for one in self.sums]

    def line(self) -> str:
        """Return the sums in one line, as prints show them."""
        return gettext("，").join(f"{one.label} {one.length}" for one in self.sums)


def charge(
    stretches: Sequence[Stretch],
    calendar: Calendar,
    *,
    opened: datetime,
    until: datetime,
    incomplete: bool,
) -> Charged:
    """Return the bar of a case. `incomplete` says that another vendor's stretches are left out."""
    parts = tuple(_parts(stretches, calendar, opened, until, gaps=not incomplete))
    bar = tuple((part.side, int(part.amount / MINUTE), working_span(calendar, part.amount)) for part in parts)
    total = sum((part.amount for part in parts), NOTHING)
    return Charged(
        bar=bar,
        marks=tuple(_marks(parts, until)),
        sums=tuple(_sums(parts, calendar)),
        total=working_span(calendar, total),
        label=_label(parts, calendar),
        day=filters.span(calendar.day_length),
        parts=parts,
        incomplete=incomplete,
    )


def _parts(
    stretches: Sequence[Stretch], calendar: Calendar, opened: datetime, until: datetime, *, gaps: bool
) -> Iterator[Part]:
    """Yield the stretches in order; time in which nobody had the turn is a part of its own."""
    at = opened
    for one in stretches:
        if gaps and one.begins > at:
            yield _rest(calendar, at, one.begins)
        ends = one.ends or until
        amount = working_between(calendar, one.begins, ends)
        yield Part(one.side, one.unit_name, one.node_name, one.begins, ends, amount)
        at = ends
    if gaps and until > at:
        yield _rest(calendar, at, until)


def _rest(calendar: Calendar, begins: datetime, ends: datetime) -> Part:
    return Part(REST, "", gettext("等自动环节"), begins, ends, working_between(calendar, begins, ends))


def _marks(parts: Sequence[Part], until: datetime) -> Iterator[tuple[int, str]]:
    """Yield dated boundaries that have room between their neighbours; the first and the last always."""
    total = sum((part.amount for part in parts), NOTHING) or MINUTE
    if not parts:
        return
    yield 0, gettext("%(day)s 提出", day=filters.day(parts[0].begins))
    at, shown = NOTHING, 0.0
    for part in parts[:-1]:
        at += part.amount
        share = at / total
        if share - shown >= ROOM and 1 - share >= ROOM:
            yield int(at / MINUTE), filters.day(part.ends)
            shown = share
    current = gettext("现在") if until >= filters.now() else gettext("%(day)s 办结", day=filters.day(until))
    yield int(total / MINUTE), current


def _sums(parts: Sequence[Part], calendar: Calendar) -> Iterator[Sum]:
    for side in (*SIDES, REST):
        own = [part for part in parts if part.side == side]
        if own:
            amount = sum((part.amount for part in own), NOTHING)
            label = gettext(SIDES[side]) if side in SIDES else gettext("自动环节")
            yield Sum(side, label, working_span(calendar, amount), _remark(own, calendar) if side != REST else "")


def _remark(parts: Sequence[Part], calendar: Calendar) -> str:
    """Say whose time a side's time is: the unit, or how it divides when several took part."""
    amounts: dict[str, timedelta] = {}
    for part in parts:
        amounts[part.unit] = amounts.get(part.unit, NOTHING) + part.amount
    if len(amounts) == 1:
        return next(iter(amounts))
    return gettext("，").join(f"{unit} {working_span(calendar, amount)}" for unit, amount in amounts.items())


def _label(parts: Iterable[Part], calendar: Calendar) -> str:
    """Say the bar in words, for those who do not see it."""
    pieces = [f"{part.unit or gettext('自动环节')} {working_span(calendar, part.amount)}" for part in parts]
    return gettext("按先后排列：%(pieces)s", pieces=gettext("，").join(pieces))
