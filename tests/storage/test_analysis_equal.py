"""The views of adherence and of day states say of random patients what the API says of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg.rows import dict_row

from clinic.answers.query_params import DatesParams
from clinic.answers.weeks import PrescriptionWeek
from clinic.api.patient_queries import (
    patient_day_states,
    patient_prescription_weeks,
    patient_prescriptions,
)
from model.calendar import epoch_ms, local_date
from storage.pg.pool import Connection
from storage.reads.clinic_queries import patient_brief
from storage.reads.shown_values import PatientBrief
from stream.compute.day_states import day_states
from tests.rows import cells_of
from tests.storage.random_lives import SPAN_DAYS, random_life, write_life

pytestmark = pytest.mark.anyio

LIVES = 120
_RATIOS = ("a_freq", "a_time", "a_int", "a_dose", "a_strength")
_SAME = (
    "version", "monday", "over", "known_days", "paused_days", "due_sessions", "due_min",
    "due_dose_min", "due_strength_days", "credited_sessions", "credited_recalled",
    "credited_min", "standing",
)  # fmt: skip
_ADHERENCE = "select * from analysis.adherence where patient = %s order by prescription, monday"
_STATES = "select local_date, state from analysis.day_states where patient = %s order by local_date"


@pytest.fixture(name="now_ms")
async def _now_ms(conn: Connection) -> int:
    """Write random patients, and return the time of the transaction, which the views go by."""
    ((now,),) = await (await conn.execute("select now()")).fetchall()
    for number in range(LIVES):
        await write_life(conn, random_life(number, epoch_ms(now)), epoch_ms(now))
    return epoch_ms(now)


async def _of(conn: Connection, number: int) -> PatientBrief:
    who = await patient_brief(conn, "unit", f"life-{number}")
    assert who is not None
    return who


async def test_adherence_is_that_of_the_api(conn: Connection, now_ms: int) -> None:
    standings: set[str] = set()
    for number in range(LIVES):
        who = await _of(conn, number)
        answered = await _api_weeks(conn, who, now_ms)
        rows = await _rows(conn, _ADHERENCE, who.pseudonym)
        assert cells_of(rows, *_SAME) == list(map(_cells, answered)), number
        for row, week in zip(rows, answered, strict=True):
            for name in _RATIOS:
                assert row[name] == _uncapped(week, name), (number, week.monday, name)
        standings.update(cells_of(rows, "standing"))
    assert standings == {"enough", "low", "none due", "too thin to judge"}


async def test_states_of_days_are_those_of_the_api(conn: Connection, now_ms: int) -> None:
    seen: set[str] = set()
    for number in range(LIVES):
        who = await _of(conn, number)
        rows = await _rows(conn, _STATES, who.pseudonym)
        dates: list[date] = cells_of(rows, "local_date")
        if dates:
            known = await patient_day_states(conn, who, now_ms, dates)
            assert dict(cells_of(rows, "local_date", "state")) == day_states(dates, known), number
            assert dates[-1] == local_date(now_ms, who.zone)
            assert dates == [dates[0] + timedelta(days=day) for day in range(len(dates))]
        seen.update(cells_of(rows, "state"))
    assert seen == {"active", "rest", "no_activity", "not_worn", "no_data", "paused", "blocked"}


async def test_states_begin_with_what_is_known_or_prescribed(conn: Connection, now_ms: int) -> None:
    for number in range(LIVES):
        life = random_life(number, now_ms)
        begun = [row.local_date for row in life.days]
        begun += [row.valid_from for row in life.prescriptions]
        dates: list[date] = cells_of(await _rows(conn, _STATES, life.pseudonym), "local_date")
        today = local_date(now_ms, life.zone)
        # what is prescribed from a later date on has no states yet
        wanted = min(begun, default=today + timedelta(days=1))
        assert (dates[:1] or [wanted]) == [wanted], number
        assert len(dates) == max(0, (today - wanted).days + 1)
    assert SPAN_DAYS < 4_000


def test_lives_have_prescriptions_with_weekdays_and_without() -> None:
    each: set[int] = set()
    for number in range(LIVES):
        for row in random_life(number, 0).prescriptions:
            each.add(row.sessions_per_week // len(row.weekdays) if row.weekdays else 0)
    assert each == {0, 1, 2}  # sessions of each of the weekdays


async def _api_weeks(conn: Connection, who: PatientBrief, now_ms: int) -> list[PrescriptionWeek]:
    """Return the weeks of each prescription as the API answers them, in order."""
    answered: list[PrescriptionWeek] = []
    for item in await patient_prescriptions(conn, who, now_ms):
        if item.first <= local_date(now_ms, who.zone):
            answer = await patient_prescription_weeks(conn, who, now_ms, item.id, DatesParams())
            answered += answer.weeks
    return answered


async def _rows(conn: Connection, query: str, patient: str) -> Sequence[dict[str, Any]]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), [patient])
        return await cursor.fetchall()


def _cells(week: PrescriptionWeek) -> tuple[Any, ...]:
    return tuple(getattr(week, name) for name in _SAME)


def _uncapped(week: PrescriptionWeek, name: str) -> Any:  # noqa: ANN401 - approx has no type
    ratio = getattr(week, name)
    return None if ratio is None else pytest.approx(ratio.uncapped, rel=1e-12)
