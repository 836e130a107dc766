import pytest

from model.calendar import MINUTE_MS
from model.facts import AttributedFact, Fact, Joining
from model.spans import Span
from storage.digest import table_digests
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from tests.rows import cells_of, values_of
from tests.storage.tellers import (
    PHONE,
    T0,
    attributed_batch,
    attributed_fact,
    block,
    deletion,
    head,
    pain,
    run,
    workout,
)

pytestmark = pytest.mark.anyio


def all_of(facts: list[Fact], patient: str = "p1", body: str = "body") -> list[AttributedFact]:
    return attributed_batch(facts, patient, body)


async def _values(conn: Connection) -> list[tuple[int, float]]:
    rows = await (
        await conn.execute(
            "select (extract(epoch from time) * 1000)::bigint, value from sample order by 1, 2"
        )
    ).fetchall()
    return [(t, v) for t, v in rows]


async def test_a_workout_is_stored_and_its_span_touched(conn: Connection) -> None:
    written = await write_facts(conn, all_of(run()))
    assert (written.new, written.skipped, written.samples, written.refused) == (2, 0, 180, ())
    assert written.affected == {"p1": (Span(start_ms=T0, end_ms=T0 + 30 * MINUTE_MS),)}
    assert len(await _values(conn)) == 180


async def test_told_again_changes_nothing(conn: Connection) -> None:
    await write_facts(conn, all_of(run()))
    before = await table_digests(conn)
    written = await write_facts(conn, all_of([*run(), *run()]))
    assert (written.new, written.skipped, written.samples, written.affected) == (0, 4, 0, {})
    assert await table_digests(conn) == before


async def test_a_newer_revision_replaces_and_touches_both_spans(conn: Connection) -> None:
    await write_facts(conn, all_of(run(minutes=30, bpm=120)))
    written = await write_facts(conn, all_of(run(minutes=20, bpm=130, revision=1), body="later"))
    assert written.affected == {"p1": (Span(start_ms=T0, end_ms=T0 + 30 * MINUTE_MS),)}
    assert set(cells_of(await _values(conn), 1)) == {130.0}
    assert len(await _values(conn)) == 120


async def test_an_older_revision_is_skipped(conn: Connection) -> None:
    await write_facts(conn, all_of(run(bpm=130, revision=1), body="later"))
    before = await table_digests(conn)
    written = await write_facts(conn, all_of(run(bpm=120)))
    assert (written.new, written.skipped, written.samples, written.affected) == (0, 2, 0, {})
    assert await table_digests(conn) == before


async def test_parts_of_a_record_come_one_by_one(conn: Connection) -> None:
    result = head("r1", T0, T0 + 10 * MINUTE_MS)
    first = block(result, [T0, T0 + 1000], [100, 101])
    second = block(result, [T0 + 1000, T0 + 2000], [99, 102], part=1)
    await write_facts(conn, [attributed_fact(second)])
    await write_facts(conn, [attributed_fact(first)])
    assert await _values(conn) == [(T0, 100.0), (T0 + 1000, 101.0), (T0 + 2000, 102.0)]


async def test_points_of_a_stream_join_and_the_greater_revision_stands(conn: Connection) -> None:
    def part(record: str, revision: int, bpm: float) -> AttributedFact:
        result = head(record, T0, T0 + MINUTE_MS, source=PHONE, revision=revision)
        return attributed_fact(
            block(result, [T0, T0 + revision], [bpm, bpm], joining=Joining.STREAM), body=record
        )

    await write_facts(conn, [part("a", 5, 80.0), part("b", 7, 70.0)])
    await write_facts(conn, [part("c", 6, 90.0)])
    assert await _values(conn) == [(T0, 70.0), (T0 + 5, 80.0), (T0 + 6, 90.0), (T0 + 7, 70.0)]


@pytest.mark.parametrize("bpm", [(80.0, 90.0), (90.0, 80.0)])
@pytest.mark.parametrize("at_once", [False, True])
async def test_at_equal_revisions_the_greater_value_stands(
    conn: Connection,
    bpm: tuple[float, float],
    at_once: bool,  # noqa: FBT001
) -> None:
    result = [head(f"s{n}", T0, T0 + MINUTE_MS, source=PHONE) for n in range(2)]
    batch = [
        attributed_fact(block(h, [T0], [v], joining=Joining.STREAM))
        for h, v in zip(result, bpm, strict=True)
    ]
    for part in [batch] if at_once else [batch[:1], batch[1:]]:
        await write_facts(conn, part)
    assert await _values(conn) == [(T0, 90.0)]


async def test_in_a_record_the_last_sample_of_an_instant_stands(conn: Connection) -> None:
    result = block(
        head("r", T0, T0 + MINUTE_MS), [T0, T0 + 5, T0 + 5, T0 + 9], [70.0, 95.0, 81.0, 82.0]
    )
    await write_facts(conn, [attributed_fact(result)])
    assert await _values(conn) == [(T0, 70.0), (T0 + 5, 81.0), (T0 + 9, 82.0)]


async def test_a_workout_touches_the_reports_that_name_it(conn: Connection) -> None:
    later = T0 + 10 * 1440 * MINUTE_MS
    await write_facts(conn, [attributed_fact(pain("q1", later, 3, session="r1"))])
    written = await write_facts(conn, all_of(run()))
    assert written.affected["p1"] == (
        Span(start_ms=T0, end_ms=T0 + 30 * MINUTE_MS),
        Span(start_ms=later, end_ms=later),
    )


async def test_a_deletion_touches_what_it_deletes(conn: Connection) -> None:
    start = T0 - 20 * 1440 * MINUTE_MS
    await write_facts(conn, all_of(run(start=start)))
    written = await write_facts(conn, [attributed_fact(deletion("x", "r1"))])
    assert written.affected["p1"][0] == Span(start_ms=start, end_ms=start + 30 * MINUTE_MS)


async def test_unknown_patients_and_impossible_facts_are_refused_and_the_rest_stored(
    conn: Connection,
) -> None:
    batch = [
        attributed_fact(workout(head("r1", T0, T0 + MINUTE_MS)), "nobody"),
        attributed_fact(workout(head("r2", T0, T0 + MINUTE_MS))),
        attributed_fact(workout(head("r3", -1, T0))),
        attributed_fact(workout(head("r4\0", T0, T0 + MINUTE_MS))),
        attributed_fact(workout(head("r5", T0 + MINUTE_MS, T0))),
    ]
    written = await write_facts(conn, batch)
    assert values_of(written.refused, "index") == [0, 2, 3, 4]
    assert written.new == 1


async def test_far_off_spans_stay_apart(conn: Connection) -> None:
    year = 365 * 1440 * MINUTE_MS
    written = await write_facts(conn, all_of([*run("r1", T0 - year), *run("r2", T0)]))
    assert values_of(written.affected["p1"], "start_ms") == [T0 - year, T0]


async def test_a_report_touches_the_session_it_names(conn: Connection) -> None:
    await write_facts(conn, all_of(run()))
    later = T0 + 10 * 1440 * MINUTE_MS
    written = await write_facts(conn, [attributed_fact(pain("q1", later, 3, session="r1"))])
    assert written.affected["p1"] == (
        Span(start_ms=T0, end_ms=T0 + 30 * MINUTE_MS),
        Span(start_ms=later, end_ms=later),
    )


async def test_nothing_is_left_of_a_transaction_that_failed(conn: Connection) -> None:
    before = await table_digests(conn)
    with pytest.raises(ZeroDivisionError):
        await _write_and_fail(conn)
    assert await table_digests(conn) == before


async def _write_and_fail(conn: Connection) -> None:
    async with conn.transaction():
        await write_facts(conn, all_of(run()))
        raise ZeroDivisionError
