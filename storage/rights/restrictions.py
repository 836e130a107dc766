"""Restrictions and objections of patients: facts that are stored and not used meanwhile.

A restriction holds for an interval of measured time, of a single source or of all. An objection
holds from its instant on, for all sources, until a person records the ground that overrides it.
Whatever begins or ends here is derived anew by the worker. Facts themselves are never changed.
"""

from dataclasses import dataclass

from model.calendar import DAY_MS, utc
from model.spans import Span
from storage.alerts import to_judge
from storage.derived.derived_tables import extent
from storage.facts.stale_hours import mark_stale
from storage.people.errors import RefusedError, UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection
from storage.prescribing.stale import lock_patient, request_derivation

RESTRICTION, OBJECTION = "restriction", "objection"
MOST_WORDS = 500  # characters of a reason, a notice or a ground
# Counts reach as far as 25 hours, and the source of a minute depends on the day around it.
_BESIDE_MS = 3 * DAY_MS

# Two restrictions of the same source that overlap could not be lifted apart: which of them still
# holds would depend on the order.
_OVERLAPS = """
select exists (select from restriction where patient = %(patient)s and kind = %(kind)s
  and source = %(source)s and lifted_at is null
  and tstzrange(from_at, until_at) && tstzrange(%(from)s, %(until)s))"""
_ADD = """
insert into restriction (patient, kind, source, from_at, until_at, set_by, why, set_at)
values (%(patient)s, %(kind)s, %(source)s, %(from)s, %(until)s, %(by)s, %(why)s, %(now)s)
returning id"""
_LIST = """
select r.id, p.pseudonym, r.kind, r.source, r.from_at as from_ms, r.until_at as until_ms,
  r.set_by, r.set_at as set_ms, r.why, r.noticed_at as noticed_ms, r.noticed_how,
  r.lifted_at as lifted_ms, coalesce(r.lifted_by, '') as lifted_by, r.ground
from restriction r join patient p on p.id = r.patient where {} order by r.id"""
_OF_PATIENT = _LIST.format("p.pseudonym = %s")
_OF_ID = _LIST.format("r.id = %s")
# A notice is about lifting, so one that is lifted takes none.
_NOTICED = """
update restriction set noticed_at = %s, noticed_how = %s
where id = %s and kind = 'restriction' and lifted_at is null"""
_LIFT = """
update restriction set lifted_at = %s, lifted_by = %s, ground = %s
where id = %s and lifted_at is null"""


class RestrictionError(RefusedError):
    """A restriction cannot be set or lifted as requested. The text is the reason, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A restriction or objection of a patient (pseudonym); `until_ms` None has no end.

    `noticed_ms` is when the patient was given notice of the lifting, and `lifted_ms` when it was
    lifted, both None before. `ground` is what overrides an objection.
    """

    id: int
    pseudonym: str
    kind: str
    source: str
    from_ms: int
    until_ms: int | None
    set_by: str
    set_ms: int
    why: str
    noticed_ms: int | None
    noticed_how: str
    lifted_ms: int | None
    lifted_by: str
    ground: str


async def add_restriction(
    conn: Connection,
    patient: str,
    *,
    interval: tuple[int, int | None],
    by: str,
    why: str,
    now_ms: int,
    source: str = "",
) -> int:
    """Restrict what was measured in an interval, of a source ("": all); return its number.

    `interval` is [from, until) in epoch ms, and until None has no end. Raises `UnknownNameError`,
    and `RestrictionError` for an empty interval or one that overlaps another restriction of the
    same source.
    """
    from_ms, until_ms = interval
    if until_ms is not None and until_ms <= from_ms:
        raise RestrictionError("a restriction must end after it begins")
    return await _add(conn, patient, RESTRICTION, source, interval, (by, why), now_ms)


async def record_objection(
    conn: Connection, patient: str, *, by: str, why: str, now_ms: int, from_ms: int | None = None
) -> int:
    """Record that a patient objects to processing, from now or an earlier instant on.

    Raises `UnknownNameError`, and `RestrictionError` while another objection waits for its answer,
    and for an instant to come.
    """
    # An objection may be received by letter, so it may begin before it is recorded.
    start_ms = now_ms if from_ms is None else from_ms
    if start_ms > now_ms:
        raise RestrictionError("an objection cannot be dated in the future")
    return await _add(conn, patient, OBJECTION, "", (start_ms, None), (by, why), now_ms)


async def restrictions_of(conn: Connection, patient: str) -> list[Restriction]:
    """Return all restrictions and objections of a patient, lifted ones too, oldest first.

    Raises `UnknownNameError` for an unknown patient.
    """
    await patient_id(conn, patient)
    return await rows.fetch(conn, _OF_PATIENT, [patient], _restriction)


async def restriction_at(conn: Connection, number: int) -> Restriction:
    """Return the restriction or objection of a number. Raises `UnknownNameError`."""
    kept = await rows.fetch(conn, _OF_ID, [number], _restriction)
    if not kept:
        raise UnknownNameError("there is no restriction or objection of that number")
    return kept[0]


async def note_notice(conn: Connection, number: int, *, how: str, now_ms: int) -> None:
    """Record that the patient was given notice that a restriction will be lifted, and how.

    Raises `RestrictionError` for one that is lifted already, and for an objection.
    """
    if not how.strip():
        raise RestrictionError("say how the patient was given notice")
    done = await conn.execute(_NOTICED, [utc(now_ms), how, number])
    if not done.rowcount:
        raise RestrictionError("there is no restriction of that number that still holds")


async def lift_restriction(conn: Connection, number: int, *, by: str, now_ms: int) -> None:
    """Lift a restriction: its facts are used again.

    Raises `RestrictionError` as long as the patient was given no notice of it, for an objection,
    and for one that is lifted already; and `UnknownNameError`.
    """
    kept = await restriction_at(conn, number)
    if kept.kind != RESTRICTION:
        raise RestrictionError("an objection is not lifted but answered, with a ground")
    if kept.noticed_ms is None:
        raise RestrictionError("the patient must be given notice before a restriction is lifted")
    await _end(conn, kept, by=by, ground="", now_ms=now_ms)


async def answer_objection(
    conn: Connection, number: int, *, by: str, ground: str, now_ms: int
) -> None:
    """Record the ground that overrides an objection, and by whom: processing goes on.

    Raises `RestrictionError` without a ground, for a restriction, and for one that is answered
    already; and `UnknownNameError`.
    """
    kept = await restriction_at(conn, number)
    if kept.kind != OBJECTION:
        raise RestrictionError("that number is a restriction, which is lifted and not answered")
    if not ground.strip():
        raise RestrictionError("an objection is only overridden by a ground")
    await _end(conn, kept, by=by, ground=ground, now_ms=now_ms)


async def _add(
    conn: Connection,
    patient: str,
    kind: str,
    source: str,
    interval: tuple[int, int | None],
    by_why: tuple[str, str],
    now_ms: int,
) -> int:
    number = await patient_id(conn, patient)
    # two at once must not both find no overlap
    await lock_patient(conn, patient)
    (from_ms, until_ms), (by, why) = interval, by_why
    row = {
        "patient": number,
        "kind": kind,
        "source": source,
        "from": utc(from_ms),
        "until": None if until_ms is None else utc(until_ms),
        "by": by,
        "why": why,
        "now": utc(now_ms),
    }
    if (await rows.fetch_column(conn, _OVERLAPS, row))[0]:
        raise RestrictionError(f"it overlaps another {kind} of the patient that still holds")
    (made,) = await rows.fetch_column(conn, _ADD, row)
    await _derive_again(conn, patient, number, interval, now_ms)
    return int(made)


async def _end(conn: Connection, kept: Restriction, *, by: str, ground: str, now_ms: int) -> None:
    await lock_patient(conn, kept.pseudonym)
    # the update decides between two who lift at once
    if not (await conn.execute(_LIFT, [utc(now_ms), by, ground, kept.id])).rowcount:
        raise RestrictionError(f"that {kept.kind} has ended already")
    number = await patient_id(conn, kept.pseudonym)
    interval = kept.from_ms, kept.until_ms
    await _derive_again(conn, kept.pseudonym, number, interval, now_ms)


async def _derive_again(
    conn: Connection, patient: str, number: int, interval: tuple[int, int | None], now_ms: int
) -> None:
    """Have the worker derive a patient anew, refresh the rollups of an interval, and judge.

    Everything is derived anew: a restricted report may be about a session of any other time.
    """
    await request_derivation(conn, patient, 0)
    total = await extent(conn, patient)
    if total is not None:
        from_ms, until_ms = interval
        until_ms = total.end_ms if until_ms is None else until_ms
        start_ms = max(from_ms - _BESIDE_MS, total.start_ms)
        end_ms = min(until_ms + _BESIDE_MS, total.end_ms)
        if start_ms < end_ms:
            await mark_stale(conn, {number: [Span(start_ms=start_ms, end_ms=end_ms)]})
    await to_judge.mark_due(conn, patient, now_ms, "restriction")


def _restriction(row: rows.Row) -> Restriction:
    return Restriction(**row)
