"""A review inside a called process hears that its content changed, and only the review of that content does."""

from __future__ import annotations

import pytest

from app.engine import NotWaiting
from tests.processes.diagrams import (
    Run,
    boundary,
    call,
    chain,
    diagram,
    end,
    flows,
    message,
    messages,
    start,
    sub,
    user,
)

MAPPED = '<camunda:in source="subject" target="subject"/><camunda:out source="outcome" target="outcome"/>'
LEVELS = sub("levels", start("begin"), user("one"), user("two"), end("over"), chain("begin", "one", "two", "over"))
REVIEW = diagram(
    start(),
    LEVELS,
    boundary("changed", "levels", message("content_changed")),
    user("void"),
    end(),
    chain("s", "levels", "e"),
    flows("changed>void", "void>levels"),
    outside=messages("content_changed"),
)
CALLER = diagram(
    start(), user("ask"), call("c", "review", MAPPED), user("after"), end(), chain("s", "ask", "c", "after", "e")
)


@pytest.fixture
def case() -> Run:
    """A case whose called review of article 12 is at its second level."""
    run = Run(CALLER, called={"review": REVIEW})
    run.complete("ask", subject="article:12", noise=1)
    run.complete("review:one")
    return run


def test_the_message_takes_a_called_review_back_to_its_beginning(case: Run) -> None:
    """It is told apart by the token's `subject`; the open level is withdrawn, what voids it comes, then level one."""
    assert case.people == ["review:two"]
    case.message_to("content_changed", {"subject": "article:12"})
    assert case.people == ["review:void"]
    case.complete("review:void")
    assert case.people == ["review:one"]
    case.complete("review:one")
    case.complete("review:two", outcome="passed")
    assert case.at("after").data["outcome"] == "passed"


def test_the_change_of_another_content_is_not_heard(case: Run) -> None:
    """Nothing waits for article 13; the review goes on."""
    with pytest.raises(NotWaiting):
        case.message_to("content_changed", {"subject": "article:13"})
    assert case.people == ["review:two"]
