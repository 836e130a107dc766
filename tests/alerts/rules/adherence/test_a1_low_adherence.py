"""Rule A1: two low weeks in a row that are known and judged.

No alert is based on missing data, on a pause or on a week that is not over.
"""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts import registry
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from model.alert import RuleInput, Tier
from model.alerting.rule_rows import Watermark
from model.calendar import midnight
from model.codec import dumps, loads
from model.derived.days import Week
from model.intensity import ZoneTimes
from model.prescription import Intensity, Pause, Prescription
from tests.rows import values_of
from tests.weeks import week_of

_judge = partial(registry.judge, rules=(LOW_ADHERENCE,))
_next_due = partial(registry.next_due, rules=(LOW_ADHERENCE,))

_ZONE = "Europe/Stockholm"
_HOUR = 3_600_000
W1, W2, W3, W4 = (date(2026, 11, 2) + timedelta(days=7 * n) for n in range(4))
_NOW = midnight(W4, _ZONE) + 40 * _HOUR  # Tuesday afternoon: the week of W3 is judged
_PRESCRIPTION = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


def _week(
    monday: date, sessions: int, minutes: int | None = None, known: int = 7, unseen: int = 0
) -> Week:
    ms = (30 * sessions if minutes is None else minutes) * 60_000
    week = week_of(monday, sessions, ZoneTimes(unknown=ms), known)
    return replace(week, days=tuple(replace(day, unseen_min=unseen) for day in week.days))


def _look(*weeks: Week, **more: Any) -> RuleInput:  # noqa: ANN401
    nothing = {
        "pain": (),
        "days": (),
        "sessions": (),
        "watermarks": (),
        "prescriptions": (_PRESCRIPTION,),
    }
    return RuleInput(
        **{**nothing, "patient": "p", "zone": _ZONE, "now_ms": _NOW, "weeks": weeks, **more}
    )


def _judged(*weeks: Week, **more: Any) -> list[tuple[str, bool]]:  # noqa: ANN401
    return values_of(_judge(_look(*weeks, **more)), "key", "fresh")


LOW = (_week(W2, 1), _week(W3, 2))
HELD = [(W3.isoformat(), True)]


@pytest.mark.parametrize(
    ("weeks", "keys"),
    [
        (LOW, HELD),
        ((_week(W2, 0), _week(W3, 0)), HELD),
        ((_week(W2, 3), _week(W3, 2)), []),
        ((_week(W2, 2), _week(W3, 3)), []),
        ((_week(W2, 3, minutes=71), _week(W3, 3, minutes=71)), HELD),
        ((_week(W2, 3, minutes=72), _week(W3, 3, minutes=72)), []),  # 80 % is enough
        ((_week(W2, 2, minutes=300), _week(W3, 3, minutes=30)), HELD),
        # best case: what the unknown days could have held
        ((_week(W2, 0, known=5), _week(W3, 0, known=5)), HELD),  # 2 of 3
        ((_week(W2, 0, known=4), _week(W3, 0, known=4)), []),  # 3 of 3
        ((_week(W2, 2, known=7), _week(W3, 2, known=7)), HELD),
        ((_week(W2, 2, known=6), _week(W3, 2, known=7)), []),  # a third session is possible
        ((_week(W2, 0, known=3), _week(W3, 0)), []),
        ((_week(W2, 0), _week(W3, 0, known=3)), []),
        ((_week(W1, 0), _week(W3, 0)), []),  # not consecutive
        ((_week(W3, 0),), []),
        ((_week(W1, 0), _week(W2, 0)), [(W2.isoformat(), False)]),
        ((_week(W1, 0), *LOW), [(W2.isoformat(), False), *HELD]),
        ((_week(W2, 0), _week(W3, 0), _week(W4, 0)), HELD),  # the week that runs is not judged
    ],
)
def test_sustained_low(weeks: tuple[Week, ...], keys: list[tuple[str, bool]]) -> None:
    assert _judged(*weeks) == keys


@pytest.mark.parametrize(
    ("hours", "marks", "holds"),
    [
        (36, (), True),
        (35.99, (), False),
        (0, (0,), True),
        (0, (0, 5), True),
        (0, (0, -1), False),  # one source is behind
        (-0.01, (0, 5), False),  # the week is not over, whatever a clock ahead says
        (36, (-500,), True),
    ],
)
def test_a_week_is_judged_when_its_data_has_had_its_time(
    hours: float, marks: tuple[int, ...], *, holds: bool
) -> None:
    end = midnight(W4, _ZONE)
    sources = tuple(
        Watermark(vendor=f"v{n}", time_ms=end + mark * _HOUR) for n, mark in enumerate(marks)
    )
    assert _judged(*LOW, now_ms=end + int(hours * _HOUR), watermarks=sources) == (
        HELD if holds else []
    )


def test_who_answers_in_an_app_does_not_hold_a_week_back_and_does_not_complete_it() -> None:
    end = midnight(W4, _ZONE)
    watch = Watermark(vendor="v", time_ms=end)
    app = Watermark(vendor="reports", time_ms=end - _HOUR, worn=False, all_day=False)
    assert _judged(*LOW, now_ms=end, watermarks=(watch, app)) == HELD
    alone = replace(app, time_ms=end)
    assert _judged(*LOW, now_ms=end, watermarks=(alone,)) == []


@pytest.mark.parametrize(
    ("hours", "all_day", "holds"),
    [
        # a second device behind one hub is waited for, unless it was put away
        (-1, True, False),
        (-28 * 24 + 1, True, False),
        (-28 * 24, True, True),
        # a phone, or a watch that only sends workouts
        (-1, False, True),
    ],
)
def test_a_week_waits_for_each_device_that_is_worn_all_day(
    hours: int, *, all_day: bool, holds: bool
) -> None:
    end = midnight(W4, _ZONE)
    watch = Watermark(vendor="v", time_ms=end, device="a")
    other = Watermark(vendor="v", time_ms=end + hours * _HOUR, all_day=all_day, device="b")
    assert _judged(*LOW, now_ms=end, watermarks=(watch, other)) == (HELD if holds else [])


@pytest.mark.parametrize(
    ("week", "waits"),
    [
        (_week(W3, 2, unseen=29), False),
        (_week(W3, 2, unseen=30), True),
        (_week(W3, 2, known=0, unseen=960), False),  # not judged at all
        (
            replace(_week(W3, 2, unseen=30), recalled_sessions=2, recalled_until=W4 - timedelta(1)),
            False,
        ),
        (
            replace(_week(W3, 2, unseen=30), recalled_sessions=2, recalled_until=W4 - timedelta(2)),
            True,
        ),
    ],
)
def test_hours_in_which_nothing_was_worn_are_asked_about_first(week: Week, *, waits: bool) -> None:
    end = midnight(W4, _ZONE)
    low = week.known_days == 7
    for hours, holds in ((36, low and not waits), (59.99, low and not waits), (60, low)):
        got = _judged(LOW[0], week, now_ms=end + int(hours * _HOUR))
        assert got == (HELD if holds else [])
    due = _next_due(_look(LOW[0], week, now_ms=end + 36 * _HOUR))
    assert due == end + (60 if waits else 36 + 7 * 24) * _HOUR


def test_the_week_before_stays_the_latest_until_the_next_is_judged() -> None:
    pair = (_week(W1, 0), _week(W2, 0))
    assert _judged(*pair, now_ms=midnight(W4, _ZONE) + 35 * _HOUR) == [(W2.isoformat(), True)]
    assert _judged(*pair, now_ms=midnight(W4, _ZONE) + 36 * _HOUR) == [(W2.isoformat(), False)]


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"valid_from": W2}, True),
        ({"valid_from": W2 + timedelta(days=1)}, False),
        ({"valid_to": W4 - timedelta(days=1)}, True),
        ({"valid_to": W4 - timedelta(days=2)}, False),
    ],
)
def test_a_prescription_must_hold_on_all_days_of_both_weeks(
    changes: dict[str, Any], *, holds: bool
) -> None:
    assert _judged(*LOW, prescriptions=(replace(_PRESCRIPTION, **changes),)) == (
        HELD if holds else []
    )


def test_without_a_prescription_nothing_is_due() -> None:
    assert _judged(*LOW, prescriptions=()) == []


def pause(first: int, last: int) -> Prescription:
    """Return the prescription with a pause from day to day of the week of W3, Monday being 0."""
    days = [W3 + timedelta(days=first), W3 + timedelta(days=last)]
    return replace(_PRESCRIPTION, pauses=(Pause(first=days[0], last=days[1], why="holiday"),))


@pytest.mark.parametrize(
    ("first", "last", "sessions", "holds"),
    [
        (0, 3, 0, False),  # four days of pause: not judged
        (0, 2, 0, True),  # due 3 x 4/7 = 1.71: one whole session
        (0, 2, 1, False),
        (6, 9, 1, True),  # due 3 x 6/7 = 2.57: two
        (6, 9, 2, False),
        (5, 6, 2, False),  # due 3 x 5/7 = 2.14: two
    ],
)
def test_days_of_pause_leave_the_denominator(
    first: int, last: int, sessions: int, *, holds: bool
) -> None:
    now = midnight(W4, _ZONE) + 24 * 6 * _HOUR  # after any of the pauses
    assert _judged(
        _week(W2, 0), _week(W3, sessions), prescriptions=(pause(first, last),), now_ms=now
    ) == (HELD if holds else [])


def test_nothing_is_raised_while_paused() -> None:
    assert _judged(*LOW, prescriptions=(pause(7, 8),)) == [(W3.isoformat(), False)]


def test_look_back_of_eight_weeks() -> None:
    old = [
        _NOW + 35 * 24 * _HOUR,
        _NOW + 54 * 24 * _HOUR,
    ]  # 8 weeks after the start of W2 lie between
    assert [len(_judged(*LOW, now_ms=now)) for now in old] == [1, 0]


def test_thresholds_of_the_prescription_override_the_table() -> None:
    own = replace(_PRESCRIPTION, rules={"A1": {"ratio": 0.3, "known_days": 6}})
    assert _judged(*LOW, prescriptions=(own,)) == []
    assert _judged(_week(W2, 0), _week(W3, 0), prescriptions=(own,)) == HELD
    assert _judged(_week(W2, 0, known=6), _week(W3, 0), prescriptions=(own,)) == []  # 1 of 3
    assert _judged(_week(W2, 0), _week(W3, 0, known=5), prescriptions=(own,)) == []


def test_each_prescription_counts_its_own_sessions_and_a_new_version_from_its_day() -> None:
    enough = (_week(W2, 3), _week(W3, 3))
    # without types both take every session
    other = replace(_PRESCRIPTION, id="b", sessions_per_week=1)
    assert _judged(*enough) == []
    assert _judged(*enough, prescriptions=(_PRESCRIPTION, other)) == []
    assert _judged(*enough, prescriptions=(_PRESCRIPTION, replace(other, types=("strength",)))) == (
        HELD
    )
    assert _judged(*enough, prescriptions=(_PRESCRIPTION, replace(other, types=("walking",)))) == []
    strength = replace(other, types=("strength",))
    (finding,) = _judge(_look(*enough, prescriptions=(_PRESCRIPTION, strength)))
    assert "low for prescription b: 0 of 1 sessions and 0 of 30 minutes; " in finding.sentence
    assert [part["low"] for part in finding.evidence["weeks"][0]["prescriptions"]] == [False, True]
    newer = replace(
        _PRESCRIPTION, version=2, valid_from=W3 - timedelta(days=1), sessions_per_week=10
    )
    assert (
        _judged(*enough, prescriptions=(newer, _PRESCRIPTION)) == HELD
    )  # due in W2: 3 x 6/7 + 10/7 = 4


def recorded_on(day: date, hour: int = 9, row: Prescription = _PRESCRIPTION) -> dict[Any, int]:
    return {(row.id, row.version): midnight(day, _ZONE) + hour * _HOUR}


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (W2, HELD),  # on the Monday of the first week: it holds from that date on
        (W2 + timedelta(days=1), []),
        (W4, []),
    ],
)
def test_a_prescription_raises_nothing_about_weeks_before_it_was_recorded(
    day: date, keys: list[tuple[str, bool]]
) -> None:
    assert _judged(*LOW, recorded=recorded_on(day)) == keys


@pytest.mark.parametrize(("day", "keys"), [(W2, HELD), (W3, []), (W4, [])])
def test_a_second_prescription_accuses_nobody_of_earlier_weeks(
    day: date, keys: list[tuple[str, bool]]
) -> None:
    second = replace(_PRESCRIPTION, id="b", sessions_per_week=6)
    both = (_PRESCRIPTION, second)
    enough = (_week(W2, 3), _week(W3, 3))
    assert _judged(*enough, prescriptions=both, recorded=recorded_on(day, row=second)) == keys


def test_a_version_that_is_dated_back_excuses_earlier_weeks() -> None:
    easier = replace(_PRESCRIPTION, version=2, sessions_per_week=1)
    rested = replace(pause(0, 6), version=2)
    for newer in (easier, rested):
        plans = (_PRESCRIPTION, newer)
        assert _judged(*LOW, prescriptions=plans, recorded=recorded_on(W4, row=newer)) == []


def test_evidence_and_when() -> None:
    (finding,) = _judge(_look(*LOW))
    assert (finding.rule, finding.tier, finding.at_ms) == ("A1", Tier.B, midnight(W4, _ZONE))
    assert finding.evidence == loads(dumps(finding.evidence))
    assert finding.evidence["from_ms"] == midnight(W2, _ZONE)
    assert finding.evidence["weeks"][0] == {
        "monday": "2026-11-09",
        "sessions": 1,
        "recalled_sessions": 0,
        "sessions_due": 3,
        "minutes": 30,
        "minutes_due": 90,
        "frequency": 1 / 3,
        "time": 1 / 3,
        "known_days": 7,
        "valid_days": 7,
        "answered_days": 0,
        "recalled_days": 0,
        "carried_days": 0,
        "unseen_days": 0,
        "paused_days": 0,
        "prescriptions": [
            {
                "id": "a",
                "version": 1,
                "sha256": "",
                "low": True,
                "sessions": 1,
                "recalled_sessions": 0,
                "sessions_due": 3,
                "minutes": 30,
                "minutes_due": 90,
            }
        ],
    }


_rows = st.lists(
    st.builds(
        _week,
        st.integers(0, 12).map(lambda n: W4 - timedelta(days=7 * n)),
        st.integers(0, 4),
        known=st.integers(0, 7),
        unseen=st.sampled_from([0, 0, 29, 30]),
    ),
    max_size=13,
    unique_by=lambda row: row.monday,
)


@given(_rows, st.integers(0, 12 * 7 * 24))
def test_no_alert_ever_rests_on_missing_data(weeks: list[Week], hours: int) -> None:
    for finding in _judge(_look(*weeks, now_ms=_NOW + hours * _HOUR)):
        known = {row.monday.isoformat(): row.known_days for row in weeks}
        for result in finding.evidence["weeks"]:
            assert known[result["monday"]] >= 4


@given(_rows, st.integers(0, 12 * 7 * 24))
def test_weeks_of_silence_never_raise(weeks: list[Week], hours: int) -> None:
    silent = [_week(row.monday, 0, known=0) for row in weeks]
    assert _judge(_look(*silent, now_ms=_NOW + hours * _HOUR)) == ()


@given(_rows, st.randoms(use_true_random=False))
def test_order_does_not_matter(weeks: list[Week], chance: random.Random) -> None:
    assert _judge(_look(*chance.sample(weeks, len(weeks)))) == _judge(_look(*weeks))


@given(_rows, st.integers(0, 20 * 24))
@example(
    weeks=[_week(W2, 0, 0), _week(W3, 0, 0)], hours=8
)  # muted when the pause begins, before anything is due
def test_outcome_changes_only_at_the_times_that_next_due_names(
    weeks: list[Week], hours: int
) -> None:
    on = _look(*weeks, prescriptions=(pause(9, 11),))
    due = _next_due(on)
    assert due is not None
    before = min(_NOW + hours * _HOUR, due - 1)
    kept = [
        f for f in _judge(on) if f.evidence["from_ms"] >= before - 56 * 24 * _HOUR
    ]  # the look-back slides
    then = _judge(replace(on, now_ms=before))
    # whether a finding may raise an alert changes with time alone
    plain = partial(replace, fresh=False, suppressed="")
    assert list(map(plain, then)) == list(map(plain, kept))
    assert {f.key for f in then if f.fresh} <= {f.key for f in kept if f.fresh}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC)),
        (datetime(2026, 11, 24, 11, tzinfo=UTC), datetime(2026, 12, 1, 11, tzinfo=UTC)),
        (
            datetime(2027, 6, 8, 11, tzinfo=UTC),
            None,
        ),  # 36 hours after the last week of the prescription
    ],
)
def test_next_due(now: datetime, expected: datetime | None) -> None:
    got = _next_due(_look(now_ms=int(now.timestamp() * 1000)))
    assert got == (None if expected is None else int(expected.timestamp() * 1000))


def test_next_due_without_a_prescription_and_in_a_pause() -> None:
    assert _next_due(_look(prescriptions=())) is None
    assert _next_due(_look(prescriptions=(pause(7, 8),))) == midnight(W4 + timedelta(days=2), _ZONE)
