"""Corrections of what patients and sources have stated; the facts themselves are never changed.

A correction is laid over its fact wherever facts are read (`storage.facts.corrected`), so a late
retry of the wrong value, and a replay, change nothing. What is derived is derived anew by the
worker. Whether a correction may be made is decided in `model.privacy.rectification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from model import codec
from model.calendar import utc
from model.codec import kind_of
from model.facts import AttributedFact, Report, Workout
from model.marks import CLINIC_VENDOR
from model.privacy.rectification import (
    RectificationError,
    RightValues,
    named_values,
    stated_values,
    with_right_values,
)
from storage.alerts import to_judge
from storage.facts.reported import read_reported
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection
from storage.prescribing.stale import lock_patient, request_derivation

MOST_WORDS_OF_WHY = 500  # characters

_STATED = """
select f.patient, p.pseudonym, f.connector, f.received_at, f.body, f.kind, f.payload,
       r.record, r.revision, r.stated_ms, f.start_at, f.end_at, f.offset_min, f.offset_origin,
       s.vendor, s.app, s.device, s.device_type, s.method, f.source as source_id
from fact f join patient p on p.id = f.patient
join record r on r.id = f.record join source s on s.id = f.source
where f.patient = %(patient)s and f.kind in ('workout', 'report') and s.vendor <> %(clinic)s
and r.record = %(record)s and (%(source)s = '' or s.vendor = %(source)s)
order by f.source, f.kind"""
# A detected session has no fact: it is derived from samples.
_OF_SESSION = """
select s.record, o.vendor, s.origin from session s join source o on o.id = s.declared_by
where s.patient = %s and s.session = %s"""
_END = """
update correction set ended_at = %(now)s, ended_by = %(by)s, ended_why = %(why)s
where patient = %(patient)s and source = %(source)s and record = %(record)s and kind = %(kind)s
  and ended_at is null"""
_ADD = """
insert into correction (patient, source, record, kind, is_void, fields, start_at, end_at, was,
  set_by, set_at, why)
values (%(patient)s, %(source)s, %(record)s, %(kind)s, %(void)s, %(fields)s, %(start)s, %(end)s,
  %(was)s, %(by)s, %(now)s, %(why)s)
returning id"""
_LIST = """
select c.id as number, p.pseudonym, c.kind, s.vendor, c.record, c.is_void, c.fields,
  c.start_at as start_ms, c.end_at as end_ms, c.was, c.set_by, c.set_at as set_ms, c.why,
  c.ended_at as ended_ms, coalesce(c.ended_by, '') as ended_by, c.ended_why
from correction c join patient p on p.id = c.patient join source s on s.id = c.source
where {} order by c.id"""
_OF_PATIENT = _LIST.format("p.pseudonym = %s")
_OF_NUMBER = _LIST.format("c.id = %s")
_WITHDRAW = """
update correction set ended_at = %s, ended_by = %s, ended_why = %s
where id = %s and ended_at is null"""
_HELD = """
select is_void, fields, start_at as start_ms, end_at as end_ms from correction
where patient = %(patient)s and source = %(source)s and record = %(record)s and kind = %(kind)s
  and ended_at is null"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction of a record of a patient (pseudonym), with what had been stated (`was`).

    `fields` are the members of the fact that are read instead, `start_ms` and `end_ms` (epoch ms)
    its times, None where they are as stated. It has ended when a later one took its place or it was
    taken back.
    """

    number: int
    pseudonym: str
    kind: str
    vendor: str
    record: str
    is_void: bool
    fields: Mapping[str, Any]
    start_ms: int | None
    end_ms: int | None
    was: Mapping[str, Any]
    set_by: str
    set_ms: int
    why: str
    ended_ms: int | None
    ended_by: str
    ended_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedRecord:
    """Which record is meant: its name, and its vendor ("": the only one that has it)."""

    record: str
    vendor: str = ""


async def record_of_session(conn: Connection, patient: str, session: str) -> CorrectedRecord:
    """Return the record from which a session is derived.

    Raises `UnknownNameError`, and `RectificationError` for a session that was detected in samples.
    """
    number = await patient_id(conn, patient)
    cursor = await conn.execute(_OF_SESSION, [number, session])
    row = await cursor.fetchone()
    if row is None:
        raise UnknownNameError("there is no such session")
    record, vendor, origin = row
    if origin == "detected":
        raise RectificationError(
            "that session was detected in samples, and nobody stated it: mark it, or restrict them"
        )
    return CorrectedRecord(record=record, vendor=vendor)


async def correct_record(
    conn: Connection,
    patient: str,
    meant: CorrectedRecord,
    right: RightValues,
    *,
    by: str,
    why: str,
    now_ms: int,
) -> int:
    """Lay the right values over a record, and return the number of the correction.

    What an earlier correction of the record had corrected besides stays corrected. Raises
    `UnknownNameError`, and `RectificationError` for what cannot be corrected.
    """
    number = await patient_id(conn, patient)
    await lock_patient(conn, patient)  # two at once must not both end the same correction
    item, source = await _stated(conn, number, meant)
    key = {"patient": number, "source": source, "record": meant.record, "kind": kind_of(item.fact)}
    fact = item.fact
    assert isinstance(fact, Workout | Report)  # noqa: S101 - the query reads these two kinds
    merged = _merged(await _held(conn, key), right)
    row = _row(fact, merged) | {"by": by, "why": why, "now": utc(now_ms)}
    await conn.execute(_END, {**key, "by": by, "why": "corrected again", "now": utc(now_ms)})
    (made,) = await rows.fetch_column(conn, _ADD, {**key, **row})
    await _derive_again(conn, patient, now_ms)
    return int(made)


async def withdraw_correction(
    conn: Connection, number: int, *, by: str, why: str, now_ms: int
) -> None:
    """Take a correction back: what had been stated counts again.

    Raises `UnknownNameError`, and `RectificationError` for one that has ended already.
    """
    kept = await correction_at(conn, number)
    await lock_patient(conn, kept.pseudonym)
    # the update decides between two who take it back at once
    if not (await conn.execute(_WITHDRAW, [utc(now_ms), by, why, number])).rowcount:
        raise RectificationError("that correction has ended already")
    await _derive_again(conn, kept.pseudonym, now_ms)


async def correction_at(conn: Connection, number: int) -> Correction:
    """Return the correction of a number. Raises `UnknownNameError`."""
    kept = await rows.fetch(conn, _OF_NUMBER, [number], _correction)
    if not kept:
        raise UnknownNameError("there is no such correction")
    return kept[0]


async def corrections_of(conn: Connection, patient: str) -> list[Correction]:
    """Return all corrections of a patient, also those that have ended, oldest first.

    Raises `UnknownNameError` for an unknown patient.
    """
    await patient_id(conn, patient)
    return await rows.fetch(conn, _OF_PATIENT, [patient], _correction)


async def _stated(
    conn: Connection, number: int, meant: CorrectedRecord
) -> tuple[AttributedFact, int]:
    """Return the fact of a record as its source stated it, and the source's stored id."""
    wanted = {
        "patient": number, "clinic": CLINIC_VENDOR, "record": meant.record, "source": meant.vendor,
    }  # fmt: skip
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_STATED, wanted)
        stated = await cursor.fetchall()
    # a record of another patient or of the clinic is unknown here, like what never existed
    if not stated:
        raise UnknownNameError("there is no such report or workout")
    if len(stated) > 1:
        raise RectificationError("several sources have a record of that name: name the source")
    return read_reported(stated[0]), stated[0]["source_id"]


async def _held(conn: Connection, key: Mapping[str, Any]) -> RightValues:
    """Return what is corrected of a record by now."""
    kept = await rows.fetch(conn, _HELD, key, dict)
    if not kept or kept[0]["is_void"]:
        return RightValues()
    row = kept[0]
    fields = row["fields"]
    return RightValues(
        value=fields.get("value"),
        type=fields.get("type"),
        exertion=fields.get("exertion_cr10"),
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
    )


def _merged(held: RightValues, right: RightValues) -> RightValues:
    # voided, there is nothing left of which a part could be right
    if right.void:
        return right
    given = {
        name: value
        for name in ("value", "type", "start_ms", "end_ms", "exertion")
        if (value := getattr(right, name)) is not None
    }
    return replace(held, **given) if given else right


def _row(fact: Workout | Report, right: RightValues) -> dict[str, Any]:
    """Return the columns of a correction: the members that differ from the fact, and the times."""
    made = with_right_values(fact, right)
    before, after = codec.plain(fact), codec.plain(made)
    names = named_values(right).keys()
    # A value is kept where it equals what was stated too: the source may state another later.
    members = {"exertion": "exertion_cr10"}
    members_read = {members.get(name, name) for name in names} - {"start", "end", "void"}
    differing = {name for name in after if name != "head" and after[name] != before[name]}
    timed = bool(names & {"start", "end"})
    if timed and isinstance(fact, Workout):
        # those of another version of the workout would be of its own times
        members_read |= {"pauses", "moving_ms"}
    return {
        "void": right.void,
        "fields": Jsonb({name: after[name] for name in members_read | differing}),
        "start": utc(made.head.start_ms) if timed else None,
        "end": utc(made.head.end_ms) if timed else None,
        "was": Jsonb(stated_values(fact, right)),
    }


async def _derive_again(conn: Connection, patient: str, now_ms: int) -> None:
    # everything: a report may be about a session of any other time
    await request_derivation(conn, patient, 0)
    await to_judge.mark_due(conn, patient, now_ms, "correction")


def _correction(row: rows.Row) -> Correction:
    return Correction(**row)
