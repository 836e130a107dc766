"""Order, repetition and splitting of facts do not matter: all digests are the same."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import AttributedFact, Deletion, Fact, Joining
from model.intensity import HeartProfile
from model.keyring import KeyRing
from storage.digest import table_digests
from storage.facts.writer import Written, write_facts
from storage.people import care_team, patients
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.batches import derive_since
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.databases.reuse import Databases
from tests.storage.tellers import (
    PHONE,
    T0,
    WATCH,
    attributed_fact,
    block,
    day,
    deletion,
    head,
    pain,
    workout,
)

NO_SHRINKING = (
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
)  # each try is a hundred statements: it takes minutes
_HUB = replace(WATCH, vendor="open_wearables", app="hub")  # the same watch by another route
PATIENTS = ("p1", "p1", "p1", "p2")  # mostly one, so that facts meet


@st.composite
def facts(draw: st.DrawFn) -> list[AttributedFact]:
    """Return facts of two patients, with revisions, overlaps, deletions and answers."""
    drawn = [
        (*_drawn_fact(draw), draw(st.sampled_from("ab"))) for _ in range(draw(st.integers(4, 10)))
    ]
    return [attributed_fact(fact, patient, body=body) for fact, patient, body in drawn]


def _drawn_fact(draw: st.DrawFn) -> tuple[Fact, str]:
    return draw(_FACT), draw(st.sampled_from(PATIENTS))


_RECORD = st.sampled_from(["r1", "r2"])
_REVISION = st.integers(0, 1)
_MIDNIGHT = T0 + 7 * 60 * MINUTE_MS + 46 * MINUTE_MS + 40_000  # in Stockholm
_AT = st.sampled_from(
    [
        T0,
        _MIDNIGHT - 30 * MINUTE_MS,
        _MIDNIGHT - 4 * MINUTE_MS,
        T0 + 9 * 60 * MINUTE_MS,
        T0 + 4 * DAY_MS,
    ]
)
_SOURCE = st.sampled_from([WATCH, WATCH, _HUB])
_MINUTES = st.sampled_from([20, 45, 600])
_BPM = st.sampled_from([80.0, 150.0])


@st.composite
def _workout(draw: st.DrawFn) -> Fact:
    at, minutes, source = draw(_AT), draw(_MINUTES), draw(_SOURCE)
    result = head(
        draw(_RECORD), at, at + minutes * MINUTE_MS, source=source, revision=draw(_REVISION)
    )
    return workout(result, draw(st.sampled_from(["running", "walking"])))


@st.composite
def _samples(draw: st.DrawFn) -> Fact:
    at, revision, source = draw(_AT), draw(_REVISION), draw(_SOURCE)
    metric, every = draw(
        st.sampled_from(
            [
                ("heart_rate", MINUTE_MS),
                ("heart_rate", 5_000),
                ("cadence", MINUTE_MS),
                ("speed", MINUTE_MS),
            ]
        )
    )
    result = head(draw(_RECORD), at, at + 20 * MINUTE_MS, source=source, revision=revision)
    times = list(range(at, at + 20 * MINUTE_MS, every))
    return replace(
        block(result, times, [draw(_BPM) / (50 if metric == "speed" else 1)] * len(times)),
        metric=metric,
    )


@st.composite
def _stream(draw: st.DrawFn) -> Fact:
    start = draw(st.sampled_from([T0, _MIDNIGHT - 60 * MINUTE_MS]))
    at, bpm, revision = (
        start + draw(st.sampled_from([0, 30, 90])) * MINUTE_MS,
        draw(_BPM),
        draw(_REVISION),
    )
    result = head(f"hr:{at}:{bpm}", at, at + 60 * MINUTE_MS, source=PHONE, revision=revision)
    every = draw(st.sampled_from([MINUTE_MS, 5 * MINUTE_MS]))
    times = list(range(at, at + 60 * MINUTE_MS, every))
    return block(result, times, [bpm] * len(times), joining=Joining.STREAM)


_FACT = st.one_of(
    _workout(),
    _samples(),
    _stream(),
    st.builds(
        pain, st.sampled_from(["q1", "q2"]), _AT, st.sampled_from([1.0, 7.0]), revision=_REVISION
    ),
    st.builds(
        lambda at, named: pain("q3", at, 4.0, session=named),
        _AT,
        _RECORD,
    ),
    st.builds(day, st.just("d1"), st.just(T0), st.sampled_from([100.0, 200.0]), revision=_REVISION),
    st.builds(deletion, st.just("x1"), _RECORD, revision=_REVISION),
    st.builds(
        lambda at, long: Deletion(head=head("x2", at, at + long * MINUTE_MS), metric="heart_rate"),
        _AT,
        _MINUTES,
    ),
)


def _unique(batch: Sequence[AttributedFact]) -> list[AttributedFact]:
    """Keep the contract of parsers: a payload has each part of a record once."""
    seen: dict[object, AttributedFact] = {}
    for item in batch:
        fact = item.fact
        key = (
            item.patient,
            fact.head.source,
            fact.head.record,
            fact.head.revision,
            item.body,
            type(fact),
        )
        seen.setdefault(key, item)
    return list(seen.values())


async def store_and_derive(conn: Connection, batch: Sequence[AttributedFact]) -> Written:
    """Store facts and derive what they change, as the worker does with a batch."""
    written = await write_facts(conn, batch)
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    return written


async def apply(conn: Connection, batches: Sequence[Sequence[AttributedFact]]) -> dict[str, str]:
    """Store and derive batch by batch, give the digests, and undo everything."""
    async with conn.transaction(force_rollback=True):
        for batch in batches:
            await store_and_derive(conn, batch)
        digests = await table_digests(conn)
        for patient in sorted(
            set(PATIENTS)
        ):  # what was narrowed to the touched dates is what everything at once gives
            assert await derive_since(conn, patient) == ()
        return digests


@pytest.fixture(scope="module")
def loop_and_conn(databases: Databases) -> object:
    with databases.lend() as dsn, asyncio.Runner() as runner:
        conn = runner.run(_connect(dsn))
        yield runner, conn
        runner.run(conn.close())


async def _connect(dsn: str) -> Connection:
    conn = await AsyncConnection.connect(dsn, autocommit=False)
    await care_team.add_unit(conn, "unit")
    for name in sorted(set(PATIENTS)):
        await patients.add_patient(
            conn,
            wrapping_key=KeyRing.single(bytes(32)),
            unit="unit",
            zone="Europe/Stockholm",
            now_ms=0,
            pseudonym=name,
        )
        profile = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60.0)
        await patient_inputs.change_profile(
            conn, name, profile, 0
        )  # so that sessions are found in heart rate as well
    return conn


@settings(
    max_examples=60,
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batch=facts(), seed=st.integers(0, 2**32))
def test_any_order_split_and_repetition_ends_the_same(
    loop_and_conn: tuple[asyncio.Runner, Connection], batch: list[AttributedFact], seed: int
) -> None:
    runner, conn = loop_and_conn
    batch = _unique(batch)
    chance = random.Random(seed)  # noqa: S311 - shuffles a test's facts
    other = [*batch, *chance.choices(batch, k=2)]
    chance.shuffle(other)
    cut = chance.randrange(len(other) + 1)
    singly = [[item] for item in other]
    at_once = runner.run(apply(conn, [batch]))
    assert runner.run(apply(conn, [other[:cut], other[cut:]])) == at_once
    assert runner.run(apply(conn, singly)) == at_once
