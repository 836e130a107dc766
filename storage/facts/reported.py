"""Facts as they were told, read back for many patients in one query. It decides nothing, and never writes.

Every question is a list of rows (one a span, a name); the lateral sub-query makes the planner look each one up in an
index, whatever it believes about how many there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from model.calendar import epoch_ms, utc
from model.facts import AttributedFact, OffsetOrigin
from model.spans import Span
from model.storable import LONGEST_SESSION_MS
from storage.facts import fact_rows
from storage.pg.pool import Connection

Number: TypeAlias = int  # a patient's surrogate
ReportedFacts: TypeAlias = dict[Number, list[AttributedFact]]

_QUESTION = """
select f.patient, p.pseudonym, f.connector, f.received_at, f.body, f.kind, f.payload, r.record, r.revision, f.start_at,
       f.end_at, f.offset_min, f.offset_origin, s.vendor, s.app, s.device, s.device_type, s.method
from (select distinct on (f.record, f.kind) f.* from unnest(%s::int[], {types}) as k (patient, {names})
      cross join lateral (select fact.* from {where} offset 0) f) f
join patient p on p.id = f.patient join record r on r.id = f.record join source s on s.id = f.source
order by f.start_at, r.record, f.record"""
_NEAR = _QUESTION.format(
    types="%s::timestamptz[], %s::timestamptz[]",
    names="low, high",
    where="fact where fact.patient = k.patient and fact.kind in ('workout', 'report') and fact.start_at < k.high"
    " and fact.start_at >= k.low - interval '31 days' and fact.end_at >= k.low",
)
_KNOWN_BY = _QUESTION.format(
    types="%s::text[]",
    names="record",
    where="(select o.* from record join fact o on o.record = record.id and o.kind in ('workout', 'report')"
    " where record.patient = k.patient and record.record = k.record"
    " union all select o.* from fact o"
    " where o.patient = k.patient and o.kind = 'report' and o.payload ->> 'session' = k.record) fact",
)
_SINCE = _QUESTION.format(
    types="%s::timestamptz[]",
    names="low",
    where="fact where fact.patient = k.patient and fact.kind = 'report' and fact.start_at >= k.low",
)

_OF_DATES = _QUESTION.format(
    types="%s::date[]",
    names="day",
    where="fact where fact.patient = k.patient and fact.kind = 'day' and fact.local_date = k.day"
    " and fact.start_at between k.day - interval '2 days' and k.day + interval '2 days'",
)


async def near(conn: Connection, spans: Mapping[Number, Iterable[Span]]) -> ReportedFacts:
    """Return the workouts and reports of each patient that lie in one of the patient's spans, by time."""
    return await _ask(conn, _NEAR, _bounds(spans))


async def of_dates(conn: Connection, dates: Mapping[Number, Iterable[date]]) -> ReportedFacts:
    """Return what sources state of whole local dates."""
    return await _ask(
        conn, _OF_DATES, [(patient, day) for patient, days in dates.items() for day in days]
    )


async def known_by(conn: Connection, names: Iterable[tuple[Number, str]]) -> ReportedFacts:
    """Return the workouts and reports of these (patient, record), and the reports about them, wherever they lie."""
    return await _ask(conn, _KNOWN_BY, sorted(names))


async def since(conn: Connection, patients: Iterable[Number], at_ms: int) -> ReportedFacts:
    """Return the reports of each patient from an instant on, by time."""
    return await _ask(conn, _SINCE, [(patient, utc(at_ms)) for patient in patients])


async def _ask(conn: Connection, query: str, items: Sequence[tuple[Any, ...]]) -> ReportedFacts:
    reported_facts: ReportedFacts = {}
    if items:
        rows = await conn.execute(query.encode(), _lists(items))
        for number, *columns in await rows.fetchall():
            reported_facts.setdefault(number, []).append(_told(columns))
    return reported_facts


def _lists(items: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*items, strict=True)]


def _bounds(spans: Mapping[Number, Iterable[Span]]) -> list[tuple[Number, Any, Any]]:
    """Return spans as rows; a span begins late enough that 31 days before it can be counted."""
    return [
        (patient, utc(max(span.start_ms, -LONGEST_SESSION_MS)), utc(span.end_ms))
        for patient, many in spans.items()
        for span in sorted(many)
    ]


def _told(columns: Sequence[Any]) -> AttributedFact:
    (
        pseudonym,
        connector,
        received,
        body,
        kind,
        payload,
        record,
        revision,
        start,
        end,
        offset,
        origin,
        *source,
    ) = columns
    head = {
        "source": dict(
            zip(("vendor", "app", "device", "device_type", "method"), source, strict=True)
        ),
        "record": record,
        "revision": revision,
        "start_ms": epoch_ms(start),
        "end_ms": epoch_ms(end),
        "offset_min": offset,
        "offset_origin": OffsetOrigin(origin),
    }
    return AttributedFact(
        patient=pseudonym,
        connector=connector,
        received_ms=epoch_ms(received),
        body=body.hex(),
        fact=fact_rows.read(kind, head, payload),
    )
