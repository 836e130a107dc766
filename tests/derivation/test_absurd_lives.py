"""Lives in which a naive reading goes wrong, each through all that `kadens derive` concludes.

The expectations are reasoned from the clinical definitions. Three sessions of 30 minutes a week are
prescribed. The watch is worn on all days, so a week without a session has three days of no
activity: the last ones that could have held a session. Rule A1 then is met, and must not be met
where nothing is known or nothing was prescribed in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest

from kadens.derivation.manifest import RecordedPrescription
from model.intensity import HeartProfile
from model.words.not_counted import NO_MOVEMENT
from tests.derivation.lives import LIVES_PROFILE, POCKET_PHONE, THREE_A_WEEK, Diary, concluded
from tests.rows import values_of

_IDLE = "RRRRNNN"
_A1 = [("A1", "2026-11-09", True)]
_TRAINING_DAYS = (0, 2, 4, 7, 9, 11)  # Monday, Wednesday and Friday of both weeks
_EARLY = Diary().at(-1, 0)
_LATE = Diary().at(15, 0)
_WALK = replace(THREE_A_WEEK, types=("walking",))
_RIDE = replace(THREE_A_WEEK, id="ride", types=("cycling",))
_BLOCKED = HeartProfile(
    valid_from=date(2026, 1, 1), beta_blocker=True, clinician_bpm=(75, 85, 100, 115)
)


def _trained(diary: Diary, *, with_pulse: bool = True) -> Diary:
    for day in _TRAINING_DAYS:
        diary.workout(day, 600, 630)
        if with_pulse:
            diary.pulse(day, 600, 630)
    return diary


def _all_on_sunday() -> Diary:
    diary = Diary().worn()
    for first in (600, 700, 800):
        diary.workout(6, first, first + 30).pulse(6, first, first + 30)
    return diary


def _with_phone() -> Diary:
    """Tell of a phone in a pocket on all days: a few steps, and never a walk."""
    diary = Diary()
    for day in range(15):
        diary.samples("steps", day, 480, 1_081, 30, every=20, source=POCKET_PHONE)
    return diary


def _by_hand() -> Diary:
    diary = Diary()
    for day in _TRAINING_DAYS:
        diary.by_hand(day, 600, 630, cr10=4)
    return diary


@dataclass(frozen=True, kw_only=True)
class _Life:
    """What is diary, and what must follow from it.

    `sessions` are day, first minute, exercised minutes and why it does not count. `week` are
    sessions, minutes and dose of the first week, `zones_min` its minutes by class, and `measured`
    its frequency, time and dose with its standing.
    """

    diary: Diary
    sessions: Sequence[tuple[int, int, float, str]] = ()
    states: str = f"{_IDLE} {_IDLE}"
    week: tuple[int, float, float] = (0, 0.0, 0.0)
    zones_min: dict[str, float] | None = None
    measured: tuple[float | None, float | None, float | None, str] | None = (0.0, 0.0, 0.0, "low")
    findings: Sequence[tuple[str, str, bool]] = tuple(_A1)
    is_silent: bool = False
    profile: HeartProfile = LIVES_PROFILE
    prescriptions: tuple[RecordedPrescription, ...] = (THREE_A_WEEK,)


def _single_session(diary: Diary, *sessions: tuple[int, int, float, str], minutes: float) -> _Life:
    """Return a life with one session on the first Monday, of moderate intensity."""
    return _Life(
        diary=diary,
        sessions=sessions,
        states=f"ARRRRNN {_IDLE}",
        week=(1, minutes, minutes),
        zones_min={"moderate": minutes},
        measured=(1 / 3, minutes / 90, minutes / 90, "low"),
    )


_FEVER = Diary().worn().samples("heart_rate", 0, 600, 960, 118)
_DESK = Diary().worn().samples("heart_rate", 0, 480, 960, 88)
_AT_DESK = (0, 480, 480.0, NO_MOVEMENT)
_CAFE = Diary().worn().workout(0, 600, 780, kind="cycling").pulse(0, 600, 640)
_ROAD = Diary().worn().samples("heart_rate", 0, 600, 645, 120).samples("steps", 0, 600, 645, 110)

_LIVES = {
    "nothing but a watch": _Life(diary=Diary().worn()),
    "fever": _Life(
        diary=_FEVER.samples("steps", 0, 620, 623, 40, source=POCKET_PHONE),
        sessions=[(0, 600, 360.0, NO_MOVEMENT)],
    ),
    "flutter": _Life(
        diary=Diary().worn().samples("heart_rate", 0, 600, 840, 150),
        sessions=[(0, 600, 240.0, NO_MOVEMENT)],
    ),
    "sauna": _Life(
        diary=Diary()
        .worn()
        .samples("heart_rate", 0, 1140, 1160, 125)
        .samples("steps", 0, 600, 620, 50, source=POCKET_PHONE),
        sessions=[(0, 1140, 20.0, NO_MOVEMENT)],
    ),
    "beta-blocked at a desk": _Life(
        diary=_DESK.samples("steps", 0, 480, 960, 12, source=POCKET_PHONE),
        sessions=[_AT_DESK],
        profile=_BLOCKED,
    ),
    "stuck sensor": _Life(
        diary=Diary().worn().samples("heart_rate", 0, 600, 720, 130),
        sessions=[(0, 600, 120.0, NO_MOVEMENT)],
    ),
    "shaking road": _Life(
        diary=_ROAD.samples("speed", 0, 600, 645, 15.0), sessions=[(0, 600, 45.0, NO_MOVEMENT)]
    ),
    "five-minute watch": _Life(
        # worn all day and too thin for a bout: known days, and no session
        diary=Diary().worn().samples("heart_rate", 0, 600, 660, 140, every=5)
    ),
    "pause": _single_session(
        Diary()
        .worn()
        .workout(0, 600, 720, pauses=[(630, 680)])
        .pulse(0, 600, 630)
        .pulse(0, 680, 720),
        (0, 600, 70.0, ""),
        minutes=70.0,
    ),
    "pause of an hour": _Life(
        diary=Diary()
        .worn()
        .workout(0, 600, 720, pauses=[(630, 690)])
        .pulse(0, 600, 630)
        .pulse(0, 690, 720),
        sessions=[(0, 600, 30.0, ""), (0, 690, 30.0, "")],
        states=f"ARRRRNN {_IDLE}",
        week=(2, 60.0, 60.0),
        zones_min={"moderate": 60.0},
        measured=(1 / 3, 2 / 3, 2 / 3, "low"),  # one session a day is asked for
    ),
    "all on Sunday": _Life(
        diary=_all_on_sunday(),
        sessions=[(6, 600, 30.0, ""), (6, 700, 30.0, ""), (6, 800, 30.0, "")],
        states=f"RRRRNNA {_IDLE}",
        week=(3, 90.0, 90.0),
        zones_min={"moderate": 90.0},
        measured=(1 / 3, 1.0, 1.0, "low"),
    ),
    "by hand": _Life(
        diary=_by_hand(),
        sessions=[(day, 600, 30.0, "") for day in _TRAINING_DAYS],
        states="ADADADD ADADADD",
        week=(3, 90.0, 90.0),  # exertion 4 is moderate
        zones_min={"unknown": 90.0},
        measured=(1.0, 1.0, 1.0, "enough"),
        findings=(),
    ),
    "trimmed": _single_session(
        # the watch felt 45 minutes of walking, the patient kept 15 of them
        Diary()
        .worn()
        .samples("heart_rate", 0, 600, 645, 120)
        .samples("steps", 0, 600, 645, 105, source=POCKET_PHONE)
        .workout(0, 610, 625)
        .pulse(0, 610, 625),
        (0, 610, 15.0, ""),
        minutes=15.0,
    ),
    "trimmed afterwards": _single_session(
        Diary()
        .worn()
        .workout(0, 600, 645, record="w")
        .workout(0, 600, 620, record="w", revision=1)
        .pulse(0, 600, 620),
        (0, 600, 20.0, ""),
        minutes=20.0,
    ),
    "cafe": _single_session(
        # 40 minutes there, nearly two hours of coffee on the running clock, 30 minutes back
        _CAFE.pulse(0, 640, 750, 70).pulse(0, 750, 780),
        (0, 600, 70.0, ""),
        minutes=70.0,
    ),
    "no heart rate": _Life(
        diary=_trained(Diary().worn(range(15), every=10), with_pulse=False),
        sessions=[(day, 600, 30.0, "") for day in _TRAINING_DAYS],
        states="ARARARR ARARARR",
        week=(3, 90.0, 0.0),
        # what a watch at rest caught meanwhile holds a minute each
        zones_min={"very_light": 9.0, "unknown": 81.0},
        measured=(1.0, 1.0, None, "enough"),
        findings=(),
    ),
    "wheelchair": _single_session(
        Diary()
        .worn(every=1)
        .samples("steps", 0, 420, 1_380, 0, source=POCKET_PHONE)
        .samples("heart_rate", 0, 600, 640, 120)
        .samples("speed", 0, 600, 640, 1.4),
        (0, 600, 40.0, ""),
        minutes=40.0,
    ),
    "midnight": _single_session(
        Diary().worn().workout(0, 1_425, 1_470).pulse(0, 1_425, 1_470),
        (0, 1_425, 45.0, ""),
        minutes=45.0,
    ),
    "midnight, which nobody declared": _single_session(
        Diary()
        .worn()
        .samples("heart_rate", 0, 1_432, 1_448, 120)
        .samples("steps", 0, 1_432, 1_448, 110, source=POCKET_PHONE),
        (0, 1_432, 16.0, ""),
        minutes=16.0,
    ),
    "two midnights of fever": _Life(
        diary=Diary()
        .worn()
        .samples("heart_rate", 0, 1_200, 3_360, 118)
        .samples("steps", 0, 600, 605, 40, source=POCKET_PHONE)
        .samples("steps", 1, 600, 605, 40, source=POCKET_PHONE)
        .samples("steps", 2, 600, 605, 40, source=POCKET_PHONE),
        sessions=[
            (0, 1_200, 240.0, NO_MOVEMENT),
            (1, 0, 1_440.0, NO_MOVEMENT),
            (2, 0, 480.0, NO_MOVEMENT),
        ],
    ),
    "midnight between two parts": _single_session(
        Diary()
        .worn()
        .workout(0, 1_410, 1_438)
        .pulse(0, 1_410, 1_438)
        .workout(0, 1_441, 1_460)
        .pulse(0, 1_441, 1_460),
        (0, 1_410, 47.0, ""),
        minutes=47.0,
    ),
    "New York": _Life(
        # 22:00 there is the next day in UTC, and on Sunday the next week
        diary=Diary(zone="America/New_York")
        .worn()
        .workout(6, 1_320, 1_350)
        .pulse(6, 1_320, 1_350)
        .workout(7, 1_320, 1_350)
        .pulse(7, 1_320, 1_350),
        sessions=[(6, 1_320, 30.0, ""), (7, 1_320, 30.0, "")],
        states="RRRRNNA ARRRRNN",
        week=(1, 30.0, 30.0),
        zones_min={"moderate": 30.0},
        measured=(1 / 3, 1 / 3, 1 / 3, "low"),
    ),
    "silent from the beginning": _Life(
        diary=Diary(), states="------- -------", measured=None, findings=()
    ),
    "silent from Wednesday on": _Life(
        diary=Diary().worn(range(2)).workout(0, 600, 630).pulse(0, 600, 630),
        sessions=[(0, 600, 30.0, "")],
        states="ADDDDDD DDDDDDD",
        week=(1, 30.0, 30.0),
        zones_min={"moderate": 30.0},
        measured=(None, None, None, "too thin to judge"),
        findings=(),
        is_silent=True,
    ),
    "no watch, and no session by the patient's answers": _Life(
        diary=Diary().answers_week(6, 0).answers_week(13, 0), states="DDDDDDD DDDDDDD"
    ),
    "no watch, and every session by the patient's answers": _Life(
        diary=Diary().answers_week(6, 3).answers_week(13, 3),
        states="DDDDDDD DDDDDDD",
        measured=(1.0, None, None, "enough"),
        findings=(),
    ),
    "a watch that saw one session of the two that the patient tells of": _Life(
        diary=Diary().worn().workout(0, 600, 630).pulse(0, 600, 630).answers_week(6, 2),
        sessions=[(0, 600, 30.0, "")],
        states=f"ARRRRRN {_IDLE}",
        week=(1, 30.0, 30.0),
        zones_min={"moderate": 30.0},
        measured=(2 / 3, None, None, "low"),
    ),
    "an answer in the middle of the week": _Life(
        diary=Diary().answers_week(2, 0).answers_week(9, 0),
        states="DDDDDDD DDDDDDD",
        measured=(None, None, None, "too thin to judge"),
        findings=(),
    ),
    "a phone in a pocket, and walks prescribed": _Life(diary=_with_phone(), prescriptions=(_WALK,)),
    "a phone in a pocket, and rides prescribed": _Life(
        diary=_with_phone(),
        states="WWWWWWW WWWWWWW",
        measured=(None, None, None, "too thin to judge"),
        prescriptions=(_RIDE,),
        findings=(),
    ),
    "a phone in a pocket, and anything prescribed": _Life(
        diary=_with_phone(),
        states="WWWWWWW WWWWWWW",
        measured=(None, None, None, "too thin to judge"),
        findings=(),
    ),
    "prescription recorded in time": _Life(
        diary=Diary().worn(), prescriptions=(replace(THREE_A_WEEK, recorded=_EARLY),)
    ),
    "prescription dated back": _Life(
        diary=Diary().worn(), prescriptions=(replace(THREE_A_WEEK, recorded=_LATE),), findings=()
    ),
    "second prescription beside the first": _Life(
        diary=_trained(Diary().worn()),
        sessions=[(day, 600, 30.0, "") for day in _TRAINING_DAYS],
        states="ARARANN ARARANN",  # a ride was due as well
        week=(3, 90.0, 90.0),
        zones_min={"moderate": 90.0},
        measured=(0.5, 0.5, 0.5, "low"),
        prescriptions=(
            replace(THREE_A_WEEK, recorded=_EARLY),
            replace(_RIDE, recorded=_EARLY),
        ),
    ),
    "second prescription dated back": _Life(
        diary=_trained(Diary().worn()),
        sessions=[(day, 600, 30.0, "") for day in _TRAINING_DAYS],
        states="ARARANN ARARANN",
        week=(3, 90.0, 90.0),
        zones_min={"moderate": 90.0},
        measured=(0.5, 0.5, 0.5, "low"),
        prescriptions=(
            replace(THREE_A_WEEK, recorded=_EARLY),
            replace(_RIDE, recorded=_LATE),
        ),
        findings=(),
    ),
}


@pytest.mark.parametrize("life", _LIVES.values(), ids=list(_LIVES))
def test_absurd_lives(life: _Life) -> None:
    got = concluded(life.diary, profile=life.profile, prescriptions=life.prescriptions)
    assert got.sessions == list(life.sessions)
    assert got.states == life.states
    assert got.week(0) == life.week
    assert got.zones_min(0) == (life.zones_min or {})
    assert (got.measured(0) if life.measured else None) == life.measured
    assert got.findings == list(life.findings)
    # a life of which no low week is found gives no other rule a reason either
    silence = ["D1"] if life.is_silent else []
    assert life.findings or values_of(got.results.findings, "rule") == silence


def test_the_order_in_which_a_life_is_recalled_changes_nothing() -> None:
    life = _LIVES["cafe"]
    other = replace(life.diary, facts=life.diary.facts[::-1])
    assert concluded(other).results.derived == concluded(life.diary).results.derived


def _all_day(every: int = 5, off: tuple[int, int] = (720, 720)) -> Diary:
    """Tell of a watch that is worn from before 6 until after 22."""
    return Diary().worn(every=every, first=330, last=1_350, off=off)


@pytest.mark.parametrize(
    ("diary", "minute", "findings"),
    [
        # nothing was worn from 6 to 7: the patient is asked, and may answer until Wednesday noon
        (Diary().worn(), 36 * 60 - 1, []),
        (Diary().worn(), 36 * 60, _A1),
        (Diary().worn().answers_week(13, 0), 0, _A1),
        (Diary().worn().answers_week(13, 3), 36 * 60, []),
        (Diary().worn().answers_week(12, 0), 0, []),  # Sunday is open
        (_all_day(), 0, _A1),
        (_all_day(1, (720, 750)), 0, []),  # as long as a session
        (_all_day(1, (720, 749)), 0, _A1),
    ],
)
def test_the_patient_is_asked_about_hours_in_which_nothing_was_worn(
    diary: Diary, minute: int, findings: Sequence[tuple[str, str, bool]]
) -> None:
    """Minutes count from the midnight of Tuesday, when the watch has synced past the week."""
    assert concluded(diary, now_ms=diary.at(15, minute)).findings == findings


def test_while_the_patient_is_asked_the_weeks_before_stay_the_latest() -> None:
    diary = Diary().worn(range(22))
    before = concluded(diary, now_ms=diary.at(22, 36 * 60 - 1))
    assert before.findings == [("A1", "2026-11-09", True)]
    after = concluded(diary, now_ms=diary.at(22, 36 * 60))
    assert after.findings == [("A1", "2026-11-09", False), ("A1", "2026-11-16", True)]
