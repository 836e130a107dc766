"""The view of day states, exactly, under prescriptions with weekdays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from model.calendar import DAY_MS, MINUTE_MS, epoch_ms, monday
from model.derived.days import Day, DayState
from model.facts import DeviceType, Method
from model.intensity import ZoneTimes
from model.prescription import Intensity, Pause, Prescription
from storage.pg.pool import Connection
from tests.storage.random_lives import WrittenLife, day_of_types, total_of_type, write_life

pytestmark = pytest.mark.anyio

_LETTERS = {"A": "active", "r": "rest", "X": "no_activity", "w": "not_worn", "P": "paused"}
_WEEK_OF_VIEW = """
select state from analysis.day_states where patient = %s and local_date between %s and %s
order by local_date"""
_WEEKDAYS_OF_VIEW = """
select weekdays, sevenths_due from analysis.prescribed_days where patient = %s and local_date = %s
"""
# the days of a week: sessions on a worn day, ".": a worn day without any, "w": little wear
_CASES: Mapping[tuple[str, str], str] = {
    ("two days", "......."): "XrXrrrr",
    ("two days", "1......"): "ArXrrrr",
    ("two days", "1...1.."): "ArrrArr",
    ("two days", ".1....."): "rAXrrrr",
    ("two days", ".....2."): "rrXrrAr",
    ("two days", "w......"): "wrXrrrr",
    ("two days", ".....w."): "rrXrrwr",
    ("two days", "....ww."): "rrrrwwr",
    ("two a day", "1......"): "ArXrrrr",
    ("two a day", ".2....."): "rAXrrrr",
    ("two a day", ".2.2..."): "rArArrr",
    ("paused Monday", "......."): "PrXrrrr",
    ("paused Saturday", ".....1."): "rrXrrPr",
    ("any days", "......."): "rrrrrXX",
    ("any days from Wednesday on", "......."): "XrXXXXX",
    ("Thursday from then on", "....1.."): "rXXXArr",
}


@pytest.fixture(name="first")
async def _first(conn: Connection) -> date:
    """Write a patient for each case, and return the Monday of the last complete week."""
    ((now,),) = await (await conn.execute("select now()")).fetchall()
    first = monday(now.astimezone(UTC).date()) - timedelta(days=7)
    for number, (name, text) in enumerate(_CASES):
        life = _life(f"case-{number}", _plans(name, first), _days(text, first), epoch_ms(now))
        await write_life(conn, life, epoch_ms(now))
    return first


async def test_states_of_each_case_are_exact(conn: Connection, first: date) -> None:
    for number, (case, expected) in enumerate(_CASES.items()):
        span = (first, first + timedelta(days=6))
        rows = await conn.execute(_WEEK_OF_VIEW.encode(), [f"case-{number}", *span])
        shown = [state for (state,) in await rows.fetchall()]
        assert shown == [_LETTERS[letter] for letter in expected], case
    assert set(_LETTERS.values()) <= set(DayState)


async def test_prescribed_days_have_their_weekdays(conn: Connection, first: date) -> None:
    for number, (name, _) in enumerate(_CASES):
        rows = await conn.execute(_WEEKDAYS_OF_VIEW.encode(), [f"case-{number}", first])
        ((weekdays, sevenths),) = await rows.fetchall()
        row = _plans(name, first)[0]
        assert weekdays == list(row.weekdays), name
        assert sevenths == {"two a day": 14, "any days": 2}.get(name, 7), name


def _plans(name: str, first: date) -> tuple[Prescription, ...]:
    """Return the versions of a prescription, by the name of a case."""
    free = Prescription(
        id="plan",
        version=1,
        valid_from=first - timedelta(days=30),
        valid_to=first + timedelta(days=60),
        sessions_per_week=2,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
    )
    two = replace(free, weekdays=("mon", "wed"))
    all_week = replace(free, sessions_per_week=7)
    return {
        "two days": (two,),
        "two a day": (replace(two, sessions_per_week=4, max_per_day=2),),
        "paused Monday": (replace(two, pauses=_pause(first)),),
        "paused Saturday": (replace(two, pauses=_pause(first + timedelta(days=5))),),
        "any days": (free,),
        "any days from Wednesday on": (two, _newer(all_week, first, 2)),
        "Thursday from then on": (
            all_week,
            _newer(replace(free, sessions_per_week=1, weekdays=("thu",)), first, 3),
        ),
    }[name]


def _pause(day: date) -> tuple[Pause, ...]:
    return (Pause(first=day, last=day, why="illness"),)


def _newer(row: Prescription, first: date, day: int) -> Prescription:
    return replace(row, version=2, valid_from=first + timedelta(days=day))


def _days(text: str, first: date) -> tuple[Day, ...]:
    days: list[Day] = []
    for number, letter in enumerate(text):
        walks = int(letter) if letter.isdigit() else 0
        half_hours = ZoneTimes(moderate=walks * 30 * MINUTE_MS)
        types = [total_of_type("walking", walks, half_hours)] if walks else []
        wear_min = 599 if letter == "w" else 600
        days.append(day_of_types(first + timedelta(days=number), types, wear_min=wear_min))
    return tuple(days)


def _life(
    name: str, plans: tuple[Prescription, ...], days: tuple[Day, ...], now_ms: int
) -> WrittenLife:
    watch = (DeviceType.WATCH, Method.BACKGROUND, now_ms - 40 * DAY_MS, now_ms)
    return WrittenLife(
        pseudonym=name, zone="UTC", days=days, prescriptions=plans, delivered=(watch,)
    )
