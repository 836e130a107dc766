"""Reads everything that is stored about a patient, table by table, for a request for access.

Tables that hold no answer for the patient are left out, each with its reason; a test compares the
list with what erasing a patient removes.
"""

from collections.abc import AsyncIterator
from typing import Any

from psycopg.sql import SQL, Identifier

from storage.erase import ERASED
from storage.people.patients import patient_id
from storage.pg.pool import Connection

# Why the rows of a table are no part of the answer.
LEFT_OUT: dict[str, str] = {
    "identity.data_key": "a key that opens the patient's data, useless without the system's own",
    "identity.statistic_key": "a key of pseudonyms in statistics, which hold minutes a month",
    "identity.person": "answered in plain text as the identity, not as the sealed row",
    "vendor_connection": "sealed tokens of the vendor; the link itself is in account",
    "vendor_withdrawal": "sealed tokens of the vendor; the end of the link is in account",
    "vendor_invitation": "a hash of a link that was used or has expired",
    "identity.number_digest": "a keyed hash of the personal number; the number is not stored",
    "link_token": "a hash of the patient's own token",
    "rights_file": "an answer that was made for the patient before, sealed",
    "outbox": "messages that wait to be sent, made of the alerts that are in the answer",
    "rollup_hour": "sums of sample, which is in the answer",
    "rollup_day": "sums of sample, which is in the answer",
    "rollup_stale": "a note of what is to be summed again",
    "stale_derivation": "a note of what is to be worked out again",
    "due": "a note of when rules look again",
    "dead_letter": "bodies that could not be read, sealed; the operator hands them out",
    "dead_letter_overflow": "a count of bodies that could not be read",
}
# Columns that name a row of another table by its number, or are sealed, say nothing to a person.
_DROPPED = ("patient", "body_inline", "sealed", "content", "tokens", "address", "lease")
# Samples are numbers of metrics and sources; a person reads names.
_SAMPLES = """
select jsonb_build_object('metric', m.name, 'unit', m.unit, 'time', x.time, 'value', x.value,
  'span_ms', x.span_ms, 'vendor', s.vendor, 'device', s.device)
from sample x join metric m on m.id = x.metric join source s on s.id = x.source
where x.patient = %(patient)s order by x.time, x.metric"""
# With the words that the patient agreed to, as they were shown; null where nobody noted them.
_CONSENTS = """
select to_jsonb(c.*) || jsonb_build_object('agreed_to', case when t.name is not null then
  jsonb_build_object('language', t.language, 'words', t.content, 'purpose', t.purpose,
    'legal_basis', t.legal_basis, 'data_types', t.data_types) end)
from consent c left join consent_text t on t.name = c.text_name and t.version = c.text_version
where c.patient = %(patient)s order by c.given_at, c.vendor, c.kind"""
# Who did what, without the detail: it may name other people.
_AUDIT = """
select jsonb_build_object('at', a.at, 'actor', a.actor, 'role', a.role, 'action', a.action,
  'object', a.object) from audit a where a.patient = %(patient)s order by a.id"""


def answered_tables() -> tuple[str, ...]:
    """Return the tables whose rows are in the answer, in the order of erasing."""
    return (*(table for table in ERASED if table not in LEFT_OUT), "audit")


async def own_rows(conn: Connection, patient: str, table: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows of a table about a patient, as JSON objects.

    They come through a cursor of the server, so that a year of samples never fills the memory.
    """
    values = {"patient": await patient_id(conn, patient), "pseudonym": patient}
    query = {"sample": _SAMPLES, "audit": _AUDIT, "consent": _CONSENTS}.get(table)
    text = SQL("{}").format(SQL(query)) if query else _plain_query(table)
    # a named cursor is one of the server; it lives as long as the transaction
    async with conn.cursor(name="own_rows") as cursor:
        await cursor.execute(text, values)
        async for (row,) in cursor:
            yield {name: cell for name, cell in row.items() if name not in _DROPPED}


def _plain_query(table: str) -> Any:  # noqa: ANN401 - psycopg's Composed
    name = Identifier(*table.split("."))
    where = SQL(ERASED[table])  # a constant of `storage.erase`
    # an alias that no column has: `session` alone would be the column of that name
    return SQL("select to_jsonb(own_row.*) from {} own_row where {}").format(name, where)
