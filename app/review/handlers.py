"""Topics of multi-level review; each only writes, so each runs inside the completing transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.i18n import N_
from app.review.operations import levels
from app.review.operations.levels import Review, review_of
from app.work.runtime import Call, Runtime, Topic

Result = Mapping[str, Any]


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of the review process to the machinery."""

    def begin(session: Session, call: Call) -> Result:
        return levels.open_review(_review(session, call), _level_names(session, runtime, call))

    for name, record, title in (
        ("open", begin, N_("开始审核")),
        ("next", _with(levels.choose_level), N_("定下一级和审核人")),
        ("record", _with(levels.record_decision), N_("记下这一级的结果")),
        ("void", _voided, N_("内容改过，前面的通过作废")),
        ("seal", _with(levels.seal), N_("各级通过，封存")),
    ):
        runtime.add_topic(Topic(f"review.{name}", record, title=title))


def _with(act: Callable[[Review], Result]) -> Callable[[Session, Call], Result]:
    return lambda session, call: act(_review(session, call))


def _voided(session: Session, call: Call) -> Result:
    levels.void_stale(_review(session, call))
    return {}


def _review(session: Session, call: Call) -> Review:
    return review_of(session, call.case, call.data, call.now)


def _level_names(session: Session, runtime: Runtime, call: Call) -> dict[str, str]:
    """Return what the diagram calls its levels."""
    case = call.case
    nodes = runtime.library.bundle(session, case.version_id, case.called).definition.nodes
    return {node.id.rpartition(":")[2]: node.name for node in nodes.values()}
