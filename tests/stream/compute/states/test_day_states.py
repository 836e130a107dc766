"""Day states: the order in which they are decided, and when a session is due.

Missing data never makes a miss.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import day_bounds
from model.derived.days import Day, DayState
from model.facts import DeviceType, Method, Source
from model.intensity import ZoneTimes
from model.prescription import WEEKDAYS, Intensity, Pause, Prescription
from stream.compute.day_states import DayStateInput, day_states
from stream.compute.wear import is_on_patient
from tests.depth import INVARIANT
from tests.weeks import type_total

_ZONE = "Europe/Stockholm"
_MONDAY = date(2026, 11, 16)
WEEK = [_MONDAY + timedelta(days=n) for n in range(7)]
_LATER = _MONDAY + timedelta(days=9)
_END_MS = day_bounds(WEEK[6], _ZONE)[1]
_WATCH = Source(vendor="v", device_type=DeviceType.WATCH)
_PHONE = Source(vendor="v", device_type=DeviceType.PHONE)
_PERSON = Source(vendor="v", device_type=DeviceType.PERSON)
SCALE = Source(vendor="v", device_type=DeviceType.SCALE)
TYPED = Source(vendor="v", device_type=DeviceType.WATCH, method=Method.MANUAL)

_LETTERS = {
    DayState.ACTIVE: "A",
    DayState.REST: "r",
    DayState.NO_ACTIVITY: "X",
    DayState.NOT_WORN: "w",
    DayState.NO_DATA: "d",
    DayState.PAUSED: "P",
    DayState.BLOCKED: "B",
}


def prescription(
    n: int, *pauses: tuple[int, int], name: str = "a", begins: int = -60, ends: int = 60
) -> Prescription:
    """So many sessions a week; days are counted from the Monday."""
    return Prescription(
        id=name,
        version=1,
        valid_from=_MONDAY + timedelta(days=begins),
        valid_to=_MONDAY + timedelta(days=ends),
        sessions_per_week=n,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
        pauses=tuple(Pause(first=WEEK[a], last=WEEK[b], why="illness") for a, b in pauses),
    )


def _day(at: date, sessions: int = 0, wear: int = 600, *, answered: bool = False) -> Day:
    return Day(
        local_date=at,
        sessions=sessions,
        session_ms=0,
        zones=ZoneTimes(),
        wear_min=wear,
        answered=answered,
        by_type=(type_total("walking", sessions),) if sessions else (),
    )


def known(text: str, *prescriptions: Prescription, blocked: tuple[int, ...] = ()) -> DayStateInput:
    """Return a week from one letter for each day.

    A digit is the number of sessions on a worn day, and "." a worn day without any. Days not worn
    enough: "w" is little wear, "?" answered, "a" active, " " has no row.
    """
    rows = {
        at: _day(
            at,
            int(c) if c.isdigit() else int(c == "a"),
            599 if c in "w?a" else 600,
            answered=c == "?",
        )
        for at, c in zip(WEEK, text, strict=True)
        if c != " "
    }
    return DayStateInput(
        days=rows,
        prescriptions=prescriptions,
        blocked=frozenset(WEEK[n] for n in blocked),
        since_ms=0,
        watermarks={_WATCH: _END_MS},
        zone=_ZONE,
        today=_LATER,
    )


def states(of: DayStateInput) -> str:
    return "".join(_LETTERS[state] for state in day_states(WEEK, of).values())


@pytest.mark.parametrize(
    ("text", "per_week", "expected"),
    [
        (".......", 3, "rrrrXXX"),  # three are missing: the last days on which they fitted
        ("1.1.1..", 3, "ArArArr"),
        ("1......", 3, "ArrrrXX"),
        ("1....1.", 3, "ArrrrAX"),
        ("....1..", 3, "rrrrAXX"),
        ("......1", 3, "rrrrXXA"),
        ("3......", 3, "ArrrrXX"),  # one a day counts, as in the ratios of the week
        (".......", 7, "XXXXXXX"),
        (".......", 1, "rrrrrrX"),
        (".......", 0, "rrrrrrr"),
        ("1111...", 3, "AAAArrr"),
        ("w......", 3, "wrrrrXX"),  # the Monday may have held one
        ("?......", 3, "wrrrXXX"),  # not if the patient answered
        ("a......", 3, "ArrrrXX"),  # nor if one was recorded
        ("wwww...", 3, "wwwwrrr"),
        ("    ...", 3, "wwwwrrr"),
        ("...wwww", 3, "rrrwwww"),
        ("...w...", 5, "rrXwXXX"),  # Wednesday: two still fitted only if nobody trained on Thursday
    ],
)
def test_a_week_exactly(text: str, per_week: int, expected: str) -> None:
    assert states(known(text, prescription(per_week))) == expected


@pytest.mark.parametrize(
    ("text", "recalled", "until", "expected"),
    [
        (".......", 3, 6, "rrrrrrr"),
        (".......", 2, 6, "rrrrrrX"),
        (".......", 0, 6, "rrrrXXX"),
        ("1......", 2, 6, "ArrrrrX"),
        ("wwww...", 0, 6, "wwwwXXX"),  # the answer is about the days without a watch as well
        ("wwww...", 0, 3, "wwwwXXX"),
        ("wwww...", 0, 2, "wwwwrXX"),  # Thursday may have held one
        ("wwww...", 2, 6, "wwwwrrX"),
    ],
)
def test_what_the_patient_tells_of_is_no_miss(
    text: str, recalled: int, until: int, expected: str
) -> None:
    of = known(text, prescription(3))
    answered = replace(of.days[WEEK[until]], recalled_sessions=recalled)
    assert states(replace(of, days={**of.days, WEEK[until]: answered})) == expected


@pytest.mark.parametrize(
    ("types", "expected"),
    [(("walking",), "rrrrXXX"), (("walking", "cycling"), "wwwwwww"), ((), "wwwwwww")],
)
def test_a_phone_that_was_carried_would_have_seen_a_walk(
    types: tuple[str, ...], expected: str
) -> None:
    of = known("wwwwwww", replace(prescription(3), types=types))
    for minutes, letters in ((600, expected), (599, "wwwwwww")):
        rows = {at: replace(row, phone_min=minutes) for at, row in of.days.items()}
        assert states(replace(of, days=rows)) == letters


def test_a_phone_says_nothing_where_nothing_is_prescribed_or_a_ride_is_as_well() -> None:
    ride = replace(prescription(1, name="b"), types=("cycling",))
    walk = replace(prescription(3), types=("walking",))
    for plans in ((), (walk, ride)):
        of = known("wwwwwww", *plans)
        rows = {at: replace(row, phone_min=900) for at, row in of.days.items()}
        assert states(replace(of, days=rows)) == "wwwwwww"


def test_nothing_prescribed_nothing_due() -> None:
    assert states(known("..1....")) == "rrArrrr"
    assert states(known(".......", prescription(7, begins=7))) == "rrrrrrr"
    assert states(known(".......", prescription(7, ends=-1))) == "rrrrrrr"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (prescription(3, (0, 6)), "PPPPPPP"),
        (prescription(3, (0, 2)), "PPPrrrX"),  # 12 / 7: one full session in four days
        (prescription(3, (4, 6)), "rrrXPPP"),
        (prescription(7, (3, 3)), "XXXPXXX"),
        (prescription(3, begins=3), "rrrrrrX"),
        (prescription(3, ends=1), "rrrrrrr"),  # 6 / 7: none
        (prescription(7, ends=1), "XXrrrrr"),
    ],
)
def test_a_part_of_a_week_asks_for_its_share(plan: Prescription, expected: str) -> None:
    assert states(known(".......", plan)) == expected


def test_each_prescription_asks_for_its_own_and_one_pause_is_no_pause() -> None:
    two = (prescription(3), prescription(5, name="b"))
    assert states(known(".......", *two)) == "rrXXXXX"  # a session counts for both
    assert states(known(".......", two[0], prescription(5, (0, 6), name="b"))) == "rrrrXXX"
    assert (
        states(known(".......", replace(two[0], sessions_per_week=4, max_per_day=2))) == "rrrrrXX"
    )


def test_only_sessions_of_the_prescribed_types_are_done() -> None:
    strength = replace(prescription(3), types=("strength",))
    assert states(known("111....", strength)) == "AAArXXX"
    assert states(known("111....", replace(strength, types=("walking",)))) == "AAArrrr"


def test_a_new_version_counts_from_its_day() -> None:
    newer = replace(prescription(7, begins=4), version=2)
    assert states(known(".......", prescription(0), newer)) == "rrrrXXX"


def test_blocked_days_ask_nothing_and_say_nothing() -> None:
    assert states(known("1......", prescription(7), blocked=(0, 3))) == "BXXBXXX"
    assert states(known("1..1...", prescription(3, (0, 6)), blocked=(0,))) == "BPPPPPP"
    assert states(known(".......", prescription(3), blocked=(0, 1, 2, 3))) == "BBBBrrX"


def test_order_of_precedence() -> None:
    of = known("1......", prescription(7))
    at = WEEK[0]
    silent = replace(of, watermarks={})
    unworn = replace(of, days={})
    paused = (prescription(7, (0, 0)),)
    assert (
        day_states([at], replace(of, blocked=frozenset([at]), prescriptions=paused))[at]
        is DayState.BLOCKED
    )
    assert day_states([at], replace(of, prescriptions=paused))[at] is DayState.PAUSED
    assert day_states([at], silent)[at] is DayState.ACTIVE
    assert day_states([at], replace(unworn, watermarks={}))[at] is DayState.NO_DATA
    assert day_states([at], replace(unworn, prescriptions=()))[at] is DayState.NOT_WORN
    assert day_states([at], known(".......", prescription(6)))[at] is DayState.REST
    assert day_states([at], known(".......", prescription(7)))[at] is DayState.NO_ACTIVITY


@pytest.mark.parametrize("behind_ms", [0, 1])
def test_a_source_must_have_delivered_to_the_end_of_the_day(behind_ms: int) -> None:
    of = replace(
        known(".......", prescription(7)),
        watermarks={_PHONE: _END_MS - 86_400_000, _WATCH: _END_MS - behind_ms},
    )
    assert states(of) == "XXXXXX" + "Xd"[behind_ms]


@pytest.mark.parametrize(("day_", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_the_day_ends_by_the_clock_of_the_patient(day_: date, hours: int) -> None:
    start = day_bounds(day_, _ZONE)[0]
    plan = replace(prescription(7), valid_from=day_, valid_to=day_ + timedelta(days=400))
    base = replace(
        known(".......", replace(plan, valid_from=date(2026, 1, 1))), days={day_: _day(day_)}
    )
    late, early = {_WATCH: start + hours * 3_600_000}, {_WATCH: start + hours * 3_600_000 - 1}
    assert day_states([day_], replace(base, watermarks=late))[day_] is DayState.NO_ACTIVITY
    assert day_states([day_], replace(base, watermarks=early))[day_] is DayState.NO_DATA


@pytest.mark.parametrize("source", [_PERSON, SCALE, TYPED])
def test_a_person_or_a_scale_says_nothing_by_silence(source: Source) -> None:
    assert not is_on_patient(source)
    assert (
        states(replace(known(".......", prescription(7)), watermarks={source: _END_MS}))
        == "ddddddd"
    )


@pytest.mark.parametrize("today", WEEK)
def test_a_day_that_is_not_over_is_no_miss(today: date) -> None:
    over = WEEK.index(today)
    assert states(replace(known(".......", prescription(7)), today=today)) == "X" * over + "d" * (
        7 - over
    )


plans = st.lists(
    st.builds(
        lambda n, first, length, begins, ends, name, has_weekdays: replace(
            prescription(
                n, (first, min(first + length, 6)), name=name, begins=begins, ends=ends
            ),
            weekdays=WEEKDAYS[:n] if has_weekdays else (),
        ),
        st.integers(0, 7), st.integers(0, 6), st.integers(0, 3), st.integers(-3, 6),
        st.integers(0, 9), st.sampled_from("ab"), st.booleans(),
    ),
    max_size=2,
    unique_by=lambda plan: plan.id,
)  # fmt: skip
_weeks = st.text("0123.aw? ", min_size=7, max_size=7)


def test_before_anything_was_worn_nothing_is_known() -> None:
    begun = day_bounds(WEEK[2], _ZONE)[1]
    assert states(replace(known("       "), since_ms=begun - 1)) == "ddwwwww"
    assert states(replace(known("       "), since_ms=begun)) == "dddwwww"
    assert states(replace(known("1      "), since_ms=None)) == "Adddddd"


@st.composite
def anything(draw: st.DrawFn) -> DayStateInput:
    return replace(
        known(
            draw(_weeks), *draw(plans), blocked=tuple(draw(st.sets(st.integers(0, 6), max_size=2)))
        ),
        watermarks=draw(
            st.dictionaries(
                st.sampled_from([_WATCH, _PHONE, _PERSON, SCALE]),
                st.integers(_END_MS - 8 * 86_400_000, _END_MS + 1),
            )
        ),
        today=draw(st.sampled_from([*WEEK, _LATER])),
    )


@INVARIANT
@given(anything())
def test_no_activity_rests_on_wear_and_on_a_watermark(of: DayStateInput) -> None:
    for at, state in day_states(WEEK, of).items():
        if state is DayState.NO_ACTIVITY:
            assert of.days[at].wear_min >= 600
            assert of.days[at].sessions == 0
            assert any(
                ms >= day_bounds(at, _ZONE)[1]
                for source, ms in of.watermarks.items()
                if is_on_patient(source)
            )
            assert at < of.today
            assert at not in of.blocked


@given(anything(), st.permutations(WEEK))
def test_the_order_asked_in_does_not_matter(of: DayStateInput, dates: list[date]) -> None:
    assert day_states(dates, of) == day_states(WEEK, of)


@given(st.text("01.", min_size=7, max_size=7), st.integers(0, 7))
def test_as_many_misses_as_sessions_are_missing(text: str, per_week: int) -> None:
    assert states(known(text, prescription(per_week))).count("X") == max(
        0, per_week - text.count("1")
    )


@INVARIANT
@given(st.text("01.aw?", min_size=7, max_size=7), st.integers(0, 7), st.integers(0, 6))
def test_less_data_never_makes_a_miss(text: str, per_week: int, lost: int) -> None:
    """Not even where a session is lost with the data.

    A day about which nothing is known may have held a session.
    """
    total = states(known(text, prescription(per_week)))
    less = states(known(text[:lost] + " " + text[lost + 1 :], prescription(per_week)))
    assert {n for n in range(7) if less[n] == "X"} <= {n for n in range(7) if total[n] == "X"}
