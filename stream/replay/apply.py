"""Replays a patient: reads kept bodies again, stores them anew where they differ, derives anew.

The result is what a fresh database would hold of the same bodies. The workers go on meanwhile.
Bodies that belong together change in one transaction under the patient's lock. The judge waits
until the patient is finished, so that no intermediate state raises an alert. A replay that was
killed at any instant and is run again gives the same result.

A body is read again if a consent covered it when it was received, as for its first reading. A later
withdrawal stops new bodies, but it does not make the earlier ones unlawful. If a body cannot be
read, what is stored of it stays, and so does what is stored of the bodies that belong to it.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from uuid import uuid4

from model.derived.algorithm import ALGORITHM
from model.derived.changes import DerivedChange
from model.spans import Span, merge, pieces
from parsers.formats import version_of
from storage.alerts import outbox, to_judge
from storage.audit_actions import AuditAction
from storage.bodies.kept_bodies import KeptBody
from storage.derived import compare
from storage.derived.derived_tables import extent
from storage.facts import current_records
from storage.facts.ids import PatientRow
from storage.facts.writer import write_facts
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from stream.deriving.batches import PIECE_MS, derive_span
from stream.deriving.derive_batch import DERIVED_CHANNEL, event
from stream.reading import READABLE_CONNECTORS
from stream.replay.context import BeginTransaction, ReplayContext, ReplayScope
from stream.replay.plan import Cluster, SourceStretch, clusters, measured_by_source
from stream.replay.read import NOTHING_READ, BodiesRead, facts_of, kept_bodies, read_more
from stream.replay.report import ReplayReport, write_audit

# of bodies stored anew in one transaction: the patient is locked meanwhile, and workers wait
PORTION_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What to replay: `chosen` has the SHA-256 (hex) of the bodies in the scope that are due."""

    begin: BeginTransaction
    context: ReplayContext
    patient: str
    connector: str
    chosen: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """The result of one transaction: its report, and the clusters of bodies that it stored anew.

    `finished` is true if nothing is left to store.
    """

    report: ReplayReport
    done: frozenset[frozenset[str]] = frozenset()
    finished: bool = False


async def replay(context: ReplayContext, patient: str, scope: ReplayScope) -> ReplayReport:
    """Replay one patient, committing as it goes; raises `UnknownNameError`."""
    # the lock has a connection of its own, because a replay takes many transactions
    async with (
        context.pool.connection() as guard,
        to_judge.exclusive(guard, await patient_id(guard, patient)),
    ):
        return await _replay(context.pool.connection, context, patient, scope)


async def rehearse(context: ReplayContext, patient: str, scope: ReplayScope) -> ReplayReport:
    """Replay one patient in a transaction that is rolled back.

    The report has the differences that derived rows would have. The patient is locked meanwhile, so
    workers wait with that patient's facts. Raises `UnknownNameError`.
    """
    async with context.pool.connection() as conn:
        number = await patient_id(conn, patient)
        # read before anything changes, in the same transaction as the replay
        before = await compare.derived_state(conn, number)
        # all of these "transactions" share the same connection, so that they are rolled back
        report = await _replay(lambda: nullcontext(conn), context, patient, scope)
        differences = compare.differences(before, await compare.derived_state(conn, number))
        await conn.rollback()
    # a transaction of its own: the line about the rehearsal must outlive the rollback
    async with context.pool.connection() as conn:
        await write_audit(conn, context, AuditAction.REPLAY_REHEARSE, patient, "")
    return replace(report, differences=differences)


async def _replay(
    begin: BeginTransaction, context: ReplayContext, patient: str, scope: ReplayScope
) -> ReplayReport:
    report = ReplayReport(patient=patient)
    bodies: set[str] = set()
    for connector in sorted(scope.sources or READABLE_CONNECTORS):
        if not scope.derive_only:
            more, inside = await _replay_connector(begin, context, patient, scope, connector)
            report += more
            bodies |= inside
    async with begin() as conn:
        spans = await _spans(conn, scope, patient, bodies)
    # bodies that were stored anew are derived already; this covers rules that changed since
    for piece in pieces(spans, PIECE_MS):
        async with begin() as conn:
            changes = await _derive(conn, context, patient, piece)
            report += ReplayReport(patient=patient, changes=changes)
            if changes:
                await to_judge.mark_due(conn, patient, context.now(), "replay")
                action = AuditAction.REPLAY_DERIVE
                await write_audit(conn, context, action, patient, ALGORITHM, changes=changes)
    return report


async def _spans(
    conn: Connection, scope: ReplayScope, patient: str, bodies: Collection[str]
) -> list[Span]:
    """Return the spans to derive anew: everything, a span, or those of the bodies' facts."""
    total = await extent(conn, patient)
    if total is None:
        return []
    if scope.derive_only:
        low, high = max(total.start_ms, scope.from_ms), min(total.end_ms, scope.to_ms)
        return [Span(start_ms=low, end_ms=high)] if low <= high else []
    if scope.everything:
        return [total]
    number = await patient_id(conn, patient)
    return list(await current_records.spans_of_bodies(conn, number, bodies))


async def _derive(
    conn: Connection, context: ReplayContext, patient: str, span: Span
) -> tuple[DerivedChange, ...]:
    """Derive the dates of a span anew and announce what changed, in the caller's transaction."""
    changes = await derive_span(conn, patient, span)
    if changes:
        key, body = f"replay/{uuid4()}", event(patient, changes)
        await outbox.put_message(conn, DERIVED_CHANNEL, key, patient, body, context.now())
        await outbox.notify(conn, [patient])
    return changes


async def _replay_connector(
    begin: BeginTransaction,
    context: ReplayContext,
    patient: str,
    scope: ReplayScope,
    connector: str,
) -> tuple[ReplayReport, set[str]]:
    """Replay the bodies of one connector until nothing differs.

    Returns the report, and the bodies (hex) within the scope, whether they were read or not.
    """
    async with begin() as conn:
        kept = await kept_bodies(conn, patient, connector)
    inside = {sha for sha, body in kept.items() if scope.covers(body.envelope.received_ms)}
    chosen = frozenset(sha for sha in inside if _is_due(kept[sha], again=scope.again))
    if not chosen:
        return ReplayReport(patient=patient), inside
    task = _Task(begin=begin, context=context, patient=patient, connector=connector, chosen=chosen)
    # each turn also reads the bodies that were kept meanwhile, before it stores the next portion
    read, step = NOTHING_READ, _Step(report=ReplayReport(patient=patient))
    while not step.finished:
        async with begin() as conn:
            kept = await kept_bodies(conn, patient, connector)
            read = await read_more(conn, context, patient, kept, read)
        following = await _store_portion(task, read, step.done)
        step = replace(
            following, report=step.report + following.report, done=step.done | following.done
        )
    counts = ReplayReport(
        patient=patient,
        read=len(chosen & read.readings.keys()),
        unreadable=len(chosen & read.unreadable),
        no_consent=len(chosen & read.no_consent),
    )
    return step.report + counts, inside


def _is_due(body: KeptBody, *, again: bool) -> bool:
    return again or body.parser < version_of(body.format)


async def _store_portion(task: _Task, read: BodiesRead, done: frozenset[frozenset[str]]) -> _Step:
    """Store the next clusters that differ anew, under the patient's lock.

    If further bodies were kept since the last reading, it does nothing, because those must be read
    first.
    """
    async with task.begin() as conn:
        row = await current_records.lock(conn, task.patient)
        kept = await kept_bodies(conn, task.patient, task.connector)
        # a new body may belong to one of the clusters, and its facts must not be removed unread
        if kept.keys() != read.kept.keys():
            return _Step(report=ReplayReport(patient=task.patient))
        current = await current_records.current_records(conn, row.id, task.connector)
        groups = clusters(read.readings, current)
        stale = _stale(groups, task, done)
        portion = _portion([cluster for cluster in stale if cluster.readable], read)
        changes = await _store_anew(conn, task, row, read, portion) if portion else ()
        stored = _bodies(portion)
        await _finish(conn, task, row, groups, stored, read, changes)
    if not portion:
        left = _bodies(stale) & read.readings.keys()
        return _Step(report=ReplayReport(patient=task.patient, left=len(left)), finished=True)
    return _Step(
        report=ReplayReport(patient=task.patient, stored_anew=len(stored), changes=changes),
        done=frozenset(cluster.bodies for cluster in portion),
    )


def _stale(
    groups: Sequence[Cluster], task: _Task, done: frozenset[frozenset[str]]
) -> list[Cluster]:
    """Return the clusters to store anew: they differ, have a chosen body, and are not done yet."""
    # a cluster that still differs after it was stored anew would be stored for ever
    waiting = [cluster for cluster in groups if cluster.bodies not in done]
    return [cluster for cluster in waiting if cluster.stale and cluster.bodies & task.chosen]


def _bodies(groups: Iterable[Cluster]) -> frozenset[str]:
    """Return the bodies (hex) of some clusters together."""
    bodies: set[str] = set()
    for cluster in groups:
        bodies |= cluster.bodies
    return frozenset(bodies)


def _portion(stale: Sequence[Cluster], read: BodiesRead) -> list[Cluster]:
    """Return the first clusters whose bodies fit into a transaction, and at least the first."""
    portion: list[Cluster] = []
    size = 0
    for cluster in stale:
        for sha in cluster.bodies:
            size += read.kept[sha].envelope.size
        if portion and size > PORTION_BYTES:
            break
        portion.append(cluster)
    return portion


async def _store_anew(
    conn: Connection, task: _Task, row: PatientRow, read: BodiesRead, portion: Sequence[Cluster]
) -> tuple[DerivedChange, ...]:
    """Replace what is stored of these bodies by what is read in them today, and derive anew."""
    kept = map(read.kept.__getitem__, _bodies(portion))
    # read again: only a summary of them was kept, and the parser gives the same facts
    facts = await facts_of(conn, task.context, task.patient, row.zone, kept)
    records: list[current_records.CurrentRecord] = []
    stretches: set[SourceStretch] = set()
    for cluster in portion:
        records += cluster.current
        stretches |= cluster.stretches
    affected = await current_records.remove_records(conn, row.id, records, stretches)
    written = await write_facts(conn, facts)
    # what was removed may lie elsewhere than what was written, and both must be derived anew
    spans = [*affected.get(row.id, []), *written.affected.get(task.patient, ())]
    changes: tuple[DerivedChange, ...] = ()
    for piece in pieces(merge(spans), PIECE_MS):
        changes += await _derive(conn, task.context, task.patient, piece)
    return changes


async def _finish(
    conn: Connection,
    task: _Task,
    row: PatientRow,
    groups: Sequence[Cluster],
    stored: frozenset[str],
    read: BodiesRead,
    changes: Sequence[DerivedChange],
) -> None:
    """Note which bodies agree with today's parser, and write the audit line of a portion."""
    unchanged = [cluster for cluster in groups if cluster.readable and not cluster.stale]
    by_version: dict[int, set[str]] = {}
    for sha in _bodies(unchanged) | stored:
        by_version.setdefault(version_of(read.kept[sha].format), set()).add(sha)
    for version, bodies in by_version.items():
        await current_records.set_parser(conn, row.id, bodies, version)
    # watermarks may be lowered only after everything that the connector ever sent was read
    moved = all(cluster.readable for cluster in groups) and await current_records.set_watermarks(
        conn, row.id, task.connector, measured_by_source(read.readings.values())
    )
    if stored or moved:
        await to_judge.mark_due(conn, task.patient, task.context.now(), "replay")
        await write_audit(
            conn,
            task.context,
            AuditAction.REPLAY_READ,
            task.patient,
            task.connector,
            changes=changes,
            bodies=len(stored),
        )
