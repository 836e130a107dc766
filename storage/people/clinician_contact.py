"""How clinicians want to be reached: by which way, and when not."""

from dataclasses import dataclass

from model.messages.contact import Digest, QuietHours
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection

_PUT_REACH = """
insert into clinician_reach (clinician, way, phone, quiet_from, quiet_until, digest)
select id, %s, %s, %s, %s, %s from clinician where subject = %s
on conflict (clinician) do update set way = excluded.way, phone = excluded.phone,
  quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, digest = excluded.digest
returning clinician"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianReach:
    """How a clinician wants to be reached: `way` is `email`, `sms` (at `phone`) or `none`."""

    way: str
    phone: str
    quiet: QuietHours | None
    digest: Digest


async def put_reach(conn: Connection, subject: str, reach: ClinicianReach) -> None:
    """Store how a clinician wants to be reached; raises `UnknownNameError` for nobody's subject."""
    quiet = reach.quiet
    bounds = (None, None) if quiet is None else (quiet.from_min, quiet.until_min)
    row = [reach.way, reach.phone, *bounds, reach.digest.value, subject]
    if await (await conn.execute(_PUT_REACH, row)).fetchone() is None:
        raise UnknownNameError("there is no such clinician")
