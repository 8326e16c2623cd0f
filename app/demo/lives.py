"""Ordinary lives: how each written demand went, at an office's pace, up to its end or to where it stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.db import db
from app.demo.cases import FINISH_HOURS, Dossier
from app.demo.city import people
from app.demo.stage import Life, Stage
from app.demo.texts import Demand, Phrases, demands
from app.work import operations
from app.work.models import Copy

OLDEST, NEWEST, LONGEST = 225.0, 0.4, 75.0
RATING_HOURS, DEEMED_HOURS = 23.0, 38.0
MOMENT = 0.05
GROWTH = 1.7
RESPOND_HOURS = {"urgent": 0.25, "high": 0.5, "normal": 2.0, "low": 4.0}
DAYS = 40
READ_SHARE = 0.7
BEFORE_LEAVING = 150.0
ENGINEERS = {
    "vendor_a": ("vendor_a_tech", "vendor_a_tech2"),
    "vendor_b": ("vendor_b_tech", "vendor_b_tech2"),
    "vendor_c": ("vendor_c_tech",),
}
TRIAGE_NOTE = "合同外，已与外包单位说定，按合同最相近的时限办。"


@dataclass(frozen=True)
class Beat:
    """One act, some working hours after the one before; `opens` is the step that waits afterwards."""

    hours: float
    act: Callable[[], None]
    opens: str = ""


def ordinary_lives(stage: Stage, phrases: Phrases) -> list[tuple[datetime, Life]]:
    """Return the lives of all ordinary demands with the instants they begin."""
    found = demands()
    closed = [one for one in found if not one.stop]
    # more and more of them: the city is still getting used to it
    shares = [(number + stage.random.random()) / len(closed) for number in range(len(closed))]
    oldest = min(OLDEST, stage.hours - LONGEST)
    ends = [NEWEST + (oldest - NEWEST) * share**GROWTH for share in shares]
    stage.random.shuffle(ends)
    lives = [finished(stage, phrases, one, end) for one, end in zip(closed, ends, strict=True)]
    return lives + [standing(stage, phrases, one) for one in found if one.stop]


def finished(stage: Stage, phrases: Phrases, demand: Demand, end: float) -> tuple[datetime, Life]:
    """Return the life of a demand that ended so many working hours ago, and when it begins."""
    course = Course(stage, phrases, demand)
    beats = course.beats()
    # what nobody accepts or rates takes its time until the timer ends it
    silence = DEEMED_HOURS + RATING_HOURS if demand.ending == "deemed" else RATING_HOURS * (demand.grade == 0)
    age = end + silence + sum(beat.hours for beat in beats)
    course.choose_engineer(age)
    return stage.ago(age), play(stage, beats)


def standing(stage: Stage, phrases: Phrases, demand: Demand) -> tuple[datetime, Life]:
    """Return the life of a demand that still stands at a step, and when it begins."""
    course = Course(stage, phrases, demand)
    beats = course.beats()
    last = max(number for number, beat in enumerate(beats) if beat.opens == demand.stop)
    age = demand.hours + stage.random.uniform(0, MOMENT) + sum(beat.hours for beat in beats[: last + 1])
    course.choose_engineer(age)
    return stage.ago(age), play(stage, beats[: last + 1] + course.waiting())


def play(stage: Stage, beats: list[Beat]) -> Life:
    """Play beats one after another."""
    for beat in beats:
        if beat.hours:
            yield stage.working(beat.hours)
        beat.act()


class Course:
    """The course of one demand: every beat, with its time drawn beforehand."""

    def __init__(self, stage: Stage, phrases: Phrases, demand: Demand) -> None:
        self.demand, self.random, self.stage = demand, stage.random, stage
        self.dossier = Dossier(stage, phrases, demand)
        # the share of its time that the vendor uses; what people ask for is usually done well in time
        share = self.random.uniform(1.08, 1.25) if demand.late else self.random.uniform(0.3, 0.82)
        self.respond = RESPOND_HOURS[demand.priority] * self.random.uniform(0.12, 0.8)
        self.budget = FINISH_HOURS[demand.priority] * (share if demand.priority != "low" else share * 0.6)

    def beats(self) -> list[Beat]:
        """Return all beats from the demand to the rating."""
        parts = (self._raised, self._approved, self._triaged, self._withdrawn, self._taken, self._worked, self._rated)
        return [beat for part in parts for beat in part()]

    def waiting(self) -> list[Beat]:
        """Return what happens while it stands where it stands now: read, talked about, urged."""
        one, acts = self.demand, list[Callable[[], None]]()
        if self.random.random() < READ_SHARE and not one.stop.startswith("office"):
            acts.append(lambda: self.stage.read(self.dossier.case_id, self._holder()))
        if one.stop == "vendor_execute":
            acts += self._said()
        acts += [self._urge] * one.urged
        if one.claimed:
            acts.append(lambda: self.stage.claim(self.dossier.case_id, one.claimed))
        return [Beat(one.hours * 0.8 / len(acts), act) for act in acts]

    def _holder(self) -> str:
        dossier, stop = self.dossier, self.demand.stop
        known = {"head_approval": dossier.head, "vendor_accept": dossier.lead, "vendor_assign": dossier.lead}
        return dossier.engineer if stop == "vendor_execute" else known.get(stop, dossier.clerk)

    def _urge(self) -> None:
        by = self.dossier.lead if self.demand.stop == "requester_accept" else self.dossier.clerk
        self.stage.urge(self.dossier.case_id, by)

    def choose_engineer(self, age: float) -> None:
        """Choose who works on it, of those who were there when it came so long ago."""
        crew = ENGINEERS[self.dossier.vendor]
        if self.dossier.vendor == "vendor_a" and age > BEFORE_LEAVING:
            crew = (*crew, "vendor_a_left")
        self.dossier.engineer = self.random.choice(crew)

    def _draw(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def _over(self) -> bool:
        return self.demand.ending in {"rejected", "declined", "withdrawn"}

    def _raised(self) -> Iterator[Beat]:
        first = "head_approval" if self.demand.sensitive else "vendor_accept"
        yield Beat(0.0, self.dossier.raise_, first)

    def _approved(self) -> Iterator[Beat]:
        if not self.demand.sensitive:
            return
        if self.demand.ending == "rejected":
            yield Beat(self._draw(0.5, 3.0), lambda: self.dossier.approve(self.demand.reason, "reject"))
            return
        if self.demand.returned:
            remark, better = self.demand.returned
            yield Beat(self._draw(0.5, 3.0), lambda: self.dossier.approve(remark, "return"), "revise")
            yield Beat(self._draw(1.0, 6.0), lambda: self.dossier.revise(better), "head_approval")
        opens = "office_triage" if self.demand.category == "design" else "vendor_accept"
        yield Beat(self._draw(0.3, 3.2), self.dossier.approve, opens)

    def _triaged(self) -> Iterator[Beat]:
        if self.demand.category != "design" or self.demand.ending == "rejected":
            return
        if self.demand.ending == "declined":
            yield Beat(self._draw(1.0, 3.5), lambda: self.dossier.turn_down(self.demand.reason))
            return
        yield Beat(self._draw(0.5, 3.5), lambda: self.dossier.triage("vendor_a", TRIAGE_NOTE), "vendor_accept")

    def _withdrawn(self) -> Iterator[Beat]:
        if self.demand.ending == "withdrawn":
            yield Beat(self._draw(0.2, 0.9), lambda: self.dossier.withdraw(self.demand.reason))

    def _taken(self) -> Iterator[Beat]:
        if self._over():
            return
        one, dossier = self.demand, self.dossier
        if one.refuse:
            reason, ruling = one.refuse
            yield Beat(self.respond * 0.5, lambda: dossier.refuse(reason), "office_rule")
            yield Beat(self._draw(1.5, 5.0), lambda: dossier.order(ruling), "vendor_accept")
        if one.ask:
            question, answer = one.ask
            yield Beat(self.respond * 0.5, lambda: dossier.ask(question), "requester_supply")
            yield Beat(self._draw(1.5, 6.5), lambda: dossier.supply(answer), "vendor_accept")
        yield Beat(self.respond, lambda: dossier.accept(self.budget), "vendor_assign")
        yield Beat(self._draw(0.1, 1.2), dossier.assign, "vendor_execute")

    def _worked(self) -> Iterator[Beat]:
        if self._over():
            return
        one, dossier = self.demand, self.dossier
        left = max(self.budget - self.respond, 1.0)
        returns = [one.rework[number : number + 2] for number in range(0, len(one.rework), 2)]
        first = left * (0.6 if returns else 1.0)
        yield from self._remarks(first)
        yield Beat(first * 0.4, dossier.submit, "requester_accept")
        for note, done in returns:
            yield Beat(self._draw(0.6, 7.0), self._return(note), "vendor_execute")
            log = (f"核对退回意见：{note}", "重做并自查")
            yield Beat((left - first) / len(returns), self._again(done, log), "requester_accept")

    def _return(self, note: str) -> Callable[[], None]:
        return lambda: self.dossier.check("rework", note)

    def _again(self, done: str, log: tuple[str, ...]) -> Callable[[], None]:
        return lambda: self.dossier.submit(done, log)

    def _remarks(self, hours: float) -> Iterator[Beat]:
        """Yield progress notes and talk in the first part of the execution."""
        acts = self._said() or [_nothing]
        for act in acts:
            yield Beat(hours * 0.6 / len(acts), act)

    def _said(self) -> list[Callable[[], None]]:
        said = [self._progress(n, text) for n, text in enumerate(self.demand.progress, 1)]
        return said + [self._talk(*text.split(": ", 1)) for text in self.demand.talk]

    def _progress(self, number: int, text: str) -> Callable[[], None]:
        percent = 30 + 30 * number
        return lambda: self.dossier.stage.progress(self.dossier.case_id, self.dossier.engineer, text, percent)

    def _talk(self, who: str, text: str) -> Callable[[], None]:
        return lambda: self.dossier.stage.say(self.dossier.case_id, who, text)

    def _rated(self) -> Iterator[Beat]:
        one = self.demand
        if self._over() or one.ending == "deemed":
            return
        yield Beat(self._draw(0.6, 11.0), self.dossier.check, "rating")
        if one.grade:
            yield Beat(self._draw(0.4, 16.0), lambda: self.dossier.rate(one.grade, one.remark))


def _nothing() -> None:
    pass


def nearly_there(demand: Demand, *, criteria: tuple[str, ...]) -> Demand:
    """Return what is left of a demand that was accepted in part."""
    return replace(demand, title=f"余项：{demand.title}", criteria=criteria)


def habits(stage: Stage) -> list[tuple[datetime, Life]]:
    """Return what people do beside their cases: the desk reads its copies, everybody their notices."""
    return [(stage.begin, _reads_copies(stage, name, hour)) for name, hour in (("office", 9), ("office_b", 16))] + [
        (stage.begin, _reads_notices(stage))
    ]


def _reads_copies(stage: Stage, user_name: str, hour: int) -> Life:
    viewer = stage.viewer(user_name)
    for back in range(DAYS, 0, -1):
        yield stage.at(back, hour, stage.random.randint(2, 50), stage.random.randrange(60))
        unread = select(Copy.case_id).where(Copy.user_id == viewer.user_id, Copy.read_at.is_(None))
        waiting = db.session.scalars(unread.order_by(Copy.at)).all()
        db.session.rollback()
        for case_id in waiting:
            yield stage.now + timedelta(seconds=stage.random.randint(15, 70))
            with stage.act() as session:
                operations.mark_read(session, case_id, viewer, stage.now)


def _reads_notices(stage: Stage) -> Life:
    for back in (30, 20, 10, 5, 3, 2, 1):
        yield stage.at(back, 17, 12)
        stage.read_notices([one.user_name for one in people() if one.user_name != "vendor_a_left"])
