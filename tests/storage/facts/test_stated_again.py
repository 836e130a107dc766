"""What is told again: the last stated version stands, and nothing is later than its receipt."""

from dataclasses import replace
from itertools import permutations

import pytest

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import BEGUN_WORKOUTS, AttributedFact, Deletion, Joining
from model.spans import Span
from storage.digest import table_digests
from storage.facts import retractions
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from tests.rows import cells_of
from tests.storage.tellers import (
    PHONE,
    RECEIVED,
    T0,
    attributed_fact,
    block,
    deletion,
    head,
    run,
)

pytestmark = pytest.mark.anyio

_HOUR_MS = 60 * MINUTE_MS


def _stated(minutes: int, bpm: float, n: int, revision: int = 0) -> list[AttributedFact]:
    """Return a workout with heart rate, told in the hour `n`."""
    facts = run(minutes=minutes, bpm=bpm, revision=revision)
    # the digest of a body does not follow its time
    return [
        attributed_fact(fact, body=f"body {9 - n}", received=RECEIVED + n * _HOUR_MS)
        for fact in facts
    ]


async def _values(conn: Connection) -> list[float]:
    rows = await (await conn.execute("select value from sample order by time")).fetchall()
    return cells_of(rows, 0)


async def _minutes(conn: Connection) -> list[int]:
    rows = await (
        await conn.execute("select end_at - start_at from fact where kind = 'workout'")
    ).fetchall()
    return [round(length.total_seconds() / 60) for (length,) in rows]


async def test_a_correction_stands_shorter_and_lower_as_it_may_be(conn: Connection) -> None:
    digests = []
    versions = [_stated(30, 130, 1), _stated(45, 150, 2), _stated(20, 120, 3)]
    for order in permutations(versions):
        async with conn.transaction(force_rollback=True):
            for version in order:
                await write_facts(conn, version)
            assert await _minutes(conn) == [20]
            assert await _values(conn) == [120.0] * 120
            digests.append(await table_digests(conn))
    assert digests == digests[:1] * 6


async def test_a_redelivery_is_no_later_statement(conn: Connection) -> None:
    first, correction = _stated(300, 130, 1), _stated(45, 120, 2)
    again = [replace(fact, received_ms=RECEIVED + 3 * _HOUR_MS, stated_ms=0) for fact in correction]
    await write_facts(conn, again)
    await write_facts(conn, first)
    await write_facts(conn, correction)
    assert await _minutes(conn) == [45]
    rows = await (await conn.execute("select stated_ms from record")).fetchall()
    assert set(cells_of(rows, 0)) == {RECEIVED + 2 * _HOUR_MS}


async def test_the_senders_revision_comes_before_the_time_of_telling(conn: Connection) -> None:
    await write_facts(conn, _stated(45, 120, 1, revision=2))
    await write_facts(conn, _stated(300, 130, 2, revision=1))
    assert await _minutes(conn) == [45]


async def test_samples_of_a_stream_are_corrected_down_as_well_as_up(conn: Connection) -> None:
    versions = []
    for n, bpm in enumerate([140.0, 150.0, 130.0]):
        result = head(f"hr:{bpm}", T0, T0 + MINUTE_MS, source=PHONE)
        samples = block(result, [T0, T0 + 1_000], [bpm, bpm], joining=Joining.STREAM)
        received = RECEIVED + n * _HOUR_MS
        versions.append(attributed_fact(samples, body=f"body {9 - n}", received=received))
    for order in permutations(versions):
        async with conn.transaction(force_rollback=True):
            for version in order:
                await write_facts(conn, [version])
            assert await _values(conn) == [130.0, 130.0]


async def test_what_is_told_after_a_deletion_holds_again(conn: Connection) -> None:
    gone = attributed_fact(deletion("x", "r1"), body="gone", received=RECEIVED + 2 * _HOUR_MS)
    view = "select count(*) from analysis.samples"
    await write_facts(conn, [*_stated(20, 120, 1), gone])
    assert await (await conn.execute(view)).fetchone() == (0,)
    await write_facts(conn, _stated(20, 130, 3))
    assert await (await conn.execute(view)).fetchone() == (120,)


async def test_an_interval_retracts_the_workouts_that_begin_in_it(conn: Connection) -> None:
    workout = run(minutes=20)[0]
    start = workout.head.start_ms
    wanted = [(start, start + 1), (start + 1, start + DAY_MS)]
    hidden = []
    for low, high in wanted:
        gone = Deletion(head=head("x", low, high), metric=BEGUN_WORKOUTS)
        stated = [
            attributed_fact(workout),
            attributed_fact(gone, body="gone", received=RECEIVED + 1),
        ]
        async with conn.transaction(force_rollback=True):
            await write_facts(conn, stated)
            number = (await (await conn.execute("select id from patient")).fetchall())[0][0]
            around = {number: [Span(start_ms=start, end_ms=start + DAY_MS)]}
            mask = (await retractions.intervals(conn, around))[number]
            hidden.append(mask.current([attributed_fact(workout)]) == ())
    assert hidden == [True, False]


@pytest.mark.parametrize(("ahead_ms", "stored"), [(300_000, 1), (300_001, 0)])
async def test_nothing_later_than_its_receipt_is_stored(
    conn: Connection, ahead_ms: int, stored: int
) -> None:
    fact = run(minutes=30)[0]
    received = fact.head.end_ms - ahead_ms
    written = await write_facts(conn, [attributed_fact(fact, received=received)])
    assert (written.new, len(written.refused)) == (stored, 1 - stored)
    rows = await (await conn.execute("select time from watermark")).fetchall()
    assert [round(time.timestamp() * 1000) for (time,) in rows] == [received] * stored
