"""Queries about patients for operators of an installation.

They return times and ids, no names and no health values. The size of every answer is limited. It
never writes; the caller writes the row of the audit log.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from model.calendar import rfc3339_if_known
from storage.pg import rows
from storage.pg.pool import Connection

MOST_OF_A_KIND = 100  # the answer is printed on one screen, whatever has piled up

# what was measured last, not what came last: a late import is no sign of life
_LAST = "(select max(w.time) from watermark w where w.patient = p.id)"
_LINES = f"""
select p.pseudonym, u.name as care_unit, p.zone, p.created_at as created_ms, \
{_LAST} as last_data_ms,
       (select min(r.valid_from) from prescription r where r.patient = p.id) as prescribed_from
  from patient p join care_unit u on u.id = p.care_unit
 where (%(unit)s = '' or u.name = %(unit)s) and p.pseudonym > %(after)s
   and (%(patient)s = '' or p.pseudonym = %(patient)s)
 order by p.pseudonym
 limit %(limit)s
"""  # noqa: S608 - constants of this module
_ACCOUNTS = """
select a.vendor as source, a.account, a.linked_at as linked_ms, a.unlinked_at as unlinked_ms
  from account a join patient p on p.id = a.patient where p.pseudonym = %(patient)s
 order by a.linked_at desc, a.vendor, a.account limit %(limit)s
"""
_CONSENTS = """
select c.vendor as source, c.kind, nullif(concat_ws('/', c.text_name, c.text_version), '') as text,
       c.given_at as given_ms, c.withdrawn_at as withdrawn_ms
  from consent c join patient p on p.id = c.patient
 where p.pseudonym = %(patient)s
 order by c.given_at desc, c.vendor limit %(limit)s
"""
_UNCONSENTED = """
select d.connector as source, d.bodies as bodies_without_consent,
       d.first_at as first_ms, d.last_at as last_ms
  from unconsented d join patient p on p.id = d.patient where p.pseudonym = %(patient)s
 order by d.last_at desc, d.connector limit %(limit)s
"""
_PRESCRIPTIONS = """
select r.prescription, r.version, r.valid_from, r.valid_to, r.recorded_at as recorded_ms
  from prescription r join patient p on p.id = r.patient where p.pseudonym = %(patient)s
 order by r.valid_from desc, r.prescription, r.version desc limit %(limit)s
"""
_PROFILES = """
select h.valid_from, h.recorded_at as recorded_ms
  from heart_profile h join patient p on p.id = h.patient where p.pseudonym = %(patient)s
 order by h.valid_from desc limit %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLine:
    """A patient in a list; `created_ms` and `last_data_ms` (latest measured time) are epoch ms.

    `prescribed_from` is the first date of any prescription, None without one.
    """

    pseudonym: str
    care_unit: str
    zone: str
    created_ms: int
    last_data_ms: int | None
    prescribed_from: date | None

    @property
    def missing(self) -> str:
        """Return what is missing before anything can be compared, "" when it has started."""
        gaps = [
            *(["prescription"] if self.prescribed_from is None else []),
            *(["data"] if self.last_data_ms is None else []),
        ]
        return f"no {' and no '.join(gaps)} yet" if gaps else ""

    def plain(self) -> dict[str, Any]:
        """Return the line for JSON, instants as RFC 3339."""
        state = f"not started: {self.missing}" if self.missing else "started"
        return {**_plain(asdict(self)), "state": state}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord:
    """A patient's line, and the newest accounts, consents, prescriptions and heart profiles.

    `dropped` counts by source what came without a consent, with its first and last time.
    Their rows are ready for JSON: instants as RFC 3339, dates as ISO 8601.
    """

    line: PatientLine
    accounts: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    dropped: list[dict[str, Any]]
    prescriptions: list[dict[str, Any]]
    profiles: list[dict[str, Any]]

    def plain(self) -> dict[str, Any]:
        """Return the record for JSON: the line's fields, then a list of each kind."""
        return {
            **self.line.plain(),
            "accounts": self.accounts,
            "consents": self.consents,
            "dropped": self.dropped,
            "prescriptions": self.prescriptions,
            "profiles": self.profiles,
        }


async def patient_lines(
    conn: Connection, *, unit: str = "", after: str = "", limit: int
) -> list[PatientLine]:
    """Return at most `limit` patients of a unit ("": of all) whose pseudonyms come after `after`.

    They are in order of pseudonym.
    """
    values = {"unit": unit, "after": after, "limit": limit, "patient": ""}
    return await rows.fetch_as(conn, _LINES, values, PatientLine)


async def patient_record(conn: Connection, pseudonym: str) -> PatientRecord | None:
    """Return what is on record about a patient; None when there is no such patient."""
    values = {"patient": pseudonym, "limit": MOST_OF_A_KIND}
    lines = await rows.fetch_as(conn, _LINES, {"unit": "", "after": "", **values}, PatientLine)
    if not lines:
        return None
    return PatientRecord(
        line=lines[0],
        accounts=await rows.fetch(conn, _ACCOUNTS, values, _plain),
        consents=await rows.fetch(conn, _CONSENTS, values, _plain),
        dropped=await rows.fetch(conn, _UNCONSENTED, values, _plain),
        prescriptions=await rows.fetch(conn, _PRESCRIPTIONS, values, _plain),
        profiles=await rows.fetch(conn, _PROFILES, values, _plain),
    )


def _plain(row: rows.Row) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if name.endswith("_ms"):
            plain[name.removesuffix("_ms")] = rfc3339_if_known(value)
        else:
            plain[name] = value.isoformat() if isinstance(value, date) else value
    return plain
