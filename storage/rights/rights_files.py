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
_SWEEP = "delete from rights_file where made_at < %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFile:
    """A file that a patient may fetch: the number and the kind of the request that it answers."""

    request: int
    kind: RightKind


async def put_rights_file(
    conn: Connection, wrapping_key: KeyRing, request: RightsRequest, content: bytes, now_ms: int
) -> None:
    """Seal a file and store it as the answer to a request, which has none yet."""
    key = await data_key(conn, wrapping_key, request.patient)
    sealed = crypto.seal(key, content, _label(request.patient, request.number))
    await conn.execute(_PUT, {"request": request.number, "sealed": sealed, "now": utc(now_ms)})


async def rights_file(
    conn: Connection, wrapping_key: KeyRing, patient: str, number: int, now_ms: int
) -> bytes | None:
    """Return the file that answered a request of a patient; None when there is none for them."""
    wanted = {"request": number, "patient": patient, "oldest": utc(now_ms - FILE_KEPT_MS)}
    sealed = await rows.fetch_column(conn, _GET, wanted)
    if not sealed:
        return None
    key = await data_key(conn, wrapping_key, patient)
    return crypto.open_sealed(key, bytes(sealed[0]), _label(patient, number))


async def ready_files(conn: Connection, patient: str, now_ms: int) -> list[ReadyFile]:
    """Return the files that a patient may fetch now, newest first."""
    return await rows.fetch(conn, _READY, [patient, utc(now_ms - FILE_KEPT_MS)], _ready)


async def remove_old_files(conn: Connection, now_ms: int) -> int:
    """Remove the files whose time is over, and return how many."""
    return (await conn.execute(_SWEEP, [utc(now_ms - FILE_KEPT_MS)])).rowcount


def _ready(row: rows.Row) -> ReadyFile:
    return ReadyFile(request=row["request"], kind=RightKind(row["kind"]))


def _label(patient: str, number: int) -> str:
    # another purpose than that of payloads: neither opens as the other
    return f"rights:{patient}:{number}"
