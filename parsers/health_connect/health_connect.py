"""Health Connect's export to facts: the database itself, or a piece of one. Pure."""

from collections.abc import Iterator

from model.codec import loads
from model.errors import BodyError
from model.facts import Fact, Reject, RejectKind
from model.received import Context, Part
from parsers.fields import JsonObject, Unreadable, body_error, grouped, object_of, rejects
from parsers.health_connect.batches import Batch, Names, sample_batches
from parsers.health_connect.database import MAGIC, Database
from parsers.health_connect.facts import facts_of_batch
from parsers.health_connect.pieces import PIECE_BEGIN, batch_of, rejects_of
from parsers.health_connect.sessions import session_batches
from parsers.health_connect.tables import RECORD_TABLES, unread_tables


def is_health_connect(head: bytes) -> bool:
    """Return whether a file is an SQLite database or a piece of an export, by its first bytes."""
    return head.startswith((MAGIC, PIECE_BEGIN))


def read_health_connect(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of an export; BodyError where it is no database of Health Connect.

    The account is empty: the envelope knows it. Of a damaged database the rows before the damage
    are read.
    """
    if payload.startswith(PIECE_BEGIN):
        yield _of_piece(payload)
        return
    database = Database.of_bytes(payload)
    try:
        yield _of_database(database)
    finally:
        database.close()


def _of_piece(payload: bytes) -> Part:
    errors: list[Unreadable] = []
    try:
        piece = object_of(_json(payload), "body")
        if "unread" in piece:
            return _of_unread(piece)
        facts = tuple(facts_of_batch(batch_of(piece), errors))
    except Unreadable as error:
        raise body_error(error) from error
    return Part(account="", facts=facts, rejects=rejects(errors))


def _json(payload: bytes) -> object:
    try:
        return loads(payload)
    except ValueError as error:
        raise BodyError("@0", "a piece of an export that is not JSON") from error


def _of_unread(piece: JsonObject) -> Part:
    refused = rejects_of(piece)
    damaged = [reject for reject in refused if reject.kind is RejectKind.DAMAGED]
    return Part(account="", facts=(), rejects=refused, complete=not damaged)


def _of_database(database: Database) -> Part:
    facts: list[Fact] = []
    refused: list[Reject] = []
    # Each batch is read before the next one is fetched, so that its rows are in memory alone.
    for batch in all_batches(database):
        errors: list[Unreadable] = []
        facts += facts_of_batch(batch, errors)
        # there may be an error for each row, and millions of rows
        refused += rejects(errors)
    every = (*grouped(refused), *unread_of(database))
    return Part(account="", facts=tuple(facts), rejects=every, complete=not database.damage)


def all_batches(database: Database) -> Iterator[Batch]:
    """Yield every batch of a database; BodyError where it is not one of Health Connect."""
    if not RECORD_TABLES & database.tables.keys():
        damage = database.damage[0].why if database.damage else ""
        why = damage or "an SQLite database without the tables of Health Connect"
        raise BodyError("@0", why, RejectKind.DAMAGED if damage else RejectKind.UNKNOWN)
    # Sessions first: of a damaged database their table is what matters most.
    names = Names.of(database)
    yield from session_batches(database, names)
    yield from sample_batches(database, names)


def unread_of(database: Database) -> tuple[Reject, ...]:
    """Return what was not read of a database, by its tables."""
    refused = [
        Reject(where=damage.table or "@0", why=damage.why, kind=RejectKind.DAMAGED)
        for damage in database.damage
    ]
    for table, why in unread_tables(database):
        refused += [Reject(where=table, why=why, kind=RejectKind.UNKNOWN)]
    return tuple(refused)
