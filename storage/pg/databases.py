"""Makes the database that a connection string names, where the server has none of that name."""

from psycopg import AsyncConnection, OperationalError, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

_MAINTENANCE = "postgres"
_THERE = "select exists (select from pg_database where datname = %s)"


async def make_database(dsn: str) -> bool:
    """Make the database of a connection string unless it is there; return whether it was made.

    Nothing is made where the server has no database for maintenance, or does not let us in: whoever
    connects next says why.
    """
    name = str(conninfo_to_dict(dsn).get("dbname") or "")
    if not name or name == _MAINTENANCE:
        return False
    try:
        # a server may be away for good: a restore must say so soon
        where = make_conninfo(dsn, dbname=_MAINTENANCE, connect_timeout=10)
        async with await AsyncConnection.connect(where, autocommit=True) as conn:
            row = await (await conn.execute(_THERE, [name])).fetchone()
            # there already, perhaps with data: whether it may be used is decided elsewhere
            if row is None or row[0]:
                return False
            await conn.execute(SQL("create database {}").format(Identifier(name)))
    except (OperationalError, errors.InsufficientPrivilege, errors.DuplicateDatabase):
        return False
    return True
