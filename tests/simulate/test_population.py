"""A cohort of known truth: equal seeds give equal bytes, and the truth is what was done."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from model.calendar import DAY_MS, midnight
from model.facts import Instrument, Report
from parsers.reports import parse_reports
from simulate.population.arrivals import person_arrivals
from simulate.population.directory import CohortPlan, write_cohort
from simulate.population.doings import Doings, TrueSession, doings
from simulate.population.heart_course import HeartSign, heart_sign
from simulate.population.occasions import occasions
from simulate.population.people import Course, Inhabitant, Recorder, inhabitants
from simulate.population.true_weeks import true_weeks

_FIRST = date(2026, 8, 31)  # a Monday
_PLAN = CohortPlan(patients=3, weeks=6, seed=7, last=date(2026, 10, 11))
_BYTES_OF_ANY = "3b93894660357f686b54cf3946f76b54b4c4d39dd3e90112b683661657425946"
_BYTES_OF_STEADY = "dd18d5e49af6215223689f41faa83bde9afb8b59c312b6af0ac1ca9e5b21f3ce"


def _written(folder: Path, plan: CohortPlan) -> dict[str, bytes]:
    for _ in write_cohort(plan, folder):
        pass
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_equal_seeds_give_equal_bytes_and_a_larger_cohort_has_the_same_people(
    tmp_path: Path,
) -> None:
    first = _written(tmp_path / "a", _PLAN)
    assert _written(tmp_path / "b", _PLAN) == first
    assert inhabitants(7, 3, 6) == inhabitants(7, 10, 6)[:3]
    deliveries = [json.loads(line) for line in first["deliveries.jsonl"].splitlines()]
    assert deliveries == sorted(deliveries, key=lambda line: line["received"])
    assert all(line["body"] in first for line in deliveries)


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(FileExistsError):
        next(write_cohort(_PLAN, tmp_path))


def _person(**more: Any) -> Inhabitant:  # noqa: ANN401 - fields of a person
    values: dict[str, Any] = {
        "number": 0,
        "pseudonym": "p",
        "zone": "Europe/Stockholm",
        "birth_year": 1960,
        "rest": 60,
        "peak": 160,
        "measured_peak": True,
        "beta_blocker": False,
        "activity": "walking",
        "weekdays": (0, 2, 4),
        "minutes": 30,
        "minute": 600,
        "course": Course.STEADY,
        "device": Recorder.WATCH,
        "begins_week": 2,
        "usual": 1,
    }
    return Inhabitant(**{**values, **more})


def _did(
    numbers: Sequence[int],
    weeks: int = 4,
    off: Sequence[int] = (),
    **more: Any,  # noqa: ANN401 - fields of what was done
) -> Doings:
    """Return sessions on some days, counted from the first, with the watch worn but on `off`."""
    sessions = tuple(_session(number) for number in numbers)
    worn = tuple(_FIRST + timedelta(days=n) for n in range(7 * weeks) if n not in off)
    nothing: dict[str, Any] = {"paused": None, "flare": None}
    return Doings(sessions=sessions, worn=worn, first=_FIRST, weeks=weeks, **{**nothing, **more})


def _session(number: int, pain: int | None = None) -> TrueSession:
    day = _FIRST + timedelta(days=number)
    start = midnight(day, "Europe/Stockholm") + DAY_MS // 2
    return TrueSession(
        day=day,
        start_ms=start,
        end_ms=start + 1_800_000,
        recorded=True,
        exertion=3,
        pain=pain,
    )


def _kinds(did: Doings) -> list[tuple[str, int, bool]]:
    """Return the events with the day, counted from the first, from which they can be known."""
    rows = occasions(_person(), did)
    zero = midnight(_FIRST, "Europe/Stockholm")
    return [(row.event, (row.knowable_ms - zero) // DAY_MS, row.observable) for row in rows]


def test_two_low_weeks_are_an_event_that_is_known_when_the_second_is_over() -> None:
    full = [0, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23, 25]
    assert _kinds(_did(full)) == []
    assert _kinds(_did([n for n in full if n not in {9, 16}])) == [("low_adherence", 21, True)]
    # a day without the watch in each could have held the session
    unseen = _did([n for n in full if n not in {9, 16}], off=(9,))
    assert _kinds(unseen) == [("low_adherence", 21, False)]


def test_a_week_without_a_session_is_an_interruption() -> None:
    kept = [0, 2, 4, 7, 16, 18, 20, 21, 23, 25]
    assert _kinds(_did(kept)) == [("interruption", 15, True)]
    assert _kinds(_did(kept, off=(10,))) == [("interruption", 15, False)]


def test_who_never_begins_is_known_after_ten_days() -> None:
    assert _kinds(_did([]))[:2] == [("never_started", 10, True), ("low_adherence", 14, True)]


_DIGEST = {"drift", "intensity_off", "overdose"}


def _digest(person: Inhabitant, did: Doings) -> list[tuple[str, str, int, bool]]:
    """Return the events of tier C, with the day from which each can be known."""
    zero = midnight(_FIRST, "Europe/Stockholm")
    rows = [row for row in occasions(person, did) if row.tier == "C"]
    known: list[tuple[str, str, int, bool]] = []
    for row in rows:
        day = (row.knowable_ms - zero) // DAY_MS
        known.append((row.event, row.family, day, row.observable))
    return known


def test_a_drift_is_known_after_two_weeks_far_below_the_beginning() -> None:
    full = [0, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23, 25, 28, 30, 32]
    drifts = _person(course=Course.DRIFT, begins_week=5)
    did = _did([*full, 35, 37, 42, 49, 51], weeks=8)
    # two of three are no loss for anybody, and a third of them is one only when it lasts
    assert _digest(drifts, did) == []
    lost = _did([*full, 35, 42, 49, 51], weeks=8)
    assert _digest(drifts, lost) == [("drift", "adherence", 49, True)]
    assert _digest(drifts, _did([*full, 35, 42], weeks=8, off=range(9))) == [
        ("drift", "adherence", 49, False)
    ]
    assert _digest(_person(course=Course.DRIFT, begins_week=4), lost) == []
    assert _digest(_person(), lost) == []


def test_easy_sessions_are_known_after_the_fourth() -> None:
    days = (0, 2, 4, 7, 9)
    easy = tuple(replace(_session(number), easy=number > 0) for number in days)
    did = replace(_did([], weeks=2), sessions=easy)
    assert _digest(_person(), did) == [("intensity_off", "intensity", 9, True)]
    by_hand = _person(device=Recorder.HAND)
    assert _digest(by_hand, did) == [("intensity_off", "intensity", 9, False)]
    assert _digest(_person(), replace(did, sessions=easy[:4])) == []


def test_far_too_much_in_two_weeks_is_known_when_the_second_is_over() -> None:
    days = [0, 2, 4, 7, 9, 11, 14, 16, 18]
    person = _person(course=Course.TOO_MUCH, minutes=20)
    assert _digest(person, _did(days, weeks=3)) == []  # half as much again, and not more
    long = _person(course=Course.TOO_MUCH, minutes=19)
    assert _digest(long, _did(days, weeks=3)) == [("overdose", "load", 14, True)]
    assert _digest(_person(minutes=19), _did(days, weeks=3)) == []


@pytest.mark.parametrize("course", Course)
def test_each_scenario_gives_people_of_its_course_alone(course: Course) -> None:
    people = inhabitants(3, 4, 12, (course,))
    assert {person.course for person in people} == {course}


def test_a_pause_is_no_interruption_and_its_weeks_are_not_judged() -> None:
    away = (_FIRST + timedelta(days=7), _FIRST + timedelta(days=20))
    did = _did([0, 2, 4, 21, 23, 25], paused=away)
    assert _kinds(did) == []
    assert [week.judged for week in true_weeks(_person(), did)] == [True, False, False, True]


def test_very_high_pain_is_known_when_it_is_answered() -> None:
    did = _did([])
    hurt = Doings(
        sessions=(_session(0, pain=8), _session(2, pain=7)),
        worn=did.worn,
        paused=None,
        flare=None,
        first=_FIRST,
        weeks=1,
    )
    assert [row[0] for row in _kinds(hurt)] == ["very_high_pain"]


def test_a_warning_sign_is_answered_by_few_whatever_they_do_and_known_at_once() -> None:
    warned = 0
    for person in inhabitants(3, 200, 6):
        did = doings(person, 3, _FIRST, 6)
        if did.warned_ms is None:
            continue
        warned += 1
        (sign,) = [row for row in occasions(person, did) if row.event == "warning_sign"]
        assert (sign.family, sign.tier, sign.observable) == ("red_flag", "A", True)
        assert (sign.from_ms, sign.knowable_ms) == (did.warned_ms, did.warned_ms + 60_000)
        sent = [row for row in person_arrivals(person, did, 3) if row.filename == "warning.json"]
        (fact,) = parse_reports(sent[0].body).facts
        assert isinstance(fact, Report)
        assert (fact.instrument, fact.value, fact.reason) == (Instrument.RED_FLAG, 1, "chest_pain")
        assert fact.head.start_ms == did.warned_ms
    assert 5 < warned < 20


def test_no_session_is_moved_beyond_the_last_week() -> None:
    """What was done after it would be true, and its watch would sync when nobody plays any more."""
    last = _FIRST + timedelta(days=41)
    moved = 0
    for person in inhabitants(7, 60, 6):
        days = [session.day for session in doings(person, 7, _FIRST, 6).sessions]
        assert max(days, default=last) <= last, person.number
        moved += sum(day.weekday() not in person.weekdays for day in days)
    assert moved > 50  # a session is moved to the next day as before


def _rated(pain: Sequence[int], weeks: int = 4) -> Doings:
    """Return three sessions a week, of which each week's answers after exercise are all alike."""
    days = [day for day in range(7 * len(pain)) if day % 7 in {0, 2, 4}]
    sessions = tuple(_session(number, pain=pain[number // 7]) for number in days)
    return replace(_did([], weeks=weeks), sessions=sessions)


@pytest.mark.parametrize(
    ("pain", "known"),
    [
        ((1, 1, 2, 3), 28),  # a point in each of two weeks, known when the second is over
        ((1, 1, 3, 3), 21),  # two at once need no second week
        ((1, 1, 2, 2), None),
        ((1, 1, 2, 1), None),
    ],
)
def test_pain_that_rises_is_known_when_its_week_is_over(
    pain: tuple[int, ...], known: int | None
) -> None:
    rises, zero = _person(course=Course.RISE, begins_week=2), midnight(_FIRST, "Europe/Stockholm")
    did = _rated(pain, weeks=6)
    (row,) = [row for row in occasions(rises, did) if row.event == "weekly_rise"]
    assert row.observable is (known is not None)
    if known is not None:
        assert (row.knowable_ms - zero) // DAY_MS == known
    assert (row.family, row.tier) == ("pain", "B")
    # two answers a week say too little
    few = replace(did, sessions=tuple(s for s in did.sessions if s.day.weekday() != 0))
    (thin,) = [row for row in occasions(rises, few) if row.event == "weekly_rise"]
    assert not thin.observable
    assert "weekly_rise" not in [row.event for row in occasions(_person(), did)]


def test_who_strains_does_far_more_for_two_weeks_and_it_hurts() -> None:
    seen = 0
    for person in inhabitants(7, 20, 10, [Course.STRAIN]):
        assert person.usual is not None
        did = doings(person, 7, _FIRST, 10)
        begins = _FIRST + timedelta(weeks=person.begins_week)
        for session in did.sessions:
            is_strained = begins <= session.day < begins + timedelta(weeks=2)
            minutes = (session.end_ms - session.start_ms) / 60_000
            # a session of the last day before may have been moved into it
            if session.day not in {begins, begins + timedelta(weeks=2)}:
                assert (minutes > 2 * person.minutes) is is_strained
        events = [row.event for row in occasions(person, did)]
        assert "flare" not in events
        seen += "pain_with_load" in events
    assert seen == 20


def _bytes_in(folder: Path, plan: CohortPlan) -> str:
    digest = sha256()
    for name, content in _written(folder, plan).items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()


def test_the_bytes_of_a_seed_stay_as_they_are(tmp_path: Path) -> None:
    """Whoever has made a cohort can make it again: a new course changes no other one."""
    assert _bytes_in(tmp_path / "any", _PLAN) == _BYTES_OF_ANY
    steady = replace(_PLAN, patients=1, courses=(Course.STEADY,))
    assert _bytes_in(tmp_path / "steady", steady) == _BYTES_OF_STEADY


def test_nobody_is_followed_for_the_heart_unless_asked_for() -> None:
    assert Course.HEART not in {person.course for person in inhabitants(7, 500, 6)}
    hearts = inhabitants(7, 5, 6, (Course.HEART,))
    assert {heart_sign(person) for person in hearts} == set(HeartSign)
    assert {person.device for person in hearts} == {Recorder.WATCH}
