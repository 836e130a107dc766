"""For each threshold that may be set: an input and a value with which the outcome is another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from model.alert import RuleInput
from model.alerting.rule_rows import PainRating, SessionBrief, Watermark, Weighing
from model.calendar import HOUR_MS, MINUTE_MS, local_date, midnight
from model.derived.days import Day
from model.facts import Phase
from model.intensity import ZoneTimes
from model.prescribing.rule_settings import SettingValues
from model.prescription import Pause
from tests.alerts.rules.known_weeks import FIRST_MONDAY, MISSED_ZONE, THRICE_A_WEEK, missed_input
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input, rated, usual
from tests.weeks import week_of

_DAY_H = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A value of a threshold that adds or removes findings of its rule.

    `beside` is set too in both cases, so that no other part of the rule decides.
    """

    rule: str
    name: str
    value: float
    make: Callable[[], RuleInput]
    beside: SettingValues = field(default_factory=dict)


def _daily(*values: float, phase: Phase = Phase.AFTER) -> list[PainRating]:
    """Return a rating a day up to today."""
    last = len(values) - 1
    return [
        rated(f"d{number}", (last - number) * _DAY_H, value, phase)
        for number, value in enumerate(values)
    ]


def _ratings(*values: float) -> Callable[[], RuleInput]:
    return lambda: pain_input(*_daily(*values))


def _mornings(*values: float) -> Callable[[], RuleInput]:
    return lambda: pain_input(*usual(2, 2, 2), *_daily(*values, phase=Phase.NEXT_MORNING))


def _weekly(*medians: float) -> Callable[[], RuleInput]:
    """Return three ratings in each of the weeks before the Monday of `PAIN_NOW`."""

    def make() -> RuleInput:
        pain: list[PainRating] = []
        for week, value in enumerate(reversed(medians)):
            for number in range(3):
                hours_ago = 36 + (7 * week + number) * _DAY_H
                pain.append(rated(f"w{week}{number}", hours_ago, value))
        return pain_input(*pain)

    return make


def _raised_pain() -> RuleInput:
    return pain_input(*usual(2, 2, 2), rated("a", 30, 4), rated("b", 0, 4))


def _missed(marks: str, **more: object) -> Callable[[], RuleInput]:
    row = replace(THRICE_A_WEEK, **more)  # type: ignore[arg-type]
    return lambda: missed_input(marks, prescriptions=(row,))


def _saturday(marks: str, per_week: int) -> Callable[[], RuleInput]:
    """Return the input on a morning on which the watch has synced."""

    def make() -> RuleInput:
        days = len(marks.replace(" ", ""))
        end_ms = midnight(FIRST_MONDAY + timedelta(days=days), MISSED_ZONE)
        row = replace(THRICE_A_WEEK, sessions_per_week=per_week)
        synced = (Watermark(vendor="v", time_ms=end_ms),)
        return missed_input(marks, hours=8, watermarks=synced, prescriptions=(row,))

    return make


_PAUSED = (Pause(first=date(2026, 11, 9), last=date(2026, 11, 10), why="illness"),)
_BEGUN = {"valid_from": FIRST_MONDAY}
_STEADY = "xxxx... " * 5


def _dosed() -> RuleInput:
    weeks = tuple(
        week_of(FIRST_MONDAY + timedelta(weeks=number), 3, ZoneTimes(moderate=160 * MINUTE_MS))
        for number in range(2)
    )
    return pain_input(
        weeks=weeks, prescriptions=(replace(PAIN_PRESCRIPTION, dose_min_per_week=100.0),)
    )


def _weighed() -> RuleInput:
    rows = [Weighing(at_ms=PAIN_NOW - n * _DAY_H * HOUR_MS, kg=82.0 - n) for n in (0, 2)]
    asks = replace(PAIN_PRESCRIPTION, rules={"H4": {"on": 1}})
    return pain_input(weighings=tuple(rows), prescriptions=(asks,))


def _long_session() -> RuleInput:
    return pain_input(rated("r", 0.5, 6, session="s0"), sessions=(_session(0, 61, 0),))


def _session(number: int, minutes: int, within: int) -> SessionBrief:
    end_ms = PAIN_NOW - HOUR_MS - number * _DAY_H * HOUR_MS
    return SessionBrief(
        id=f"s{number}",
        start_ms=end_ms - minutes * MINUTE_MS,
        end_ms=end_ms,
        local_date=local_date(end_ms, "UTC"),
        type="walking",
        timer_ms=minutes * MINUTE_MS,
        range_ms=((minutes - within) * MINUTE_MS, within * MINUTE_MS, 0),
    )


def _too_low() -> RuleInput:
    return pain_input(sessions=tuple(_session(number, 40, 18) for number in range(4)))


def _nights(*rates: float) -> Callable[[], RuleInput]:
    def make() -> RuleInput:
        days: list[Day] = []
        for back, bpm in enumerate(reversed(rates)):
            at = local_date(PAIN_NOW, "UTC") - timedelta(days=back + 1)
            days.append(
                Day(
                    local_date=at,
                    sessions=0,
                    session_ms=0,
                    zones=ZoneTimes(),
                    wear_min=0,
                    answered=False,
                    night_hr=bpm,
                )
            )
        asks = replace(PAIN_PRESCRIPTION, rules={"H2": {"on": 1}, "H3": {"on": 1}})
        return pain_input(days=tuple(days), prescriptions=(asks,))

    return make


def _silent() -> RuleInput:
    return pain_input(watermarks=(Watermark(vendor="v", time_ms=PAIN_NOW - 8 * _DAY_H * HOUR_MS),))


_WIDE: Mapping[str, Mapping[str, float]] = {"A5": {"width": 6}}
_EVERY_DAY = {"sessions_per_week": 7}

FLIPS: tuple[Flip, ...] = (
    Flip(rule="P1", name="very_high", value=7, make=_ratings(7)),
    Flip(rule="P1", name="sessions", value=1, make=_ratings(6)),
    Flip(rule="P1", name="of_last", value=4, make=_ratings(6, 1, 1, 6)),
    Flip(rule="P2", name="rise", value=1, make=_mornings(3, 3)),
    Flip(rule="P2", name="sessions", value=1, make=_mornings(4)),
    Flip(rule="P2", name="of_last", value=4, make=_mornings(4, 2, 2, 4)),
    Flip(rule="P3", name="at_once", value=1, make=_weekly(2, 3)),
    Flip(rule="P3", name="each_week", value=1.5, make=_weekly(2, 3, 4)),
    Flip(rule="P3", name="ratings", value=4, make=_weekly(2, 5)),
    Flip(rule="P4", name="rise", value=3, make=_raised_pain),
    Flip(rule="P4", name="apart_hours", value=48, make=_raised_pain),
    Flip(rule="A1", name="ratio", value=0.5, make=_missed("xx..... xx.....")),
    Flip(rule="A1", name="known_days", value=5, make=_missed("....??? ....???", **_EVERY_DAY)),
    Flip(rule="A1", name="paused_days", value=1, make=_missed("....... .......", pauses=_PAUSED)),
    Flip(rule="A2", name="missed", value=4, make=_missed(".......")),
    Flip(rule="A3", name="ratio", value=0.5, make=_saturday("xx..... .....", 3)),
    Flip(rule="A3", name="known_days", value=5, make=_saturday("....??? ..", 7)),
    Flip(rule="A4", name="days", value=11, make=_missed("....... ...", **_BEGUN)),
    Flip(
        rule="A5",
        name="width",
        value=6,
        make=_missed(_STEADY + "xxx.... xxx....", sessions_per_week=4, **_BEGUN),
    ),
    Flip(
        rule="A5",
        name="most_lost",
        value=20,
        make=_missed(_STEADY + "xxx.... xxx.... xxx....", sessions_per_week=4, **_BEGUN),
        beside=_WIDE,
    ),
    Flip(
        rule="A5",
        name="known_days",
        value=5,
        make=_missed(_STEADY + "....??? ....???", sessions_per_week=4, **_BEGUN),
    ),
    Flip(rule="A6", name="dose", value=2, make=_dosed),
    Flip(rule="A6", name="length", value=3, make=_long_session),
    Flip(rule="A7", name="share", value=0.4, make=_too_low),
    Flip(rule="A8", name="ratio", value=0.5, make=_missed("xx..... " * 4, **_BEGUN)),
    Flip(rule="D1", name="silent_days", value=9, make=_silent),
    Flip(rule="H2", name="rise", value=12, make=_nights(*[54.0] * 7, 64, 64, 64)),
    Flip(rule="H4", name="rise", value=2.5, make=_weighed),
    Flip(rule="H3", name="bpm", value=110, make=_nights(100, 100)),
)
