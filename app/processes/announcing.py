"""What becomes of proposals is told: to the ledger, to the people concerned, to the areas above."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.rules import Viewer
from app.processes.models import Proposal

ASKED = N_("%(who)s提出发布流程“%(name)s”，请您批准。")
AGREED = N_("%(who)s批准了流程“%(name)s”的发布。")
DECLINED = N_("%(who)s没有批准流程“%(name)s”的发布：%(reason)s")
CALLED_OFF = N_("%(who)s取消了流程“%(name)s”的发布：%(reason)s")
GAVE_UP = N_("流程“%(name)s”没有按时发布：%(reason)s")
RUNS = N_("流程“%(name)s”已按时发布，新办件从现在起用新版。")
Follower = Callable[[Session, Proposal], None]
# filled by create_app: who hears of every change of a proposal, inside its transaction
followers: set[Follower] = set()


def record(session: Session, proposal: Proposal, actor: Actor, kind: str, now: datetime) -> None:
    """Record what was done with a proposal in the house chain."""
    payload = {
        "proposal": proposal.id,
        "slug": proposal.slug,
        "digest": proposal.digest,
        "origin": proposal.origin,
        "note": proposal.note,
        "effective_at": proposal.effective_at,
        "reason": proposal.reason,
    }
    told = {name: value for name, value in payload.items() if value not in {None, ""}}
    append(session, "house", [Entry(f"processes:version:{kind}", actor, told)], now)


def ask(session: Session, proposal: Proposal, able: Collection[int], now: datetime) -> None:
    """Tell those who are able to approve a proposal that it waits for one of them."""
    values = {"who": proposal.proposed_by, "name": proposal.name}
    others = [one for one in able if one != proposal.proposed_by_id]
    notify(session, others, ASKED, values=values, url=_url(proposal), now=now)


def tell_proposer(session: Session, proposal: Proposal, viewer: Viewer | None, sentence: str, now: datetime) -> None:
    """Tell whoever proposed it what became of it; `viewer` decided, or nobody did."""
    if proposal.proposed_by_id is None:
        return
    values = {"who": viewer.name if viewer else "", "name": proposal.name, "reason": proposal.reason or ""}
    notify(session, [proposal.proposed_by_id], sentence, values=values, url=_url(proposal), now=now)


def tell_followers(session: Session, proposal: Proposal) -> None:
    """Let the areas above follow."""
    session.flush()
    for follow in followers:
        follow(session, proposal)


def _url(proposal: Proposal) -> str:
    return f"/studio/proposals/{proposal.id}"
