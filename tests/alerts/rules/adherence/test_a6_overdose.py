"""Rule A6: two weeks of too high a dose, and a long session with pain; inside and outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a6_overdose import OVERDOSE
from model.alert import Tier
from model.alerting.rule_rows import SessionBrief
from model.calendar import MINUTE_MS, midnight
from model.intensity import ZoneTimes
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input, rated
from tests.rows import values_of
from tests.weeks import week_of

_MONDAY = date(2026, 11, 2)


def _weeks(*minutes: int) -> list[tuple[str, bool]]:
    """Return the findings of weeks with moderate minutes, against 100 prescribed."""
    weeks = [
        week_of(_MONDAY + timedelta(weeks=number), 3, ZoneTimes(moderate=each * MINUTE_MS))
        for number, each in enumerate(minutes)
    ]
    row = replace(PAIN_PRESCRIPTION, dose_min_per_week=100.0)
    now_ms = midnight(_MONDAY + timedelta(weeks=len(minutes)), "UTC") + 36 * 60 * MINUTE_MS
    on = pain_input(weeks=tuple(weeks), prescriptions=(row,), now_ms=now_ms)
    return values_of(judge(on, (OVERDOSE,)), "key", "fresh")


@pytest.mark.parametrize(
    ("minutes", "keys"),
    [
        ((151, 151), [("2026-11-09", True)]),
        ((150, 151), []),
        ((151, 150), []),
        ((151, 100, 151), []),
        ((100, 151, 151), [("2026-11-16", True)]),
    ],
)
def test_two_weeks_of_a_high_dose(minutes: Sequence[int], keys: list[tuple[str, bool]]) -> None:
    assert _weeks(*minutes) == keys


def _session(minutes: float, pause: float = 0, exertion_cr10: float | None = None) -> SessionBrief:
    """Return a session of so many minutes of exercise that ended an hour ago."""
    end_ms = PAIN_NOW - 60 * MINUTE_MS
    return SessionBrief(
        id="s",
        start_ms=end_ms - round((minutes + pause) * MINUTE_MS),
        end_ms=end_ms,
        local_date=date(2026, 11, 23),
        type="walking",
        timer_ms=round(minutes * MINUTE_MS),
        exertion_cr10=exertion_cr10,
    )


@pytest.mark.parametrize(
    ("minutes", "pause", "pain", "held"),
    [
        (61, 0, 6, True),
        (60, 0, 6, False),
        (61, 0, 5, False),
        (200, 0, 10, True),
        (60, 50, 6, False),  # a pause is no exercise
        (61, 50, 6, True),
    ],
)
def test_a_session_more_than_twice_as_long_with_pain(
    minutes: int, pause: int, pain: float, *, held: bool
) -> None:
    rated_s = rated("r", 0.5, pain, session="s")
    on = pain_input(rated_s, sessions=(_session(minutes, pause),))
    assert values_of(judge(on, (OVERDOSE,)), "key") == (["s"] if held else [])


@pytest.mark.parametrize(("minutes", "keys"), [(90, []), (91, ["s"])])
def test_twice_as_long_is_twice_the_longest_that_is_prescribed(
    minutes: int, keys: list[str]
) -> None:
    span = replace(PAIN_PRESCRIPTION, most_minutes_per_session=45)
    rated_s = rated("r", 0.5, 6, session="s")
    on = pain_input(rated_s, sessions=(_session(minutes),), prescriptions=(span,))
    findings = judge(on, (OVERDOSE,))
    assert values_of(findings, "key") == keys
    assert {finding.evidence["minutes_prescribed"] for finding in findings} <= {45}


@pytest.mark.parametrize(
    ("types", "held"), [((), True), (("walking",), True), (("strength",), False)]
)
def test_a_session_is_too_long_only_for_who_prescribed_its_type(
    types: tuple[str, ...], *, held: bool
) -> None:
    row = replace(PAIN_PRESCRIPTION, types=types)
    rated_s = rated("r", 0.5, 8, session="s")
    on = pain_input(rated_s, sessions=(_session(61),), prescriptions=(row,))
    assert values_of(judge(on, (OVERDOSE,)), "key") == (["s"] if held else [])


@pytest.mark.parametrize(
    ("minutes", "cr10", "ceiling", "held"),
    [
        (61, 5.5, (5, "borg-cr10"), True),
        (61, 5, (5, "borg-cr10"), False),
        (60, 9, (5, "borg-cr10"), False),
        (61, 4.5, (13, "borg-6-20"), True),  # it is 14 on Borg 6-20
        (61, 4, (13, "borg-6-20"), False),
        (61, None, (5, "borg-cr10"), False),
        (61, 9, (None, "borg-cr10"), False),
    ],
)
def test_a_session_more_than_twice_as_long_that_was_too_hard(
    minutes: int, cr10: float | None, ceiling: tuple[float | None, str], *, held: bool
) -> None:
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=ceiling[0], rpe_scale=ceiling[1])
    on = pain_input(sessions=(_session(minutes, 0, cr10),), prescriptions=(row,))
    assert values_of(judge(on, (OVERDOSE,)), "key") == (["s"] if held else [])


@pytest.mark.parametrize(("cardiac", "tier"), [(False, Tier.C), (True, Tier.B)])
def test_too_much_is_graver_with_a_disease_of_the_heart(*, cardiac: bool, tier: Tier) -> None:
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=5.0)
    on = pain_input(sessions=(_session(61, 0, 8),), prescriptions=(row,))
    (finding,) = judge(replace(on, cardiac=cardiac), (OVERDOSE,))
    assert finding.tier is tier


@pytest.mark.parametrize(
    ("ended", "tier"), [(False, Tier.B), (True, Tier.C)], ids=["in force", "replaced since"]
)
def test_it_is_graver_where_the_prescription_names_a_disease_of_the_heart(
    *, ended: bool, tier: Tier
) -> None:
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=5.0, cardiac=True)
    rows = (row, replace(row, version=2, cardiac=False)) if ended else (row,)
    on = pain_input(sessions=(_session(61, 0, 8),), prescriptions=rows)
    (finding,) = judge(on, (OVERDOSE,))
    assert finding.tier is tier


def test_a_session_that_is_too_long_for_two_prescriptions_is_one_finding() -> None:
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=5.0)
    on = pain_input(sessions=(_session(61, 0, 8),), prescriptions=(row, replace(row, id="b")))
    assert values_of(judge(on, (OVERDOSE,)), "key") == ["s"]


def test_what_was_too_hard_is_told_on_the_scale_of_the_ceiling() -> None:
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=13, rpe_scale="borg-6-20")
    on = pain_input(sessions=(_session(61, 0, 5),), prescriptions=(row,))
    (finding,) = judge(on, (OVERDOSE,))
    assert finding.sentence == (
        "A session of 61 minutes where 30 are prescribed, with exertion 15 on Borg 6-20 (rule A6: "
        "more than 2 times as long, with exertion above 13)."
    )


def test_the_sentences_name_what_they_rest_on() -> None:
    weeks = tuple(
        week_of(_MONDAY + timedelta(weeks=number), 3, ZoneTimes(moderate=160 * MINUTE_MS))
        for number in range(2)
    )
    row = replace(PAIN_PRESCRIPTION, dose_min_per_week=100.0)
    (finding,) = judge(pain_input(weeks=weeks, prescriptions=(row,)), (OVERDOSE,))
    assert finding.sentence == (
        "Two weeks above 150 % of the prescribed dose (rule A6): 160 % in the week of 2026-11-02, "
        "160 % in the week of 2026-11-09."
    )
