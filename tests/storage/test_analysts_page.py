"""Each query of `docs/analysts.md` runs as it stands there, and gives what it promises."""

import re
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from model.calendar import DAY_MS, MINUTE_MS, epoch_ms, monday
from model.facts import DeviceType, Fact, Method
from model.intensity import ZoneTimes
from model.prescription import Intensity, Prescription
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from tests.rooms import ROOT
from tests.storage.random_lives import WrittenLife, day_of_types, total_of_type, write_life
from tests.storage.tellers import PERSON, attributed_batch, deletion, pain

pytestmark = pytest.mark.anyio

ANALYSTS_PAGE = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
WORKED_QUERIES = dict(
    re.findall(r"^## ([^\n]+)\n[^#]*?```sql\n([^`]+)```", ANALYSTS_PAGE, re.MULTILINE)
)
# of each of three weeks: sessions on its first days, and how many of its days were worn
_WEEKS = {"low": (1, 7), "fair": (2, 7), "dark": (1, 0)}
_HALF_HOUR = ZoneTimes(moderate=20 * MINUTE_MS, vigorous=10 * MINUTE_MS)


@pytest.fixture(name="today")
async def _today(conn: Connection) -> date:
    """Write three weeks of three patients and the answers of two, and act as an analyst."""
    await conn.execute("set time zone 'UTC'")
    ((now,),) = await (await conn.execute("select now()")).fetchall()
    today: date = now.astimezone(UTC).date()
    for name, (sessions, worn) in _WEEKS.items():
        await write_life(conn, _life(name, today, sessions, worn, epoch_ms(now)), epoch_ms(now))
    await _answer(conn, "p1", epoch_ms(now))
    await _alert(conn)
    await conn.execute("set role kadens_reader")
    return today


@pytest.mark.usefixtures("today")
async def test_pain_in_the_last_two_weeks(conn: Connection) -> None:
    assert await _rows(conn, "Pain above 5 in the last two weeks") == [("p1", 2, 7.0)]


async def test_low_adherence_for_three_weeks(conn: Connection, today: date) -> None:
    heading = "Less than half of the sessions in each of the last three weeks"
    # of "dark" too little is known, and "fair" did two of three
    assert await _rows(conn, heading) == [("low", "plan", monday(today) - timedelta(days=21))]


async def test_wear_by_week(conn: Connection, today: date) -> None:
    wanted: list[tuple[Any, ...]] = []
    for name, hours, days in (
        ("dark", Decimal("0.0"), 0), ("fair", Decimal("81.7"), 7), ("low", Decimal("81.7"), 7)
    ):  # fmt: skip
        wanted += [(name, first, hours, days) for first in _mondays(today)]
    assert await _rows(conn, "Wear by week") == wanted


@pytest.mark.usefixtures("today")
async def test_alerts_that_nobody_has_looked_at(conn: Connection) -> None:
    rows = await _rows(conn, "Alerts that nobody has looked at, by care unit")
    assert rows == [("unit", "P1", "A", 1, timedelta(days=2))]


async def test_missed_days(conn: Connection, today: date) -> None:
    rows = await _rows(conn, "Missed days, beside days about which nothing is known")
    since_monday = today.weekday()  # days of the running week, of which nothing came
    assert rows == [
        ("dark", 3, 0, 18 + since_monday),
        ("fair", 6, 3, since_monday),
        ("low", 3, 6, since_monday),
    ]


async def test_minutes_against_dose(conn: Connection, today: date) -> None:
    rows = await _rows(conn, "Moderate to vigorous minutes a week, against the prescribed dose")
    wanted: list[tuple[Any, ...]] = []
    for name, sessions in (("dark", 1), ("fair", 2), ("low", 1)):
        figures = (30.0 * sessions, 40.0 * sessions, 150.0)
        wanted += [(name, first, *figures) for first in _mondays(today)]
    assert rows == wanted


def test_every_query_of_the_page_is_tested() -> None:
    assert ANALYSTS_PAGE.count("```sql") == len(WORKED_QUERIES) == 6


async def test_every_view_is_on_the_page(conn: Connection) -> None:
    query = "select table_name from information_schema.views where table_schema = 'analysis'"
    listed = re.findall(
        r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", ANALYSTS_PAGE, re.MULTILINE))
    )
    rows = await (await conn.execute(query)).fetchall()
    assert sorted(listed) == sorted(name for (name,) in rows)


async def _rows(conn: Connection, heading: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(WORKED_QUERIES[heading].encode())).fetchall()


def _mondays(today: date) -> list[date]:
    return [monday(today) - timedelta(days=7 * back) for back in (3, 2, 1)]


def _life(name: str, today: date, sessions: int, worn: int, now_ms: int) -> WrittenLife:
    first, *_, last = _mondays(today)
    plan = Prescription(
        id="plan",
        version=1,
        valid_from=first,
        valid_to=last + timedelta(days=6),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
        dose_min_per_week=150,
    )
    days = []
    for number in range(21):
        of_week = number % 7
        types = [total_of_type("walking", 1, _HALF_HOUR)] if of_week < sessions else []
        if types or of_week < worn:
            at = first + timedelta(days=number)
            days.append(day_of_types(at, types, wear_min=700 if of_week < worn else 0))
    watch = (DeviceType.WATCH, Method.BACKGROUND, now_ms - 40 * DAY_MS, now_ms)
    return WrittenLife(
        pseudonym=name, zone="UTC", days=tuple(days), prescriptions=(plan,), delivered=(watch,)
    )


async def _answer(conn: Connection, patient: str, now_ms: int) -> None:
    """Write answers of two weeks and before, of which one is corrected and one withdrawn."""
    day_ms = now_ms - DAY_MS
    facts: list[Fact] = [
        pain("high", day_ms, 7.0),
        pain("just inside", now_ms - 14 * DAY_MS + 1000, 6.0),
        pain("not above", day_ms, 5.0),
        pain("just outside", now_ms - 14 * DAY_MS - 1000, 9.0),
        pain("corrected", day_ms, 8.0),
        pain("corrected", day_ms, 2.0, revision=1),
        pain("withdrawn", day_ms, 10.0),
        deletion("takes back", "withdrawn", source=PERSON),
    ]
    await write_facts(conn, attributed_batch(facts, patient))
    other = [pain("mild", day_ms, 4.0)]
    await write_facts(conn, attributed_batch(other, "p2"))


async def _alert(conn: Connection) -> None:
    row = (
        "insert into alert (id, patient, family, rule, rule_version, tier, state, raised_at, "
        "changed_at, sentence) select %s, id, 'pain', 'P1', 2, 'A', %s, now() - %s, now(), 'pain' "
        "from patient where pseudonym = %s"
    )
    two, five = timedelta(days=2), timedelta(days=5)
    await conn.execute(row, [UUID(int=1), "open", two, "p1"])
    await conn.execute(row, [UUID(int=2), "acknowledged", five, "p2"])
