"""Rows of requests about patients' rights. What may follow what is decided in `model.privacy`."""

from dataclasses import dataclass
from datetime import date

from model.calendar import utc
from model.privacy.requests import OpenDue, RightKind, RightsRequest, RightsState, due_date
from storage.people.errors import UnknownNameError
from storage.people.patients import hold_patients, patient_id
from storage.pg import rows
from storage.pg.pool import Connection

_COLUMNS = (
    "r.id as number, p.pseudonym as patient, r.kind, r.received_at as received_ms, r.identified, "
    "r.due, r.state, r.handled_by, r.answer, r.closed_at as closed_ms, r.wish, "
    "r.extended_at as extended_ms, r.extended_why"
)
_OPEN = """
insert into rights_request (patient, kind, received_at, identified, due, wish)
values (%(patient)s, %(kind)s, %(received)s, %(identified)s, %(due)s, %(wish)s)
on conflict (patient, kind) where closed_at is null do update set
  identified = coalesce(nullif(rights_request.identified, ''), excluded.identified),
  wish = left(concat_ws(E'\n\n', nullif(rights_request.wish, ''), nullif(excluded.wish, '')), 2000)
where (rights_request.identified = '' and excluded.identified <> '')
  or (excluded.wish <> '' and position(excluded.wish in rights_request.wish) = 0)"""
_NEWEST = f"""
select {_COLUMNS} from rights_request r join patient p on p.id = r.patient
where r.patient = %(patient)s and r.kind = %(kind)s \
and r.closed_at is null"""  # noqa: S608 - constants of this module
_BY_NUMBER = f"""
select {_COLUMNS} from rights_request r join patient p on p.id = r.patient
join care_unit u on u.id = p.care_unit
where r.id = %(number)s and (%(unit)s = '' or u.name = %(unit)s)
for update of r"""  # noqa: S608 - constants of this module
_LIST = f"""
select {_COLUMNS} from rights_request r join patient p on p.id = r.patient
join care_unit u on u.id = p.care_unit
where (%(unit)s = '' or u.name = %(unit)s) and (%(patient)s = '' or p.pseudonym = %(patient)s)
and (r.closed_at is null or %(closed)s)
order by r.closed_at is not null, r.due, r.id limit %(most)s"""  # noqa: S608 - same
_MOVE = """
update rights_request set state = %(state)s, handled_by = %(by)s, answer = %(answer)s,
  identified = %(identified)s, closed_at = %(closed)s where id = %(number)s"""
_EXTEND = """
update rights_request set due = %(due)s, extended_at = %(now)s, extended_why = %(why)s
where id = %(number)s"""
_CLOSINGS = """
select r.id as number, p.pseudonym as patient, r.due, r.identified, p.zone
from rights_request r join patient p on p.id = r.patient join care_unit u on u.id = p.care_unit
where r.kind = 'closing' and r.closed_at is null and (%(unit)s = '' or u.name = %(unit)s)
  and (%(patient)s = '' or p.pseudonym = %(patient)s) order by r.due, r.id"""
_ANSWER = """
update rights_request set state = 'answered', handled_by = %(by)s, answer = %(answer)s,
  identified = coalesce(nullif(identified, ''), %(how)s), closed_at = %(now)s
where id = %(number)s and closed_at is null"""
_OPEN_DUE = """
select r.id as number, r.patient, r.due, p.zone
from rights_request r join patient p on p.id = r.patient
where r.closed_at is null and r.due <= %s order by r.due, r.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingWish:
    """An open request of a patient (a pseudonym) to close the account; `due` is its last date."""

    number: int
    patient: str
    due: date
    identified: str
    zone: str


async def open_request(
    conn: Connection,
    patient: str,
    kind: RightKind,
    received_ms: int,
    identified: str = "",
    wish: str = "",
) -> RightsRequest:
    """Store a request with its due date, and return it; an open one of the kind stays as it is.

    Only the note of how the requester was identified is added where it was missing, and a wish in
    other words.

    Raises `UnknownNameError` for an unknown patient.
    """
    # held, so that no erasure comes between looking the patient up and writing the row
    zone = (await hold_patients(conn, [patient])).get(patient)
    if zone is None:
        raise UnknownNameError("there is no such patient")
    values = {
        "patient": await patient_id(conn, patient),
        "kind": kind.value,
        "received": utc(received_ms),
        "identified": identified,
        "wish": wish,
        "due": due_date(received_ms, zone),
    }
    await conn.execute(_OPEN, values)
    return (await rows.fetch(conn, _NEWEST, values, _request))[0]


async def rights_request(conn: Connection, number: int, unit: str = "") -> RightsRequest:
    """Return a request, and lock its row.

    Raises `UnknownNameError` when there is none, or none in the care unit ("": of any).
    """
    read = await rows.fetch(conn, _BY_NUMBER, {"number": number, "unit": unit}, _request)
    if not read:
        raise UnknownNameError("there is no such request")
    return read[0]


async def list_requests(
    conn: Connection,
    *,
    unit: str = "",
    patient: str = "",
    closed: bool = False,
    most: int = 500,
) -> tuple[RightsRequest, ...]:
    """Return requests, open ones first and by their due date; `closed` adds those closed."""
    values = {"unit": unit, "patient": patient, "closed": closed, "most": most}
    return tuple(await rows.fetch(conn, _LIST, values, _request))


async def put_rights_move(conn: Connection, moved: RightsRequest) -> None:
    """Store the state of a request, who handles it, and the answer."""
    values = {
        "number": moved.number,
        "state": moved.state.value,
        "by": moved.handled_by,
        "answer": moved.answer,
        "identified": moved.identified,
        "closed": None if moved.closed_ms is None else utc(moved.closed_ms),
    }
    await conn.execute(_MOVE, values)


async def put_extension(conn: Connection, number: int, due: date, *, why: str, now_ms: int) -> None:
    """Store a longer time for a request, with the reason that the patient reads."""
    values = {"number": number, "due": due, "why": why, "now": utc(now_ms)}
    await conn.execute(_EXTEND, values)


async def open_until(conn: Connection, last: date) -> list[OpenDue]:
    """Return the open requests that are due by a date, without what they are about."""
    return await rows.fetch_as(conn, _OPEN_DUE, [last], OpenDue)


async def closing_wishes(
    conn: Connection, *, unit: str = "", patient: str = ""
) -> list[ClosingWish]:
    """Return the open requests to close an account, of a care unit or a patient, or all ("")."""
    values = {"unit": unit, "patient": patient}
    return await rows.fetch_as(conn, _CLOSINGS, values, ClosingWish)


async def answer_closing(
    conn: Connection, number: int, *, by: str, identified: str, answer: str, now_ms: int
) -> bool:
    """Answer an open request to close an account; False when somebody closed it meanwhile."""
    values = {"number": number, "by": by, "how": identified, "answer": answer, "now": utc(now_ms)}
    return bool((await conn.execute(_ANSWER, values)).rowcount)


def _request(row: rows.Row) -> RightsRequest:
    kinds = {"kind": RightKind(row["kind"]), "state": RightsState(row["state"])}
    return RightsRequest(**{**row, **kinds})
