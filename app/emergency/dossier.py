"""The dossier (处置档案) of an emergency: facts, and tables of everything on record; drawn as a page and as a PDF.

The timeline holds every record of the case that the reader may see, so that it equals the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.emergency import dossier_tables as tables
from app.emergency.dossier_tables import NONE, Table, grade_word
from app.emergency.models import Emergency
from app.emergency.queries import calls_of, grades_of, log_of, reports_of
from app.emergency.rules import ENDINGS, KINDS, minutes_between
from app.i18n import N_
from app.web.filters import instant
from app.web.i18n import gettext
from app.work.pages.prints import check_code
from app.work.pages.records import LIMITS, Line
from app.work.pages.sections import Section
from app.work.queries.casefile import CaseFile, head_of

GOES_ON: Final = N_("进行中")


@dataclass(frozen=True)
class Dossier:
    """Everything that is printed about one emergency. `chain_end` is the hash the chain ended with then."""

    title: str
    number: str
    drill: bool
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    check: str
    chain_end: str
    records: int
    limits: tuple[str, ...]


def dossier_of(
    session: Session, emergency: Emergency, file: CaseFile, lines: Sequence[Line], sections: Iterable[Section]
) -> Dossier:
    """Put the dossier together from rows and ledger, as this reader may see them."""
    head, reports = head_of(session, file.case.id), reports_of(session, emergency.id)
    return Dossier(
        title=file.case.title,
        number=file.case.number,
        drill=emergency.drill,
        facts=(*_facts(emergency, file), *_instants(emergency)),
        tables=(
            tables.targets(emergency, file, reports),
            tables.grades(grades_of(session, emergency.id)),
            tables.timeline(lines, file.records),
            tables.calls(calls_of(session, emergency.id)),
            tables.reports(reports),
            tables.log(log_of(session, emergency.id)),
            *tables.injects(session, emergency),
            tables.answers(sections, file.done),
            tables.files(file.files),
        ),
        check=check_code((head.hash, head.seq) if head else None),
        chain_end=f"{head.algorithm} {head.hash}" if head else NONE,
        records=head.seq if head else 0,
        limits=_limits(file),
    )


def _facts(emergency: Emergency, file: CaseFile) -> list[tuple[str, str]]:
    version = emergency.version
    return [
        (gettext("性质"), gettext("演练") if emergency.drill else gettext("真实事件")),
        (gettext("种类"), gettext(KINDS[emergency.kind])),
        (gettext("站点"), emergency.site.name if emergency.site else NONE),
        (gettext("报告人"), " ".join(filter(None, (file.people.starter_unit, file.people.starter)))),
        (gettext("报告内容"), emergency.told),
        (gettext("预案"), gettext("%(name)s 第 %(number)s 版", name=emergency.plan.name, number=version.number)),
        (gettext("预案指纹"), version.digest),
        (gettext("级别"), grade_word(emergency.grade)),
        (gettext("结果"), gettext(ENDINGS.get(emergency.outcome, GOES_ON))),
    ]


def _instants(emergency: Emergency) -> list[tuple[str, str]]:
    """Return when it began, and when each stage was reached with the minutes since the alarm."""
    stages = (
        (N_("确认事件"), emergency.confirmed_at),
        (N_("先行控制"), emergency.contained_at),
        (N_("指挥启动"), emergency.activated_at),
        (N_("恢复运行"), emergency.restored_at),
        (N_("响应结束"), emergency.closed_at),
    )
    return [
        (gettext("报警（T0）"), instant(emergency.began_at)),
        *((gettext(name), _since(emergency.began_at, at)) for name, at in stages),
    ]


def _since(began: datetime, at: datetime | None) -> str:
    if at is None:
        return NONE
    return gettext("%(time)s（T0 后 %(count)s 分钟）", time=instant(at), count=minutes_between(began, at))


def _limits(file: CaseFile) -> tuple[str, ...]:
    hidden = file.hidden_records
    left_out = [gettext("另有 %(count)s 条记录不归您看，没有印出。", count=hidden)] if hidden else []
    return (*left_out, gettext(LIMITS))
