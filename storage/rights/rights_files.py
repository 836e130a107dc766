"""Files that answer a request, sealed with the patient's own key, for the patient door.

Erasing the patient destroys the key, and with it what a backup has of them. A file is removed after
its time (`model.privacy.requests.FILE_KEPT_MS`) whether it was fetched or not.
"""

from dataclasses import dataclass

from model.calendar import utc
from model.keyring import KeyRing
from model.privacy.requests import FILE_KEPT_MS, RightKind, RightsRequest
from storage.people.data_keys import data_key
from storage.pg import crypto, rows
from storage.pg.pool import Connection

# It is sealed as it lies in memory, and PostgreSQL takes no more than a gigabyte.
LARGEST_RIGHTS_FILE = 256 * 1024 * 1024
_PUT = """
insert into rights_file (request, patient, sealed, made_at)
select r.id, r.patient, %(sealed)s, %(now)s from rights_request r where r.id = %(request)s"""
_GET = """
select f.sealed from rights_file f join rights_request r on r.id = f.request
join patient p on p.id = f.patient
where f.request = %(request)s and p.pseudonym = %(patient)s and r.state = 'answered'
and f.made_at > %(oldest)s"""
_READY = """
select f.request, r.kind from rights_file f join rights_request r on r.id = f.request
join patient p on p.id = f.patient
where p.pseudonym = %s and r.state = 'answered' and f.made_at > %s order by f.request desc"""
# The update decides between two who fetch it at once.
_HAND = """
update rights_file f set handed_at = %(now)s, handed_by = %(by)s
from rights_request r join patient p on p.id = r.patient join care_unit u on u.id = p.care_unit
where f.request = r.id and r.id = %(request)s and u.name = %(unit)s and r.state = 'answered'
and f.made_at > %(oldest)s and f.handed_at is null
returning f.sealed, p.pseudonym"""
_HELD = """
select f.request, p.pseudonym as patient, r.kind, r.identified, f.made_at as made_ms,
  f.handed_at as handed_ms, coalesce(f.handed_by, '') as handed_by
from rights_file f join rights_request r on r.id = f.request
join patient p on p.id = f.patient join care_unit u on u.id = p.care_unit
where u.name = %s and r.state = 'answered' and f.made_at > %s order by f.request desc"""
_SWEEP = "delete from rights_file where made_at < %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFile:
    """A file that a patient may fetch: the number and the kind of the request that it answers."""

    request: int
    kind: RightKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file that the clinic may hand over, once: of which request, and whether that was done.

    `handed_ms` is None, and `handed_by` "", as long as nobody at the clinic fetched it.
    """

    request: int
    patient: str
    kind: RightKind
    identified: str
    made_ms: int
    handed_ms: int | None
    handed_by: str


async def put_rights_file(
    conn: Connection, wrapping_key: KeyRing, request: RightsRequest, content: bytes, now_ms: int
) -> None:
    """Seal a file and store it as the answer to a request, which has none yet."""
    # the patient's key, not the system's: an erasure destroys it for backups too
    key = await data_key(conn, wrapping_key, request.patient)
    sealed = crypto.seal(key, content, _label(request.patient, request.number))
    await conn.execute(_PUT, {"request": request.number, "sealed": sealed, "now": utc(now_ms)})


async def rights_file(
    conn: Connection, wrapping_key: KeyRing, patient: str, number: int, now_ms: int
) -> bytes | None:
    """Return the file that answered a request of a patient; None when there is none for them."""
    wanted = {"request": number, "patient": patient, "oldest": utc(now_ms - FILE_KEPT_MS)}
    # a request of another patient and none at all are the same answer
    sealed = await rows.fetch_column(conn, _GET, wanted)
    if not sealed:
        return None
    key = await data_key(conn, wrapping_key, patient)
    return crypto.open_sealed(key, bytes(sealed[0]), _label(patient, number))


async def ready_files(conn: Connection, patient: str, now_ms: int) -> list[ReadyFile]:
    """Return the files that a patient may fetch now, newest first."""
    return await rows.fetch(conn, _READY, [patient, utc(now_ms - FILE_KEPT_MS)], _ready)


async def held_files(conn: Connection, unit: str, now_ms: int) -> list[HeldFile]:
    """Return the files of a care unit's patients that are kept now, newest first."""
    read = await rows.fetch(conn, _HELD, [unit, utc(now_ms - FILE_KEPT_MS)], dict)
    return [HeldFile(**{**row, "kind": RightKind(row["kind"])}) for row in read]


async def hand_over(
    conn: Connection, wrapping_key: KeyRing, number: int, *, unit: str, by: str, now_ms: int
) -> tuple[str, bytes] | None:
    """Return the patient and the file that answered a request, and note that it was handed over.

    Returns None when there is none in the care unit, or when it was handed over before.
    """
    wanted = {"request": number, "unit": unit, "by": by, "now": utc(now_ms)}
    wanted["oldest"] = utc(now_ms - FILE_KEPT_MS)
    row = await (await conn.execute(_HAND, wanted)).fetchone()
    if row is None:
        return None
    sealed, patient = row
    key = await data_key(conn, wrapping_key, patient)
    return patient, crypto.open_sealed(key, bytes(sealed), _label(patient, number))


async def remove_old_files(conn: Connection, now_ms: int) -> int:
    """Remove the files whose time is over, and return how many."""
    return (await conn.execute(_SWEEP, [utc(now_ms - FILE_KEPT_MS)])).rowcount


def _ready(row: rows.Row) -> ReadyFile:
    return ReadyFile(request=row["request"], kind=RightKind(row["kind"]))


def _label(patient: str, number: int) -> str:
    # another purpose than that of payloads: neither opens as the other
    return f"rights:{patient}:{number}"
