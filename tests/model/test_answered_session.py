"""Which session an answer concerns."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answered_session import AFTER_SESSION_MS, answered_session


@dataclass(frozen=True)
class Span:
    id: str
    start_ms: int
    end_ms: int


A, B = Span("a", 100, 200), Span("b", 300, 400)
LATE = AFTER_SESSION_MS


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (99, None),
        (100, A),
        (199, A),
        (250, A),
        (300, B),
        (399, B),
        (400, B),
        (400 + LATE, B),
        (401 + LATE, None),
    ],
)
def test_in_progress_else_ended_within_six_hours(at: int, expected: Span | None) -> None:
    assert answered_session(at, [A, B]) == expected


def test_of_two_in_progress_the_later_and_in_progress_before_ended() -> None:
    long, short = Span("long", 0, 1_000), Span("short", 100, 200)
    assert answered_session(150, [long, short]) == short
    assert answered_session(250, [long, short]) == long


def test_an_empty_session_can_be_answered() -> None:
    assert answered_session(5, [Span("x", 5, 5)]) == Span("x", 5, 5)
    assert answered_session(5, []) is None


@given(
    st.lists(
        st.builds(
            lambda i, s, n: Span(i, s, s + n),
            st.text(max_size=2),
            st.integers(0, 50),
            st.integers(0, 50),
        )
    ),
    st.integers(0, 120),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter(spans: list[Span], at: int, chance: random.Random) -> None:
    assert answered_session(at, chance.sample(spans, len(spans)), 20) == answered_session(
        at, spans, 20
    )
