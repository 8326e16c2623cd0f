"""Change the word lists and the list of leaders; each change is on record with who and what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.checks import BLOCK, WARN
from app.content.models import Leader, Term
from app.content.seeds import shipped
from app.errors import Invalid, NotFound, Refused
from app.files.rules import read_csv
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.rules import Viewer
from app.work.operations.act import person

LISTS: Final = {"wrong": N_("错别字"), "sensitive": N_("敏感词"), "secret": N_("密级标志")}
MAX_WORD, MAX_ROWS, MAX_NAME, MAX_TITLE = 80, 50_000, 40, 120
NO_LIST = N_("没有这张词表。")
NO_WORD = N_("写上要找的词，不超过 80 个字。")
NO_LEVEL = N_("选“必须处理”或“请留意”。")
SAME = N_("建议的写法和要找的词一样。")
THERE = N_("“%(word)s”已经在表里。")
TOO_MANY = N_("一次最多导入 50 000 行。")
EMPTY_FILE = N_("文件里没有可以导入的词。第一列写词，第二列写建议的写法。")
NO_NAME = N_("写上姓名，不超过 40 个字。")
NO_TITLE = N_("写上职务，不超过 120 个字。")
NAME_THERE = N_("名单里已经有“%(name)s”。")


@dataclass(frozen=True)
class Imported:
    """How many words of a file were new, changed, and already there."""

    new: int
    changed: int
    same: int


@dataclass(frozen=True)
class Entered:
    """A word as somebody typed it."""

    text: str
    suggestion: str = ""
    level: str = BLOCK
    note: str = ""
    basis: str = ""

    def tidied(self) -> Entered:
        """Return it without blanks around; raise Invalid with a sentence for each field that is wrong."""
        neat = Entered(*(value.strip() for value in (self.text, self.suggestion, self.level, self.note, self.basis)))
        errors = {}
        if not 0 < len(neat.text) <= MAX_WORD:
            errors["text"] = NO_WORD
        if neat.level not in {BLOCK, WARN}:
            errors["level"] = NO_LEVEL
        if neat.text and neat.text == neat.suggestion:
            errors["suggestion"] = SAME
        if errors:
            raise Invalid(fields=errors)
        return neat


def add_term(session: Session, viewer: Viewer, list_: str, entered: Entered, now: datetime) -> Term:
    """Add a word to a list; one that was taken out before comes back."""
    _require(viewer, list_)
    neat = entered.tidied()
    found = _stored(session, list_, neat.text)
    if found is not None and found.disabled_at is None:
        raise Invalid(fields={"text": THERE % {"word": neat.text}})
    term = _write(session, found, list_, neat, viewer.name, now)
    _note(session, person(viewer), "content:term:added", {"list": list_, **_facts(neat)}, now)
    return term


def change_term(session: Session, viewer: Viewer, term_id: int, entered: Entered, now: datetime) -> Term:
    """Change what is said about a word; the word itself stays."""
    term = _term(session, viewer, term_id)
    neat = Entered(term.text, entered.suggestion, entered.level, entered.note, entered.basis).tidied()
    before = {name: getattr(term, name) for name in ("suggestion", "level", "note", "basis")}
    _write(session, term, term.list, neat, viewer.name, now)
    payload = {"list": term.list, "text": term.text, "before": before, "after": _facts(neat)}
    _note(session, person(viewer), "content:term:changed", payload, now)
    return term


def remove_term(session: Session, viewer: Viewer, term_id: int, now: datetime) -> Term:
    """Take a word out of its list; findings of the past keep their words."""
    term = _term(session, viewer, term_id)
    term.disabled_at = term.changed_at = now
    term.changed_by = viewer.name
    _note(session, person(viewer), "content:term:removed", {"list": term.list, "text": term.text}, now)
    return term


def import_terms(session: Session, viewer: Viewer, list_: str, data: bytes, now: datetime) -> Imported:
    """Add and change words by a table: word, suggestion, level (block, warn), note, basis; words not in it stay."""
    _require(viewer, list_)
    rows = list(_rows(data))
    known = {one.text: one for one in session.scalars(select(Term).where(Term.list == list_))}
    counts = {"new": 0, "changed": 0, "same": 0}
    for neat in {row.text: row for row in rows}.values():
        stored = known.get(neat.text)
        kind = _compare(stored, neat)
        counts[kind] += 1
        if kind != "same":
            _write(session, stored, list_, neat, viewer.name, now)
    _note(session, person(viewer), "content:terms:imported", {"list": list_, **counts}, now)
    return Imported(**counts)


def save_leader(session: Session, viewer: Viewer, name: str, title: str, position: int, now: datetime) -> Leader:
    """Put a leader on the list or change title and place; the place counts from 1."""
    _require(viewer, "wrong")
    name, title = name.strip(), title.strip()
    errors = {"name": NO_NAME} if not 0 < len(name) <= MAX_NAME else {}
    errors |= {"title": NO_TITLE} if not 0 < len(title) <= MAX_TITLE else {}
    if errors:
        raise Invalid(fields=errors)
    leader = session.scalar(select(Leader).where(Leader.name == name)) or Leader(name=name)
    leader.title, leader.position, leader.disabled_at = title, max(position, 1), None
    leader.changed_at, leader.changed_by = now, viewer.name
    session.add(leader)
    session.flush()
    _note(session, person(viewer), "content:leader:saved", {"name": name, "title": title, "position": position}, now)
    return leader


def remove_leader(session: Session, viewer: Viewer, leader_id: int, now: datetime) -> None:
    """Take a leader off the list."""
    _require(viewer, "wrong")
    leader = session.get(Leader, leader_id)
    if leader is None or leader.disabled_at is not None:
        raise NotFound
    leader.disabled_at = leader.changed_at = now
    leader.changed_by = viewer.name
    _note(session, person(viewer), "content:leader:removed", {"name": leader.name}, now)


def establish_lists(session: Session, actor: Actor, now: datetime) -> None:
    """Give a new database the lists that come with the product: common wrong words, marks of classification."""
    words = [(list_, entered) for list_, table in shipped() for entered in _rows(table)]
    for list_, entered in words:
        _write(session, None, list_, entered, N_("安装程序"), now, flush=False)
    session.flush()
    _note(session, actor, "content:terms:established", {"count": len(words)}, now)


def _rows(data: bytes) -> Iterator[Entered]:
    rows = read_csv(data)
    if len(rows) > MAX_ROWS:
        raise Invalid(TOO_MANY)
    words = [row for row in _without_head(rows) if row and row[0].strip()]
    if not words:
        raise Invalid(EMPTY_FILE)
    for row in words:
        text, better, level, note, basis = (*row, "", "", "", "")[:5]
        chosen = level.strip() if level.strip() in {BLOCK, WARN} else BLOCK
        yield Entered(text[:MAX_WORD], better, chosen, note, basis).tidied()


def _without_head(rows: Sequence[Sequence[str]]) -> Iterable[Sequence[str]]:
    return rows[1:] if rows and rows[0] and rows[0][0].strip() in {"词", "word", "text"} else rows


def _compare(stored: Term | None, neat: Entered) -> str:
    if stored is None or stored.disabled_at is not None:
        return "new"
    same = (stored.suggestion, stored.level, stored.note, stored.basis)
    return "same" if same == (neat.suggestion, neat.level, neat.note, neat.basis) else "changed"


def _write(
    session: Session, stored: Term | None, list_: str, neat: Entered, by: str, now: datetime, *, flush: bool = True
) -> Term:
    term = stored or Term(list=list_, text=neat.text)
    term.suggestion, term.level, term.note, term.basis = neat.suggestion, neat.level, neat.note, neat.basis
    term.changed_at, term.changed_by, term.disabled_at = now, by, None
    session.add(term)
    if flush:
        session.flush()
    return term


def _stored(session: Session, list_: str, text: str) -> Term | None:
    return session.scalar(select(Term).where(Term.list == list_, Term.text == text))


def _term(session: Session, viewer: Viewer, term_id: int) -> Term:
    term = session.get(Term, term_id)
    if term is None or term.disabled_at is not None:
        raise NotFound
    _require(viewer, term.list)
    return term


def _require(viewer: Viewer, list_: str) -> None:
    if not viewer.may("content.manage"):
        raise Refused
    if list_ not in LISTS:
        raise NotFound(NO_LIST)


def _facts(neat: Entered) -> dict[str, Any]:
    return {"text": neat.text, "suggestion": neat.suggestion, "level": neat.level, "note": neat.note}


def _note(session: Session, actor: Actor, kind: str, payload: dict[str, Any], now: datetime) -> None:
    append(session, "house", [Entry(kind, actor, payload)], now)
