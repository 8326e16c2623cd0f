"""One article on the stage: who acts in it, and every act with the answers its form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from app.content.models import Article, ArticleVersion, SitePublishing
from app.content.operations import publishing, reports
from app.content.operations.articles import create_article, save_draft
from app.content.operations.submitting import hand_in
from app.content.queries import articles as queries
from app.db import db
from app.demo.city import REVIEWERS
from app.demo.stage import Stage
from app.files.jobs import store
from app.work import operations
from app.work.operations.transcribing import transcribe

OWN_REVIEWERS: Final = frozenset(code for code, _name in REVIEWERS)
PUBLISHER, SECOND_READER, CLERK = "publisher", "office_editor", "office"
CHECKS: Final[Mapping[str, Mapping[str, str]]] = {
    "review_1": {"wording": "yes", "format": "yes", "links": "yes", "names": "yes"},
    "review_2": {"facts": "yes", "basis": "yes", "placed": "yes", "worth": "yes"},
    "secrecy": {
        "openness": "open",
        "state_secret": "no",
        "work_secret": "no",
        "trade_secret": "no",
        "privacy": "no",
        "secrecy_basis": "《政府信息公开条例》第十九条",
    },
    "review_3": {"direction": "yes", "lawful": "yes", "timely": "yes"},
}
READ_WELL: Final = {"reads_words": "yes", "reads_names": "yes", "reads_links": "yes", "reads_layout": "yes"}


def editor_of(unit: str) -> str:
    """Return who writes for a unit."""
    return "editor" if unit == "housing" else f"{unit}_clerk"


def reviewer_of(level: str, unit: str) -> str:
    """Return who decides at a level of a unit's article; where the unit has nobody, the office does (提级)."""
    if level == "review_3":
        return "reviewer3"
    if unit == "housing":
        return {"review_1": "reviewer1", "review_2": "reviewer2"}.get(level, level)
    if level == "review_1" and unit in OWN_REVIEWERS:
        return f"{unit}_reviewer"
    return {"review_1": "office_reviewer1", "review_2": "office_reviewer2"}.get(level, "office_secrecy")


@dataclass
class Piece:
    """An article as its people handle it; `article_id` is known once it was begun, `case_id` once handed in."""

    stage: Stage
    unit: str
    column_id: int
    kind: str
    fields: dict[str, Any]
    author: str = ""
    article_id: int = field(default=0, init=False)
    case_id: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.author = self.author or editor_of(self.unit)

    def write(self) -> None:
        """Begin the article and write it."""
        who = self.stage.viewer(self.author)
        with self.stage.act() as session:
            found = create_article(session, who, self.column_id, self.kind, self.fields["title"], self.stage.now)
            self.article_id = found.id
            seen = queries.draft(session, found.id).row_version
            save_draft(session, who, found.id, {**self.fields, "byline": who.name}, seen, self.stage.now)

    def change(self, **fields: Any) -> None:
        """Change what is written."""
        with self.stage.act() as session:
            seen = queries.draft(session, self.article_id).row_version
            save_draft(session, self.stage.viewer(self.author), self.article_id, fields, seen, self.stage.now)

    def hand_in(self, note: str = "") -> None:
        """Hand it in, for the first time, after a return, or in the middle of its review."""
        who, key = self.stage.viewer(self.author), self.stage.key()
        with self.stage.act() as session:
            receipt = hand_in(session, self.stage.runtime, who, self.article_id, key, self.stage.now, note=note)
        self.case_id = receipt.case_id

    def open(self, level: str) -> None:
        """Open the article at a level, without deciding."""
        self.read(level, self.reviewer(level))

    def read(self, node: str, user_name: str) -> None:
        """Open a step."""
        item_id = self.stage.open_item(self.case_id, node)
        with self.stage.act() as session:
            operations.mark_opened(session, item_id, self.stage.viewer(user_name), self.stage.now)

    def decide(
        self, level: str, decision: str = "pass", opinion: str = "", read_for: timedelta = timedelta()
    ) -> None:
        """Decide at a level, after reading for so long."""
        answers = self.answers(level, decision, opinion)
        self.stage.do(self.case_id, self.reviewer(level), answers, level, read_for)

    def dictate(self, level: str) -> None:
        """Let the desk write down what the reviewer said on the telephone (代录)."""
        item_id, decider = self.stage.open_item(self.case_id, level), self.stage.viewer(self.reviewer(level))
        answers, now = self.answers(level, "pass", ""), self.stage.now
        with self.stage.act() as session:
            transcribe(
                session,
                self.stage.runtime,
                item_id,
                self.stage.viewer(CLERK),
                decider.user_id,
                answers,
                "phone",
                now - timedelta(minutes=6),
                None,
                self.stage.key(),
                now,
                note="在外开会，电话里听完全文，同意发布。",
            )

    def publish(self) -> None:
        """Publish it now, or on an outside platform, where the address is entered by hand."""
        with_address = {"page_url": f"https://platform.example/{self.unit}/{self.article_id}"}
        answers = {**(with_address if self._is_outside() else {}), "decision": "now"}
        self.stage.do(self.case_id, PUBLISHER, answers, "publish")
        self.stage.serve()

    def check_by_hand(self) -> None:
        """Look at a page that cannot be fetched back from here."""
        self.stage.do(
            self.case_id, PUBLISHER, {"seen_note": "打开网页逐段看过，一致。", "decision": "same"}, "check_by_hand"
        )

    def post_read(self) -> None:
        """Read it once more on its page."""
        self.stage.do(self.case_id, SECOND_READER, {**READ_WELL, "decision": "fine"}, "post_read")

    def needs_no_interpretation(self) -> None:
        """Say why a policy document is not explained."""
        note = "条文简短，办理程序已在通知里说明。"
        answers = {"interpretation_note": note, "reason": note, "decision": "not_needed"}
        self.stage.do(self.case_id, editor_of(self.unit), answers, "interpretation")

    def take_down(self, reason: str) -> None:
        """Take it off its site."""
        with self.stage.act() as session:
            publishing.take_down(session, self.stage.viewer(PUBLISHER), self.article_id, reason, self.stage.now)

    def report(self, words: str, remark: str) -> int:
        """Let a reader report a fault on its page; return the number of the report."""
        with self.stage.act() as session:
            article = session.get_one(Article, self.article_id)
            how = session.get_one(SitePublishing, article.site_id)
            seen = reports.Reported(f"/preview/{how.folder}/{article.path}", words, remark)
            return reports.report(session, store(), seen, self.stage.now, address="reader").id

    def reviewer(self, level: str) -> str:
        """Return who decides about it at a level."""
        return reviewer_of(level, self.unit)

    def answers(self, level: str, decision: str, opinion: str) -> dict[str, Any]:
        """Return what a level answers about the present version."""
        found: dict[str, Any] = {"seen": self.digest(), "decision": decision}
        if decision == "pass":
            found |= CHECKS[level]
        return {**found, "opinion": opinion} if opinion else found

    def digest(self) -> str:
        """Return the hash of what was handed in last."""
        article = db.session.get_one(Article, self.article_id, populate_existing=True)
        digest = db.session.get_one(ArticleVersion, article.version_id).digest
        db.session.rollback()
        return digest

    def _is_outside(self) -> bool:
        article = db.session.get_one(Article, self.article_id, populate_existing=True)
        how = db.session.get(SitePublishing, article.site_id)
        db.session.rollback()
        return how is not None and how.mode == "outside"
