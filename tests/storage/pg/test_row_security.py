"""The second wall: rows of another care unit stay hidden where a query forgets its own scope."""

from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.body_store import Directory
from storage.people import care_team
from storage.people.patients import patient_id
from storage.pg.granting import become
from storage.pg.pool import Connection
from storage.pg.roles import CLINIC, PATIENT_DOOR, TABLES
from storage.pg.row_security import secure_rows, set_granted, set_guest, set_unit
from tests.rows import cells_of
from tests.storage.derived.traces import settle

pytestmark = pytest.mark.anyio

# Independent of the product's own list: any table whose columns lead to a patient.
_OPEN = """
select distinct t.table_schema || '.' || t.table_name
from information_schema.tables t
join information_schema.columns k using (table_schema, table_name)
join pg_class c on c.oid = format('%I.%I', t.table_schema, t.table_name)::regclass
where t.table_schema in ('public', 'identity') and t.table_type = 'BASE TABLE'
and not c.relispartition
and (k.column_name in ('patient', 'alert') or t.table_name = 'patient')
and not (c.relrowsecurity and c.relforcerowsecurity and exists (
  select from pg_policy p where p.polrelid = c.oid and 'kadens_clinic'::regrole = any(p.polroles)))
order by 1"""
_READABLE = """
select replace(c.oid::regclass::text, 'public.', '') from pg_class c
join pg_attribute a on a.attrelid = c.oid
where a.attname = 'patient' and c.relrowsecurity
and has_column_privilege('kadens_clinic', c.oid, a.attnum, 'select') order by 1"""


async def _as_clinic(conn: Connection, unit: str) -> None:
    """Act as the clinician door does in a transaction; "" is without a unit."""
    await conn.execute(SQL("set role {}").format(Identifier(CLINIC)))
    if unit:
        await set_unit(conn, unit)


async def _two_units(conn: Connection, store: Path) -> None:
    """Fill every table for a patient of "unit", and leave "other" without patients."""
    await settle(conn, Directory(store), "somebody")
    await care_team.add_unit(conn, "other")
    await conn.commit()


async def _owner_of_rows(conn: Connection, table: str) -> set[int | None]:
    query = SQL("select distinct patient from {}").format(Identifier(*table.split(".")))
    return set(cells_of(await (await conn.execute(query)).fetchall(), 0))


async def test_every_table_that_leads_to_a_patient_has_a_forced_policy(conn: Connection) -> None:
    # `sample` is written by COPY, which PostgreSQL refuses where there are policies: see below
    assert cells_of(await (await conn.execute(_OPEN)).fetchall(), 0) == ["public.sample"]


@pytest.mark.parametrize("role", [CLINIC, PATIENT_DOOR])
async def test_no_door_may_read_the_one_table_without_policies(conn: Connection, role: str) -> None:
    may = "select has_any_column_privilege(%s, 'public.sample', 'select')"
    assert await (await conn.execute(may, [role])).fetchone() == (False,)
    await conn.execute(SQL("set role {}").format(Identifier(role)))
    # without the search path of its connections a door reads nothing, rather than everything
    with pytest.raises(InsufficientPrivilege):
        await conn.execute("select from sample")


async def test_samples_of_another_unit_do_not_show(conn: Connection, tmp_path: Path) -> None:
    await _two_units(conn, tmp_path)
    ((stored,),) = await (await conn.execute("select count(*) from sample")).fetchall()
    assert stored > 300
    for unit, wanted in (("unit", stored), ("other", 0), ("", 0)):
        await become(conn, CLINIC)
        if unit:
            await set_unit(conn, unit)
        assert await (await conn.execute("select count(*) from sample")).fetchone() == (wanted,)
        await conn.rollback()


async def test_support_staff_and_guests_see_samples_of_whom_they_were_let_see(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    number = await patient_id(conn, "somebody")
    await conn.execute("delete from unit_sharing")
    await conn.commit()
    query = "select count(*) > 0 from sample"
    for granted, is_shown in (([number], True), ([], False), ([number + 1], False)):
        await become(conn, CLINIC)
        await set_unit(conn, "unit")
        await set_granted(conn, granted)
        assert await (await conn.execute(query)).fetchone() == (is_shown,), granted
        await conn.rollback()
    # nobody is shared with the guest's unit
    await become(conn, CLINIC)
    await set_guest(conn, "unit", "other", "c-9", 0)
    assert await (await conn.execute(query)).fetchone() == (False,)


async def test_lines_of_the_log_about_another_units_patient_do_not_show(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    lines = "select count(*) from audit"
    about = "select count(*) from audit where patient is not null"
    ((written,),) = await (await conn.execute(about)).fetchall()
    assert written >= 1
    for unit, wanted in (("unit", written), ("other", 0), ("", 0)):
        await _as_clinic(conn, unit)
        assert await (await conn.execute(lines)).fetchone() == (wanted,), unit
        await conn.rollback()


async def test_a_table_that_is_new_gets_its_policies(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await conn.execute("create table newcomer (patient int)")
    monkeypatch.setitem(TABLES, "newcomer", TABLES["review"])
    await secure_rows(conn)
    rows = await (await conn.execute(_OPEN)).fetchall()
    assert "public.newcomer" not in cells_of(rows, 0)


async def test_a_policy_that_is_none_of_ours_is_removed(conn: Connection) -> None:
    await conn.execute("create policy hole on fact to kadens_clinic using (true)")
    await secure_rows(conn)
    count = "select count(*) from pg_policy where polname = 'hole'"
    assert await (await conn.execute(count)).fetchone() == (0,)


async def test_a_forgotten_where_shows_nothing_of_another_unit(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    tables = cells_of(await (await conn.execute(_READABLE)).fetchall(), 0)
    assert len(tables) > 20
    everybody = await (await conn.execute("select id from patient")).fetchall()
    for unit, wanted in (("unit", set(cells_of(everybody, 0))), ("other", set()), ("", set())):
        await _as_clinic(conn, unit)
        seen: set[int | None] = set()
        for table in tables:
            seen |= await _owner_of_rows(conn, table)
        await conn.rollback()
        assert seen - {None} == wanted, unit


async def test_findings_of_another_units_alert_do_not_show(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    for unit, is_shown in (("unit", True), ("other", False), ("", False)):
        await _as_clinic(conn, unit)
        seen = await (await conn.execute("select count(*) > 0 from alert_finding")).fetchone()
        await conn.rollback()
        assert seen == (is_shown,), unit


async def test_the_unit_ends_with_its_transaction(conn: Connection, tmp_path: Path) -> None:
    await _two_units(conn, tmp_path)
    await _as_clinic(conn, "unit")
    await conn.commit()
    await conn.execute(SQL("set role {}").format(Identifier(CLINIC)))
    assert await (await conn.execute("select count(*) from patient")).fetchone() == (0,)


async def test_nothing_is_written_to_another_units_patient(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    row = await (
        await conn.execute("select id from patient where pseudonym = 'somebody'")
    ).fetchone()
    await _as_clinic(conn, "other")
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        await conn.execute(
            "insert into patient_label (patient, kind, text) values (%s, 'tag', 'a')",
            row,
        )
    await conn.rollback()
    await _as_clinic(conn, "other")
    changed = await conn.execute("update alert set assignee = 'a'")
    assert changed.rowcount == 0


async def test_a_refused_request_names_the_patient_whom_the_door_does_not_see(
    conn: Connection, tmp_path: Path
) -> None:
    await _two_units(conn, tmp_path)
    await _as_clinic(conn, "other")
    entry = audit.AuditEntry(
        at_ms=0,
        actor=audit.Actor(subject="a", role="clinician", care_unit="other"),
        action=AuditAction.DATA_REFUSED,
        patient="somebody",
    )
    await audit.write_refused_entry(conn, entry)
    await conn.execute("reset role")
    named = """
    select p.pseudonym from audit a join patient p on p.id = a.patient
    where a.action = 'data.refused'"""
    assert await (await conn.execute(named)).fetchall() == [("somebody",)]


async def test_samples_of_the_log_are_their_units_own(conn: Connection, tmp_path: Path) -> None:
    await _two_units(conn, tmp_path)
    await conn.execute("delete from audit_sampled")
    await conn.execute("delete from audit_sample")
    drawn = (
        "insert into audit_sample (drawn_at, drawn_by, since_at, until_at, seed, due_at, care_unit)"
        " select now(), 's', now(), now() + interval '1 s', 1, now(), {} returning id"
    )
    for unit in ("null", "(select id from care_unit where name = 'unit')"):
        await conn.execute(drawn.format(unit).replace(" returning id", ""))
    await conn.execute("insert into audit_sampled (sample, audit) select id, 1 from audit_sample")
    await conn.commit()
    for unit, wanted in (("unit", 1), ("other", 0), ("", 0)):
        await _as_clinic(conn, unit)
        for table in ("audit_sample", "audit_sampled"):
            counted = await conn.execute(SQL("select count(*) from {}").format(Identifier(table)))
            assert await counted.fetchone() == (wanted,), (unit, table)
        await conn.rollback()
    await _as_clinic(conn, "other")
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        await conn.execute(drawn.format("(select min(id) from care_unit where name = 'unit')"))
