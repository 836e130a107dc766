"""Rule P4: answers above usual for a day, with none lower between; just inside and outside."""

from collections.abc import Sequence

import pytest

from alerts.registry import judge
from alerts.rules.pain.p4_flare import FLARE
from model.alert import PainRating
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


def _sessions(*values: tuple[float, float, float], every: float = 48) -> list[PainRating]:
    """Return before, after and next morning of sessions, the last of them 50 hours ago."""
    made: list[PainRating] = []
    for number, (before, after, morning) in enumerate(values):
        ago = 50 + every * (len(values) - 1 - number)
        made += [
            rated(f"s{number}b", ago, before, Phase.BEFORE),
            rated(f"s{number}a", ago - 1, after),
            rated(f"s{number}m", ago - 15, morning, Phase.NEXT_MORNING),
        ]
    return made


_ACHES = ((1, 4, 1), (1, 5, 1), (1, 4, 1))  # usual 1 before, 4 after


@pytest.mark.parametrize(
    ("history", "answers", "keys"),
    [
        (_ACHES, ((30, 4), (6, 4)), []),  # as after every session
        (_ACHES, ((30, 5), (6, 5)), []),
        (_ACHES, ((30, 6), (6, 6)), ["r1"]),  # 2 above what is usual after exercise
        (_ACHES, ((30, 6), (6, 5)), []),
        (_ACHES[1:], ((30, 4), (6, 4)), []),  # two befores: no usual pain at all
        (((1, 4, 1), (1, 4, 1), (3, 4, 1)), ((30, 4), (6, 4)), ["r1"]),  # two calm sessions only
        (((1, 4, 1), (1, 4, 1), (2, 4, 1)), ((30, 4), (6, 4)), []),  # below 3, so calm
    ],
)
def test_an_ache_that_each_session_leaves_is_no_flare(
    history: Sequence[tuple[float, float, float]],
    answers: Sequence[tuple[float, float]],
    keys: list[str],
) -> None:
    pain = [rated(f"r{number}", *answer) for number, answer in enumerate(answers)]
    assert values_of(judge(pain_input(*_sessions(*history), *pain), (FLARE,)), "key") == keys


def test_the_next_morning_is_compared_with_mornings() -> None:
    """Sore after each session and well by the morning: two sore mornings are a flare."""
    mornings = [rated("m0", 30, 4, Phase.NEXT_MORNING), rated("m1", 6, 4, Phase.NEXT_MORNING)]
    (finding,) = judge(pain_input(*_sessions(*_ACHES), *mornings), (FLARE,))
    assert (finding.key, "usual_in_phase" in finding.evidence) == ("m1", False)


def test_the_sentence_names_what_is_usual_after_exercise() -> None:
    pain = [rated("a", 30, 6), rated("b", 6, 7)]
    (finding,) = judge(pain_input(*_sessions(*_ACHES), *pain), (FLARE,))
    assert finding.evidence["usual_in_phase"] == {"after": 4}
    assert "; usual before exercise 1, and after exercise 4 (rule P4:" in finding.sentence


def test_a_flare_after_pain_that_was_raised_before_exercise_too() -> None:
    """The ratings of a flare are nobody's usual ache."""
    raised = _sessions((1, 2, 1), (1, 2, 1), (1, 2, 1), (5, 6, 5), (5, 6, 1))
    pain = [rated("a", 30, 4), rated("b", 6, 4)]
    assert values_of(judge(pain_input(*raised, *pain), (FLARE,)), "key")[-1] == "b"
