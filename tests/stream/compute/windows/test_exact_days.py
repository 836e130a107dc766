"""The figures of a day from a window: exact rows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from model.columns.window import SampleColumn
from model.facts import AttributedFact, DaySummary, Head, Instrument, Source
from model.intensity import ZoneTimes
from stream.compute.derive import derive
from tests.rows import values_of
from tests.stream.compute.windows.exact_windows import (
    PHONE_STEPS,
    STRAP_WORKOUT,
    WATCH_BACKGROUND,
    WATCH_WORKOUT,
    WINDOW_DAY,
    WINDOW_MIN,
    answered_report,
    declared_workout,
    exact_window,
    heart_column,
    stockholm_ms,
)


def test_a_minute_of_two_sessions_counts_once() -> None:
    total = declared_workout(stockholm_ms(10), stockholm_ms(12), record="whole", type="other")
    legs = [
        declared_workout(stockholm_ms(10), stockholm_ms(10, 30), record="swim", type="swimming"),
        declared_workout(stockholm_ms(10, 35), stockholm_ms(11), record="run", type="running"),
    ]
    by_phone = declared_workout(
        stockholm_ms(10, 50), stockholm_ms(12, 10), PHONE_STEPS, "phone", type="cycling"
    )
    typed = answered_report(
        stockholm_ms(11, 50), Instrument.SESSION, "s1", stockholm_ms(12, 20), type="yoga"
    )
    selected = (
        heart_column(WATCH_WORKOUT, stockholm_ms(10), stockholm_ms(12), 120, step=20_000),
        heart_column(PHONE_STEPS, stockholm_ms(12), stockholm_ms(12, 10) - 5_000, 150),
    )
    every_workout = (total, *legs, by_phone)
    for order in (1, -1):
        got = derive(
            exact_window(
                workouts=every_workout[::order], reports=(typed,), columns=selected[::order]
            )
        )
        (day,) = got.days
        assert {s.record: s.end_ms - s.start_ms for s in got.sessions}["whole"] == 120 * WINDOW_MIN
        assert (day.sessions, day.session_ms) == (3, 140 * WINDOW_MIN)
        assert day.zones == ZoneTimes(
            moderate=120 * WINDOW_MIN,
            vigorous=10 * WINDOW_MIN + 54_000,
            unknown=10 * WINDOW_MIN - 54_000,
        )


def test_time_over_midnight_that_overlaps_counts_once_on_the_date_of_the_better_session() -> None:
    late, early = (
        declared_workout(stockholm_ms(23, 30), stockholm_ms(24, 30)),
        declared_workout(stockholm_ms(24), stockholm_ms(25), PHONE_STEPS, "x"),
    )
    both = exact_window(workouts=(late, early), dates=(WINDOW_DAY, date(2026, 11, 21)))
    assert values_of(derive(both).days, "sessions", "session_ms") == [
        (1, 60 * WINDOW_MIN),
        (1, 30 * WINDOW_MIN),
    ]
    assert derive(replace(both, dates=(date(2026, 11, 21),))).days == derive(both).days[1:]


def test_wear_counts_a_minute_once_over_all_sources_and_only_accepted_samples() -> None:
    columns = (
        heart_column(WATCH_BACKGROUND, stockholm_ms(8), stockholm_ms(8, 10), 70, step=WINDOW_MIN),
        heart_column(STRAP_WORKOUT, stockholm_ms(8, 5), stockholm_ms(8, 20), 70),
        heart_column(PHONE_STEPS, stockholm_ms(8, 30), stockholm_ms(8, 50), 70),
        heart_column(WATCH_BACKGROUND, stockholm_ms(9), stockholm_ms(10), 20, "r2"),
    )
    assert derive(exact_window(columns=columns)).days[0].wear_min == 20


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 29), 23 * 60), (date(2026, 10, 25), 25 * 60)]
)
def test_wear_on_days_of_23_and_25_hours(day: date, minutes: int) -> None:
    around = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    column = heart_column(
        WATCH_BACKGROUND, around - 86_400_000, around + 2 * 86_400_000, 70, step=WINDOW_MIN
    )
    assert derive(exact_window(columns=(column,), dates=(day,))).days[0].wear_min == minutes


def stated(source: Source, record: str, revision: int, **values: float) -> AttributedFact:
    head = Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=stockholm_ms(0),
        end_ms=stockholm_ms(24),
    )
    return AttributedFact(
        patient="p",
        connector="c",
        received_ms=0,
        body="b" * 64,
        fact=DaySummary(head=head, local_date=WINDOW_DAY, values=values),
    )


@pytest.mark.parametrize(
    ("counted", "total", "steps"),
    [
        (900.0, 8_432, 8_432),  # an hour of samples and the total of the date
        (8_433.0, 8_432, 8_433),  # the total came before the last samples
        (8_432.0, 8_432, 8_432),
        (0.0, 12, 12),
        (None, 8_432, 8_432),
        (900.0, None, 900),
        (None, None, None),
    ],
)
def test_the_greater_of_the_counted_and_the_stated_steps_is_the_figure_of_the_day(
    counted: float | None, total: float | None, steps: int | None
) -> None:
    columns, summaries = [], []
    if counted is not None:
        t, v = np.array([stockholm_ms(10)]), np.array([counted])
        columns.append(SampleColumn(metric="steps", source=PHONE_STEPS, record="r", t=t, v=v))
    if total is not None:
        summaries.append(stated(WATCH_BACKGROUND, "w", 1, steps=total))
    (day,) = derive(exact_window(summaries=tuple(summaries), columns=tuple(columns))).days
    assert (day.steps, day.steps_counted, day.stated.get("steps")) == (steps, counted, total)


def test_what_sources_state_of_a_day_is_that_of_the_best_ranked_and_grows_by_revisions() -> None:
    by_phone, by_watch = (
        stated(PHONE_STEPS, "p", 9, steps=9_000, active_energy=300),
        stated(WATCH_BACKGROUND, "w", 1, steps=4_000),
    )
    grown = stated(WATCH_BACKGROUND, "w", 2, steps=7_000)
    for order in (1, -1):
        (day,) = derive(exact_window(summaries=(by_phone, by_watch, grown)[::order])).days
        assert day.stated == {"active_energy": 300, "steps": 7_000}
        assert day.steps == 7_000
    counted = SampleColumn(
        metric="steps",
        source=PHONE_STEPS,
        record="r",
        t=np.array([stockholm_ms(10)]),
        v=np.array([50.0]),
    )
    (day,) = derive(exact_window(summaries=(grown,), columns=(counted,))).days
    assert (day.steps, day.steps_counted, day.stated["steps"]) == (7_000, 50, 7_000)
    with pytest.raises(TypeError):
        derive(exact_window(summaries=(declared_workout(stockholm_ms(10), stockholm_ms(11)),)))


def test_the_last_answer_of_a_date_about_its_week_holds() -> None:
    reports = [
        answered_report(
            stockholm_ms(20), Instrument.WEEK, "q1", value=1.0, scale="sessions-this-week"
        ),
        answered_report(
            stockholm_ms(21), Instrument.WEEK, "q2", value=2.0, scale="sessions-this-week"
        ),
        answered_report(stockholm_ms(22), Instrument.PAIN, "q3", value=5.0, scale="nrs-0-10"),
    ]
    for order in (reports, reports[::-1]):
        (day,) = derive(exact_window(reports=tuple(order))).days
        assert (day.recalled_sessions, day.answered) == (2, True)


def test_a_session_after_midnight_uses_no_sample_of_the_date_before() -> None:
    start, end = stockholm_ms(0) + WINDOW_MIN // 2, stockholm_ms(0, 21)
    # One heart rate a minute up to the session, within it one after a minute, then none near:
    # with the date before it the two would be the end of a run of one a minute.
    before = heart_column(WATCH_WORKOUT, start - 11 * WINDOW_MIN, start, 120, "r0", WINDOW_MIN)
    within = heart_column(WATCH_WORKOUT, start, start + 2 * WINDOW_MIN, 120, "r1", WINDOW_MIN)
    workouts = (declared_workout(start, end),)
    alone = derive(exact_window(workouts=workouts, columns=(within,)))
    both = derive(
        exact_window(
            workouts=workouts,
            columns=(before, within),
            dates=(WINDOW_DAY - timedelta(days=1), WINDOW_DAY),
        )
    )
    (session,) = alone.sessions
    assert session in both.sessions
    assert alone.days[0] == both.days[-1]
