"""The command that removes what erased patients leave in the database's files."""

from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data
from kadens.output.terminal import print_note
from storage.pg.rewriting import rewrite_tables


def vacuum_tables(*, data: Data = DEFAULT_DATA) -> None:
    """Remove the bytes of erased patients from the files.

    PostgreSQL keeps the bytes of deleted rows in its files until it needs the room. This writes all
    tables anew. Each is locked meanwhile, so run it when few use Kadens, after erasures. It needs
    the login that migrates.
    """
    run(rewrite_tables(settings_of(data).database))
    print_note("all tables are written anew; the write-ahead log goes with the next checkpoints")
