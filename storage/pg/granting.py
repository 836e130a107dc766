"""Makes the roles on a server, grants what `TABLES` says, and lets a connection act as a role."""

from psycopg import AsyncConnection, errors
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed, Identifier

from storage.pg.roles import AUDIT_OWNER, CLINIC, OWN, PROCESSES, ROLES, TABLES

# Another database of the same server may be making the role at the same moment.
_CREATE = (
    "do $$ begin create role {} nologin; "
    "exception when duplicate_object or unique_violation then null; end $$"
)
_LOGIN = (
    "do $$ begin create role {} login; "
    "exception when duplicate_object or unique_violation then null; end $$"
)
_MISSING = (
    "select name from unnest(%s::text[]) as name "
    "where not exists (select from pg_roles where rolname = name)"
)
_HANDED_OVER = (
    "select pg_get_userbyid(relowner) from pg_class where oid = to_regclass('public.audit')"
)
_THERE = (
    "select name from unnest(%s::text[]) as name where to_regclass(name) is not null order by name"
)
# The clinician door may read samples only through the views of this schema.
_OF_UNIT_FIRST = "set search_path = of_unit, public"
_ACTING = "select current_user, session_user, current_setting('is_superuser')"


class RoleError(RuntimeError):
    """A login may not take the role of its process, or the roles do not exist.

    The text has the command that an administrator must run.
    """


async def become(conn: AsyncConnection[TupleRow], role: str) -> None:
    """Let a connection act as `role` from now on.

    Raises `RoleError` when the login may not take the role, or when the role is a superuser.
    """
    try:
        await conn.execute(SQL("set role {}").format(Identifier(role)))
        if role == CLINIC:
            await conn.execute(_OF_UNIT_FIRST)
    except (
        errors.InsufficientPrivilege,
        errors.InvalidParameterValue,
        errors.UndefinedObject,
    ) as error:
        await conn.rollback()  # the error has aborted a transaction that was open
        row = await (await conn.execute(_ACTING)).fetchone()
        login = row[1] if row else ""
        raise RoleError(
            f"the database login {login} may not act as {role}. "
            f"As an administrator: grant {role} to {login}; (`kadens migrate` makes the role)"
        ) from error
    row = await (await conn.execute(_ACTING)).fetchone()
    # a superuser passes every check of the server, so the grants would mean nothing
    if row is None or row[0] != role or row[2] != "off":
        raise RoleError(
            f"the database role {role} is a superuser: `alter role {role} nosuperuser` first"
        )


async def create_roles(conn: AsyncConnection[TupleRow]) -> None:
    """Make the roles that are missing on this server.

    Raises `RoleError` when the login may not make them. The text has the commands for an
    administrator.
    """
    rows = await (await conn.execute(_MISSING, [list(ROLES)])).fetchall()
    missing = [name for (name,) in rows]
    try:
        for name in missing:
            await conn.execute(SQL(_CREATE).format(Identifier(name)))
    except errors.InsufficientPrivilege as error:
        wanted = " ".join(f"create role {name} nologin;" for name in missing)
        raise RoleError(
            "database roles are missing and may not be made by this login. As an administrator: "
            f"{wanted} Then run `kadens migrate` once as that administrator."
        ) from error


async def process_logins(dsn: str, where: str) -> dict[str, str]:
    """Make a login for each process, without a password; return each login's DSN by role.

    This is for a server that trusts connections through its socket. `where` is `dsn` with limits
    for waiting (see `pool.address`).
    """
    made = {}
    async with await AsyncConnection.connect(where, autocommit=True) as conn:
        for role in PROCESSES:
            login = f"{role}_login"
            await conn.execute(SQL(_LOGIN).format(Identifier(login)))
            await conn.execute(SQL("grant {} to {}").format(Identifier(role), Identifier(login)))
            made[role] = make_conninfo(dsn, user=login)
    return made


async def handed_over(conn: AsyncConnection[TupleRow]) -> bool:
    """Return whether migration 0016 has given the tables to the migration role."""
    row = await (await conn.execute(_HANDED_OVER)).fetchone()
    return row is not None and row[0] == AUDIT_OWNER


async def grant_all(conn: AsyncConnection[TupleRow]) -> None:
    """Set the grants on the tables of the migration role to exactly those of `TABLES`."""
    wanted = sorted(TABLES.keys() - OWN)
    statements: list[Composable] = []
    for (name,) in await (await conn.execute(_THERE, [wanted])).fetchall():
        statements += _grants(name)
    # one transaction: between "revoke" and "grant" no process may find a table closed
    async with conn.transaction():
        await conn.execute(Composed(statements))


def _grants(table: str) -> list[Composable]:
    access, name = TABLES[table], Identifier(*table.split("."))
    roles = SQL(", ").join(map(Identifier, PROCESSES))
    parts: list[Composable] = [SQL("revoke all on {} from {};").format(name, roles)]
    for role, verbs in zip(PROCESSES, access, strict=True):
        if verbs:
            parts.append(SQL(f"grant {verbs} on {{}} to {{}};").format(name, Identifier(role)))
    return parts
