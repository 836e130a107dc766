"""Rule A2: due sessions missed in a row, just inside and just outside; never by missing data."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import settle
from alerts.registry import judge, next_due
from alerts.rules.adherence.a2_interruption import INTERRUPTION
from model.alert import AlertState, RuleInput
from model.alerting.rule_rows import PainRating, Watermark
from model.calendar import DAY_MS, HOUR_MS, midnight
from model.facts import Phase
from model.prescription import Pause
from tests.alerts.alert_values import alert_of
from tests.alerts.rules.known_weeks import (
    FIRST_MONDAY,
    MISSED_ZONE,
    THRICE_A_WEEK,
    missed_input,
    weeks_of,
)
from tests.rows import values_of

_HELD = [("a/2026-11-03", True)]


def _judged(on: RuleInput) -> list[tuple[str, bool]]:
    return values_of(judge(on, (INTERRUPTION,)), "key", "fresh")


@pytest.mark.parametrize(
    ("marks", "keys"),
    [
        ("x......", []),  # six days: two were due
        ("x.......", _HELD),  # seven: three were due
        ("x....... x", [("a/2026-11-03", False)]),  # began again
        ("x...x...", []),
        ("x..?....", []),  # it could have held a session
        ("x..?.......", [("a/2026-11-06", True)]),
        ("???????", []),
        ("x....... ?", [("a/2026-11-03", False)]),  # not known whether it goes on
        ("x....... .......", _HELD),  # once, and as it was
    ],
)
def test_three_due_sessions(marks: str, keys: list[tuple[str, bool]]) -> None:
    assert _judged(missed_input(marks)) == keys


_NOON_10TH_MS = midnight(FIRST_MONDAY + timedelta(days=8), MISSED_ZONE) + 12 * HOUR_MS
_MIDNIGHT_10TH_MS = _NOON_10TH_MS - 12 * HOUR_MS
_BEFORE = ("a/2026-11-03", False)


@pytest.mark.parametrize(
    ("marks", "contacts", "keys"),
    [
        # the run went on on the day of the contact; two sessions were due since, and then three
        ("x....... .......", (_NOON_10TH_MS,), [_BEFORE]),
        ("x....... ........", (_NOON_10TH_MS,), [_BEFORE, ("a/2026-11-11", True)]),
        ("x....... ........ x", (_NOON_10TH_MS,), [_BEFORE, ("a/2026-11-11", False)]),
        # of that day all was missed after the contact
        ("x....... .......", (_MIDNIGHT_10TH_MS,), [_BEFORE, ("a/2026-11-10", True)]),
        ("x....... .......", (_MIDNIGHT_10TH_MS + 1,), [_BEFORE]),
        # each contact begins a new count
        ("x....... ........", (_NOON_10TH_MS, _NOON_10TH_MS + DAY_MS), [_BEFORE]),
        (
            "x....... .........",
            (_NOON_10TH_MS, _NOON_10TH_MS + DAY_MS),
            [_BEFORE, ("a/2026-11-12", True)],
        ),
        # a contact before enough was missed, and one while the patient exercised
        ("x........", (_NOON_10TH_MS - 4 * DAY_MS,), []),
        ("x.......", (_NOON_10TH_MS - 8 * DAY_MS,), _HELD),
        # until a day after it is judged, the run is the same
        ("x.......", (_NOON_10TH_MS,), _HELD),
    ],
)
def test_after_a_contact_sessions_are_counted_anew(
    marks: str, contacts: tuple[int, ...], keys: list[tuple[str, bool]]
) -> None:
    on = missed_input(marks, contacts={"adherence": contacts})
    assert _judged(on) == keys


def test_a_run_after_a_contact_names_it() -> None:
    on = missed_input("x...............", contacts={"adherence": (_NOON_10TH_MS,)})
    before, after = judge(on, (INTERRUPTION,))
    assert "contacted" not in before.evidence
    assert after.evidence["contacted"] == "2026-11-10"
    assert after.sentence == (
        "No session on 7 days of which the data is in, from 2026-11-11 to 2026-11-17, while 3 "
        "were due (rule A2: 3 due sessions in a row). Counted from the day after the contact of "
        "2026-11-10."
    )


def test_who_was_called_and_goes_on_missing_is_on_the_worklist_again() -> None:
    findings = judge(missed_input("x......."), (INTERRUPTION,))
    closed = replace(
        alert_of(*findings, family="adherence", rule="A2"),
        state=AlertState.RESOLVED,
        resolution="contacted",
        changed_ms=_NOON_10TH_MS,
    )
    steps: list[int] = []
    for days in (13, 14, 15):
        on = missed_input("x" + "." * days, contacts={"adherence": (_NOON_10TH_MS,)})
        steps.append(len(settle([], [closed], judge(on, (INTERRUPTION,)), on.now_ms)))
    assert steps == [0, 0, 1]


def test_a_contact_about_pain_begins_no_new_count() -> None:
    on = missed_input("x...............", contacts={"pain": (_NOON_10TH_MS,)})
    assert _judged(on) == _HELD


@pytest.mark.parametrize(
    ("marks", "known_days"), [("x.......", None), ("x....... x", 9), ("x........ x", 10)]
)
def test_a_run_that_has_ended_keeps_no_alert_alive_that_came_later(
    marks: str, known_days: int | None
) -> None:
    (finding,) = judge(missed_input(marks), (INTERRUPTION,))
    alive_until_ms = finding.evidence["fresh_until_ms"]
    if known_days is not None:
        # the end of the day that ended it, and 60 hours for its data and an answer
        ended_ms = midnight(FIRST_MONDAY + timedelta(days=known_days), MISSED_ZONE)
        alive_until_ms = ended_ms + 60 * HOUR_MS
    assert finding.fresh_until_ms == alive_until_ms


@pytest.mark.parametrize(
    ("per_week", "days"), [(1, 21), (2, 11), (3, 7), (4, 6), (5, 5), (6, 4), (7, 3)]
)
def test_what_is_due_grows_with_the_days(per_week: int, days: int) -> None:
    row = replace(THRICE_A_WEEK, sessions_per_week=per_week)
    held = missed_input("x" + "." * days, prescriptions=(row,))
    assert len(_judged(held)) == 1
    assert _judged(missed_input("x" + "." * (days - 1), prescriptions=(row,))) == []


def test_a_day_counts_when_its_data_has_had_its_time() -> None:
    assert _judged(missed_input("x.......", hours=35.99)) == []
    assert _judged(missed_input("x.......", hours=36)) == _HELD
    synced = Watermark(vendor="v", time_ms=midnight(FIRST_MONDAY + timedelta(days=8), MISSED_ZONE))
    assert _judged(missed_input("x.......", hours=0, watermarks=(synced,))) == _HELD
    behind = replace(synced, time_ms=synced.time_ms - 1)
    assert _judged(missed_input("x.......", hours=0, watermarks=(synced, behind))) == []


def test_a_watch_that_was_off_for_as_long_as_a_session_leaves_a_day_for_an_answer() -> None:
    assert _judged(missed_input("x.......", unseen_min=29)) == _HELD
    assert _judged(missed_input("x.......", unseen_min=30)) == []
    assert _judged(missed_input("x........", unseen_min=30, hours=35.99)) == []
    assert _judged(missed_input("x........", unseen_min=30)) == _HELD  # the seventh: 60 hours ago


def test_days_on_which_the_patient_told_of_sessions_are_not_known() -> None:
    first, second = weeks_of("x.......")
    answered = replace(first, recalled_sessions=2, recalled_until=FIRST_MONDAY + timedelta(days=6))
    assert _judged(missed_input("x.......", weeks=(answered, second))) == []


def test_a_pause_is_left_out_and_ends_no_run() -> None:
    away = Pause(
        first=FIRST_MONDAY + timedelta(days=3), last=FIRST_MONDAY + timedelta(days=4), why="ill"
    )
    row = replace(THRICE_A_WEEK, pauses=(away,))
    assert _judged(missed_input("x.......", prescriptions=(row,))) == []
    assert _judged(missed_input("x.........", prescriptions=(row,))) == _HELD
    still = replace(away, last=FIRST_MONDAY + timedelta(days=30))
    row = replace(THRICE_A_WEEK, pauses=(replace(still, first=FIRST_MONDAY + timedelta(days=8)),))
    on = missed_input("x.......", prescriptions=(row,))
    assert _judged(on) == [("a/2026-11-03", False)]


def test_a_prescription_asks_for_nothing_before_it_was_recorded() -> None:
    on = missed_input("........")
    at_ms = midnight(FIRST_MONDAY + timedelta(days=2), MISSED_ZONE)
    assert len(_judged(on)) == 1
    assert _judged(replace(on, recorded={("a", 1): at_ms})) == []


def test_the_sentence_and_when_to_look_again() -> None:
    on = missed_input("x.......")
    (finding,) = judge(on, (INTERRUPTION,))
    assert finding.sentence == (
        "No session on 7 days of which the data is in, from 2026-11-03 to 2026-11-09, while 3 were "
        "due (rule A2: 3 due sessions in a row)."
    )
    assert finding.at_ms == midnight(FIRST_MONDAY + timedelta(days=8), MISSED_ZONE)
    before = missed_input("x.......", hours=35)
    assert next_due(before, (INTERRUPTION,)) == before.now_ms + HOUR_MS


def test_the_sentence_says_that_other_sessions_are_left_out() -> None:
    on = missed_input("x.......")
    (row,) = on.prescriptions
    (finding,) = judge(
        replace(on, prescriptions=(replace(row, types=("walking",)),)), (INTERRUPTION,)
    )
    assert finding.sentence.endswith(
        " 3 due sessions in a row). Sessions that prescription a does not ask for are left out."
    )
    assert finding.evidence["types"] == ["walking"]


@given(st.text("x.?", min_size=1, max_size=70), st.integers(0, 72))
def test_no_finding_rests_on_a_day_that_is_not_known(marks: str, hours: int) -> None:
    for finding in judge(missed_input(marks, hours=hours), (INTERRUPTION,)):
        first, last = (_position(finding.evidence[end]) for end in ("first", "last"))
        assert set(marks[first : last + 1]) == {"."}


def _position(day: str) -> int:
    return (date.fromisoformat(day) - FIRST_MONDAY).days


def test_an_answer_makes_no_day_a_missed_one_and_a_count_of_the_week_does() -> None:
    on = missed_input("x.......")
    unworn = replace(on, days=())
    assert _judged(unworn) == []
    first, second = on.weeks
    counted = [
        replace(first, recalled_sessions=1, recalled_until=FIRST_MONDAY + timedelta(days=6)),
        replace(second, recalled_sessions=0, recalled_until=FIRST_MONDAY + timedelta(days=7)),
    ]
    assert _judged(replace(unworn, weeks=tuple(counted))) == _HELD


def test_a_day_with_pain_after_exercise_had_a_session_that_nobody_recorded() -> None:
    on = missed_input("x.......")
    rating = PainRating(
        record="r",
        at_ms=midnight(FIRST_MONDAY + timedelta(days=3), MISSED_ZONE),
        local_date=FIRST_MONDAY + timedelta(days=3),
        phase=Phase.AFTER,
        value=1,
        scale="nrs-0-10",
        session=None,
    )
    assert _judged(replace(on, pain=(rating,))) == []
    assert _judged(replace(on, pain=(replace(rating, phase=Phase.NEXT_MORNING),))) == _HELD
