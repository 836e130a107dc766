"""Twelve weeks of days in squares: what each date says, by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.rules.adherence.a1_low_adherence import waits_for_answer
from clinic.answers.days import reach, resting
from clinic.pages import heatmap
from clinic.pages.heatmap import Look
from clinic.pages.weeks import view, week_views
from model.calendar import HOUR_MS, MINUTE_MS, midnight
from model.derived.days import Day, DayState
from model.intensity import ZoneTimes
from tests.clinic_world import CLINIC_ZONE, prescriptions
from tests.derivation.lives import FIRST, THREE_A_WEEK, Diary, concluded
from tests.weeks import type_total

_DAY = date(2026, 11, 18)
RX = prescriptions("p")  # 40 minutes a session from version 2 on


def _day(minutes: int) -> Day:
    return Day(
        local_date=_DAY,
        sessions=1,
        session_ms=minutes * MINUTE_MS,
        zones=ZoneTimes(),
        wear_min=0,
        answered=False,
        by_type=(type_total("walking", 1, ZoneTimes(unknown=minutes * MINUTE_MS)),),
    )


@pytest.mark.parametrize(
    ("state", "minutes", "look"),
    [
        (DayState.ACTIVE, 32, Look.DONE),
        (DayState.ACTIVE, 31, Look.PARTLY),
        (DayState.NO_ACTIVITY, 0, Look.MISSED),
        (DayState.REST, 0, Look.REST),
        (DayState.PAUSED, 0, Look.PAUSED),
        (DayState.NOT_WORN, 0, Look.NOT_WORN),
        (DayState.NO_DATA, 0, Look.NO_DATA),
        (DayState.BLOCKED, 0, Look.BLOCKED),
    ],
)
def test_what_a_square_says(state: DayState, minutes: int, look: Look) -> None:
    assert heatmap.square(_DAY, state, _day(minutes), [], RX).look is look


def test_today_is_not_over_yet_and_so_never_without_data() -> None:
    states = dict.fromkeys([_DAY - timedelta(days=1), _DAY], DayState.NO_DATA)
    assert heatmap.heatmap(states, {}, [], []).tally[-1] == (Look.OPEN, 1)
    assert dict(heatmap.heatmap(states, {}, [], []).tally)[Look.NO_DATA] == 1
    done = heatmap.square(_DAY, DayState.ACTIVE, _day(40), [], RX, is_over=False)
    assert done.look is Look.DONE


def test_dates_have_their_steps_as_counted_and_as_stated() -> None:
    dates = [_DAY - timedelta(days=1), _DAY]
    known = replace(_day(40), steps=8432, steps_counted=900, stated={"steps": 8432.0})
    states = dict.fromkeys(dates, DayState.ACTIVE)
    newest, before = heatmap.heatmap(states, {_DAY: known}, [], []).dates
    assert (newest.local_date, newest.day, newest.steps_stated) == (_DAY, known, 8432.0)
    assert (before.local_date, before.day, before.steps_stated) == (dates[0], None, None)


def test_without_a_prescription_every_session_is_done() -> None:
    assert heatmap.square(_DAY, DayState.ACTIVE, _day(1), [], []).look is Look.DONE


def test_every_state_and_look_has_a_sign_and_a_word() -> None:
    assert set(heatmap.LOOK_SIGNS) == set(heatmap.LOOK_WORDS) == set(Look)
    assert len(set(heatmap.LOOK_SIGNS.values())) == len(Look)
    for state in DayState:
        heatmap.square(_DAY, state, None, [], [])


def test_dates_are_twelve_weeks_up_to_today() -> None:
    dates = heatmap.calendar_dates(_DAY)
    assert (dates[0], dates[-1], len(dates)) == (date(2026, 8, 31), _DAY, 80)
    seen = heatmap.heatmap(dict.fromkeys(dates, DayState.REST), {}, [], [])
    assert len(seen.mondays) == 12
    empty = [row.count(None) for row in seen.rows]
    assert (set(map(len, seen.rows)), empty) == ({12}, [0, 0, 0, 1, 1, 1, 1])


def test_days_rest_on_whole_weeks_and_four_weeks_of_nights() -> None:
    assert reach([_DAY]) == (date(2026, 10, 21), date(2026, 11, 22))
    nights: dict[date, float | None] = {_DAY - timedelta(days=n): 50.0 + n for n in (0, 27, 28, 29)}
    assert resting(nights, _DAY) is None
    assert resting({**nights, _DAY - timedelta(days=1): 55.0}, _DAY) == 55.0


def test_a_square_says_why_a_session_does_not_count() -> None:
    fever = Diary().worn().samples("heart_rate", 0, 600, 960, 118)
    sessions = concluded(fever).results.derived.sessions
    shown = heatmap.square(FIRST, DayState.REST, None, sessions, [])
    assert shown.label.endswith("Rest, none due, not counted: heart rate without movement")
    assert shown.session == sessions[0].id


def test_a_low_week_says_that_hours_were_not_seen_and_that_the_patient_is_asked() -> None:
    week = concluded(Diary().worn()).results.weeks[FIRST]
    shown = view(week, [THREE_A_WEEK.prescription])
    assert shown.label == "0 %"
    assert shown.why == (
        "On 7 days nothing was worn for as long as a session, and the patient has not answered "
        "about them: ask whether there was a session."
    )
    shown = view(week, [THREE_A_WEEK.prescription], waits=True)
    assert shown.why == (
        "On 7 days nothing was worn for as long as a session: the patient is asked first, and rule "
        "A1 waits 24 hours for the answer."
    )
    diary = concluded(Diary().worn().answers_week(6, 3)).results.weeks[FIRST]
    answered = view(diary, [THREE_A_WEEK.prescription])
    assert (answered.label, answered.why, answered.credited) == ("100 %", "", 3)
    assert (answered.sessions, answered.recalled_sessions) == (0, 3)


def test_only_a_week_whose_answer_may_still_come_is_said_to_wait() -> None:
    weeks = [concluded(Diary().worn()).results.weeks[FIRST]]
    plans, mondays = [THREE_A_WEEK.prescription], [FIRST, FIRST + timedelta(days=7)]
    # the data of a week is in after 36 hours, and the answer is waited for 24 hours more
    until_ms = midnight(mondays[1], CLINIC_ZONE) + 60 * HOUR_MS
    for now_ms, waits in ((until_ms - 1, True), (until_ms, False)):
        waiting = [day for day in mondays if waits_for_answer(day, CLINIC_ZONE, now_ms)]
        assert waiting == (mondays if waits else mondays[1:])
        why = week_views(weeks, plans, mondays, waiting)[0].why
        assert why.endswith("rule A1 waits 24 hours for the answer.") is waits
        assert why.endswith("ask whether there was a session.") is not waits
