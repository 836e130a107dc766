"""Rule P1: which ratings raise an alert, and which do not.

No rating is ever made of missing data.
"""

import random
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import registry
from alerts.rules.pain.p1_high_pain import HIGH_PAIN
from model.alert import Finding, RuleInput, Tier
from model.alerting.rule_rows import PainRating, SessionBrief
from model.calendar import DAY_MS, HOUR_MS
from model.codec import dumps, loads
from model.facts import Instrument, Phase
from model.prescription import Pause
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input, rated
from tests.rows import cells_of, keyed, values_of

_judge = partial(registry.judge, rules=(HIGH_PAIN,))
_WALK = SessionBrief(
    id="s",
    start_ms=PAIN_NOW - 9 * HOUR_MS,
    end_ms=PAIN_NOW - 8 * HOUR_MS,
    local_date=date(2026, 11, 23),
    type="walking",
)


def _judged(*pain: PainRating, **more: Any) -> list[tuple[str, Tier]]:  # noqa: ANN401
    return values_of(_judge(pain_input(*pain, **more)), "key", "tier")


def days(*values: float) -> list[PainRating]:
    """Return a rated session for each day, the last of them yesterday."""
    return [rated(f"r{n}", 24 * (len(values) - n), value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ((8,), [("r0", Tier.A)]),
        ((10,), [("r0", Tier.A)]),
        ((7,), []),
        ((7, 2), []),
        ((5, 5, 5), []),
        ((6, 6), [("r1", Tier.B)]),
        ((6, 0, 7), [("r2", Tier.B)]),
        ((6, 0, 0, 7), []),
        ((6, 6, 6), [("r1", Tier.B), ("r2", Tier.B)]),
        ((8, 6), [("r0", Tier.A), ("r1", Tier.B)]),
        ((6, 8), [("r1", Tier.A)]),
        ((6, 7, 8, 0, 0, 9), [("r1", Tier.B), ("r2", Tier.A), ("r5", Tier.A)]),
        ((), []),
    ],
)
def test_high_pain(values: tuple[float, ...], keys: list[tuple[str, Tier]]) -> None:
    assert _judged(*days(*values)) == keys


def test_several_ratings_of_one_session_are_one_session() -> None:
    during, after = rated("d", 2, 6, Phase.DURING, session="s"), rated("e", 1, 7, session="s")
    assert _judged(during, after) == []
    assert _judged(rated("x", 30, 6), during, after) == [("d", Tier.B)]
    assert _judged(replace(during, value=8), replace(after, value=9)) == [
        ("d", Tier.A),
        ("e", Tier.A),
    ]


def test_without_a_reference_a_rating_goes_to_the_session_in_progress_or_ended_within_six_hours(
) -> None:  # fmt: skip
    during, within, later = (
        rated("d", 8.5, 6, Phase.DURING),
        rated("w", 2, 6),
        rated("l", 1.99, 6),
    )
    assert _judged(during, within, sessions=(_WALK,)) == []
    assert _judged(during, later, sessions=(_WALK,)) == [("l", Tier.B)]
    (finding,) = _judge(pain_input(replace(during, value=9), sessions=(_WALK,)))
    assert (finding.session, finding.evidence["ratings"][0]["session"]) == ("s", "s")


def test_the_latest_high_rating_of_the_earlier_session_is_the_evidence() -> None:
    earlier = [rated(f"e{n}", 30 - n, 6, session="s") for n in (0, 1, 2)]
    (finding,) = _judge(pain_input(*earlier, rated("x", 1, 6, session="t")))
    assert cells_of(finding.evidence["ratings"], "record") == ["x", "e2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scale": "vas-0-100"},
        {"scale": "vas-0-100", "phase": Phase.NONE},
        {"instrument": Instrument.WEEK, "phase": Phase.NONE},
        {"scale": ""},
        {"instrument": Instrument.EXERTION},
        {"value": 70.0},
        {"value": float("nan")},
    ],
)
def test_other_questions_and_scales_are_not_read(changes: dict[str, Any]) -> None:
    assert _judged(*[replace(r, **{"value": 9.0, **changes}) for r in days(9, 9, 9)]) == []


@pytest.mark.parametrize(
    ("phase", "tier"),
    [
        (Phase.BEFORE, Tier.B),
        (Phase.DURING, Tier.A),
        (Phase.AFTER, Tier.A),
        (Phase.NEXT_MORNING, Tier.A),
    ],
)
def test_a_very_high_rating_counts_in_each_phase(phase: Phase, tier: Tier) -> None:
    assert _judged(rated("x", 1, 8, phase)) == [("x", tier)]
    assert _judged(rated("x", 1, 7, phase), rated("y", 30, 7, phase)) == (
        [("x", Tier.B)] if phase in {Phase.DURING, Phase.AFTER} else []
    )


def _now(record: str, hours_ago: float, value: float, **more: Any) -> PainRating:  # noqa: ANN401
    return rated(record, hours_ago, value, Phase.NONE, **more)


@pytest.mark.parametrize(
    ("value", "keys"), [(7, []), (8, [("n", Tier.B)]), (9, [("n", Tier.B)]), (10, [("n", Tier.B)])]
)
def test_very_high_pain_right_now_is_no_silence(value: float, keys: list[tuple[str, Tier]]) -> None:
    assert _judged(_now("n", 1, value)) == keys
    # a session that it names is none that it was given in
    assert _judged(_now("n", 1, value, session="s")) == keys


def test_pain_right_now_is_told_once_a_date_by_its_first_very_high_answer() -> None:
    # at 00:00, 01:00 and 11:59 of the Monday, and the last minute of the Sunday
    monday = [_now("c", 0.01, 10), _now("b", 11, 8), _now("a", 12, 7)]
    assert _judged(*monday) == [("b", Tier.B)]
    assert _judged(*monday, _now("z", 12.01, 9)) == [("z", Tier.B), ("b", Tier.B)]


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.DURING, Phase.AFTER, Phase.NEXT_MORNING])
def test_a_date_with_another_very_high_answer_needs_none_of_now(phase: Phase) -> None:
    tier = Tier.B if phase is Phase.BEFORE else Tier.A
    for hours_ago in (0.5, 2):
        assert _judged(_now("n", 1, 9), rated("x", hours_ago, 8, phase)) == [("x", tier)]
        assert _judged(_now("n", 1, 9), rated("x", hours_ago, 7, phase)) == [("n", Tier.B)]
    # at 22:00 of the day before
    assert _judged(_now("n", 1, 9), rated("x", 14, 8, phase)) == [("x", tier), ("n", Tier.B)]


def test_pain_right_now_near_a_session_weighs_as_pain_after_it() -> None:
    at = {hours: _judged(_now("n", hours, 8), sessions=(_WALK,)) for hours in (9.01, 9, 2, 1.99)}
    assert {hours: cells_of(cells, 1) for hours, cells in at.items()} == {
        9.01: [Tier.B],
        9: [Tier.A],
        2: [Tier.A],
        1.99: [Tier.B],
    }
    # the graver answer of a date holds, though it is not the first
    both = _judged(_now("early", 11, 10), _now("near", 7, 8), sessions=(_WALK,))
    assert both == [("near", Tier.A)]


def test_pain_right_now_makes_no_rated_session_and_no_usual_pain() -> None:
    assert _judged(_now("a", 50, 7), _now("b", 26, 7), rated("x", 1, 7)) == []
    between = [_now(f"b{n}", 24 * n, 0) for n in (2, 3, 4)]
    assert _judged(rated("x", 24 * 5, 6), *between, rated("y", 24, 6)) == [("y", Tier.B)]


def test_pain_right_now_in_a_pause_is_found_and_raises_nothing() -> None:
    pause = Pause(first=date(2026, 11, 22), last=date(2026, 11, 30), why="illness")
    paused = replace(PAIN_PRESCRIPTION, pauses=(pause,))
    assert values_of(_judge(pain_input(_now("n", 1, 9), prescriptions=(paused,))), "fresh") == [
        False
    ]
    assert values_of(_judge(pain_input(_now("n", 1, 9))), "fresh") == [True]


def test_the_sentence_of_pain_right_now() -> None:
    (finding,) = _judge(pain_input(_now("n", 1, 9)))
    assert finding.sentence == "Pain 9 of 10 when asked on 2026-11-23 (rule P1: 8 or more once)."


def test_a_session_that_was_only_asked_before_is_no_rated_session() -> None:
    between = [rated(f"b{n}", 24 * n, 0, Phase.BEFORE) for n in (2, 3, 4)]
    assert _judged(rated("x", 24 * 5, 6), *between, rated("y", 24, 6)) == [("y", Tier.B)]


def test_fresh_for_fourteen_days_and_found_for_twenty_eight() -> None:
    def freshness(days_ago: float) -> list[bool]:
        return values_of(_judge(pain_input(rated("r", 24 * days_ago, 8))), "fresh")

    assert [freshness(14), freshness(14.01), freshness(28), freshness(28.01)] == [
        [True],
        [False],
        [False],
        [],
    ]


def test_what_rests_on_a_rating_beyond_the_look_back_is_not_found() -> None:
    assert _judged(rated("x", 24 * 27, 6), rated("y", 24 * 20, 6)) == [("y", Tier.B)]
    assert _judged(rated("x", 24 * 29, 6), rated("y", 24 * 20, 6)) == []


def test_in_a_pause_and_in_the_first_week_only_tier_a_is_fresh() -> None:
    pause = Pause(first=date(2026, 11, 22), last=date(2026, 11, 30), why="illness")
    begun = date(2026, 11, 18)
    for row in (
        replace(PAIN_PRESCRIPTION, pauses=(pause,)),
        replace(PAIN_PRESCRIPTION, valid_from=begun),
    ):
        got = _judge(pain_input(*days(6, 6), rated("a", 1, 8), prescriptions=(row,)))
        assert values_of(got, "tier", "fresh") == [(Tier.B, False), (Tier.A, True)]
    assert values_of(_judge(pain_input(*days(6, 6), prescriptions=())), "fresh") == [True]


def test_a_new_version_does_not_begin_a_first_week() -> None:
    versions = (
        PAIN_PRESCRIPTION,
        replace(PAIN_PRESCRIPTION, version=2, valid_from=date(2026, 11, 20)),
    )
    assert values_of(_judge(pain_input(*days(6, 6), prescriptions=versions)), "fresh") == [True]


def test_thresholds_of_the_prescription_override_the_table() -> None:
    own = replace(
        PAIN_PRESCRIPTION,
        rules={"P1": {"high": 4, "very_high": 6, "look_back_days": 0, "unheard_of": 1}},
    )
    assert _judged(*days(4, 5), prescriptions=(own,)) == [("r1", Tier.B)]
    (finding,) = _judge(pain_input(*days(6), prescriptions=(own,)))
    assert finding.tier is Tier.A
    expected = {
        "high": 4,
        "very_high": 6,
        "sessions": 2,
        "of_last": 3,
        "look_back_days": 28,
        "fresh_days": 14,
    }
    assert finding.evidence["thresholds"] == expected


def test_evidence_is_enough_to_judge_again_by_hand() -> None:
    (finding,) = _judge(pain_input(*days(6, 0, 7)))
    assert finding.evidence == loads(dumps(finding.evidence))
    assert finding.evidence == {
        "rule": "P1",
        "version": 3,
        "from_ms": PAIN_NOW - 72 * HOUR_MS,
        "fresh_until_ms": PAIN_NOW - 24 * HOUR_MS + 14 * DAY_MS,
        "ratings": [
            {
                "record": "r2",
                "at": "2026-11-22T12:00:00Z",
                "local_date": "2026-11-22",
                "phase": "after",
                "value": 7,
                "scale": "nrs-0-10",
                "session": None,
            },
            {
                "record": "r0",
                "at": "2026-11-20T12:00:00Z",
                "local_date": "2026-11-20",
                "phase": "after",
                "value": 6,
                "scale": "nrs-0-10",
                "session": None,
            },
        ],
        "rated_sessions": 3,
        "thresholds": {
            "high": 6,
            "very_high": 8,
            "sessions": 2,
            "of_last": 3,
            "look_back_days": 28,
            "fresh_days": 14,
        },
    }


ratings = st.builds(
    rated,
    record=st.uuids().map(str),
    hours_ago=st.integers(0, 40 * 24),
    value=st.integers(0, 10),
    phase=st.sampled_from(Phase),
    session=st.sampled_from([None, "s", "t"]),
)


@given(st.lists(ratings, max_size=12), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(pain: list[PainRating], chance: random.Random) -> None:
    again = [*pain, *chance.sample(pain, len(pain) // 2)]
    got = _judge(pain_input(*chance.sample(again, len(again))))
    assert got == _judge(pain_input(*pain))
    assert list(got) == sorted(got, key=lambda finding: (finding.at_ms, finding.key))


@given(st.lists(ratings, max_size=12), st.integers(0, 60))
def test_a_finding_never_changes_as_time_passes_it_only_leaves(
    pain: list[PainRating], later: int
) -> None:
    def findings_by_key(on: RuleInput) -> dict[str, Finding]:
        return {f.key: replace(f, fresh=True) for f in _judge(on)}

    total = pain_input(*pain)
    now, then = (
        findings_by_key(total),
        findings_by_key(replace(total, now_ms=PAIN_NOW + later * DAY_MS // 2)),
    )
    assert then.items() <= now.items()


@given(st.lists(ratings, max_size=12))
def test_every_finding_rests_on_high_ratings_that_were_given(pain: list[PainRating]) -> None:
    given_ = keyed(pain, "record")
    for finding in _judge(pain_input(*pain)):
        rests = [given_[result["record"]] for result in finding.evidence["ratings"]]
        assert finding.key == rests[0].record
        for r in rests:
            assert r.value >= 6
            assert r.phase in (Phase.DURING, Phase.AFTER) or (len(rests) == 1 and r.value >= 8)
        # one very high rating, of tier A unless it was given before a session or away from any
        is_milder = len(rests) == 1 and rests[0].phase in (Phase.BEFORE, Phase.NONE)
        assert len(rests) == (1 if finding.tier is Tier.A or is_milder else 2)
        assert len(rests) == 2 or rests[0].value >= 8


@given(st.lists(ratings.filter(lambda r: r.value < 6), max_size=12))
def test_answers_below_the_limit_never_raise(pain: list[PainRating]) -> None:
    assert _judge(pain_input(*pain)) == ()


def test_dates_are_local() -> None:
    assert rated("x", 13, 1).local_date == date(2026, 11, 22)
    assert rated("x", 13, 1).local_date + timedelta(days=1) == date(2026, 11, 23)


@pytest.mark.parametrize(("limit", "keys"), [(5, []), (4, [("r1", Tier.B)])])
def test_the_pain_limit_of_the_prescription_acts(limit: int, keys: list[tuple[str, Tier]]) -> None:
    own = replace(PAIN_PRESCRIPTION, pain_limit=limit)
    assert _judged(*days(5, 5), prescriptions=(own,)) == keys


@pytest.mark.parametrize(("late_ms", "keys"), [(0, [("r1", Tier.B)]), (1, [])])
def test_a_prescription_raises_nothing_about_ratings_before_it_was_recorded(
    late_ms: int, keys: list[tuple[str, Tier]]
) -> None:
    own = replace(PAIN_PRESCRIPTION, pain_limit=4)
    ratings = days(5, 5)
    recorded = {(own.id, own.version): ratings[1].at_ms + late_ms}
    assert _judged(*ratings, prescriptions=(own,), recorded=recorded) == keys
