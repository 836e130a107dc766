"""Reads the kept bodies of a patient again with today's parsers and derives anew, while the workers go on.

The end is what a fresh database would hold of the same bodies. Bodies that speak of the same things change in one
transaction under the patient's lock, and the judge waits until the whole patient is done: nobody is told of what
lies between. Killed at any instant and run again, it ends the same. A body is read again when a consent covered it
at the time of its receipt, as when it was read first: a later withdrawal ends what comes in, not what was lawful.
"""

from collections.abc import Collection
from contextlib import nullcontext

from model.derived import ALGORITHM
from model.spans import Span
from storage.alerts import due
from storage.audit_actions import Action
from storage.derived import compare, write
from storage.facts import current_records
from storage.people import people
from storage.pg.pool import Connection
from stream.reading import CONNECTORS
from stream.replay.parts import (
    ReplayContext,
    Replayed,
    Scope,
    Transaction,
    derive_span,
    pieces,
    write_down,
)
from stream.replay.reread import Reread


async def replay(means: ReplayContext, patient: str, scope: Scope) -> Replayed:
    """Replay one patient, committing as it goes; raises `people.UnknownNameError`."""
    replayed = Replayed(patient=patient)
    async with (
        means.pool.connection() as guard,
        due.alone(guard, await people.patient_id(guard, patient)),
    ):
        await _replay(means.pool.connection, means, scope, replayed)
    return replayed


async def rehearse(means: ReplayContext, patient: str, scope: Scope) -> Replayed:
    """Replay one patient in one transaction that is rolled back, and return how the derived rows would differ.

    Raises `people.UnknownNameError`. The patient is locked meanwhile: what workers have for them waits.
    """
    replayed = Replayed(patient=patient)
    async with means.pool.connection() as conn:
        number = await people.patient_id(conn, patient)
        before = await compare.rows(conn, number)
        await _replay(lambda: nullcontext(conn), means, scope, replayed)
        replayed.differences = compare.differences(before, await compare.rows(conn, number))
        await conn.rollback()
    async with means.pool.connection() as conn:
        await write_down(conn, means, Action.REPLAY_REHEARSE, replayed, "", [])
    return replayed


async def _replay(
    turn: Transaction, means: ReplayContext, scope: Scope, replayed: Replayed
) -> None:
    spoken: set[str] = set()
    for connector in sorted(scope.sources or CONNECTORS):
        if not scope.derive_only:
            spoken |= await Reread(turn, means, scope, replayed, connector).run()
    async with turn() as conn:
        spans = await _spans(conn, scope, replayed.patient, spoken)
    for piece in pieces(spans):
        async with turn() as conn:
            changes = await derive_span(conn, means, replayed, piece)
            if changes:
                await due.mark(conn, replayed.patient, means.now(), "replay")
                await write_down(conn, means, Action.REPLAY_DERIVE, replayed, ALGORITHM, changes)


async def _spans(
    conn: Connection, scope: Scope, patient: str, spoken: Collection[str]
) -> list[Span]:
    """Return what to derive anew: the whole patient, a span of it, or where the bodies of the scope lie."""
    extent = await write.extent(conn, patient)
    if extent is None:
        return []
    if scope.derive_only:
        low, high = max(extent.start_ms, scope.from_ms), min(extent.end_ms, scope.to_ms)
        return [Span(start_ms=low, end_ms=high)] if low <= high else []
    if scope.whole:
        return [extent]
    return list(
        await current_records.told_spans(conn, await people.patient_id(conn, patient), spoken)
    )
