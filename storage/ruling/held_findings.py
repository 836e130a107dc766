"""Stores findings that raised no alert, and reads the times in which nothing may be raised."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from model import codec
from model.alert import Finding
from model.calendar import utc
from storage.pg import rows
from storage.pg.pool import Connection

# Judging again changes nothing, so only what differs is written.
_PUT = """
insert into held_finding as h (patient, rule, key, rule_version, why, tier, at, held_at, \
sentence, evidence)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (patient, rule, key) do update set rule_version = excluded.rule_version, \
why = excluded.why, tier = excluded.tier, at = excluded.at, sentence = excluded.sentence, \
evidence = excluded.evidence
where (h.rule_version, h.why, h.tier, h.at, h.evidence) is distinct from \
(excluded.rule_version, excluded.why, excluded.tier, excluded.at, excluded.evidence)"""
_DROP = "delete from held_finding where patient = %s and rule = %s and held_at >= %s"
# One open notice a vendor: it is open as long as judging sees the outage, and two days longer.
_OUTAGE = """
with seen as (
  update vendor_outage set seen_at = %(now)s, silent = %(silent)s, patients = %(patients)s
  where vendor = %(vendor)s and seen_at > %(now)s - interval '2 days' returning vendor)
insert into vendor_outage (vendor, from_at, seen_at, silent, patients)
select %(vendor)s, %(now)s, %(now)s, %(silent)s, %(patients)s
where not exists (select from seen) on conflict do nothing"""
# Without consent nothing may be used: from a withdrawal to the next consent. While an objection has
# no answer nothing may be raised. A restriction of a single source leaves the findings of others,
# and its own facts are in no finding anyway.
_RESTRICTED = """
select patient, case kind when 'objection' then to_timestamp(0) else from_at end as from_ms,
  until_at as until_ms from restriction
where patient = any(%(patients)s) and lifted_at is null and source = ''
union all
select w.patient, w.withdrawn_at, (select min(g.given_at) from consent g
  where g.patient = w.patient and g.kind = 'source_fetch' and g.given_at >= w.withdrawn_at)
from consent w where w.patient = any(%(patients)s) and w.kind = 'source_fetch'
  and w.withdrawn_at is not null and not exists (
    select from consent o where o.patient = w.patient and o.kind = 'source_fetch'
    and o.given_at < w.withdrawn_at and coalesce(o.withdrawn_at > w.withdrawn_at, true))
order by patient, from_ms, until_ms"""
_FOREVER_MS = 1 << 53

_Span = tuple[int, int]


async def put_held(
    conn: Connection, findings: Mapping[int, Sequence[Finding]], now_ms: int
) -> None:
    """Store the findings of patients (by id) that were suppressed."""
    values: list[tuple[object, ...]] = []
    for number, own in findings.items():
        values += [_row(number, finding, now_ms) for finding in own]
    if values:
        async with conn.cursor() as cursor:
            await cursor.executemany(_PUT, values)


async def drop_held(conn: Connection, number: int, rule: str, since_ms: int) -> None:
    """Remove what was held of a rule for a patient (by id) since an instant (epoch ms).

    Call it before `put_held`, with the beginning of what is held now: of a silence whose end comes
    later as older data arrive, only the last form counts.
    """
    await conn.execute(_DROP, [number, rule, utc(since_ms)])


async def put_outage(
    conn: Connection, vendor: str, silent: int, patients: int, now_ms: int
) -> bool:
    """Store that a vendor delivers nothing to many patients; return True for a new notice."""
    row = {"vendor": vendor, "silent": silent, "patients": patients, "now": utc(now_ms)}
    return (await conn.execute(_OUTAGE, row)).rowcount == 1


def _row(number: int, finding: Finding, now_ms: int) -> tuple[object, ...]:
    evidence = Jsonb(finding.evidence, dumps=codec.dumps)
    name = number, finding.rule, finding.key, finding.rule_version, finding.suppressed
    at = finding.tier.value, utc(finding.at_ms), utc(now_ms)
    return (*name, *at, finding.sentence, evidence)


async def restricted_of(conn: Connection, numbers: Sequence[int]) -> dict[int, tuple[_Span, ...]]:
    """Return the times [from, until) in which nothing may be raised, in epoch ms by patient id."""
    spans: dict[int, list[_Span]] = defaultdict(list)
    for row in await rows.fetch(conn, _RESTRICTED, {"patients": list(numbers)}, lambda row: row):
        until_ms = row["until_ms"]
        spans[row["patient"]].append(
            (row["from_ms"], _FOREVER_MS if until_ms is None else until_ms)
        )
    return {number: tuple(own) for number, own in spans.items()}
