"""Day states under a prescription that names weekdays: due on each of them and on no other date."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.prescription import WEEKDAYS, Pause, Prescription, sevenths_due
from tests.depth import INVARIANT
from tests.stream.compute.states.test_day_states import WEEK, known, prescription, states

_TWO_DAYS = replace(prescription(2), weekdays=("mon", "wed"))


def _pause(first: int, last: int) -> tuple[Pause, ...]:
    return prescription(1, (first, last)).pauses


_weekdays = st.sets(st.sampled_from(WEEKDAYS)).map(tuple)
_pauses = st.lists(st.integers(0, 6).map(lambda n: (n, n)), max_size=2, unique=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".......", "XrXrrrr"),
        ("1......", "ArXrrrr"),
        ("..1....", "XrArrrr"),
        ("1.1....", "ArArrrr"),
        ("1...1..", "ArrrArr"),  # the week is no shortfall, so that no day is a miss
        (".1.....", "rAXrrrr"),  # it makes up for one of them
        (".....1.", "rrXrrAr"),
        (".....2.", "rrXrrAr"),  # one a day counts
        ("....11.", "rrrrAAr"),
        ("w......", "wrXrrrr"),
        ("..w....", "Xrwrrrr"),
        (".....w.", "rrXrrwr"),  # the Saturday may have held one
        ("....ww.", "rrrrwwr"),
        ("?......", "wrXrrrr"),
        (".....?.", "XrXrrwr"),  # not if the patient answered
        ("       ", "wwwwwww"),
    ],
)
def test_only_the_weekdays_ask_for_a_session(text: str, expected: str) -> None:
    assert states(known(text, _TWO_DAYS)) == expected


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (replace(_TWO_DAYS, sessions_per_week=4, max_per_day=2), "XrXrrrr"),
        (replace(_TWO_DAYS, max_per_day=2), "XrXrrrr"),
        (replace(_TWO_DAYS, pauses=_pause(0, 1)), "PPXrrrr"),
        (replace(_TWO_DAYS, pauses=_pause(1, 1)), "XPXrrrr"),
        (replace(_TWO_DAYS, pauses=_pause(0, 2)), "PPPrrrr"),
        (replace(_TWO_DAYS, valid_from=WEEK[1]), "rrXrrrr"),
        (replace(_TWO_DAYS, valid_from=WEEK[3]), "rrrrrrr"),
        (replace(_TWO_DAYS, valid_to=WEEK[1]), "Xrrrrrr"),
        (replace(_TWO_DAYS, sessions_per_week=7, weekdays=WEEKDAYS), "XXXXXXX"),
        (replace(_TWO_DAYS, types=("strength",)), "XrXrrrr"),
    ],
)
def test_weekdays_ask_for_whole_sessions(plan: Prescription, expected: str) -> None:
    assert states(known(".......", plan)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1......", "ArXrrrr"),
        ("2......", "ArXrrrr"),
        ("..2....", "XrArrrr"),
        ("1....1.", "ArXrrAr"),
        (".2.....", "rAXrrrr"),
        (".2.2...", "rArArrr"),
        (".....w.", "rrXrrwr"),  # two may have been held, and four are due
    ],
)
def test_each_of_the_weekdays_may_ask_for_two(text: str, expected: str) -> None:
    plan = replace(_TWO_DAYS, sessions_per_week=4, max_per_day=2)
    assert states(known(text, plan)) == expected


def test_a_blocked_weekday_asks_for_nothing_and_says_nothing() -> None:
    assert states(known("1......", _TWO_DAYS, blocked=(0,))) == "BrXrrrr"
    assert states(known(".....1.", _TWO_DAYS, blocked=(5,))) == "XrXrrBr"


@pytest.mark.parametrize(("today", "expected"), [(1, "Xdddddd"), (2, "Xrddddd"), (3, "XrXdddd")])
def test_a_weekday_is_missed_before_the_week_is_over(today: int, expected: str) -> None:
    assert states(replace(known(".......", _TWO_DAYS), today=WEEK[today])) == expected


def test_another_prescription_asks_for_its_own() -> None:
    assert states(known(".......", _TWO_DAYS, prescription(3, name="b"))) == "XrXrXXX"
    assert states(known(".......", _TWO_DAYS, prescription(3, (0, 6), name="b"))) == "XrXrrrr"
    strength = replace(_TWO_DAYS, id="b", weekdays=("tue", "fri"), types=("strength",))
    assert states(known("1.1....", _TWO_DAYS, strength)) == "AXArXrr"


def test_a_new_version_counts_from_its_day() -> None:
    others = replace(_TWO_DAYS, version=2, valid_from=WEEK[2], weekdays=("tue", "fri"))
    assert states(known(".......", _TWO_DAYS, others)) == "XrrrXrr"
    free = replace(prescription(7, begins=2), version=2)
    assert states(known(".......", _TWO_DAYS, free)) == "XrXXXXX"
    thursday = replace(prescription(1, begins=3), version=2, weekdays=("thu",))
    assert states(known(".......", prescription(7), thursday)) == "XXXXrrr"
    # four are due, and the session of Friday is one of them
    assert states(known("....1..", prescription(7), thursday)) == "rXXXArr"


def test_what_is_done_in_a_pause_is_done() -> None:
    # two are due
    assert states(known(".1.....", prescription(3, (1, 1)))) == "rPrrrrX"
    assert states(known(".....1.", prescription(3, (5, 5)))) == "rrrrrPX"
    assert states(known(".1.....", replace(_TWO_DAYS, pauses=_pause(1, 1)))) == "rPXrrrr"
    assert states(known(".....1.", replace(_TWO_DAYS, pauses=_pause(5, 5)))) == "rrXrrPr"


def test_what_the_patient_tells_of_is_done_on_weekdays_too() -> None:
    of = known(".......", _TWO_DAYS)
    for recalled, expected in ((2, "rrrrrrr"), (1, "rrXrrrr"), (0, "XrXrrrr")):
        answered = replace(of.days[WEEK[6]], recalled_sessions=recalled)
        assert states(replace(of, days={**of.days, WEEK[6]: answered})) == expected


@example(text=".....1.", weekdays=(), per_week=3, pauses=[(5, 5)])
@given(st.text("01.", min_size=7, max_size=7), _weekdays, st.integers(0, 7), _pauses)
def test_as_many_dates_are_missed_as_sessions_are_missing(
    text: str, weekdays: tuple[str, ...], per_week: int, pauses: list[tuple[int, int]]
) -> None:
    plan = replace(prescription(len(weekdays) or per_week, *pauses), weekdays=weekdays)
    asking = [day for n, day in enumerate(WEEK) if (n, n) not in pauses]
    due = sum(sevenths_due(plan, day) for day in asking) // 7
    shown = states(known(text, plan))
    assert shown.count("X") == max(0, due - text.count("1"))
    missed = {WEEKDAYS[n] for n in range(7) if shown[n] == "X"}
    assert missed <= set(weekdays or WEEKDAYS)


@INVARIANT
@given(st.text("01.aw?", min_size=7, max_size=7), _weekdays, st.integers(0, 6), st.integers(1, 2))
def test_less_data_never_makes_a_miss_of_a_weekday(
    text: str, weekdays: tuple[str, ...], lost: int, most: int
) -> None:
    plan = replace(prescription(len(weekdays) * most), weekdays=weekdays, max_per_day=most)
    total = states(known(text, plan))
    less = states(known(text[:lost] + " " + text[lost + 1 :], plan))
    assert {n for n in range(7) if less[n] == "X"} <= {n for n in range(7) if total[n] == "X"}
