"""Rule P4: answers above usual for a day, with none lower between; just inside and outside."""

from collections.abc import Sequence

import pytest

from alerts.registry import judge
from alerts.rules.pain.p4_flare import FLARE
from model.facts import Phase
from tests.alerts.rules.ratings import pain_input, rated, usual
from tests.rows import values_of


def _judged(
    answers: Sequence[tuple[float, float]], before: Sequence[float] = (2, 2, 2)
) -> list[str]:
    """Return the keys of findings for answers, each as hours ago and value."""
    pain = [rated(f"r{number}", *answer) for number, answer in enumerate(answers)]
    return values_of(judge(pain_input(*usual(*before), *pain), (FLARE,)), "key")


@pytest.mark.parametrize(
    ("answers", "keys"),
    [
        (((30, 4), (6, 4)), ["r1"]),  # exactly a day apart
        (((30, 4), (6.1, 4)), []),
        (((30, 4), (6, 3)), []),
        (((40, 4), (20, 3), (6, 4)), []),  # a lower answer between
        (((40, 4), (20, 4), (6, 4)), ["r2"]),
        (((60, 4), (20, 4), (6, 4)), ["r1"]),  # once for each run
        (((90, 4), (60, 4), (40, 1), (30, 5), (6, 5)), ["r1", "r4"]),
        (((6, 9),), []),
    ],
)
def test_a_day_above_usual(answers: Sequence[tuple[float, float]], keys: list[str]) -> None:
    assert _judged(answers) == keys


def test_without_a_usual_pain_there_is_no_flare() -> None:
    assert _judged(((30, 9), (6, 9)), before=(2, 2)) == []


def test_the_ratings_of_a_flare_do_not_raise_the_level_that_they_are_compared_with() -> None:
    before = [rated(f"b{number}", 60 - number, 4, Phase.BEFORE) for number in range(30)]
    findings = judge(pain_input(*usual(2, 2, 2), *before), (FLARE,))
    assert values_of(findings, "key") == ["b24"]


def test_the_sentence_names_both_answers() -> None:
    pain = [rated("a", 30, 4), rated("b", 6, 5, Phase.NEXT_MORNING)]
    (finding,) = judge(pain_input(*usual(2, 2, 2), *pain), (FLARE,))
    assert finding.sentence == (
        "Pain 4 of 10 after exercise on 2026-11-22, and 5 of 10 the next morning on 2026-11-23; "
        "usual before exercise 2 (rule P4: 2 or more above usual for 24 hours, with no lower "
        "answer between)."
    )
