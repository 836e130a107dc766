"""What patients and sources have stated and may be corrected, with what is read of it now.

It never writes, and decides nothing. What the clinic itself has stated is not in it.
"""

from dataclasses import dataclass

from psycopg.rows import dict_row

from model.calendar import epoch_ms
from model.facts import MARKS, Report, Workout
from model.marks import CLINIC_VENDOR
from model.privacy.rectification import RightValues, with_right_values
from storage.facts.reported import read_reported
from storage.people.errors import UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection

_SELECT = """
select f.patient, p.pseudonym, f.connector, f.received_at, f.body, f.kind, f.payload,
  r.record, r.revision, r.stated_ms, f.start_at, f.end_at, f.offset_min, f.offset_origin,
  s.vendor, s.app, s.device, s.device_type, s.method,
  c.id as number, c.is_void, c.fields, c.start_at as right_start, c.end_at as right_end
from fact f join patient p on p.id = f.patient join care_unit u on u.id = p.care_unit
join record r on r.id = f.record join source s on s.id = f.source
left join correction c on c.patient = f.patient and c.source = f.source and c.record = r.record
  and c.kind = f.kind and c.ended_at is null
where p.pseudonym = %(patient)s and u.name = %(unit)s and f.kind in ('workout', 'report')
  and s.vendor <> %(clinic)s {}"""
_NAMED = _SELECT.format(
    "and r.record = %(record)s and s.vendor = %(vendor)s order by f.kind limit 1"
)
_LIST = _SELECT.format(
    "and not (f.kind = 'report' and f.payload->>'instrument' = any(%(marks)s)) "
    "order by f.start_at desc, r.record limit %(most)s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRecord:
    """A record as it was stated (`stated`), and as it is read `now`: None when it does not hold.

    `correction` is the number of the correction that holds of it, None without any.
    """

    record: str
    vendor: str
    stated: Workout | Report
    now: Workout | Report | None
    correction: int | None


async def stated_records(
    conn: Connection, patient: str, unit: str, most: int
) -> list[StatedRecord]:
    """Return the newest records of a patient (pseudonym) of a care unit that may be corrected."""
    marks = [instrument.value for instrument in MARKS]
    wanted: rows.Row = {"patient": patient, "unit": unit, "marks": marks, "most": most}
    return await _read(conn, _LIST, wanted)


async def stated_record(
    conn: Connection, patient: str, unit: str, record: str, vendor: str
) -> StatedRecord:
    """Return a record by its name and its vendor. Raises `UnknownNameError`."""
    wanted: rows.Row = {"patient": patient, "unit": unit, "record": record, "vendor": vendor}
    kept = await _read(conn, _NAMED, wanted)
    if not kept:
        raise UnknownNameError("there is no such report or workout")
    return kept[0]


async def _read(conn: Connection, query: str, wanted: rows.Row) -> list[StatedRecord]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), {**wanted, "clinic": CLINIC_VENDOR})
        return [_stated(row) for row in await cursor.fetchall()]


def _stated(row: rows.Row) -> StatedRecord:
    fact = read_reported(row).fact
    assert isinstance(fact, Workout | Report)  # noqa: S101 - the query reads these two kinds
    return StatedRecord(
        record=row["record"],
        vendor=row["vendor"],
        stated=fact,
        now=_now(fact, row),
        correction=row["number"],
    )


def _now(fact: Workout | Report, row: rows.Row) -> Workout | Report | None:
    if row["number"] is None:
        return fact
    if row["is_void"]:
        return None
    fields, start, end = row["fields"], row["right_start"], row["right_end"]
    right = RightValues(
        value=fields.get("value"),
        type=fields.get("type"),
        exertion=fields.get("exertion_cr10"),
        start_ms=None if start is None else epoch_ms(start),
        end_ms=None if end is None else epoch_ms(end),
    )
    return fact if right == RightValues() else with_right_values(fact, right)
