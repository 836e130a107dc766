"""Sessions from a window: exact rows, with the day of each."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from model.columns.window import SampleColumn
from model.derived.sessions import HeartSummary
from model.facts import Instrument
from model.intensity import ZoneTimes
from stream.compute.derive import derive
from tests.rows import matching, values_of
from tests.stream.compute.windows.exact_windows import (
    ANSWERING_APP,
    PHONE_STEPS,
    SIXTY_YEARS,
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


def test_a_session_and_its_day_exactly() -> None:
    start, end = stockholm_ms(10), stockholm_ms(10, 30)
    columns = (
        heart_column(WATCH_WORKOUT, start, stockholm_ms(10, 20), 120),
        heart_column(WATCH_WORKOUT, stockholm_ms(10, 20), stockholm_ms(10, 29), 150, "r2"),
    )
    got = derive(
        exact_window(
            workouts=(declared_workout(start, end, moving_ms=30 * WINDOW_MIN, exertion_cr10=3.0),),
            columns=columns,
        )
    )
    (session,), (day,) = got.sessions, got.days
    assert session.zones == ZoneTimes(
        moderate=20 * WINDOW_MIN, vigorous=9 * WINDOW_MIN + 29_000, unknown=31_000
    )
    assert session.heart == HeartSummary(
        n=1740, minimum=120, mean=(1200 * 120 + 540 * 150) / 1740, maximum=150
    )
    assert (session.start_ms, session.end_ms, session.local_date) == (start, end, WINDOW_DAY)
    assert (session.type, session.vendor_type, session.moving_ms, session.exertion_cr10) == (
        "walking",
        "Walk",
        30 * WINDOW_MIN,
        3.0,
    )
    assert (session.declared_by, session.heart_source, session.record, session.body) == (
        WATCH_WORKOUT,
        WATCH_WORKOUT,
        "r1",
        "b" * 64,
    )
    assert (session.partial, session.thresholds.method) == (False, "hrr:measured")
    assert (day.local_date, day.sessions, day.session_ms, day.zones) == (
        WINDOW_DAY,
        1,
        30 * WINDOW_MIN,
        session.zones,
    )
    assert (day.wear_min, day.answered) == (29, False)


def test_an_id_stays_when_the_workout_is_corrected_and_differs_by_patient_source_and_record() -> (
    None
):
    item = declared_workout(stockholm_ms(10), stockholm_ms(11))
    ids = [
        derive(replace(exact_window(workouts=(w,)), patient=p)).sessions[0].id
        for w, p in [
            (item, "p"),
            (declared_workout(stockholm_ms(10), stockholm_ms(12)), "p"),
            (item, "q"),
            (declared_workout(stockholm_ms(10), stockholm_ms(11), WATCH_BACKGROUND), "p"),
            (declared_workout(stockholm_ms(10), stockholm_ms(11), record="r2"), "p"),
        ]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_a_session_counts_on_the_date_on_which_it_starts_in_the_patients_zone() -> None:
    late = declared_workout(stockholm_ms(23, 50), stockholm_ms(23, 50) + 30 * WINDOW_MIN)
    both = exact_window(
        workouts=(late,),
        dates=(WINDOW_DAY, date(2026, 11, 21)),
        columns=(heart_column(WATCH_WORKOUT, stockholm_ms(23, 50), stockholm_ms(24), 120),),
    )
    assert values_of(derive(both).days, "local_date.day", "sessions", "wear_min") == [
        (20, 1, 10),
        (21, 0, 0),
    ]
    assert derive(replace(both, dates=(date(2026, 11, 21),))).sessions == ()


def test_more_than_a_fifth_unknown_is_partial() -> None:
    span = stockholm_ms(10), stockholm_ms(10) + 100_000
    for seconds, partial in [(80, False), (79, True)]:
        last = heart_column(WATCH_WORKOUT, span[0], span[0] + (seconds - 29) * 1_000, 120)
        (session,) = derive(
            exact_window(workouts=(declared_workout(*span),), columns=(last,))
        ).sessions
        assert (session.zones.unknown, session.partial) == ((100 - seconds) * 1_000, partial)


def test_the_best_ranked_source_speaks_in_a_session() -> None:
    span = stockholm_ms(10), stockholm_ms(10, 10)
    everyone = [
        heart_column(s, *span, 100 + n)
        for n, s in enumerate((PHONE_STEPS, WATCH_BACKGROUND, STRAP_WORKOUT, WATCH_WORKOUT))
    ]
    for selected, selected_value in [
        (everyone, STRAP_WORKOUT),
        (everyone[3:], WATCH_WORKOUT),
        (everyone[:2], WATCH_BACKGROUND),
        (everyone[:1], PHONE_STEPS),
    ]:
        (session,) = derive(
            exact_window(workouts=(declared_workout(*span),), columns=tuple(selected))
        ).sessions
        assert session.heart_source == selected_value
        assert session.heart.n == 600
    (session,) = derive(
        exact_window(
            workouts=(declared_workout(*span),),
            columns=(heart_column(WATCH_BACKGROUND, stockholm_ms(9), stockholm_ms(10), 100),),
        )
    ).sessions
    assert (session.heart_source, session.heart.n, session.zones) == (
        None,
        0,
        ZoneTimes(unknown=10 * WINDOW_MIN),
    )


def test_of_two_of_one_rank_the_one_with_more_samples_speaks_then_the_first_by_name() -> None:
    span = stockholm_ms(10), stockholm_ms(10, 10)
    other = replace(PHONE_STEPS, device="p 0")
    for seconds, selected in [(1_000, other), (2_000, PHONE_STEPS)]:
        series = (
            heart_column(PHONE_STEPS, *span, 120),
            heart_column(other, *span, 130, step=seconds),
        )
        for order in (1, -1):
            (session,) = derive(
                exact_window(workouts=(declared_workout(*span),), columns=series[::order])
            ).sessions
            assert session.heart_source == selected


def test_samples_of_one_a_minute_hold_for_longer() -> None:
    span = stockholm_ms(10), stockholm_ms(10, 10)
    for source, step, unknown in [
        (WATCH_BACKGROUND, WINDOW_MIN, 0),
        (PHONE_STEPS, WINDOW_MIN, 0),
        (WATCH_WORKOUT, WINDOW_MIN, 0),
        (WATCH_WORKOUT, 44_000, 182_000),
        (PHONE_STEPS, 44_000, 182_000),
    ]:
        column = heart_column(source, *span, 120, step=step)
        (session,) = derive(
            exact_window(workouts=(declared_workout(*span),), columns=(column,))
        ).sessions
        assert session.zones == ZoneTimes(moderate=10 * WINDOW_MIN - unknown, unknown=unknown)


def test_at_one_instant_the_greater_record_then_value_stands() -> None:
    t = np.array([stockholm_ms(10)])
    columns = [
        SampleColumn(
            metric="heart_rate", source=WATCH_WORKOUT, record=record, t=t, v=np.array([rate])
        )
        for record, rate in [("a", 150.0), ("b", 101.0), ("b", 102.0)]
    ]
    for order in (columns, columns[::-1]):
        (session,) = derive(
            exact_window(
                workouts=(declared_workout(stockholm_ms(10), stockholm_ms(10, 1)),),
                columns=tuple(order),
            )
        ).sessions
        assert session.heart == HeartSummary(n=1, minimum=102, mean=102, maximum=102)


def test_limits_are_those_valid_on_the_date_and_invalid_ones_leave_time_unknown() -> None:
    later = replace(SIXTY_YEARS, valid_from=date(2026, 11, 20), rate_limited=True)
    total = exact_window(
        profiles=(later, SIXTY_YEARS),
        dates=(date(2026, 11, 19), WINDOW_DAY),
        workouts=(
            declared_workout(stockholm_ms(10, day=19), stockholm_ms(11, day=19), record="r0"),
            declared_workout(stockholm_ms(10), stockholm_ms(11)),
        ),
        columns=(
            heart_column(
                WATCH_WORKOUT, stockholm_ms(10, day=19), stockholm_ms(11, day=19), 120, "r0"
            ),
            heart_column(WATCH_WORKOUT, stockholm_ms(10), stockholm_ms(11), 120),
        ),
    )
    before, after = derive(total).sessions
    assert before.zones == ZoneTimes(moderate=60 * WINDOW_MIN)
    assert (after.zones, after.thresholds.valid, after.heart.mean) == (
        ZoneTimes(unknown=60 * WINDOW_MIN),
        False,
        120,
    )


@pytest.mark.promise(2)
def test_a_session_by_hand_has_the_zones_that_a_watch_shows_and_answers_its_day() -> None:
    by_hand = answered_report(
        stockholm_ms(10),
        Instrument.SESSION,
        "s1",
        stockholm_ms(10, 40),
        type="nordic_walking",
        value=4,
        scale="borg-cr10",
    )
    got = derive(
        exact_window(
            reports=(by_hand,),
            columns=(heart_column(WATCH_BACKGROUND, stockholm_ms(10), stockholm_ms(11), 120),),
        )
    )
    (session,), (day,) = got.sessions, got.days
    assert (session.zones, session.partial, session.heart_source) == (
        ZoneTimes(moderate=40 * WINDOW_MIN),
        False,
        WATCH_BACKGROUND,
    )
    assert (session.type, session.exertion_cr10, session.declared_by) == (
        "nordic_walking",
        4,
        ANSWERING_APP,
    )
    assert (day.sessions, day.session_ms, day.wear_min, day.answered) == (
        1,
        40 * WINDOW_MIN,
        60,
        True,
    )


def test_an_unknown_type_is_other() -> None:
    (session,) = derive(
        exact_window(
            workouts=(declared_workout(stockholm_ms(10), stockholm_ms(11), type="quidditch"),)
        )
    ).sessions
    assert session.type == "other"


@pytest.mark.parametrize(
    ("change", "sessions"),
    [
        ({}, 1),
        ({"start": stockholm_ms(10, 2), "end": stockholm_ms(10, 58)}, 1),
        ({"type": "running"}, 1),  # one family
        ({"start": stockholm_ms(10, 2) + 1}, 2),
        ({"end": stockholm_ms(11, 2) + 1}, 2),
        ({"type": "cycling"}, 2),
    ],
)
def test_one_session_by_two_routes_is_one(change: dict[str, Any], sessions: int) -> None:
    second = {
        "start": stockholm_ms(10),
        "end": stockholm_ms(11),
        "source": WATCH_BACKGROUND,
        "record": "x",
        **change,
    }
    for order in (1, -1):
        both = (declared_workout(stockholm_ms(10), stockholm_ms(11)), declared_workout(**second))[
            ::order
        ]
        got = derive(exact_window(workouts=both)).sessions
        assert len(got) == sessions
        assert values_of(matching(got, record="r1"), "declared_by") == [WATCH_WORKOUT]


def test_a_report_of_a_session_that_a_watch_declared_is_no_second_session() -> None:
    result = answered_report(
        stockholm_ms(11),
        Instrument.SESSION,
        "s1",
        stockholm_ms(11, 20),
        session="r1",
        type="walking",
        value=5,
        scale="borg-cr10",
    )
    (session,) = derive(
        exact_window(
            workouts=(declared_workout(stockholm_ms(10), stockholm_ms(11)),), reports=(result,)
        )
    ).sessions
    assert (session.declared_by, session.exertion_cr10) == (WATCH_WORKOUT, 5)


@pytest.mark.parametrize(
    ("answered", "more", "expected"),
    [
        (stockholm_ms(10, 30), {}, 6.0),
        (stockholm_ms(16, 59), {}, 6.0),
        (stockholm_ms(17), {}, 6.0),
        (stockholm_ms(17) + 1, {}, None),
        (stockholm_ms(9, 59), {}, None),
        (stockholm_ms(20), {"session": "r1"}, 6.0),
        (stockholm_ms(10, 30), {"scale": "borg-6-20", "value": 13.0}, 4.0),  # the same words
        (stockholm_ms(10, 30), {"scale": "borg-6-20", "value": 6.0}, 0.0),
        (stockholm_ms(10, 30), {"scale": "form-1-5"}, None),
        (stockholm_ms(10, 30), {"value": None}, None),
    ],
)
def test_exertion_goes_to_the_session_it_concerns(
    answered: int, more: dict[str, Any], expected: float | None
) -> None:
    result = answered_report(
        answered, Instrument.EXERTION, "e1", **{"value": 6.0, "scale": "borg-cr10", **more}
    )
    (session,) = derive(
        exact_window(
            workouts=(declared_workout(stockholm_ms(10), stockholm_ms(11)),), reports=(result,)
        )
    ).sessions
    assert session.exertion_cr10 == expected


def test_the_patients_last_word_on_exertion_beats_the_watch() -> None:
    result = [
        answered_report(
            stockholm_ms(11, n), Instrument.EXERTION, f"e{n}", value=n, scale="borg-cr10"
        )
        for n in (2, 7, 4)
    ]
    result[0] = replace(
        result[0], fact=replace(result[0].fact, head=replace(result[0].fact.head, revision=9))
    )
    (session,) = derive(
        exact_window(
            workouts=(declared_workout(stockholm_ms(10), stockholm_ms(11), exertion_cr10=1.0),),
            reports=tuple(result),
        )
    ).sessions
    assert session.exertion_cr10 == 7


def test_a_reference_to_the_twin_that_was_dropped_finds_the_session() -> None:
    twins = (
        declared_workout(stockholm_ms(10), stockholm_ms(11)),
        declared_workout(stockholm_ms(10), stockholm_ms(11), WATCH_BACKGROUND, "x"),
    )
    result = answered_report(
        stockholm_ms(20), Instrument.EXERTION, "e1", value=6, scale="borg-cr10", session="x"
    )
    (session,) = derive(exact_window(workouts=twins, reports=(result,))).sessions
    assert (session.record, session.exertion_cr10) == ("r1", 6)


def test_a_fact_of_another_kind_is_our_bug() -> None:
    with pytest.raises(TypeError):
        derive(exact_window(workouts=(answered_report(stockholm_ms(10), Instrument.PAIN, "x"),)))
    with pytest.raises(TypeError):
        derive(exact_window(reports=(declared_workout(stockholm_ms(10), stockholm_ms(11)),)))


@pytest.mark.parametrize(
    ("summary", "made_from"),
    [
        ({}, ""),
        ({"distance": 900.0}, ""),
        ({"made_from_laps": 1.0}, "laps"),
        ({"made_from_records": 1.0, "distance": 900.0}, "records"),
    ],
)
def test_a_session_that_a_reader_made_says_so(summary: dict[str, float], made_from: str) -> None:
    workout = declared_workout(stockholm_ms(10), stockholm_ms(10, 30), summary=summary)
    (session,) = derive(exact_window(workouts=(workout,))).sessions
    assert session.made_from == made_from
    assert len(session.flags) == bool(made_from)
