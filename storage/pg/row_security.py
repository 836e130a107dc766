"""Row-level security: the second wall between people, behind the scope of each query.

The clinician door sees and writes rows of patients of the unit that `set_unit` names for a
transaction, and the patient door those of the patient whom `set_patient` names. Without a name a
door sees none. The other roles pass, because their queries concern everybody. The policies are made
here from the columns of the schema, so that a new table cannot lack them. This module decides
nothing about who is in which unit, or who is signed in.

The audit log has its policies from a migration, because it belongs to a role that nothing here may
take. `sample` is written by COPY, which PostgreSQL refuses for a table with policies, and on
TimescaleDB it is a hypertable with columnstore, which has none either. So no door may read it: the
clinician door reads the view `of_unit.sample`, with the condition of the policies in it.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Identifier

from storage.pg import rows
from storage.pg.pool import Connection
from storage.pg.roles import (
    ADMIN,
    AUDIT_OWNER,
    CLINIC,
    FETCHER,
    MIGRATE,
    OWN,
    PATIENT_DOOR,
    TABLES,
    WORKER,
)

# The migration role owns the analysts' views; the audit's owner looks whether a patient is gone.
SEES_ALL = (WORKER, FETCHER, ADMIN, MIGRATE, AUDIT_OWNER)
# Of a unit's own settings and messages `patient` is null: nobody's data.
OF_NOBODY = frozenset({"rule_setting", "outbox"})

_SET_UNIT = "select set_config('kadens.unit', %s, true)"
# A person of another unit acts within the patient's own, as a guest (`model.privacy.blocks`).
_SET_GUEST = """
select set_config('kadens.unit', %s, true), set_config('kadens.guest', %s, true),
  set_config('kadens.who', %s, true), set_config('kadens.at', %s, true)"""
# In a `select` of its own it is asked once for a query and not for each row.
_NO_GUEST = "(select coalesce(current_setting('kadens.guest', true), '')) = ''"
_OWN_UNIT = (
    "care_unit = (select id from care_unit where name = current_setting('kadens.unit', true))"
)
_OF_UNIT = f"{_OWN_UNIT} and ({_NO_GUEST} or guest_sees(id))"
_SET_GRANTED = "select set_config('kadens.granted', %s, true)"
# Support staff see the patients whom they were let see. For everybody else the setting is empty,
# which a subquery finds once for a query and not for each row.
_GRANTED = (
    "((select coalesce(current_setting('kadens.granted', true), '') = '') or id in "
    "(select unnest(nullif(current_setting('kadens.granted', true), '')::int[])))"
)
# `patient` and `alert` have policies themselves, which hide the rows of other units here too.
# `in` is a hash of the unit's patients, made once for a query: half the time of `exists` on a list.
_OF_PATIENT = "{}.patient in (select p.id from public.patient p)"
_OF_ALERT = "exists (select from public.alert a where a.id = {}.alert)"
# Of the patient door: a setting that was never made is null, one that was reset is "".
_MINE = "nullif(current_setting('kadens.patient', true), '')::int"
_SET_PATIENT = "select set_config('kadens.patient', %s, true)"
_SET_OWNER = """
select set_config('kadens.patient', coalesce(owner_of_secret(%s)::text, ''), true)"""
_NOW_SET = "select coalesce(current_setting('kadens.patient', true), '')"
# Linking takes over what an earlier patient of the same account left in these tables. They hold
# what is to be asked of vendors, sealed, and nothing about a patient's health.
_OF_ACCOUNT = frozenset({"vendor_fetch", "vendor_connection", "vendor_withdrawal"})
# Rows of an alert that a patient may read: the others are the clinicians' own.
_OPEN_TO_PATIENT = {"alert_note": "is_shared"}
# Tables that name no patient and are a care unit's own: the clinician door sees those rows.
_OF_ITS_UNIT = {
    "audit_sample": _OWN_UNIT,
    # the samples have a policy themselves, which holds here too
    "audit_sampled": "sample in (select s.id from public.audit_sample s)",
}

# The last condition leaves out the table that is written by COPY.
_COLUMNS = """
select replace(c.oid::regclass::text, 'public.', '') as name,
  coalesce(bool_or(a.attname = 'patient'), false) as has_patient,
  coalesce(bool_or(a.attname = 'alert'), false) as has_alert,
  c.relrowsecurity and c.relforcerowsecurity as is_forced,
  array(select polname::text from pg_policy where polrelid = c.oid order by 1) as policies
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.oid = any(array(select to_regclass(name) from unnest(%s::text[]) as name))
  and c.relname <> 'sample'
group by c.oid order by 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table as it is now: which columns lead to a patient, and the names of its policies."""

    name: str
    has_patient: bool
    has_alert: bool
    is_forced: bool
    policies: list[str]


async def set_unit(conn: Connection, unit: str) -> None:
    """Let the transaction see the patients of a care unit, by its name."""
    await conn.execute(_SET_UNIT, [unit])


async def set_guest(conn: Connection, home: str, guest: str, who: str, now_ms: int) -> None:
    """Let the transaction read patients of the unit `home` as a person (subject) of another unit.

    It sees those whom `guest` shares, unless they have blocked that. An instant is epoch ms.
    """
    await conn.execute(_SET_GUEST, [home, guest, who, str(now_ms)])


async def set_granted(conn: Connection, patients: Iterable[int]) -> None:
    """Let the transaction see of its unit these patients alone, by the ids of their rows."""
    # an empty array sees nobody; an empty setting would see the unit
    await conn.execute(_SET_GRANTED, ["{" + ",".join(map(str, patients)) + "}"])


async def set_patient(conn: Connection, patient: int) -> None:
    """Let the transaction at the patient door see a patient, by the id of the row."""
    await conn.execute(_SET_PATIENT, [str(patient)])


async def set_owner_of(conn: Connection, digest: str) -> None:
    """Let the transaction see whose secret has this digest, and nobody if nobody has it.

    A secret is a link, a session, or the state of the way through a vendor's page.
    """
    await conn.execute(_SET_OWNER, [digest])


@asynccontextmanager
async def owner_seen(conn: Connection, digest: str) -> AsyncIterator[None]:
    """Let a block see the owner of a secret, and then again whom the transaction saw before."""
    row = await (await conn.execute(_NOW_SET)).fetchone()
    await set_owner_of(conn, digest)
    yield
    await conn.execute(_SET_PATIENT, [row[0] if row else ""])


async def secure_rows(conn: Connection) -> None:
    """Give every table of a patient its policies, and remove those that it should not have."""
    tables = await rows.fetch_as(conn, _COLUMNS, [sorted(TABLES.keys() - OWN)], _Table)
    statements: list[Composable] = []
    for table in tables:
        statements += _statements(table)
    if statements:
        async with conn.transaction():
            await conn.execute(Composed(statements))


def _statements(table: _Table) -> Iterator[Composable]:
    """Yield what is missing. Where nothing is, no process waits for a lock of the table."""
    wanted, name = _policies(table), Identifier(*table.name.split("."))
    # A policy that no rule here makes is dropped: one that lets more through would undo the rest.
    for policy in table.policies:
        if policy not in wanted:
            yield SQL("drop policy {} on {};").format(Identifier(policy), name)
    for policy, text in wanted.items():
        if policy not in table.policies:
            made = SQL(f"create policy {{}} on {{}} {text};")
            yield made.format(Identifier(policy), name)
    # Without "force" the owner of a table would pass its policies.
    if wanted and not table.is_forced:
        yield SQL("alter table {} enable row level security;").format(name)
        yield SQL("alter table {} force row level security;").format(name)


def _policies(table: _Table) -> dict[str, str]:
    """Return the policies of a table by name. The name changes with the text."""
    condition = _condition(table)
    if not condition:
        return {}
    texts = {
        "passing": f"to {', '.join(SEES_ALL)} using (true)",
        # guests read, and write nothing
        "of_unit": f"to {CLINIC} using ({condition}) with check (({condition}) and {_NO_GUEST})",
    }
    if table.name not in _OF_ITS_UNIT:
        texts["of_patient"] = f"to {PATIENT_DOOR} using ({_own_condition(table)})"
    return {f"{name}_{_digest(text)}": text for name, text in texts.items()}


def _condition(table: _Table) -> str:
    """Return when the clinician door sees a row, "" for a table that is everybody's."""
    # Everything else leads to this table, so it alone names the unit.
    if table.name == "patient":
        return f"{_OF_UNIT} and {_GRANTED}"
    if table.has_patient:
        of_patient = _OF_PATIENT.format(table.name)
        return f"patient is null or {of_patient}" if table.name in OF_NOBODY else of_patient
    if table.has_alert:
        return _OF_ALERT.format(table.name)
    return _OF_ITS_UNIT.get(table.name, "")


def _own_condition(table: _Table) -> str:
    """Return when the patient door sees a row. Unset, every comparison is null: nothing is seen."""
    if table.name == "patient":
        return f"id = {_MINE}"
    if not table.has_patient:
        shared = _OPEN_TO_PATIENT.get(table.name, "true")
        return f"{shared} and {_OF_ALERT.format(table.name)}"
    mine = f"patient = {_MINE}"
    if table.name in _OF_ACCOUNT:
        return f"{mine} or account_holder(connector, account) = {_MINE}"
    return mine


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
