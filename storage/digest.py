"""Computes a SHA-256 of the content of each table, in key order.

Equal digests mean equal data, whatever way the data took. Ids of rows are replaced by pseudonym,
source and record. Times of arrival are left out, because they differ between two deliveries of the
same facts. Only current findings count: an alert that was raised and retracted before the last fact
arrived is history, not data. `stream_offset`, `outbox`, `audit`, `due`, `alert_move`, `quarantine`,
`dead_letter` and `schema_migration` are left out: they record what a run did, not what is known of
a patient.
"""
# ruff: noqa: S608 - every part of these texts is a constant of this file

import hashlib

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from storage.pg.pool import Connection

_LIVE = "('open', 'acknowledged', 'in_progress', 'snoozed')"
_SOURCE = "jsonb_build_array({0}.vendor, {0}.app, {0}.device, {0}.device_type, {0}.method)"
_ZONES = "very_light_ms, light_ms, moderate_ms, vigorous_ms, near_max_ms, unknown_ms"
_VOLUME = "volume_" + _ZONES.replace(", ", ", volume_")
_OF_SESSIONS = "exertion_ms, exertion_dose_ms, in_range_ms, range_known_ms"
_BATCH = 10_000

# Each query returns the rows of a table in key order. The order of samples is that of their key,
# so that TimescaleDB need not sort them.
QUERIES: dict[str, str] = {
    "patient": "select pseudonym, zone, u.name "
    "from patient p join care_unit u on u.id = p.care_unit order by 1",
    "account": """
select vendor, account, p.pseudonym, unlinked_at is null from account a \
join patient p on p.id = a.patient
order by 1, 2, 3, 4""",
    "consent": """
select p.pseudonym, vendor, kind, given_at, withdrawn_at from consent c \
join patient p on p.id = c.patient
order by 1, 2, 3, 4""",
    "heart_profile": """
select p.pseudonym, valid_from, profile::text from heart_profile h \
join patient p on p.id = h.patient order by 1, 2""",
    "prescription": """
select p.pseudonym, prescription, version, body::text from prescription r \
join patient p on p.id = r.patient
order by 1, 2, 3""",
    "record": f"""
select p.pseudonym, {_SOURCE.format("s")}::text, r.record, r.revision, r.stated_ms, r.body
from record r join patient p on p.id = r.patient \
join source s on s.id = r.source order by 1, 2, 3""",
    "fact": f"""
select p.pseudonym, {_SOURCE.format("s")}::text, r.record, f.kind, f.metric, f.part, f.start_at, \
f.end_at,
       f.offset_min, f.offset_origin, f.local_date, f.connector, f.body, f.payload::text, f.content
from fact f join record r on r.id = f.record join patient p on p.id = f.patient \
join source s on s.id = f.source
order by 1, 2, 3, 4, 5, 6""",
    "sample": f"""
select p.pseudonym, x.metric, {_SOURCE.format("s")}::text, coalesce(r.record, ''), x.time, \
x.value, x.revision, x.span_ms
from sample x join patient p on p.id = x.patient join source s on s.id = x.source
left join record r on r.id = x.record order by 1, 2, 3, 4, 5""",
    "watermark": f"""
select p.pseudonym, {_SOURCE.format("s")}::text, w.time
from watermark w join patient p on p.id = w.patient \
join source s on s.id = w.source order by 1, 2""",
    "body": """
select p.pseudonym, b.sha256, b.connector, b.content_type, b.size from body b \
join patient p on p.id = b.patient
order by 1, 2""",
    "vendor_fetch": """
select p.pseudonym, connector, account, resource, key, format
from vendor_fetch f left join patient p on p.id = f.patient order by 2, 3, 4, 5""",
    "vendor_notice": """
select distinct p.pseudonym, connector, account, kind, scopes::text
from vendor_notice n join patient p on p.id = n.patient order by 1, 2, 3, 4, 5""",
    "session": f"""
select p.pseudonym, session, start_at, end_at, local_date, type, vendor_type,
       {_SOURCE.format("d")}::text, record, x.body,
       case when h.id is not null then {_SOURCE.format("h")}::text end, {_ZONES}, thresholds::text,
       hr_n, hr_min, hr_mean, hr_max, partial, exertion_cr10, moving_ms, moving_by, paused_ms, \
pauses::text, \
stops::text, origin, offset_min,
       offset_origin, counts, why, zone_times_by_method::text, loads::text, flags::text, algorithm
from session x join patient p on p.id = x.patient join source d on d.id = x.declared_by
left join source h on h.id = x.heart_source order by 1, 2""",
    "day": f"""
select p.pseudonym, local_date, sessions, session_ms, elapsed_ms, paused_ms, {_ZONES}, \
wear_min, answered, {_VOLUME}, \
steps, steps_counted, night_hr,
       loads::text, stated::text, by_type::text, {_OF_SESSIONS}, \
recalled_sessions, phone_min, unseen_min, algorithm
from day d join patient p on p.id = d.patient order by 1, 2""",
    "week": f"""
select p.pseudonym, monday, sessions, session_ms, elapsed_ms, paused_ms, {_ZONES}, \
dose_min, valid_days, answered_days, \
known_days, {_VOLUME},
       steps, loads::text, days::text, {_OF_SESSIONS}, recalled_sessions, recalled_until, algorithm
from week w join patient p on p.id = w.patient order by 1, 2""",
    "source_selection": f"""
select p.pseudonym, c.local_date, c.metric, c.start_at, c.end_at, {_SOURCE.format("s")}::text, c.why
from source_selection c join patient p on p.id = c.patient \
join source s on s.id = c.source order by 1, 2, 3, 4""",
    "alert": f"""
select p.pseudonym, a.family, a.rule, a.rule_version, a.tier from alert a \
join patient p on p.id = a.patient
where a.state in {_LIVE} \
and exists (select from alert_finding f where f.alert = a.id and f.current) order by 1, 2""",
    "alert_finding": f"""
select p.pseudonym, a.family, f.rule, f.key, f.rule_version, f.tier, f.at, f.session
from alert_finding f join alert a on a.id = f.alert join patient p on p.id = a.patient
where f.current and a.state in {_LIVE} order by 1, 2, 3, 4""",
}

# Rollups follow the samples with a delay. Compare them only after all of them were refreshed.
DRAINED: dict[str, str] = {
    "rollup_hour": f"""
select p.pseudonym, metric, hour, {_SOURCE.format("s")}::text, n, low, high, total
from rollup_hour b join patient p on p.id = b.patient \
join source s on s.id = b.source order by 1, 2, 3, 4""",
    "rollup_day": f"""
select p.pseudonym, metric, day, {_SOURCE.format("s")}::text, n, low, high, total
from rollup_day b join patient p on p.id = b.patient \
join source s on s.id = b.source order by 1, 2, 3, 4""",
}


async def table_digests(
    conn: Connection, tables: tuple[str, ...] = tuple(QUERIES)
) -> dict[str, str]:
    """Return the SHA-256 (hex) of each table, by table.

    All digests are of one state of the data if the caller's transaction reads from one snapshot.
    """
    return {table: await _digest(conn, (QUERIES | DRAINED)[table]) for table in tables}


async def _digest(conn: Connection, query: str) -> str:
    """Return the SHA-256 (hex) of the rows of a query.

    Each field is hashed with its length, so that two different rows never have the same bytes.
    Null has a mark of its own, unlike an empty text.
    """
    hashed = hashlib.sha256()
    # a named cursor is the server's: the rows of a large table never lie in memory all at once
    async with conn.transaction(), conn.cursor(name="kadens_digest") as cursor:
        await cursor.execute(query)
        while rows := await _some(cursor):
            hashed.update(b"".join(map(_line, rows)))
    return hashed.hexdigest()


async def _some(cursor: AsyncCursor[TupleRow]) -> list[TupleRow]:
    return await cursor.fetchmany(_BATCH)


def _line(row: TupleRow) -> bytes:
    return b"".join(map(_field, row)) + b"\n"


def _field(value: object) -> bytes:
    if value is None:
        return b"-,"
    text = bytes(value) if isinstance(value, (bytes, memoryview)) else repr(value).encode()
    return b"%d:%s," % (len(text), text)
