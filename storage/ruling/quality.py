"""Reads what clinicians did with the alerts of each rule at a care unit. Decides nothing."""

from collections.abc import Mapping
from typing import Any

from storage.pg import rows
from storage.pg.pool import Connection

_OF_UNIT = "p.care_unit = (select id from care_unit where name = %(unit)s)"
_SINCE = "to_timestamp(%(since)s / 1000.0)"
# A person's first move ends the wait; what Kadens does by itself does not.
_FIGURES = f"""
select a.rule, count(*)::int as raised, count(*) filter (where a.useful)::int as useful,
  count(*) filter (where not a.useful)::int as useless,
  count(*) filter (where a.state = 'resolved')::int as resolved,
  count(*) filter (where a.state = 'resolved' and btrim(split_part(a.resolution, ':', 1)) \
in ('not relevant', 'data error'))::int as overridden,
  count(*) filter (where a.state = 'retracted')::int as retracted,
  (percentile_cont(0.5) within group (
    order by extract(epoch from m.at - a.raised_at) * 1000))::bigint as acknowledge_ms
from alert a join patient p on p.id = a.patient
left join lateral (select min(x.at) as at from alert_move x
  where x.alert = a.id and x.actor <> 'kadens') m on true
where {_OF_UNIT} and a.raised_at >= {_SINCE} group by a.rule"""  # noqa: S608 - constants
_HELD = f"""
select h.rule, h.why, count(*)::int as held from held_finding h join patient p on p.id = h.patient
where {_OF_UNIT} and h.at >= {_SINCE} \
group by h.rule, h.why order by h.rule, h.why"""  # noqa: S608 - constants
_LOAD = f"""
select coalesce(c.name, '') as clinician, count(a.id)::int as alerts, \
count(distinct p.id)::int as patients
from patient p left join clinician c on c.id = p.clinician
left join alert a on a.patient = p.id and a.tier in ('A', 'B') and a.raised_at >= {_SINCE}
where {_OF_UNIT} group by 1 order by 2 desc, 1"""  # noqa: S608 - constants
_OUTAGES = """
select vendor, from_at as from_ms, silent, patients from vendor_outage
where seen_at > to_timestamp(%(now)s / 1000.0) - interval '2 days' order by vendor"""


async def figures_of(conn: Connection, unit: str, since_ms: int) -> list[Mapping[str, Any]]:
    """Return the counts of each rule with alerts since an instant (epoch ms)."""
    return await rows.fetch(conn, _FIGURES, {"unit": unit, "since": since_ms}, dict)


async def held_of(conn: Connection, unit: str, since_ms: int) -> list[tuple[str, str, int]]:
    """Return (rule, why, count) of the findings since an instant that raised no alert."""
    return await rows.fetch(
        conn,
        _HELD,
        {"unit": unit, "since": since_ms},
        lambda row: (row["rule"], row["why"], row["held"]),
    )


async def load_of(conn: Connection, unit: str, since_ms: int) -> list[Mapping[str, Any]]:
    """Return the new alerts of tier A and B and the patients of each clinician."""
    return await rows.fetch(conn, _LOAD, {"unit": unit, "since": since_ms}, dict)


async def open_outages(conn: Connection, now_ms: int) -> list[Mapping[str, Any]]:
    """Return the vendors that deliver nothing to many patients at once."""
    return await rows.fetch(conn, _OUTAGES, {"now": now_ms}, dict)
