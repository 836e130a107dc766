"""Reads what a patient and the patient's devices have supplied, for a request for portability.

What the clinic has stated, what is derived, and what a source has taken back are never here.
Restricted rows are: a patient who asks for their own data allows this use.
"""

from collections.abc import AsyncIterator

from psycopg.rows import dict_row

from model.calendar import epoch_ms
from model.facts import AttributedFact
from model.marks import CLINIC_VENDOR
from model.metrics import METRIC_BY_ID
from model.privacy.supplied import SuppliedSample
from model.spans import Span
from model.versions.version_order import VersionOrder
from storage.derived.derived_tables import extent
from storage.facts import retractions
from storage.facts.corrected import CORRECTED_FACT
from storage.facts.ids import SOURCE_COLUMNS, read_source
from storage.facts.reported import read_reported
from storage.facts.retractions import Retractions
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

_FACTS = f"""
select f.patient, p.pseudonym, f.connector, f.received_at, f.body, f.kind, f.payload,
       r.record, r.revision, r.stated_ms, f.start_at, f.end_at, f.offset_min, f.offset_origin,
       s.vendor, s.app, s.device, s.device_type, s.method
from {CORRECTED_FACT} f join patient p on p.id = f.patient
join record r on r.id = f.record join source s on s.id = f.source
where f.patient = %s and f.kind in ('workout', 'report', 'day') and s.vendor <> %s
order by f.start_at, r.record, f.kind"""  # noqa: S608 - a constant of this package
_SAMPLES = """
select x.metric, x.time, x.value, x.span_ms, x.revision, s.vendor, s.app, s.device, s.device_type,
       s.method, coalesce(r.record, '') as record, coalesce(r.revision, 0) as record_revision,
       coalesce(r.stated_ms, 0) as stated_ms
from sample x join source s on s.id = x.source left join record r on r.id = x.record
where x.patient = %s and s.vendor <> %s order by x.metric, x.source, x.record, x.time"""


async def supplied_facts(conn: Connection, patient: str) -> list[AttributedFact]:
    """Return the workouts, reports and day totals of a patient (pseudonym), in order of time.

    Raises `UnknownNameError`.
    """
    number = await patient_id(conn, patient)
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_FACTS, [number, CLINIC_VENDOR])
        facts = list(map(read_reported, await cursor.fetchall()))
    retracted = await _retracted(conn, number, patient)
    names = {(number, item.fact.head.record) for item in facts}
    await retractions.add_records(conn, {number: retracted}, names)
    return list(retracted.current(facts))


async def supplied_samples(conn: Connection, patient: str) -> AsyncIterator[SuppliedSample]:
    """Yield the samples of a patient by metric, source, record and time.

    They come through a cursor of the server, so that a year of them never fills the memory. Raises
    `UnknownNameError`.
    """
    number = await patient_id(conn, patient)
    retracted = await _retracted(conn, number, patient)
    await retractions.add_records(conn, {number: retracted}, await _records(conn, number))
    async with conn.cursor(name="supplied", row_factory=dict_row) as cursor:
        await cursor.execute(_SAMPLES, [number, CLINIC_VENDOR])
        async for row in cursor:
            sample = _sample(row)
            if not _is_retracted(retracted, sample, row):
                yield sample


async def _retracted(conn: Connection, number: int, patient: str) -> Retractions:
    # a patient without facts has nothing that could be taken back
    total = await extent(conn, patient)
    if total is None:
        return Retractions()
    span = Span(start_ms=total.start_ms, end_ms=total.end_ms)
    ended = (await retractions.intervals(conn, {number: [span]}))[number]
    # without the restrictions, which end nobody's own copy
    return Retractions(records=ended.records, intervals=ended.intervals)


async def _records(conn: Connection, number: int) -> set[tuple[int, str]]:
    cursor = await conn.execute("select record from record where patient = %s", [number])
    return {(number, name) for (name,) in await cursor.fetchall()}


def _sample(row: rows.Row) -> SuppliedSample:
    metric, at_ms, span_ms = METRIC_BY_ID[row["metric"]], epoch_ms(row["time"]), row["span_ms"]
    return SuppliedSample(
        metric=metric.name,
        source=read_source(row[name] for name in SOURCE_COLUMNS),
        record=row["record"],
        at_ms=at_ms,
        end_ms=at_ms + span_ms if metric.over_interval and span_ms else None,
        value=row["value"],
    )


def _is_retracted(retracted: Retractions, sample: SuppliedSample, row: rows.Row) -> bool:
    order = VersionOrder(revision=row["record_revision"], stated_ms=row["stated_ms"])
    if retracted.hides(sample.source, sample.record, order):
        return True
    return any(
        interval.vendor == sample.source.vendor
        and interval.metric in {"", sample.metric}
        and interval.span.start_ms <= sample.at_ms < interval.span.end_ms
        # what was stated after the deletion is kept
        and row["revision"] <= interval.rank
        for interval in retracted.intervals
    )
