"""The rules of review on lists of acts: what counts, who is barred, when a chain is complete."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.review.models import PASS, VOID
from app.review.rules import (
    asked_of,
    barred_from,
    is_complete,
    levels_of,
    next_level,
    passes_that_count,
    standing_passes,
)

LEVELS = ("review_1", "review_2", "secrecy", "review_3")


@dataclass(frozen=True)
class Did:
    """An act."""

    id: int
    act: str
    level: str
    digest: str
    user_id: int | None
    voids_id: int | None = None


def passed(number: int, level: str, digest: str = "a", who: int = 0) -> Did:
    return Did(number, PASS, level, digest, who or number)


def test_the_row_of_a_decision_table_is_read() -> None:
    """Levels in order, each once; place and role; anything else is no answer."""
    assert levels_of("review_1, review_2,review_1,,secrecy") == ("review_1", "review_2", "secrecy")
    assert levels_of(None) == ()
    asked = asked_of("unit/reviewer_1")
    assert asked is not None
    assert (asked.place, asked.role) == ("unit", "reviewer_1")
    assert [asked_of(text) for text in ("reviewer_1", "moon/reviewer_1", "unit/", None)] == [None] * 4


def test_only_passes_of_exactly_this_content_count() -> None:
    """Another hash does not count, a voided pass does not, the last of a level does."""
    acts = [passed(1, "review_1"), passed(2, "review_2", "b"), passed(3, "review_1", "b")]
    assert set(passes_that_count(acts, "a")) == {"review_1"}
    ended = [*acts, Did(4, VOID, "review_1", "b", None, voids_id=1)]
    assert passes_that_count(ended, "a") == {}
    assert [one.id for one in standing_passes(ended)] == [2, 3]


def test_the_next_level_is_the_first_without_a_pass() -> None:
    """Levels go in order; when all passed there is none."""
    assert next_level(LEVELS, {"review_1", "secrecy"}) == "review_2"
    assert next_level(LEVELS, LEVELS) is None


def test_whoever_passed_another_level_at_any_time_is_barred() -> None:
    """Voided passes bar too; the own level does not; authors always are."""
    acts = [passed(1, "review_1", who=7), Did(2, VOID, "review_1", "b", None, 1), passed(3, "review_2", "b", who=8)]
    assert barred_from("review_2", acts, [5]) == {5, 7}
    assert barred_from("review_1", acts, [5]) == {5, 8}


def test_a_chain_needs_every_level_distinct_people_and_no_author() -> None:
    """Each of the three ways to be incomplete."""
    whole = {level: passed(number, level) for number, level in enumerate(LEVELS, 1)}
    assert is_complete(LEVELS, whole, [9])
    assert not is_complete(LEVELS, {**whole, "review_3": passed(9, "review_3", who=1)}, [])
    assert not is_complete(LEVELS, whole, [3])
    assert not is_complete(LEVELS, {level: whole[level] for level in LEVELS[:3]}, [])
    assert not is_complete((), {}, [])


@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from("ab"), st.integers(1, 4), st.booleans())))
def test_a_complete_chain_is_never_made_of_voided_or_foreign_passes(
    history: list[tuple[str, str, int, bool]],
) -> None:
    """Whatever happened, what counts for a content is a pass of it that nothing ended."""
    acts: list[Did] = []
    for level, digest, who, is_voided in history:
        acts.append(passed(len(acts) + 1, level, digest, who))
        if is_voided:
            acts.append(Did(len(acts) + 1, VOID, level, digest, None, acts[-1].id))
    ended = {one.voids_id for one in acts if one.act == VOID}
    for digest in "ab":
        counted = passes_that_count(acts, digest).values()
        assert all(one.digest == digest and one.id not in ended and one.act == PASS for one in counted)
