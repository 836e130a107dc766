"""A session marked as not exercise does not count, and late data do not bring it back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import permutations

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.facts import (
    AttributedFact,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Method,
    Report,
    Source,
    Workout,
)
from model.intensity import HeartProfile, ZoneTimes
from model.marks import MarkedSession, clinician_mark
from model.words.not_counted import NO_MOVEMENT
from stream.compute.derive import derive

_MIN = 60_000
_HOUR = 60
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 0, tzinfo=UTC).timestamp() * 1000)
_LATER = _T0 + 48 * _HOUR * _MIN
_WATCH = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_STRAP = Source(vendor="files", device_type=DeviceType.STRAP, method=Method.WORKOUT)
_PERSON = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=190)  # moderate from 112
_NOT, _IS = Instrument.NOT_EXERCISE, Instrument.EXERCISE
_CLINICIAN = "marked as not exercise by the clinician: everyday activity"
_PATIENT = "marked as not exercise by the patient: illness"


def _ms(minute: float) -> int:
    return _T0 + int(minute * _MIN)


def _fact(fact: Fact, stated: int = 0, body: str = "a") -> AttributedFact:
    connector = fact.head.source.vendor
    return AttributedFact(
        patient="p", connector=connector, received_ms=_LATER + stated, body=body * 64, fact=fact
    )


def _workout(
    record: str,
    first: int,
    last: int,
    *,
    source: Source = _WATCH,
    pauses: Sequence[tuple[int, int]] = (),
    kind: str = "walking",
    stated: int = 0,
) -> AttributedFact:
    head = Head(source=source, record=record, start_ms=_ms(first), end_ms=_ms(last))
    spans = tuple((_ms(start), _ms(end)) for start, end in pauses)
    return _fact(Workout(head=head, type=kind, pauses=spans), stated)


def _by_clinician(
    first: int, last: int, record: str = "", statement: Instrument = _NOT, stated: int = 0
) -> AttributedFact:
    meant = MarkedSession(start_ms=_ms(first), end_ms=_ms(last), record=record)
    reason = "everyday activity" if statement is _NOT else "marked by mistake"
    return clinician_mark("p", meant, statement, reason, _LATER + stated)


def _by_patient(
    first: int, last: int, session: str = "", statement: Instrument = _NOT, stated: int = 0
) -> AttributedFact:
    head = Head(
        source=_PERSON, record=f"q{first}/{statement}", start_ms=_ms(first), end_ms=_ms(last)
    )
    reason = "illness" if statement is _NOT else ""
    return _fact(Report(head=head, instrument=statement, session=session, reason=reason), stated)


def _column(metric: str, first: int, last: int, value: float) -> SampleColumn:
    t = np.arange(_ms(first), _ms(last), _MIN, dtype=np.int64)
    return SampleColumn(metric=metric, source=_WATCH, record="s", t=t, v=np.full(len(t), value))


def _walk(first: int, last: int) -> list[SampleColumn]:
    """Return the samples of a walk that nobody declared."""
    return [_column("steps", first, last, 110.0), _column("heart_rate", first, last, 125.0)]


def _derived(facts: Sequence[AttributedFact], columns: Sequence[SampleColumn] = ()) -> Derived:
    return derive(
        Window(
            patient="p",
            zone="UTC",
            columns=tuple(columns),
            profiles=(_PROFILE,),
            workouts=tuple(item for item in facts if isinstance(item.fact, Workout)),
            reports=tuple(item for item in facts if isinstance(item.fact, Report)),
            dates=(_DAY,),
        )
    )


def _spans(derived: Derived) -> dict[tuple[float, float], str]:
    """Return why each session does not count, "" where it does, by its minutes."""
    spans: dict[tuple[float, float], str] = {}
    for row in derived.sessions:
        assert row.counts == (not row.why)
        spans[(row.start_ms - _T0) / _MIN, (row.end_ms - _T0) / _MIN] = row.why
    return spans


@dataclass(frozen=True, kw_only=True)
class _Case:
    """Facts and samples, and why each session does not count, by its first and last minute."""

    facts: Sequence[AttributedFact]
    columns: Sequence[SampleColumn] = ()
    expected: dict[tuple[int, int], str] = field(default_factory=dict)


_MORNING = (600, 645)
_CASES = {
    "a declared workout": _Case(
        facts=[_workout("r1", 600, 645), _by_clinician(600, 645, "r1")],
        expected={_MORNING: _CLINICIAN},
    ),
    "and back": _Case(
        facts=[
            _workout("r1", 600, 645),
            _by_clinician(600, 645, "r1"),
            _by_clinician(600, 645, "r1", _IS, stated=1),
        ],
        expected={_MORNING: ""},
    ),
    "and back again: the last stated stands, not the last received": _Case(
        facts=[
            _workout("r1", 600, 645),
            _by_clinician(600, 645, "r1", stated=2),
            _by_clinician(600, 645, "r1", _IS, stated=1),
        ],
        expected={_MORNING: _CLINICIAN},
    ),
    "the patient marks it": _Case(
        facts=[_workout("r1", 600, 645), _by_patient(600, 600, "r1")],
        expected={_MORNING: _PATIENT},
    ),
    "the patient takes it back": _Case(
        facts=[
            _workout("r1", 600, 645),
            _by_patient(600, 600, "r1"),
            _by_patient(600, 600, "r1", _IS, stated=1),
        ],
        expected={_MORNING: ""},
    ),
    "the clinician stands before a later word of the patient": _Case(
        facts=[
            _workout("r1", 600, 645),
            _by_clinician(600, 645, "r1"),
            _by_patient(600, 600, "r1", _IS, stated=1),
        ],
        expected={_MORNING: _CLINICIAN},
    ),
    "the clinician counts what the patient marked": _Case(
        facts=[
            _workout("r1", 600, 645),
            _by_patient(600, 600, "r1", stated=1),
            _by_clinician(600, 645, "r1", _IS),
        ],
        expected={_MORNING: ""},
    ),
    "the workout is corrected to other times, under its record": _Case(
        facts=[_workout("r1", 800, 830), _by_clinician(600, 645, "r1")],
        expected={(800, 830): _CLINICIAN},
    ),
    "the workout comes again under another id": _Case(
        facts=[
            _workout("r1", 600, 645),
            _workout("r2", 601, 700, stated=1),
            _by_clinician(600, 645, "r1"),
        ],
        expected={(601, 700): _CLINICIAN},
    ),
    "a better route brings it late": _Case(
        facts=[
            _workout("r1", 600, 645),
            _workout("z9", 601, 644, source=_STRAP),
            _by_clinician(600, 645, "r1"),
        ],
        expected={(601, 644): _CLINICIAN},
    ),
    "the same occasion by a route that cuts it shorter does not come up in its place": _Case(
        facts=[
            _workout("r1", 600, 645),
            _workout("z9", 610, 640, source=_STRAP, kind="cycling"),
            _by_clinician(600, 645, "r1"),
        ],
        expected={_MORNING: _CLINICIAN, (610, 640): _CLINICIAN},
    ),
    "a forgotten watch does not take the walk within it along": _Case(
        facts=[
            _workout("r1", 600, 900, kind="cycling"),
            _workout("z9", 610, 640, source=_STRAP),
            _by_clinician(600, 900, "r1"),
        ],
        expected={(600, 900): _CLINICIAN, (610, 640): ""},
    ),
    "just half of the longer of both is the same occasion": _Case(
        facts=[_workout("z9", 600, 660), _by_clinician(600, 630)],
        expected={(600, 660): _CLINICIAN},
    ),
    "less than half is another one": _Case(
        facts=[_workout("z9", 600, 661), _by_clinician(600, 630)],
        expected={(600, 661): ""},
    ),
    "a part joins it late": _Case(
        facts=[
            _workout("r1", 600, 645),
            _workout("r2", 648, 700),
            _by_clinician(600, 645, "r1"),
        ],
        expected={(600, 700): _CLINICIAN},
    ),
    "of a workout that a long pause divides, the part that was meant": _Case(
        facts=[
            _workout("r1", 600, 800, pauses=[(640, 720)]),
            _by_clinician(720, 800, "r1"),
        ],
        expected={(600, 640): "", (720, 800): _CLINICIAN},
    ),
    "both parts, when the pause is stated late": _Case(
        facts=[
            _workout("r1", 600, 800, pauses=[(640, 720)]),
            _by_clinician(600, 800, "r1"),
        ],
        expected={(600, 640): _CLINICIAN, (720, 800): _CLINICIAN},
    ),
    "both parts, when only the record is named": _Case(
        facts=[
            _workout("r1", 600, 800, pauses=[(640, 720)]),
            _by_patient(100, 100, "r1"),
        ],
        expected={(600, 640): _PATIENT, (720, 800): _PATIENT},
    ),
    "a detected bout, by its span": _Case(
        facts=[_by_clinician(600, 640)],
        columns=_walk(600, 640),
        expected={(600, 640): _CLINICIAN},
    ),
    "more of the bout is sent late, before it and after it": _Case(
        facts=[_by_clinician(600, 640)],
        columns=_walk(580, 700),
        expected={(580, 700): _CLINICIAN},
    ),
    "less of it is left": _Case(
        facts=[_by_clinician(580, 700)],
        columns=_walk(600, 640),
        expected={(600, 640): _CLINICIAN},
    ),
    "a walk beside it": _Case(
        facts=[_by_clinician(600, 640)],
        columns=[*_walk(630, 660)],
        expected={(630, 660): ""},
    ),
    "half of it": _Case(
        facts=[_by_clinician(600, 640)],
        columns=[*_walk(625, 655)],
        expected={(625, 655): _CLINICIAN},
    ),
    "a declared workout comes late over the marked bout": _Case(
        facts=[_by_clinician(600, 640), _workout("r1", 598, 645)],
        columns=_walk(600, 640),
        expected={(598, 645): _CLINICIAN},
    ),
    "a short workout declared within a long marked bout is a statement of its own": _Case(
        facts=[_by_clinician(600, 720), _workout("r1", 640, 660)],
        columns=_walk(600, 720),
        expected={(640, 660): ""},  # the bout belongs to it, as without a mark
    ),
    "a marked workout still covers the bout in its samples": _Case(
        facts=[_workout("r1", 600, 645), _by_clinician(600, 645, "r1")],
        columns=_walk(602, 640),
        expected={_MORNING: _CLINICIAN},
    ),
    "a workout that its source deletes does not leave its bout": _Case(
        facts=[_by_clinician(600, 645, "r1")],
        columns=_walk(602, 640),
        expected={(602, 640): _CLINICIAN},
    ),
    "a mark as exercise makes no movement of a heart rate": _Case(
        facts=[_by_clinician(600, 640, "", _IS)],
        columns=[_column("heart_rate", 600, 640, 125.0), _column("steps", 300, 302, 30.0)],
        expected={(600, 640): NO_MOVEMENT},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_what_a_mark_applies_to(name: str) -> None:
    case = _CASES[name]
    assert _spans(_derived(case.facts, case.columns)) == case.expected


@pytest.mark.parametrize("name", _CASES)
def test_in_any_order(name: str) -> None:
    case = _CASES[name]
    first = _derived(case.facts, case.columns)
    for facts in permutations([*case.facts, case.facts[0]]):
        assert _derived(facts, case.columns) == first


def test_a_session_reported_by_the_patient_is_marked_by_its_record() -> None:
    head = Head(source=_PERSON, record="m1", start_ms=_ms(600), end_ms=_ms(640))
    report = _fact(Report(head=head, instrument=Instrument.SESSION, type="walking"))
    assert _spans(_derived([report, _by_patient(9, 9, "m1")])) == {(600, 640): _PATIENT}


def test_nothing_of_it_is_in_the_day() -> None:
    facts = [_workout("r1", 600, 645)]
    facts[0] = replace(facts[0], fact=replace(_as_workout(facts[0]), exertion_cr10=5.0))
    columns = _walk(600, 643)
    (before,), (after,) = (
        _derived(facts, columns).days,
        _derived([*facts, _by_clinician(600, 645, "r1")], columns).days,
    )
    assert (before.sessions, before.session_ms) == (1, 45 * _MIN)
    # of the last two minutes only the exertion is known
    assert (before.zones.moderate, before.exertion_ms) == (2_580_000, 120_000)
    assert before.loads
    assert (after.sessions, after.session_ms, after.elapsed_ms, after.paused_ms) == (0, 0, 0, 0)
    assert (after.zones, after.loads, after.by_type) == (ZoneTimes(), {}, ())
    assert (after.exertion_ms, after.exertion_dose_ms) == (0, 0)
    assert (after.in_range_ms, after.range_known_ms) == (0, 0)
    # what was measured in every minute of the date is no matter of sessions
    assert (after.steps, after.volume, after.wear_min) == (
        before.steps,
        before.volume,
        before.wear_min,
    )


def test_it_stays_listed_with_its_own_figures() -> None:
    columns = _walk(600, 645)
    before = _derived([_workout("r1", 600, 645)], columns).sessions[0]
    facts = [_workout("r1", 600, 645), _by_clinician(600, 645, "r1")]
    after = _derived(facts, columns).sessions[0]
    assert after == replace(before, counts=False, why=_CLINICIAN)


def test_a_marked_session_takes_no_time_and_no_exertion_from_another() -> None:
    within = _workout("r1", 600, 720, kind="cycling")
    reported = Head(source=_PERSON, record="m1", start_ms=_ms(610), end_ms=_ms(640))
    walk = _fact(Report(head=reported, instrument=Instrument.SESSION, type="walking"))
    rated = Head(source=_PERSON, record="q", start_ms=_ms(645), end_ms=_ms(645))
    answer = Report(
        head=rated, instrument=Instrument.EXERTION, value=4, scale="borg-cr10", session="m1"
    )
    facts = [within, walk, _fact(answer)]
    assert _spans(_derived(facts))[610, 640] == "within other sessions"
    derived = _derived([*facts, _by_clinician(600, 720, "r1")])
    assert _spans(derived) == {(600, 720): _CLINICIAN, (610, 640): ""}
    assert [row.exertion_cr10 for row in derived.sessions] == [None, 4.0]
    assert derived.days[0].session_ms == 30 * _MIN


def test_a_mark_is_no_answer_about_the_day() -> None:
    (day,) = _derived([_by_patient(600, 640)]).days
    assert not day.answered


def _as_workout(item: AttributedFact) -> Workout:
    assert isinstance(item.fact, Workout)
    return item.fact


def test_a_record_of_that_name_at_another_source_is_marked_too_when_nothing_tells_them_apart() -> (
    None
):
    facts = [
        _workout("r1", 600, 645),
        _workout("r1", 900, 945, source=_STRAP),
        _by_patient(9, 9, "r1"),
    ]
    assert _spans(_derived(facts)) == {(600, 645): _PATIENT, (900, 945): _PATIENT}
