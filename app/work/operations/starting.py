"""Start a case: number, first engine step, first form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.engine import Advance
from app.errors import NotFound, Refused
from app.i18n import N_
from app.ledger import Actor, Entry
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.processes.rights import refuse_start
from app.sql import Prepared, held, write_back
from app.work.models import Case, NumberSeries, WorkItem
from app.work.operations.act import Act, environment, person
from app.work.operations.advance import settle
from app.work.operations.cases import Receipt, complete, receipt_of, refuse_unless_holder
from app.work.operations.items import open_item
from app.work.runtime import Runtime

DEFAULT_SERIES = "GJ"
Series = tuple[str, int]  # its name and the last number given out
# built once: every start passes here
_STARTED = Prepared(select(Case.id).where(Case.start_key == bindparam("key")))
_NUMBERS, _PARTIES = NumberSeries.metadata.tables["number_series"], NumberSeries.metadata.tables["party"]
_LAST = Prepared(select(_NUMBERS.c.last).where(_NUMBERS.c.name == bindparam("series")).with_for_update())
_COUNT = Prepared(update(_NUMBERS).where(_NUMBERS.c.name == bindparam("series")))
_JOIN = Prepared(insert(_PARTIES))
_CASES = Case.metadata.tables["case_file"]
_NEW = Prepared(insert(_CASES).returning(_CASES.c.id))
_EMPTY = tuple(column.key for column in _CASES.c if column.nullable)


def start_case(
    session: Session,
    runtime: Runtime,
    slug: str,
    starter: Viewer,
    answers: Mapping[str, Any],
    key: str,
    now: datetime,
    *,
    data: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    parent_id: int | None = None,
) -> Receipt:
    """Start a case of the running version of `slug` and complete its first form with `answers`.

    The same `key` again returns the stored receipt. `data` are the token's first values, for example the channel.
    Raise Refused when the first step is somebody else's: such a case is opened with `open_case`. Raise Suspended
    while the process starts no case, Refused for people its start rights leave out.
    """
    bundle = runtime.library.running(session, slug)
    series = _lock_series(session, bundle, now)
    stored = _started(session, key)
    if stored is not None:
        return _stored_start(session, stored)
    refuse_start(session, slug, starter, by_hand=parent_id is None)
    act, first = _begin(session, runtime, bundle, starter, key, now, series, data or {}, actor, parent_id)
    form = next((one for one in first.opened if one.wait == "person"), None)
    if form is None:
        raise Refused(N_("这个流程不能从表单发起。"))
    item = held(session, WorkItem, open_item(act, form))
    refuse_unless_holder(session, item, starter)
    others = tuple(one for one in first.opened if one is not form)
    return complete(act, item, starter, answers, key, [replace(first, opened=others)])


def open_case(
    session: Session,
    runtime: Runtime,
    slug: str,
    starter: Viewer,
    data: Mapping[str, Any],
    key: str,
    now: datetime,
    *,
    actor: Actor | None = None,
    business_key: str | None = None,
) -> Case:
    """Start a case of the running version of `slug` with `data` and complete nothing yet.

    The same `key` again returns the case it started. Refused as `start_case` is.
    """
    bundle = runtime.library.running(session, slug)
    series = _lock_series(session, bundle, now)
    stored = _started(session, key)
    if stored is not None:
        return stored
    refuse_start(session, slug, starter)
    act, first = _begin(session, runtime, bundle, starter, key, now, series, data, actor, None)
    with session.no_autoflush:
        act.case.business_key = business_key
        payload = {"version": bundle.number, "data": dict(data), "business_key": business_key}
        act.note(Entry("work:case:opened", act.actor, payload, case_id=act.case.id))
        settle(act, [first])
    write_back(session, act.case)
    return act.case


def _started(session: Session, key: str) -> Case | None:
    """Return the case this key started; asked under the series' lock, which the first one held until its commit."""
    found = _STARTED.run(session, key=key).scalar()
    return None if found is None else session.get_one(Case, found)


def _begin(
    session: Session,
    runtime: Runtime,
    bundle: Bundle,
    starter: Viewer,
    key: str,
    now: datetime,
    series: Series,
    data: Mapping[str, Any],
    actor: Actor | None,
    parent_id: int | None,
) -> tuple[Act, Advance]:
    called = runtime.library.pins(session, bundle.version_id)
    bundle = runtime.library.bundle(session, bundle.version_id, called)
    case = _new_case(session, bundle, called, starter, key, now, series, parent_id)
    env = environment(session, case, bundle, now, dict)
    live, first = runtime.engine.start(bundle.definition, dict(data), {}, env)
    act = Act(session, runtime, case, bundle, live, actor or person(starter), now, fresh=True)
    act.keep_live()
    _JOIN.owe(session, case_id=case.id, unit_id=starter.unit_id, side="client", since=now)
    return act, first


def _new_case(
    session: Session,
    bundle: Bundle,
    called: Mapping[str, int],
    starter: Viewer,
    key: str,
    now: datetime,
    series: Series,
    parent_id: int | None,
) -> Case:
    values = dict.fromkeys(_EMPTY) | {
        "number": _next_number(session, series),
        "process_id": bundle.process_id,
        "version_id": bundle.version_id,
        "slug": bundle.slug,
        "title": bundle.definition.name,
        "summary": [],
        "status": "running",
        "priority": "normal",
        "starter_id": starter.user_id,
        "starter_name": starter.name,
        "starter_unit_id": starter.unit_id,
        "start_key": key,
        "parent_id": parent_id,
        "opened_at": now,
        "header": {},
        "called": dict(called),
        "failures": 0,
        "drill": False,
        "row_version": 1,
    }
    return held(session, Case, {"id": _NEW.run(session, **values).scalar_one(), **values})


def _lock_series(session: Session, bundle: Bundle, now: datetime) -> Series:
    """Return the series of this process and year, locked until the commit; the year's first use creates it."""
    prefix = bundle.definition.properties.get("number", DEFAULT_SERIES)
    name = f"{prefix}-{clock.local(now).year}"
    last = _LAST.run(session, series=name).scalar()
    if last is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(NumberSeries(name=name, last=0))
        last = _LAST.run(session, series=name).scalar_one()
    return name, last


def _next_number(session: Session, series: Series) -> str:
    """Take the next number of a series, for example `RW-2026-0001`."""
    name, last = series
    _COUNT.owe(session, series=name, last=last + 1)
    return f"{name}-{last + 1:04d}"


def _stored_start(session: Session, case: Case) -> Receipt:
    item = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id).order_by(WorkItem.id)).first()
    if item is None:
        raise NotFound
    return receipt_of(case, item, repeated=True)
