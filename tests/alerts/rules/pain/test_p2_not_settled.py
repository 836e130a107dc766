"""Rule P2: pain above usual on the mornings after exercise, just inside and just outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.registry import judge
from alerts.rules.pain.p2_not_settled import NOT_SETTLED
from model.alert import Tier
from model.alerting.rule_rows import PainRating
from model.facts import Phase
from model.prescription import Pause
from tests.alerts.rules.ratings import PAIN_PRESCRIPTION, pain_input, rated, usual
from tests.rows import values_of


def _mornings(*values: float) -> list[PainRating]:
    """Return an answer for each of the last mornings, today's the last."""
    last = len(values) - 1
    return [
        rated(f"m{number}", 24 * (last - number) + 4, value, Phase.NEXT_MORNING)
        for number, value in enumerate(values)
    ]


def _judged(pain: Sequence[PainRating]) -> list[tuple[str, Tier, bool]]:
    return values_of(judge(pain_input(*pain), (NOT_SETTLED,)), "key", "tier", "fresh")


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ((4, 4), [("m1", Tier.B, True)]),
        ((4,), []),
        ((3, 3, 3), []),  # one above usual is noise
        ((4, 2, 4), [("m2", Tier.B, True)]),
        ((4, 2, 2, 4), []),  # two of the last four
        ((4, 4, 2), [("m1", Tier.B, True)]),
        ((4, 4, 4), [("m1", Tier.B, True), ("m2", Tier.B, True)]),
    ],
)
def test_two_of_the_last_three_mornings(
    values: tuple[float, ...], keys: list[tuple[str, Tier, bool]]
) -> None:
    assert _judged([*usual(2, 2, 2), *_mornings(*values)]) == keys


def test_nothing_is_compared_with_a_usual_pain_that_is_not_known() -> None:
    assert _judged([*usual(2, 2), *_mornings(9, 9)]) == []
    # the ratings before exercise of fifteen days ago are too old
    old = usual(2, 2, 2, first_hours_ago=15 * 24 + 40)
    assert _judged([*old, *_mornings(9, 9)]) == []


def test_the_usual_pain_is_the_median_before_exercise_at_that_time() -> None:
    assert _judged([*usual(0, 2, 9), *_mornings(4, 4)]) == [("m1", Tier.B, True)]
    assert _judged([*usual(0, 3, 9), *_mornings(4, 4)]) == []
    after = [replace(row, phase=Phase.AFTER) for row in usual(2, 2, 2)]
    assert _judged([*after, *_mornings(4, 4)]) == []


def test_two_answers_about_one_session_are_one_morning() -> None:
    twice = [replace(row, session="s") for row in _mornings(4, 4)]
    assert _judged([*usual(2, 2, 2), *twice]) == []


def test_the_sentence_names_what_it_rests_on() -> None:
    (finding,) = judge(pain_input(*usual(2, 2, 2), *_mornings(4, 5)), (NOT_SETTLED,))
    assert finding.sentence == (
        "Pain 5 of 10 the next morning on 2026-11-23, and 4 of 10 the next morning on 2026-11-22; "
        "usual before exercise 2 (rule P2: 2 or more above usual on 2 of the last 3 rated "
        "mornings)."
    )


def test_it_is_muted_in_a_pause() -> None:
    (finding,) = judge(pain_input(*usual(2, 2, 2), *_mornings(4, 4)), (NOT_SETTLED,))
    assert finding.fresh
    day = _mornings(4, 4)[-1].local_date
    away = replace(
        PAIN_PRESCRIPTION,
        pauses=(Pause(first=day - timedelta(days=1), last=day, why="holiday"),),
    )
    on = pain_input(*usual(2, 2, 2), *_mornings(4, 4), prescriptions=(away,))
    assert values_of(judge(on, (NOT_SETTLED,)), "fresh") == [False]
