"""What a backup holds of each table: its columns, and whose each row is.

A row that is a patient's is sealed with that patient's data key in a backup. So a table of patients
must be in `OWNERS` or have a column `patient`; a test compares this with what an erasure deletes.
"""

from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection
from storage.pg.roles import TABLES

# The keys go into a file of their own; the other tables are filled by the migrations.
APART = frozenset({"identity.data_key", "schema_migration", "audit_action", "metric"})
# Kept by law without the patient: a restore takes the patient out of it, as an erasure does.
AS_LOG = frozenset({"audit"})
_ALERT = "(select a.patient from alert a where a.id = t.alert)"
# SQL for the number of the patient whose row `t` is, null for nobody's.
OWNERS: dict[str, str] = {
    "patient": "t.id",
    "alert_finding": _ALERT,
    "alert_move": _ALERT,
    "alert_note": _ALERT,
    "outbox": """
coalesce(t.patient,
  (select p.id from patient p
   where p.pseudonym = t.recipient and t.channel in ('derived', 'facts')),
  (select a.patient from alert a where a.id::text = split_part(t.key, '/', 1)))""",
    "vendor_fetch": """
coalesce(t.patient, (select min(a.patient) from account a
  where (a.vendor, a.account) = (t.connector, t.account)))""",
    # left to another patient who has the account now, as an erasure does
    "quarantine": """
(select min(a.patient) from account a where (a.vendor, a.account) = (t.vendor, t.account)
 having count(distinct a.patient) filter (where a.unlinked_at is null) < 2)""",
}
# A transaction's number of another server could be that of a transaction here.
LEFT_OUT_COLUMNS = frozenset({("erasure", "xact")})
# Sorted by name within a table, so that the file says the same on every server.
_COLUMNS = """
select replace(c.oid::regclass::text, 'public.', '') as name,
  array_agg(quote_ident(a.attname) order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.oid = any(array(select to_regclass(name) from unnest(%s::text[]) as name))
  and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
group by c.oid order by 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """A table with its columns as SQL, and SQL for the patient whose row `t` is."""

    name: str
    columns: tuple[str, ...]
    owner: str


async def layouts(conn: Connection) -> tuple[TableLayout, ...]:
    """Return what a backup holds of the tables of this database, by name."""
    wanted = sorted(TABLES.keys() - APART)
    stored = await (await conn.execute(_COLUMNS, [wanted])).fetchall()
    return tuple(_layout(name, columns) for name, columns in stored)


async def table_with_rows(conn: Connection) -> str:
    """Return the name of a table that a restore fills and that has rows, "" for none."""
    for layout in await layouts(conn):
        query = f"select 1 from {layout.name} limit 1"  # noqa: S608 - a name of our own schema
        if await rows.fetch_column(conn, query, []):
            return layout.name
    return ""


def _layout(name: str, columns: list[str]) -> TableLayout:
    kept = tuple(column for column in columns if (name, column) not in LEFT_OUT_COLUMNS)
    owner = "t.patient" if "patient" in columns and name not in AS_LOG else "null"
    return TableLayout(name=name, columns=kept, owner=OWNERS.get(name, owner))
