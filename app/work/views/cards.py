"""The cards of what one may begin: by category, favourites first, searched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import NotFound
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.processes.favourites import favourites_of, toggle_favourite
from app.processes.models import Process
from app.processes.rights import open_to
from app.web import permission
from app.web.i18n import locale
from app.work.pages.starts import Start
from app.work.pages.words import name_of
from app.work.views.blueprint import SEE_OTHER, bp, reading, runtime
from app.work.views.starting import starts_in

LONGEST = 60


@dataclass(frozen=True)
class Card:
    """One way to begin a case, as somebody sees it."""

    process: Process
    start: Start
    name: str
    title: str
    number: int
    favourite: bool

    def fits(self, text: str) -> bool:
        """Say whether the card holds every word of what somebody searches."""
        words = (self.name, self.title, self.process.slug, self.process.category, self.process.description)
        return all(any(part in word.lower() for word in words) for part in text.lower().split())


@bp.get("/start")
@permission("work.view")
def start() -> ResponseReturnValue:
    """Show what this person may begin, or what of it they search."""
    text = request.args.get("q", "").strip()[:LONGEST]
    cards = _cards(reading(), current_viewer())
    found = sorted(
        (one for one in cards if one.fits(text)),
        key=lambda one: (not one.favourite, one.process.category == "", one.process.category),
    )
    groups = [
        (favourite, category, list(lines))
        for (favourite, category), lines in groupby(
            found, key=lambda one: (one.favourite, "" if one.favourite else one.process.category)
        )
    ]
    return render_template("work/start.html", groups=groups, text=text, total=len(cards))


@bp.post("/start/<slug>/favourite")
@permission("work.view")
def favourite(slug: str) -> ResponseReturnValue:
    """Put a process at the top of one's start page, or take it from there."""
    viewer = current_viewer()
    if slug not in {one.process.slug for one in _cards(reading(), viewer)}:
        raise NotFound(N_("没有这个流程，或者它不归您发起。"))
    with transaction() as session:
        toggle_favourite(session, viewer.user_id, slug)
    return redirect(url_for("work.start", q=request.form.get("q") or None), SEE_OTHER)


def _cards(session: Session, viewer: Viewer) -> list[Card]:
    """Return the cards of the processes that this person may begin, suspended ones included."""
    loved = favourites_of(session, viewer.user_id)
    rows = session.scalars(select(Process).where(Process.running_version_id.is_not(None)).order_by(Process.id))
    open_ = [one for one in rows.all() if open_to(one, viewer)]
    return [card for process in open_ for card in _cards_of(session, process, viewer, loved)]


def _cards_of(session: Session, process: Process, viewer: Viewer, loved: frozenset[str]) -> list[Card]:
    bundle = runtime().library.bundle(session, process.running_version_id or 0)
    return [
        Card(process, one, name_of(process, locale()), name_of(one, locale()), bundle.number, process.slug in loved)
        for one in starts_in(bundle)
        if one.open_to(viewer)
    ]
