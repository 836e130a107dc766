"""Windows of many patients: a fixed number of statements, no wider than a change needs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain, product
from typing import Any

import numpy as np
import pytest
from psycopg import AsyncCursor

from model.calendar import MINUTE_MS
from model.columns.window import Window
from model.facts import AttributedFact, Deletion, Fact
from model.spans import Span, merge
from storage.facts.writer import put_facts, write_facts
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import batches
from stream.deriving.batches import derive_written
from stream.deriving.replace import replace_rows
from stream.deriving.windows import load_window, load_windows
from tests.rows import values_of
from tests.storage.tellers import PHONE, T0, attributed_fact, block, head, pain, run, workout

pytestmark = pytest.mark.anyio
_DAY = 1440 * MINUTE_MS
_MIDNIGHT = T0 + 466 * MINUTE_MS + 40_000  # in Stockholm
_MONDAY, TUESDAY = date(2026, 9, 21), date(2026, 9, 22)


@contextmanager
def counted() -> Iterator[list[object]]:
    """Give the statements that run meanwhile."""
    items: list[object] = []
    execute = AsyncCursor.execute

    async def counting(
        cursor: AsyncCursor[Any],
        query: Any,  # noqa: ANN401 - as psycopg
        *args: Any,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        items.append(query)
        return await execute(cursor, query, *args, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AsyncCursor, "execute", counting)
        yield items


def _of_each(patients: Iterable[str], facts: Iterable[Fact]) -> list[AttributedFact]:
    """Return the same facts of each patient."""
    return [attributed_fact(fact, patient) for patient, fact in product(patients, facts)]


def _samples(window: Window) -> int:
    return sum(map(len, values_of(window.columns, "t")))


async def _tell(
    conn: Connection, *facts: Fact, patients: tuple[str, ...] = ("p1",)
) -> tuple[Window, ...]:
    written = await write_facts(conn, _of_each(patients, facts))
    windows = await load_windows(conn, written.affected)
    await replace_rows(conn, [(window, derive(window)) for window in windows])
    return windows


def _minutes(start: int, n: int) -> Fact:
    result = head(f"hr:{start}", start, start + n * MINUTE_MS, source=PHONE)
    return block(result, list(range(start, start + n * MINUTE_MS, MINUTE_MS)), [70.0] * n)


async def test_the_number_of_statements_does_not_grow_with_patients_or_dates(
    conn: Connection,
) -> None:
    facts = [*run(), pain("q1", T0 + 60 * MINUTE_MS, 3, session="r1"), _minutes(T0, 60)]
    again = [*run("r2", T0 + _DAY), pain("q2", T0 + _DAY, 3, session="r2"), _minutes(T0 + _DAY, 60)]
    with counted() as item:
        await _tell(conn, *facts)
        await _tell(conn, *again)
    with counted() as two:
        await _tell(conn, *facts, patients=("p2", "p3"))
        await _tell(conn, *again, patients=("p2", "p3"))
    assert len(two) <= len(item)


async def test_a_batch_of_many_patients_is_derived_a_few_at_a_time(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without samples stored before: batches share one minute of samples."""
    monkeypatch.setattr(batches, "DAYS_AT_ONCE", 2)
    for start in (0, 9):
        facts = [*run(), _minutes(T0 + start * MINUTE_MS, 10)]
        batch = _of_each(("p3", "p1", "p2"), facts)
        settled = await derive_written(conn, await put_facts(conn, batch))
        assert set(settled.changes) == {"p1", "p2", "p3"}
        first, *others = (values_of(changes, "what") for changes in settled.changes.values())
        assert others == [first] * 2
    assert settled.dates == 3
    total = {
        patient: await load_window(conn, patient, [Span(start_ms=T0, end_ms=T0 + MINUTE_MS)])
        for patient in settled.changes
    }
    assert settled.read == sum(map(_samples, total.values()))
    assert await replace_rows(
        conn, [(window, derive(window)) for window in total.values()]
    ) == dict.fromkeys(total, ())


async def test_a_batch_of_many_dates_is_derived_a_few_at_a_time_with_the_same_result(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day at a time, and a run over midnight: another look at all of it changes nothing."""
    monkeypatch.setattr(batches, "DAYS_AT_ONCE", 1)
    monkeypatch.setattr(batches, "PIECE_MS", _DAY)
    facts = [*run("r1", _MIDNIGHT - 20 * MINUTE_MS), _minutes(_MIDNIGHT - _DAY, 4 * 1440)]
    settled = await derive_written(conn, await put_facts(conn, _of_each(("p1", "p2"), facts)))
    changed = [values_of(changes, "what") for changes in settled.changes.values()]
    assert len(set(changed[0])) > 1
    assert changed[0] == changed[1]
    total = Span(start_ms=_MIDNIGHT - _DAY, end_ms=_MIDNIGHT + 3 * _DAY)
    windows = await load_windows(conn, {"p1": (total,), "p2": (total,)})
    assert {len(window.dates) for window in windows} == {4}
    unchanged = await replace_rows(conn, [(window, derive(window)) for window in windows])
    assert unchanged == {"p1": (), "p2": ()}


def test_days_are_counted_over_all_patients_and_a_long_span_is_cut() -> None:
    long, short = Span(start_ms=0, end_ms=60 * _DAY), Span(start_ms=0, end_ms=5, samples_only=True)
    sizes = []
    for some in batches.rounds({"p1": (long,), "p2": (short, short), "p3": (short,)}):
        spans = chain.from_iterable(some.values())
        sizes.append((sorted(some), sum(map(batches._days, spans))))
    assert sizes == [(["p1"], 28), (["p1"], 32), (["p2", "p3"], 3)]


async def test_samples_touch_their_own_dates_and_are_read_with_no_other(conn: Connection) -> None:
    await _tell(conn, _minutes(_MIDNIGHT - 1440 * MINUTE_MS, 3 * 1440))
    (window,) = await _tell(conn, _minutes(_MIDNIGHT + 600 * MINUTE_MS + 30_000, 60))
    assert window.dates == (TUESDAY,)
    assert _samples(window) == 1440 + 60


async def test_a_session_over_midnight_is_read_whole_and_derived_with_the_date_after(
    conn: Connection,
) -> None:
    start, end = _MIDNIGHT - 40 * MINUTE_MS, _MIDNIGHT + 20 * MINUTE_MS
    await _tell(conn, workout(head("r1", start, end)), _minutes(_MIDNIGHT - 600 * MINUTE_MS, 1200))
    (window,) = await _tell(conn, _minutes(_MIDNIGHT + 10 * MINUTE_MS + 30_000, 5))
    assert window.dates == (_MONDAY, TUESDAY)
    assert [session.end_ms - session.start_ms for session in derive(window).sessions] == [
        60 * MINUTE_MS
    ]


async def test_an_answer_is_derived_with_the_session_of_the_evening_before(
    conn: Connection,
) -> None:
    await _tell(conn, *run(start=_MIDNIGHT - 60 * MINUTE_MS))
    (window,) = await _tell(conn, pain("q1", _MIDNIGHT + 300 * MINUTE_MS, 2))
    assert window.dates == (_MONDAY, TUESDAY)
    (window,) = await _tell(conn, _minutes(_MIDNIGHT + 300 * MINUTE_MS, 5))
    assert window.dates == (TUESDAY,)


async def test_metrics_of_sessions_are_read_within_sessions_only(conn: Connection) -> None:
    power, speed = (
        block(
            head("r1", T0, T0 + 600 * MINUTE_MS),
            [T0, T0 + 600 * MINUTE_MS - 1],
            [2.0, 2.0],
            part=part,
        )
        for part in (0, 1)
    )
    object.__setattr__(power, "metric", "power")
    object.__setattr__(speed, "metric", "speed")
    (window,) = await _tell(conn, workout(head("r2", T0, T0 + 20 * MINUTE_MS)), power, speed)
    assert {column.metric: len(column.t) for column in window.columns} == {"power": 1, "speed": 2}


async def test_an_interval_takes_back_its_own_metric(conn: Connection) -> None:
    await _tell(conn, *run(), Deletion(head=head("x", T0, T0 + 10 * MINUTE_MS), metric="cadence"))
    (window,) = await _tell(conn, *run("r2", T0 + 60 * MINUTE_MS))
    assert _samples(window) == 360


async def test_what_was_taken_back_behind_a_session_is_not_read_for_it(conn: Connection) -> None:
    back = Deletion(
        head=head("x", _MIDNIGHT, _MIDNIGHT + 5 * MINUTE_MS, source=PHONE), metric="heart_rate"
    )
    evening = workout(head("r1", _MIDNIGHT - 20 * MINUTE_MS, _MIDNIGHT))
    await _tell(conn, evening, _minutes(_MIDNIGHT - 30 * MINUTE_MS, 60), back)
    (window,) = await _tell(conn, _minutes(_MIDNIGHT - 300 * MINUTE_MS, 5))
    assert window.dates == (_MONDAY,)
    read = np.sort(np.concatenate(values_of(window.columns, "t")))
    after = read[read >= _MIDNIGHT].tolist()
    assert after == list(range(_MIDNIGHT + 5 * MINUTE_MS, _MIDNIGHT + 30 * MINUTE_MS, MINUTE_MS))


def test_spans_of_samples_stay_apart_from_others_unless_these_hold_them() -> None:
    samples = [Span(start_ms=n, end_ms=n + 2, samples_only=True) for n in (0, 1, 10)]
    other = Span(start_ms=9, end_ms=13)
    assert merge([*samples, other], gap_ms=0) == (
        Span(start_ms=0, end_ms=3, samples_only=True),
        other,
    )
