"""The work order (工单) as one A4 sheet: facts, steps with receipts, attachments, room for signature and seal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.web.i18n import gettext, locale
from app.work.models import WorkItem
from app.work.pages.charged import Charged
from app.work.pages.header import Header
from app.work.pages.records import Line
from app.work.pages.sections import Section
from app.work.pages.words import name_of, priority_word, round_word
from app.work.queries.casefile import Attachment, CaseFile

PRINTED = frozenset(
    {"work:item:completed", "work:decision:made", "work:timer:fired", "work:message:sent", "work:item:transferred"}
)
IN_FACTS = frozenset({"title", "site", "priority"})


@dataclass(frozen=True)
class PrintedFile:
    """One attachment with the first characters of its fingerprint."""

    name: str
    size: int
    digest: str
    step: str


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet."""

    title: str
    number: str
    facts: tuple[tuple[str, str], ...]
    asked: tuple[Section, ...]
    steps: tuple[Line, ...]
    files: tuple[PrintedFile, ...]
    check: str
    records: int
    due: datetime | None


def sheet_of(
    file: CaseFile,
    header: Header,
    charged: Charged,
    records: Sequence[Line],
    asked: Sequence[Section],
    *,
    process: str,
    check: tuple[str, int] | None,
    item: WorkItem | None,
) -> Sheet:
    """Return the sheet of a case, or of one of its steps."""
    current = header.facts[0].value if file.case.status == "running" and file.open else ""
    due = item.due_at if item else _due(file)
    facts = (
        (gettext("提出"), f"{file.people.starter_unit} {file.people.starter}"),
        (gettext("承办"), file.people.vendor or "—"),
        (gettext("优先级"), priority_word(file.case.priority)),
        (gettext("状态"), " ".join(filter(None, (header.seal.text, current)))),
        (gettext("站点"), file.people.site or "—"),
        (gettext("计时归属"), charged.line() or "—"),
    )
    name = " ".join(filter(None, (name_of(item, locale()), round_word(item.round)))) if item else ""
    return Sheet(
        title=gettext("%(process)s工单", process=process) if item is None else name,
        number=file.case.number,
        facts=facts,
        asked=tuple(_without_facts(section) for section in asked),
        steps=tuple(_steps(records, item)),
        files=tuple(_file(one) for one in file.files if item is None or one.item.id == item.id),
        check=check_code(check),
        records=check[1] if check else 0,
        due=due,
    )


def _without_facts(section: Section) -> Section:
    """Leave out what the facts above say already."""
    return replace(section, fields=tuple(field for field in section.fields if field.key not in IN_FACTS))


def _due(file: CaseFile) -> datetime | None:
    if file.handling is not None and file.handling.paused_at is None:
        return file.handling.due
    return min((one.due_at for one in file.open if one.due_at is not None), default=None)


def _steps(records: Iterable[Line], item: WorkItem | None) -> list[Line]:
    """Return the steps in order of time; of one item's sheet those up to its own record."""
    last = item.receipt_seq if item else None
    oldest_first = sorted((one for one in records if one.kind in PRINTED), key=lambda one: one.seq)
    return [one for one in oldest_first if last is None or one.seq <= last]


def _file(attachment: Attachment) -> PrintedFile:
    upload, item = attachment.upload, attachment.item
    step = " ".join(filter(None, (name_of(item, locale()), str(item.round) if item.round > 1 else "")))
    return PrintedFile(upload.name, upload.size, upload.digest, step)


def check_code(head: tuple[str, int] | None) -> str:
    """Return the first characters of the chain's last hash: the same until another record follows."""
    if head is None:
        return "—"
    shown = head[0][:16].upper()
    return "-".join(shown[start : start + 4] for start in range(0, len(shown), 4))
