"""Reads what became of all patients: the alerts that were raised, and the sessions that count.

For comparing a cohort with what is true of it. It never writes, and decides nothing.
"""

from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection

# When an alert became one of the worklist, and so reached somebody: it was raised, promoted by the
# budget of a later day, or got worse than tier C. The last time counts.
_ON_WORKLIST = """
left join lateral (select max(k.at) as at from (
    select m.at, m.kind, m.tier, lag(m.tier, 1, 'C') over (order by m.id) as before
    from alert_move m where m.alert = a.id) k
  where k.tier in ('A', 'B') and (k.before = 'C' or (k.kind, k.tier) = ('worsen', 'B'))) w
  on a.tier in ('A', 'B')
cross join lateral (select coalesce(w.at, a.raised_at) as at) shown"""
_OPEN = f"""
select a.id::text from alert a {_ON_WORKLIST}
where a.state in ('open', 'acknowledged', 'in_progress') and a.tier in ('A', 'B')
  and shown.at <= to_timestamp(%(before)s / 1000.0)
order by shown.at, a.id"""  # noqa: S608 - a constant of this file
_ALERTS = f"""
select p.pseudonym as patient, a.family, a.rule, a.tier, shown.at as raised_ms, a.state,
  a.resolution, array(select array[
    (extract(epoch from f.at) * 1000)::bigint, (extract(epoch from f.added_at) * 1000)::bigint]
    from alert_finding f where f.alert = a.id and f.current and f.tier in ('A', 'B')
      and f.added_at > shown.at order by f.added_at, f.rule, f.key) as added
from alert a join patient p on p.id = a.patient {_ON_WORKLIST}
order by shown.at, p.pseudonym, a.family"""  # noqa: S608 - as above
_SESSIONS = """
select p.pseudonym as patient, s.start_at as start_ms, s.end_at as end_ms, s.very_light_ms,
  s.light_ms, s.moderate_ms, s.vigorous_ms, s.near_max_ms, s.unknown_ms
from session s join patient p on p.id = s.patient where s.counts order by 1, 2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlert:
    """An alert that was raised, with its tier in the end.

    `raised_ms` (epoch ms) is when it became an alert of that worklist tier: for one that waited in
    the digest for room in the budget, when it was promoted. `added` is the evidence of tier A or B
    that was added since, each with its own instant and the one when it was added.
    """

    patient: str
    family: str
    rule: str
    tier: str
    raised_ms: int
    state: str
    resolution: str
    added: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedSession:
    """A session that was found, [start, end) in epoch ms, and its time in each zone."""

    patient: str
    start_ms: int
    end_ms: int
    zones_ms: dict[str, int]


async def shown_until(conn: Connection, before_ms: int) -> list[str]:
    """Return the ids of open alerts that were on the worklist by an instant (epoch ms)."""
    return await rows.fetch_column(conn, _OPEN, {"before": before_ms})


async def raised_alerts(conn: Connection) -> list[RaisedAlert]:
    """Return every alert, by the instant at which it was shown."""
    return await rows.fetch(conn, _ALERTS, {}, _alert)


async def counted_sessions(conn: Connection) -> list[DerivedSession]:
    """Return every session that counts, by patient and start."""
    return await rows.fetch(conn, _SESSIONS, {}, _session)


def _alert(row: rows.Row) -> RaisedAlert:
    added = tuple((at_ms, added_ms) for at_ms, added_ms in row["added"])
    return RaisedAlert(**{**row, "added": added})


def _session(row: rows.Row) -> DerivedSession:
    zones = {name.removesuffix("_ms"): row[name] for name in row if name.endswith("_ms")}
    span = (zones.pop("start"), zones.pop("end"))
    return DerivedSession(patient=row["patient"], start_ms=span[0], end_ms=span[1], zones_ms=zones)
