"""Where a fault came in: words, files and layout are led back to what brought them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.content.tracing import FILE, LAYOUT, UNKNOWN, WORDS, Drawn, Text, origin_of

DRAWN = (Drawn(1, 4), Drawn(2, 5))


def versions(*texts: str) -> list[Text]:
    return [Text(number, text) for number, text in enumerate(texts, 1)]


def test_words_lead_to_the_version_that_brought_them_in() -> None:
    """Version 2 wrote the wrong word, 3 kept it."""
    found = origin_of("布署", versions("尽快部署", "尽快布署", "请尽快布署"), DRAWN)
    assert (found.cause, found.version, found.faulty) == (WORDS, 2, {2, 3})


def test_a_fault_that_was_mended_and_came_back_is_led_to_its_return() -> None:
    """The newest unbroken run counts; the older one stays visible among the faulty versions."""
    found = origin_of("布署", versions("布署", "部署", "布署", "布署。"), DRAWN)
    assert (found.version, found.faulty) == (3, {1, 3, 4})


def test_words_are_found_whatever_their_width_and_spaces() -> None:
    """A reader copies words as the page shows them."""
    assert origin_of("12 月１日", versions("自 12月1日 起"), DRAWN).version == 1


def test_the_name_of_a_file_leads_to_the_version_that_attached_it() -> None:
    """Attachments and pictures are traced like words."""
    line = [Text(1, "正文"), Text(2, "正文", (("附件一.docx", "ab"),))]
    assert (origin_of("附件一", line, DRAWN).cause, origin_of("附件一", line, DRAWN).version) == (FILE, 2)


def test_what_no_version_says_is_the_layouts() -> None:
    """A layout fault leads to the template the page was drawn with; without a publication nothing is claimed."""
    assert origin_of("页脚重叠", versions("正文"), DRAWN) == origin_of("", versions("正文"), DRAWN)
    assert (origin_of("", versions("正文"), DRAWN).cause, origin_of("", versions("正文"), DRAWN).template) == (
        LAYOUT,
        5,
    )
    assert origin_of("页脚重叠", versions("正文"), ()).cause == UNKNOWN


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any))
def test_the_version_found_shows_the_fault_and_the_one_before_does_not(shows: list[bool]) -> None:
    """Whatever the history, the accused version has the words, and either is the first or follows one without."""
    line = versions(*("有错字" if one else "没有" for one in shows))
    found = origin_of("错字", line, DRAWN).version
    assert found is not None
    assert shows[found - 1]
    assert found == 1 or not shows[found - 2]
    assert all(shows[found - 1 : max(number for number, one in enumerate(shows, 1) if one)])
