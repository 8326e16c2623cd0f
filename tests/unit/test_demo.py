"""What is written for the demo, its files, its end and its progress bar."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from app.clock import ZONE
from app.deadlines.rules import Calendar
from app.demo import files
from app.demo.city import DEPARTMENTS, people
from app.demo.loading import Progress, last_morning
from app.demo.texts import CONTENT, Demand, demands, read_demand, story_demands
from app.files.rules import check, is_clean_picture, read_csv

HANDBOOK = Path(__file__).parents[2] / "docs" / "demo.zh.md"
PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
ADDRESS = re.compile(r"https?://([^/\s]+)")
CALENDAR = Calendar(
    holidays=frozenset({date(2026, 10, 1), date(2026, 10, 2)}), makeup_days=frozenset({date(2026, 10, 10)})
)


def everything() -> list[Demand]:
    """Return all demands of the demo."""
    return [*demands(), *story_demands().values()]


def sentences(one: Demand) -> Iterator[str]:
    """Return every text of a demand that a screen may show."""
    yield from (one.title, one.wanted, one.restatement, one.result, one.remark, one.reason)
    yield from (*one.progress, *one.rework, *one.ask, *one.refuse, *one.returned, *one.talk)
    if one.change:
        yield one.change.done


def test_there_are_about_120_demands_and_the_written_stories() -> None:
    """The demo has about 120 demands beside at least ten written stories."""
    assert 100 <= len(demands()) <= 130
    assert len(story_demands()) >= 10


def test_no_sentence_is_written_twice() -> None:
    """Two cases never share a title, an explanation, a result or a remark."""
    counted = Counter(text for one in everything() for text in sentences(one) if text)
    assert [text for text, count in counted.items() if count > 1] == []


def test_every_demand_fits_its_form_and_its_unit() -> None:
    """Titles fit the form's sixty characters, sites exist, criteria are one to four lines."""
    sites = {code: len(names) for code, _name, _name_en, names in DEPARTMENTS}
    for one in everything():
        assert 0 < len(one.title) <= 60, one.title
        assert 1 <= one.site <= sites[one.unit], one.title
        assert 1 <= len(one.criteria) <= 4, one.title
        assert one.priority in {"urgent", "high", "normal", "low"}, one.title


def test_all_contents_are_invented() -> None:
    """No telephone number that could be somebody's, no address outside .example, no name twice in the city."""
    for one in everything():
        for text in sentences(one):
            assert not PHONE.search(text), text
            assert all(host.endswith(".example") for host in ADDRESS.findall(text)), text
    for text in (CONTENT / "emergencies.toml").read_text("utf-8").splitlines():
        assert not PHONE.search(text), text
        assert all(host.endswith(".example") for host in ADDRESS.findall(text)), text
    names = [person.name for person in people()]
    assert len(names) == len(set(names))


def test_the_handbook_names_stories_that_exist() -> None:
    """Every title in the handbook's table of stories is the title of a case of the demo."""
    titles = {one.title for one in everything()}
    rows = [line.split("|") for line in HANDBOOK.read_text("utf-8").splitlines() if line.startswith("|")]
    named = [row[2].strip() for row in rows[2:]]
    assert len(named) == 10
    assert set(named) <= titles


def test_an_unknown_key_in_the_contents_is_refused() -> None:
    """A misspelt key of the written content does not pass unnoticed."""
    with pytest.raises(TypeError, match="resutl"):
        read_demand({"title": "一件事", "resutl": "办好了"})


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (datetime(2026, 11, 19, 15, 0, tzinfo=ZONE), datetime(2026, 11, 19, 10, 24, tzinfo=ZONE)),
        (datetime(2026, 11, 19, 10, 23, tzinfo=ZONE), datetime(2026, 11, 18, 10, 24, tzinfo=ZONE)),
        (datetime(2026, 11, 22, 6, 0, tzinfo=ZONE), datetime(2026, 11, 20, 10, 24, tzinfo=ZONE)),
        (datetime(2026, 10, 4, 12, 0, tzinfo=ZONE), datetime(2026, 9, 30, 10, 24, tzinfo=ZONE)),
        (datetime(2026, 10, 11, 12, 0, tzinfo=ZONE), datetime(2026, 10, 10, 10, 24, tzinfo=ZONE)),
    ],
)
def test_the_demo_ends_on_the_newest_working_morning(today: datetime, end: datetime) -> None:
    """The demo ends at 10:24 of the newest working day that is not in the future, holidays and 调休 respected."""
    assert last_morning(today, CALENDAR) == end


def test_the_demos_files_are_what_their_names_say() -> None:
    """Pictures may be shown in the browser, tables open without garbled signs, texts are texts."""
    for good in (True, False):
        picture = io.BytesIO(files.page_picture(7, good=good))
        assert check(picture, "改后.png") == "image/png"
        assert is_clean_picture(picture, "image/png")
    table = files.table(("序号", "验收标准"), [("1", "三个附件都能下载")])
    assert check(io.BytesIO(table), "核对.csv") == "text/csv"
    assert read_csv(table) == [["序号", "验收标准"], ["1", "三个附件都能下载"]]
    assert check(io.BytesIO(files.text(["补充材料"])), "补充.txt") == "text/plain"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_progress_is_one_line_on_a_terminal_and_sentences_elsewhere() -> None:
    """A terminal sees one line that grows; a log gets one sentence every ten per cent."""
    said: list[str] = []
    quiet, terminal = Progress(said.append, io.StringIO()), Terminal()
    bar = Progress(said.append, terminal)
    for percent in (0, 3, 9, 10, 10, 27, 55, 100):
        quiet.show(percent)
        bar.show(percent)
    assert [text.rpartition(": ")[2] for text in said] == ["0 %", "10 %", "27 %", "55 %", "100 %"]
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("█ 100 %\n")
