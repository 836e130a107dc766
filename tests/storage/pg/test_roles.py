"""Each role may do what its row of the table states, and nothing else."""

import asyncio
import re
from itertools import product

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from storage.pg.granting import RoleError, become, process_logins
from storage.pg.migrate import MigrationError, migrate
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import (
    ADMIN,
    AUDIT_OWNER,
    CLINIC,
    FETCHER,
    MIGRATE,
    OWN,
    PATIENT_DOOR,
    PROCESSES,
    ROLES,
    TABLES,
    WORKER,
    Access,
)

pytestmark = pytest.mark.anyio

_TABLES = """
select replace(c.oid::regclass::text, 'public.', ''), pg_get_userbyid(c.relowner) from pg_class c
where c.relnamespace in ('public'::regnamespace, 'identity'::regnamespace) \
and c.relkind in ('r', 'p')
and not c.relispartition"""
_GRANTS = """
select lower(a.privilege_type), '' from pg_class c, aclexplode(c.relacl) a
where c.oid = %(table)s::regclass and a.grantee = %(role)s::regrole
union all
select lower(a.privilege_type), t.attname from pg_attribute t, aclexplode(t.attacl) a
where t.attrelid = %(table)s::regclass and a.grantee = %(role)s::regrole"""

_FORBIDDEN: dict[str, tuple[str, ...]] = {
    WORKER: (
        "select * from audit",
        "insert into audit (at, actor, role, action) values (now(), 'a', 'r', 'data.read')",
        "select * from identity.person",
        "insert into identity.data_key values (1, '')",
        "update identity.data_key set wrapped = ''",
        "select * from clinic_session",
        "update patient set zone = 'UTC'",
        "delete from patient",
        (
            "insert into consent (patient, vendor, given_at, recorded_at) "
            "values (1, 'v', now(), now())"
        ),
        "update prescription set version = 2",
        "insert into account (vendor, account, patient, linked_at) values ('v', 'a', 1, now())",
        "update alert_move set actor = 'nobody'",
        "select audit_forget(1, 1)",
        "insert into erasure (at) values (now())",
        "create table more (x int)",
        "alter table sample add column x int",
        "drop table fact",
        "truncate fact",
        "select * from vendor_connection",
        "create role more",
        "insert into schema_migration (version, name, checksum) values (99, 'n', 'c')",
    ),
    CLINIC: (
        "update audit set actor = 'nobody'",
        "delete from audit",
        "truncate audit",
        (
            "insert into audit (at, actor, role, action, recorded_at) "
            "values (now(), 'a', 'r', 'data.read', now())"
        ),
        (
            "insert into audit (id, at, actor, role, action) overriding system value "
            "values (1, now(), 'a', 'r', 'x.y')"
        ),
        "select audit_forget(1, 1)",
        "insert into fact select * from fact",
        "update sample set value = 1",
        "delete from body",
        "select * from account",
        "select * from quarantine",
        "select * from outbox",
        (
            "insert into consent (patient, vendor, given_at, recorded_at) "
            "values (1, 'v', now(), now())"
        ),
        "update identity.person set sealed = ''",
        "update patient set care_unit = 2",
        "update alert set sentence = ''",
        "delete from alert",
        "insert into care_unit (name) values ('more')",
        "delete from clinician",
        "create table more (x int)",
        "create role more",
    ),
    ADMIN: (
        "update audit set actor = 'nobody'",
        "update audit set patient = null, erasure = 1, object = '', detail = '{}'",
        "delete from audit",
        "truncate audit",
        "alter table audit disable trigger all",
        "drop trigger audit_append_only on audit",
        "insert into audit_action values ('more.more')",
        "delete from erasure",
        "update erasure set at = now()",
        "insert into clinic_session select * from clinic_session",
        "update schema_migration set checksum = ''",
        "alter table patient add column x int",
        "create table more (x int)",
        "create role more",
    ),
    FETCHER: (
        "select * from audit",
        "select * from identity.person",
        "select * from fact",
        "select * from body",
        "select * from alert",
        "insert into vendor_fetch select * from vendor_fetch",
        "insert into vendor_connection select * from vendor_connection",
        "insert into account (vendor, account, patient, linked_at) values ('v', 'a', 1, now())",
        "delete from consent",
        "update patient set zone = 'UTC'",
        "create table more (x int)",
    ),
    PATIENT_DOOR: (
        "select * from identity.person",
        "select * from fact",
        "select * from body",
        "select * from alert",
        "select * from sample",
        "select sealed from quarantine",
        "delete from vendor_fetch",
        "delete from vendor_invitation",
        "update account set patient = 1",
        "delete from account",
        "delete from consent",
        "update consent set given_at = now()",
        "update patient set zone = 'UTC'",
        "delete from audit",
        "create table more (x int)",
    ),
    MIGRATE: (
        "select * from audit",
        "insert into audit (at, actor, role, action) values (now(), 'a', 'r', 'data.read')",
        "update audit set actor = 'nobody'",
        "delete from audit",
        "truncate audit",
        "alter table audit disable trigger all",
        "drop table audit",
        "drop trigger audit_append_only on audit",
        (
            "create or replace function audit_is_append_only() returns trigger language "
            "plpgsql as 'begin return new; end'"
        ),
        "update audit_action set action = 'more.more'",
        "delete from erasure",
        "select audit_forget(1, 1)",
        "grant kadens_audit to kadens_migrate",
        "create role more",
        "alter role kadens_worker superuser",
    ),
}
_CASES: list[tuple[str, str]] = []
for _role, _statements in _FORBIDDEN.items():
    _CASES += product([_role], _statements)


def verbs(access: str) -> set[tuple[str, str]]:
    """Return the words of a grant as pairs of verb and column ("" is the table)."""
    granted = set()
    for verb, columns in re.findall(r"(\w+)(?: \(([^)]*)\))?(?:, |$)", access):
        granted |= {(verb, column) for column in columns.replace('"', "").split(", ")}
    return granted


def test_words_of_a_grant_are_read() -> None:
    assert verbs("select, update (a, b)") == {("select", ""), ("update", "a"), ("update", "b")}
    assert verbs("") == set()


async def test_every_table_has_a_row_and_an_owner_that_is_no_process(conn: Connection) -> None:
    owners: dict[str, str] = dict(await (await conn.execute(_TABLES)).fetchall())
    assert owners.keys() == TABLES.keys()
    assert owners == {name: AUDIT_OWNER if name in OWN else MIGRATE for name in owners}


@pytest.mark.parametrize("table", sorted(TABLES))
async def test_grants_are_those_of_the_table(conn: Connection, table: str) -> None:
    access: Access = TABLES[table]
    for role, wanted in zip(PROCESSES, access, strict=True):
        rows = await (await conn.execute(_GRANTS, {"table": table, "role": role})).fetchall()
        assert set(rows) == verbs(wanted), role


async def test_no_role_logs_in_or_is_a_superuser_and_nobody_is_the_audits_owner(
    conn: Connection,
) -> None:
    attributes = "rolsuper, rolcanlogin, rolcreaterole, rolbypassrls"
    query = f"select rolname, {attributes} from pg_roles where rolname = any(%s)"  # noqa: S608
    rows = await (await conn.execute(query, [list(ROLES)])).fetchall()
    assert sorted(rows) == sorted((role, False, False, False, False) for role in ROLES)
    members = "select count(*) from pg_auth_members where roleid = %s::regrole"
    assert await (await conn.execute(members, [AUDIT_OWNER])).fetchone() == (0,)


@pytest.mark.promise(4)
@pytest.mark.parametrize(
    ("role", "statement"), _CASES, ids=[f"{role}: {text[:60]}" for role, text in _CASES]
)
async def test_what_a_role_may_not_do(conn: Connection, role: str, statement: str) -> None:
    await conn.execute(SQL("set role {}").format(Identifier(role)))
    with pytest.raises(InsufficientPrivilege):
        await conn.execute(statement.encode())


async def test_a_process_acts_in_its_role_whoever_logs_in(dsn: str) -> None:
    for role, own in (await process_logins(dsn, dsn)).items():
        for login in (dsn, own):
            async with (
                await open_pool(login, max_size=1, role=role) as pool,
                pool.connection() as conn,
            ):
                row = await (
                    await conn.execute("select current_user, current_setting('is_superuser')")
                ).fetchone()
            assert row == (role, "off")


async def test_a_login_of_another_process_is_refused_with_what_to_do(dsn: str) -> None:
    logins = await process_logins(dsn, dsn)
    with pytest.raises(
        RoleError, match=r"kadens_clinic_login may not act as kadens_worker.*grant kadens_worker to"
    ):
        await open_pool(logins[CLINIC], role=WORKER)


async def test_a_role_that_is_a_superuser_is_refused(dsn: str) -> None:
    async with await AsyncConnection.connect(dsn) as conn:
        await conn.execute("alter role kadens_worker superuser")
        with pytest.raises(RoleError, match="is a superuser"):
            await become(conn, WORKER)
        await conn.rollback()


async def test_databases_of_one_server_make_their_roles_at_the_same_moment(embedded: str) -> None:
    names = [f"kadens_many_{n}" for n in range(6)]
    with psycopg.connect(embedded, autocommit=True) as conn:
        for name in names:
            conn.execute(SQL("create database {} template template0").format(Identifier(name)))
    try:
        done = await asyncio.gather(
            *(migrate(make_conninfo(embedded, dbname=name)) for name in names)
        )
        for files in done:
            assert files[-1].startswith("common/")
    finally:
        with psycopg.connect(embedded, autocommit=True) as conn:
            for name in names:
                conn.execute(SQL("drop database {} with (force)").format(Identifier(name)))


async def test_a_login_that_may_not_hand_over_is_told_what_an_administrator_runs(
    empty: str,
) -> None:
    with psycopg.connect(empty, autocommit=True) as conn:
        conn.execute("drop role if exists plain_login")
        conn.execute("create role plain_login login")
        conn.execute("grant all on schema public to plain_login")
        conn.execute(
            SQL("grant all on database {} to plain_login").format(Identifier(conn.info.dbname))
        )
    with pytest.raises(
        MigrationError,
        match="as an administrator: grant kadens_migrate, kadens_audit to plain_login",
    ):
        await migrate(make_conninfo(empty, user="plain_login"))
