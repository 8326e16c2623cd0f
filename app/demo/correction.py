"""One correction played to its end: a reader's report, down first, traced, mended, reviewed, out again, decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from app.content.operations import reports
from app.demo.newsroom import PUBLISHER, Piece
from app.demo.stage import Life

DECIDER: Final = "supervisor"
SHORT: Final = ("review_1", "review_3")
WRONG, RIGHT = "8000-2270", "8000-2207"


@dataclass
class Correction:
    """The correction of a published article; `case_id` is known once the report was taken up."""

    piece: Piece
    case_id: int = field(default=0, init=False)

    def take_up(self, report_id: int) -> None:
        """Take up the report."""
        stage = self.piece.stage
        with stage.act() as session:
            publisher = stage.viewer(PUBLISHER)
            self.case_id = reports.take_up(session, stage.runtime, publisher, report_id, stage.now).id

    def confirm(self) -> None:
        """Confirm that it is wrong, and graver than the rule says: the page goes down at once."""
        self._do(
            "confirm",
            PUBLISHER,
            {
                "seen": self.piece.digest(),
                "words": WRONG,
                "fault_kind": "facts",
                "severity_wish": "serious",
                "severity_reason": "错号是一户居民家里的电话，半天打进去三十多个，先撤下。",
                "confirm_note": "与文件原件核对，确有错",
                "decision": "confirm",
            },
        )

    def mend(self) -> None:
        """Mend the text and hand it in."""
        piece = self.piece
        piece.change(body=piece.fields["body"].replace(WRONG, RIGHT))
        note = f"咨询电话更正为 {RIGHT}。"
        answers = {"seen": piece.digest(), "correction_note": note, "decision": "submit"}
        self._do("fix", piece.author, answers)

    def passes(self, level: str) -> None:
        """Let a level of the short review pass it, after four minutes."""
        piece = self.piece
        answers = piece.answers(level, "pass", "号码已拨通核对。")
        self._do(level, piece.reviewer(level), answers, timedelta(minutes=4))
        piece.stage.serve()

    def state(self, user_name: str, words: str) -> None:
        """Let somebody who had a hand in it make a statement."""
        self._do("statement", user_name, {"statement": words, "decision": "submit"}, own=True)

    def decide(self, liable: str, words: str) -> None:
        """Let supervision decide who is responsible."""
        person = self.piece.stage.viewer(liable).user_id
        answers = {"liable": [person], "measure": "criticize", "decision_text": words, "decision": "decide"}
        self._do("decide_responsibility", DECIDER, answers)

    def _do(
        self,
        node: str,
        user_name: str,
        answers: Mapping[str, Any],
        read_for: timedelta = timedelta(),
        *,
        own: bool = False,
    ) -> None:
        self.piece.stage.do(self.case_id, user_name, answers, node, read_for, own=own)


def corrected(piece: Piece, statements: Mapping[str, str], decision: str) -> Life:
    """Play an article whose wrong telephone number five people let pass, five weeks ago, and all that followed."""
    at, correction = piece.stage.at, Correction(piece)
    yield at(24, 9, 6)
    piece.write()
    yield at(24, 9, 31)
    piece.hand_in()
    for level, hour in zip(("review_1", "review_2", "secrecy", "review_3"), (10, 11, 14, 15), strict=True):
        yield at(24, hour, 12)
        piece.open(level)
        yield at(24, hour, 14)
        piece.decide(level)
    yield at(24, 16, 30)
    piece.publish()
    yield at(23, 10, 5)
    piece.post_read()
    yield at(22, 9, 33)
    report = piece.report(WRONG, "我家的座机从昨天起不停有人问补贴，这个号码是我家的。")
    yield at(22, 9, 41)
    correction.take_up(report)
    yield at(22, 9, 52)
    correction.confirm()
    yield at(22, 10, 7)
    correction.mend()
    for level, minute in zip(SHORT, (19, 31), strict=True):
        yield at(22, 10, minute)
        correction.passes(level)
    for number, (who, words) in enumerate(statements.items()):
        yield at(21 - number // 3, 9 + number % 3, 24)
        correction.state(who, words)
    yield at(18, 10, 20)
    correction.decide(piece.reviewer("review_1"), decision)
