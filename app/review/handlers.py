"""Topics of multi-level review; each only writes, so each runs inside the completing transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.i18n import N_
from app.review.operations import levels
from app.review.operations.denying import deny
from app.review.operations.levels import Review, review_of
from app.work.runtime import Call, Denial, Runtime, Topic

Result = Mapping[str, Any]
Written = TypeVar("Written", Result, Result | None)


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of the review process to the machinery, and what a denied pass undoes."""

    def begin(session: Session, call: Call) -> Result:
        return levels.open_review(_review(session, call), _level_names(session, runtime, call))

    next_, record = levels.choose_level, levels.record_decision
    for topic in (
        Topic("review.open", begin, title=N_("开始审核"), foresee=_with(levels.foresee_opening)),
        Topic("review.next", _with(next_), title=N_("定下一级和审核人"), foresee=_with(levels.foresee_level)),
        Topic("review.record", _with(record), title=N_("记下这一级的结果"), foresee=_with(levels.foresee_decision)),
        Topic("review.void", _voided, title=N_("内容改过，前面的通过作废")),
        Topic("review.seal", _with(levels.seal), title=N_("各级通过，封存"), foresee=_sealed),
    ):
        runtime.add_topic(topic)

    def denied(session: Session, denial: Denial) -> None:
        deny(session, runtime, denial)

    runtime.denials.append(denied)


def _with(act: Callable[[Review], Written]) -> Callable[[Session, Call], Written]:
    return lambda session, call: act(_review(session, call))


def _sealed(_session: Session, call: Call) -> Result | None:
    """Foresee a seal: a page looks ahead only when all levels are taken for passed."""
    return {"outcome": "passed"} if call.data.get("level") == "done" else None


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
