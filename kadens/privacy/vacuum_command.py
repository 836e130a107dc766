"""The command that removes what erased patients leave in the database's files."""

from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data
from kadens.output.terminal import fail, print_note
from storage.pg.rewriting import NotOwnerError, rewrite_tables
from storage.pg.write_ahead import LogKeptError, overwrite_old_log


def vacuum_tables(*, data: Data = DEFAULT_DATA) -> None:
    """Remove the bytes of erased patients from the files.

    PostgreSQL keeps the bytes of deleted rows in its files until it needs the room. This writes all
    tables anew, and writes over the write-ahead log. Each table is locked meanwhile, so run it when
    few use Kadens, after erasures. It needs the login that migrates, and for the write-ahead log
    rights of the server, without which a note says that it stays.
    """
    dsn = settings_of(data, migrates=True).database
    try:
        run(rewrite_tables(dsn))
    except NotOwnerError as error:
        fail(str(error))
    print_note(f"all tables are written anew; {_of_log(dsn)}")


def _of_log(dsn: str) -> str:
    """Write over the write-ahead log of before, and say what is left of it."""
    try:
        kept = run(overwrite_old_log(dsn))
    except LogKeptError:
        return "the write-ahead log stays as it is, because this login may not write over it"
    if not kept:
        return "nothing is left of the write-ahead log of before"
    of_server = "for an archive, a standby, a replication slot or wal_keep_size"
    return f"files of the write-ahead log that the server keeps {of_server}: {kept}"
