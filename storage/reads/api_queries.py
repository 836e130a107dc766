"""Queries for the API and for `kadens query`: sessions, days, watermarks, consents.

Every query but `unit_of` is limited to a care unit, as in `clinic_queries`. It never writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from model.calendar import utc
from model.derived.days import Day
from model.derived.sessions import Session
from model.facts import DeviceType, Method, Source
from storage.derived import row_conversion
from storage.pg import rows
from storage.pg.pool import Connection

_PATIENT = """
 (select p.id from patient p join care_unit u on u.id = p.care_unit
   where u.name = %(unit)s and p.pseudonym = %(patient)s)"""

_UNIT = """
select u.name as unit from patient p join care_unit u on u.id = p.care_unit \
where p.pseudonym = %(patient)s"""

_SESSIONS = f"""
select {row_conversion.SESSION_SELECT}
  from session s join source d on d.id = s.declared_by left join source h on h.id = s.heart_source
 where s.patient = {_PATIENT}
   and (%(start)s::timestamptz is null or s.start_at >= %(start)s)
   and (%(end)s::timestamptz is null or s.start_at < %(end)s)
   and (%(type)s::text is null or s.type = %(type)s)
   and (%(before)s::timestamptz is null or (s.start_at, s.session) < (%(before)s, %(before_id)s))
 order by s.start_at desc, s.session desc
 limit %(limit)s
"""  # noqa: S608 - a constant of this package

_DAYS = (
    f"{row_conversion.SELECT_DAYS} "
    f"where patient = {_PATIENT} and local_date between %(first)s and %(last)s"
)

_WATERMARKS = f"""
select o.vendor, o.app, o.device, o.device_type, o.method, w.time as time_ms
  from watermark w join source o on o.id = w.source where w.patient = {_PATIENT}
"""  # noqa: S608 - same

# A sub-query for each kind of fact, because each reads the first entries of an index on (patient,
# kind, start_at).
_SINCE = f"""
select min(b.start_at) as since_ms from unnest(array['samples', 'workout', 'day']) as k (kind)
 cross join lateral (
  select f.start_at from fact f join source o on o.id = f.source
   where f.patient = {_PATIENT} and f.kind = k.kind
     and o.device_type <> all(%(types)s) and o.method <> all(%(methods)s)
   order by f.start_at limit 1) b
"""  # noqa: S608 - same

_CONSENTS = f"""
select given_at as given_ms, withdrawn_at as withdrawn_ms
  from consent where kind = 'source_fetch' and patient = {_PATIENT} order by given_at, vendor
"""  # noqa: S608 - same
_UNUSED = f"""
select from_at as from_ms, until_at as until_ms, kind
  from restriction where lifted_at is null and source = '' and patient = {_PATIENT} order by id
"""  # noqa: S608 - same


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsQuery:
    """Which sessions to return: those that start in [start, end) epoch ms, of a type.

    `before` is the (start in epoch ms, id) of the last session of the page before; None is the
    first page.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    type: str | None = None
    before: tuple[int, str] | None = None


async def unit_of(conn: Connection, pseudonym: str) -> str | None:
    """Return the care unit of a patient, None for an unknown patient.

    This is for an operator, whose queries are not limited to a care unit.
    """
    units = await rows.fetch(conn, _UNIT, {"patient": pseudonym}, lambda row: str(row["unit"]))
    return units[0] if units else None


async def sessions_page(
    conn: Connection, unit: str, pseudonym: str, ask: SessionsQuery, limit: int
) -> tuple[Session, ...]:
    """Return at most `limit` sessions, ordered by start and id, newest first."""
    before, before_id = ask.before or (None, None)
    params = {
        "unit": unit,
        "patient": pseudonym,
        "type": ask.type,
        "limit": limit,
        "before_id": before_id,
    }
    instants = {"start": _utc(ask.start_ms), "end": _utc(ask.end_ms), "before": _utc(before)}
    return tuple(
        await rows.fetch(conn, _SESSIONS, {**params, **instants}, row_conversion.read_session)
    )


async def days_between(
    conn: Connection, unit: str, pseudonym: str, first: date, last: date
) -> dict[date, Day]:
    """Return the days from `first` to `last` (inclusive) that have a row, by date."""
    params = {"unit": unit, "patient": pseudonym, "first": first, "last": last}
    stored = await rows.fetch(conn, _DAYS, params, row_conversion.read_day)
    return {day.local_date: day for day in stored}


async def watermarks(conn: Connection, unit: str, pseudonym: str) -> dict[Source, int]:
    """Return the latest measured instant, in epoch ms, that each source has delivered."""
    params = {"unit": unit, "patient": pseudonym}
    return dict(
        await rows.fetch(
            conn,
            _WATERMARKS,
            params,
            lambda row: (row_conversion.read_source_columns(row), row["time_ms"]),
        )
    )


async def since(
    conn: Connection,
    unit: str,
    pseudonym: str,
    *,
    except_types: Sequence[DeviceType],
    except_methods: Sequence[Method],
) -> int | None:
    """Return the earliest start of a patient's samples, workouts and day totals, in epoch ms.

    Facts from these types of device, or recorded by these methods, are left out. None without any
    fact.
    """
    unworn = {"types": list(except_types), "methods": list(except_methods)}
    params = {"unit": unit, "patient": pseudonym, **unworn}
    numbers: list[int | None] = await rows.fetch(conn, _SINCE, params, lambda row: row["since_ms"])
    return numbers[0]


async def consents(
    conn: Connection, unit: str, pseudonym: str
) -> tuple[tuple[int, int | None], ...]:
    """Return [given, withdrawn) of each consent to fetch, in epoch ms.

    The second value is None while the consent is valid.
    """
    params = {"unit": unit, "patient": pseudonym}
    return tuple(
        await rows.fetch(
            conn, _CONSENTS, params, lambda row: (row["given_ms"], row["withdrawn_ms"])
        )
    )


async def unused_spans(
    conn: Connection, unit: str, pseudonym: str
) -> tuple[tuple[int, int | None, str], ...]:
    """Return [from, until) in epoch ms and kind of what restricts all sources of a patient.

    The second value is None without an end, the kind "restriction" or "objection".
    """
    params = {"unit": unit, "patient": pseudonym}
    return tuple(await rows.fetch(conn, _UNUSED, params, lambda row: tuple(row.values())))


def _utc(ms: int | None) -> datetime | None:
    return None if ms is None else utc(ms)
