"""A comparison as the pages show it: sentences in the reader's language, lines by section, the table to print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.deadlines.rules import Limit
from app.errors import UserError
from app.i18n import N_, Listed, Sentence
from app.processes.source import Source
from app.studio.comparing import Change, Comparison, Said, compare
from app.studio.comparing.change import FORMS, GRAPH, PROPERTIES, TABLES
from app.web.i18n import gettext
from app.work.pages.words import limit_word

TITLES: Mapping[str, str] = {
    GRAPH: N_("流程图"),
    PROPERTIES: N_("环节的设置"),
    FORMS: N_("表单"),
    TABLES: N_("决策表"),
}
HOW: Mapping[str, str] = {"added": N_("新增"), "removed": N_("删去"), "changed": N_("修改")}


@dataclass(frozen=True)
class Line:
    """One difference in words."""

    key: str
    how: str
    word: str
    subject: str
    label: str
    old: str | None
    new: str | None
    element: str | None
    details: tuple[tuple[str, str], ...]
    reason: str

    @property
    def before(self) -> str:
        """Return the left cell of the table of amendments."""
        return "" if self.old is None and self.how == "added" else self.old or "—"

    @property
    def after(self) -> str:
        """Return the right cell of the table of amendments, with what an added thing brings along."""
        told = gettext("；").join(f"{label}{gettext('：')}{value}" for label, value in self.details)
        if self.how == "removed":
            return gettext("（删去）")
        return (self.new or "—") + (gettext("（%(text)s）", text=told) if told else "")


@dataclass(frozen=True)
class Differences:
    """A comparison in words, or the sentence that says why there is none."""

    sections: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    moved: int = 0
    count: int = 0
    rewritten: bool = False
    problem: str = ""
    old_marks: Mapping[str, str] | None = None
    new_marks: Mapping[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs that a person can see."""
        return not self.count and not self.moved and not self.problem

    @property
    def lines(self) -> list[Line]:
        """Return all lines in the order of reading."""
        return [line for _title, lines in self.sections for line in lines]


def differences(old: Source, new: Source, reasons: Mapping[str, Any]) -> Differences:
    """Return what differs, in words; a text that cannot be read is said, not raised."""
    try:
        return worded(compare(old, new), reasons)
    except UserError as error:
        problems = getattr(error, "problems", ())
        told = [gettext(one.message, **one.values) for one in problems] or [gettext(error.message, **error.values)]
        return Differences(problem=" ".join(told))


def worded(found: Comparison, reasons: Mapping[str, Any]) -> Differences:
    """Write a comparison in the reader's language."""
    sections = tuple(
        (gettext(title), tuple(_line(change, reasons) for change in found.of(section)))
        for section, title in TITLES.items()
    )
    return Differences(
        sections=tuple(one for one in sections if one[1]),
        moved=len(found.moved),
        count=len(found.changes),
        rewritten=found.only_written_differently,
        old_marks=found.marks(of_old=True),
        new_marks=found.marks(of_old=False),
    )


def say(words: Any) -> str:
    """Return words in the reader's language: a sentence with values, a row of words, a limit, or a text as it is."""
    if isinstance(words, Said):
        return gettext(words.message, **{name: say(value) for name, value in words.values.items()})
    if isinstance(words, Limit):
        return limit_word(words)
    if isinstance(words, Listed):
        return gettext("、").join(say(one) for one in words)
    return gettext(words) if isinstance(words, Sentence) else str(words)


def _line(change: Change, reasons: Mapping[str, Any]) -> Line:
    return Line(
        key=change.key,
        how=change.how,
        word=gettext(HOW[change.how]),
        subject=say(change.subject),
        label=say(change.label),
        old=None if change.old is None else say(change.old),
        new=None if change.new is None else say(change.new),
        element=change.element,
        details=tuple((say(label), say(value)) for label, value in change.details),
        reason=str(reasons.get(change.key) or ""),
    )
