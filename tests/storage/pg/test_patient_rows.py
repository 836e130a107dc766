"""The second wall at the patient door: rows of one patient, whatever a query forgets to ask for."""

from datetime import date
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from storage.alerts import notes
from storage.bodies.body_store import Directory
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from storage.pg.roles import PATIENT_DOOR
from storage.pg.row_security import owner_seen, set_owner_of, set_patient
from storage.reads import own_data
from tests.rows import cells_of
from tests.storage.derived.traces import settle

pytestmark = pytest.mark.anyio

# Independent of the product's own list: any table whose columns lead to a patient.
_OPEN_TO_ALL = """
select distinct t.table_schema || '.' || t.table_name
from information_schema.tables t
join information_schema.columns k using (table_schema, table_name)
join pg_class c on c.oid = format('%I.%I', t.table_schema, t.table_name)::regclass
where t.table_schema in ('public', 'identity') and t.table_type = 'BASE TABLE'
and not c.relispartition
and (k.column_name in ('patient', 'alert') or t.table_name = 'patient')
and not (c.relrowsecurity and c.relforcerowsecurity and 1 = (
  select count(*) from pg_policy p where p.polrelid = c.oid
  and 'kadens_patient'::regrole = any(p.polroles)
  and pg_get_expr(p.polqual, c.oid) <> 'true'))
order by 1"""
_READ = """
select replace(c.oid::regclass::text, 'public.', '') from pg_class c
join pg_attribute a on a.attrelid = c.oid
where a.attname = 'patient' and c.relrowsecurity
and has_column_privilege('kadens_patient', c.oid, a.attnum, 'select') order by 1"""
_LONG_AGO = date(2000, 1, 1)


async def _act(conn: Connection, patient: str = "") -> None:
    """Act as the patient door does in a transaction; "" is without a patient."""
    number = await patient_id(conn, patient) if patient else 0
    await conn.execute(SQL("set local role {}").format(Identifier(PATIENT_DOOR)))
    if patient:
        await set_patient(conn, number)


async def _two_patients(conn: Connection, store: Path) -> None:
    for patient in ("mine", "theirs"):
        await settle(conn, Directory(store), patient)
    await conn.commit()


async def _seen(conn: Connection) -> set[int | None]:
    """Return whose rows a query without any `where` sees, over all tables of the door."""
    owners: set[int | None] = set()
    tables = cells_of(await (await conn.execute(_READ)).fetchall(), 0)
    assert len(tables) > 12
    for table in tables:
        query = SQL("select distinct patient from {}").format(Identifier(*table.split(".")))
        owners |= set(cells_of(await (await conn.execute(query)).fetchall(), 0))
    people = await conn.execute("select id from patient")
    return owners | set(cells_of(await people.fetchall(), 0))


async def test_every_table_that_leads_to_a_patient_has_a_policy_of_its_own_for_the_door(
    conn: Connection,
) -> None:
    # the door may not read `sample`
    unguarded = cells_of(await (await conn.execute(_OPEN_TO_ALL)).fetchall(), 0)
    assert unguarded == ["public.sample"]
    may = "select has_table_privilege('kadens_patient', 'sample', 'select')"
    assert await (await conn.execute(may)).fetchone() == (False,)


async def test_a_query_that_forgets_its_patient_sees_the_rows_of_one(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_patients(conn, tmp_path)
    for patient in ("mine", "theirs"):
        number = await patient_id(conn, patient)
        await _act(conn, patient)
        assert await _seen(conn) == {number}
        await conn.rollback()
    await _act(conn)
    assert await _seen(conn) == set()


async def test_the_patient_ends_with_the_transaction(conn: Connection, tmp_path: Path) -> None:
    await _two_patients(conn, tmp_path)
    await _act(conn, "mine")
    await conn.commit()
    await _act(conn)
    assert await _seen(conn) == set()


async def test_queries_of_the_door_without_their_own_where_show_nobody_else(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_patients(conn, tmp_path)
    number = await patient_id(conn, "mine")
    right = await _pages(conn, number)
    for name in ("_WEEKS", "_SESSIONS", "_READERS"):
        query = getattr(own_data, name)
        planted = query.replace(".patient = %(patient)s", ".patient is not null")
        assert planted != query
        monkeypatch.setattr(own_data, name, planted)
    # the planted bug shows the other patient to a role that passes
    assert await _pages(conn, number) != right
    await conn.rollback()
    await _act(conn, "mine")
    assert await _pages(conn, number) == right


async def _pages(conn: Connection, number: int) -> list[object]:
    return [
        await own_data.own_weeks(conn, number, _LONG_AGO),
        await own_data.own_sessions(conn, number, _LONG_AGO, 100),
        await own_data.own_readers(conn, number, 100),
    ]


async def test_only_notes_that_are_shared_are_seen(conn: Connection, tmp_path: Path) -> None:
    await _two_patients(conn, tmp_path)
    alerts = await conn.execute(
        "select p.pseudonym, a.id::text from alert a join patient p on p.id = a.patient"
    )
    await conn.execute("delete from alert_note")
    for patient, alert in await alerts.fetchall():
        for is_shared in (True, False):
            text = f"{patient} {is_shared}"
            await notes.put_note(conn, alert, "c-1", text, 1_000, is_shared=is_shared)
    await _act(conn, "mine")
    texts = await conn.execute("select distinct text from alert_note")
    assert cells_of(await texts.fetchall(), 0) == ["mine True"]


async def test_nothing_is_written_to_another_patient(conn: Connection, tmp_path: Path) -> None:
    await _two_patients(conn, tmp_path)
    theirs = await patient_id(conn, "theirs")
    await _act(conn, "mine")
    ended = await conn.execute(
        "update patient_session set ended_at = now() where patient = %s", [theirs]
    )
    assert ended.rowcount == 0
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        await conn.execute(
            "insert into consent (patient, vendor, given_at, recorded_at) "
            "values (%s, 'v', now(), now())",
            [theirs],
        )


async def test_a_secret_opens_its_owner_and_a_block_gives_back_who_was_seen(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_patients(conn, tmp_path)
    digests = await conn.execute(
        "select s.digest from patient_session s join patient p on p.id = s.patient "
        "where p.pseudonym = 'theirs'"
    )
    [theirs] = cells_of(await digests.fetchall(), 0)
    await _act(conn, "mine")
    seen = []
    for secret in (theirs, "0" * 64, ""):
        async with owner_seen(conn, secret):
            seen.append(await _names(conn))
        seen.append(await _names(conn))
    assert seen == [["theirs"], ["mine"], [], ["mine"], [], ["mine"]]
    await set_owner_of(conn, theirs)
    assert await _names(conn) == ["theirs"]


async def _names(conn: Connection) -> list[str]:
    return cells_of(await (await conn.execute("select pseudonym from patient")).fetchall(), 0)
