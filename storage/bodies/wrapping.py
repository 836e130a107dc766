"""Checks which wrapping keys belong to this database, and wraps its values with the active key.

No key leaves this module. Every column that is sealed with the wrapping key needs an entry in
`PLACES`.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from model.calendar import utc
from model.keyring import Key, KeyRing
from storage.bodies import dead_letters, quarantine
from storage.bodies.sealed import key_of
from storage.fetching.announced_fetches import fetch_owner
from storage.fetching.withdrawals import withdrawal_owner
from storage.pg import crypto, rows
from storage.pg.pool import Connection
from storage.rights.statistic_rows import statistic_key_owner, statistic_row_owner

BATCH = 500  # values of one transaction
UNNAMED = ""  # key id of a value from before keys had ids: any key may open it
_PURPOSE = b"kadens key check\0"
_KNOWN = "select key_id, fingerprint from key_check"
_RECORD = """
insert into key_check (key_id, fingerprint, recorded_at) values (%s, %s, %s) \
on conflict do nothing"""
_SINGLE_EACH = """
select distinct on (k.key_id) p.pseudonym, k.wrapped
from identity.data_key k join patient p on p.id = k.patient order by k.key_id, k.patient"""
_EXISTS = "select to_regclass(%s) is not null"
_MESSAGE = ("cluster", "topic", "part", '"offset"')
_ACCOUNT = ("connector", "account")
_FETCH = ("connector", "account", "resource", "key")
_FOREIGN = (
    "the wrapping keys in the secrets file do not belong to this database: "
    "use the secrets file that was made with it; nothing was written"
)


def _named_in(column: str) -> str:
    """Return SQL for the key id in front of a value of `crypto.wrap_value`, '' if it has none."""
    # the format of `crypto.wrapped_by`: the mark, a byte with the length of the key id, the key id
    begins, id_ = (
        len(crypto.MARK),
        f"encode(substring({column} from 6 for get_byte({column}, 4)), 'escape')",
    )
    return (
        f"case when substring({column} for {begins}) = '\\x{crypto.MARK.hex()}' "
        f"then {id_} else '' end"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLocation:
    """A column whose values are sealed with the wrapping key. Most fields are SQL.

    `what` describes the values to people. `row` are the columns that identify a row. `key_id` is an
    expression for the id of the key that a value needs. `belongs_to` makes the owner that a value
    is sealed for from the values of `names`. `also` is set together with a new value.
    """

    what: str
    table: str
    row: tuple[str, ...]
    names: tuple[str, ...]
    belongs_to: Callable[..., str]
    column: str
    key_id: str
    where: str = "true"
    also: str = ""

    def counts(self) -> str:
        """Return the query for key ids, each with its number of values."""
        return (
            f"select {self.key_id}, count(*) from {self.table} t "  # noqa: S608 - constants
            f"where {self.where} group by 1"
        )

    def stale(self) -> str:
        """Return the query for rows whose value needs another key than %(active)s.

        Its columns are `row`, the value, and `names`, in this order.
        """
        columns = ", ".join((*self.row, self.column, *self.names))
        rest = f"where {self.where} and {self.key_id} <> %(active)s order by {', '.join(self.row)}"
        return (
            f"select {columns} from {self.table} t {rest} "  # noqa: S608 - constants
            "limit %(n)s for update of t"
        )

    def write(self) -> str:
        """Return the statement that sets a new value, %(fresh)s, in the row %(row0)s and so on."""
        row = " and ".join(f"{name} = %(row{n})s" for n, name in enumerate(self.row))
        return (
            f"update {self.table} set {self.column} = "  # noqa: S608 - constants
            f"%(fresh)s{self.also} where {row}"
        )


# Walked in this order, which is the order of locks in `storage`: data keys are last.
PLACES = (
    KeyLocation(
        what="keys of bodies in quarantine",
        table="quarantine",
        row=_MESSAGE,
        names=_MESSAGE,
        belongs_to=lambda *location: key_of(quarantine.quarantine_location(*location)),
        column="wrapped",
        key_id=_named_in("wrapped"),
        where="wrapped is not null",
    ),
    KeyLocation(
        what="bodies in quarantine",  # of an older version, without a key of their own
        table="quarantine",
        row=_MESSAGE,
        names=_MESSAGE[1:],
        belongs_to=quarantine.old_location_of,
        column="sealed",
        key_id=_named_in("sealed"),
        where="wrapped is null",
    ),
    KeyLocation(
        what="keys of dead letters",
        table="dead_letter",
        row=_MESSAGE,
        names=_MESSAGE,
        belongs_to=lambda *location: key_of(dead_letters.letter_location(*location)),
        column="wrapped",
        key_id=_named_in("wrapped"),
        where="wrapped is not null",
    ),
    KeyLocation(
        what="keys of fetches of unlinked accounts",
        table="vendor_fetch",
        row=_FETCH,
        names=_FETCH,
        belongs_to=lambda *names: key_of(fetch_owner(*names)),
        column="wrapped",
        key_id=_named_in("wrapped"),
        where="wrapped is not null",
    ),
    KeyLocation(
        what="keys of erased patients' withdrawals",
        table="vendor_withdrawal",
        row=_ACCOUNT,
        names=_ACCOUNT,
        belongs_to=withdrawal_owner,
        column="wrapped",
        key_id=_named_in("wrapped"),
        where="wrapped is not null",
    ),
    KeyLocation(
        what="rows of statistics",
        table="statistic_row",
        row=("month", "label"),
        names=("encode(label, 'hex')",),
        belongs_to=statistic_row_owner,
        column="sealed",
        key_id=_named_in("sealed"),
    ),
    KeyLocation(
        what="patients' keys of statistics",
        table="identity.statistic_key",
        row=("patient",),
        names=("(select p.pseudonym from patient p where p.id = t.patient)",),
        belongs_to=statistic_key_owner,
        column="wrapped",
        key_id="key_id",
        also=", key_id = %(active)s",
    ),
    KeyLocation(
        what="patients' data keys",
        table="identity.data_key",
        row=("patient",),
        names=("(select p.pseudonym from patient p where p.id = t.patient)",),
        belongs_to="data_key:{}".format,
        column="wrapped",
        key_id="key_id",
        also=", key_id = %(active)s",
    ),
)


class ForeignKeysError(RuntimeError):
    """The wrapping keys of this process are not those of this database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrapProgress:
    """Progress of `rewrap`: values that this call wrapped anew, and values that are left."""

    done: int
    left: int


async def check_keys(conn: Connection, keys: KeyRing, now_ms: int, *, record: bool) -> None:
    """Raise `ForeignKeysError` unless the key ring belongs to this database.

    With `record`, the fingerprints of its keys are stored, but only after the check has passed.
    """
    known: set[tuple[str, bytes]] = set(await (await conn.execute(_KNOWN)).fetchall())
    mine = {(key.id, fingerprint(key)) for key in keys.keys}
    # A common key is enough: after a rotation, the ring and the database know different keys.
    if known and not known & mine:
        raise ForeignKeysError(_FOREIGN)
    for patient, wrapped in await (await conn.execute(_SINGLE_EACH)).fetchall():
        try:
            crypto.unwrap_value(keys, wrapped, f"data_key:{patient}")
        except crypto.SealError as error:
            raise ForeignKeysError(_FOREIGN) from error
    if record:
        for id_, mark in sorted(mine - known):
            await conn.execute(_RECORD, [id_, mark, utc(now_ms)])


def fingerprint(key: Key) -> bytes:
    """Return 32 bytes that identify a key and reveal nothing of it."""
    return hmac.digest(key.secret, _PURPOSE, hashlib.sha256)


async def rewrap(conn: Connection, keys: KeyRing, n: int = BATCH) -> RewrapProgress:
    """Wrap up to `n` values anew with the active key, in the caller's transaction.

    Call it until nothing is left. After an interruption it continues from what was committed.
    Raises `crypto.SealError` when a value does not open.
    """
    done = 0
    for location in PLACES:
        done += await _rewrap(conn, location, keys, n - done)
    left = 0
    for counts in (await key_uses(conn)).values():
        left += sum(counts.values()) - counts.get(keys.active.id, 0)
    return RewrapProgress(done=done, left=left)


async def key_uses(conn: Connection) -> dict[str, Mapping[str, int]]:
    """Return how many values each wrapping key wraps, by `what` of their column and by key id.

    The key id is `UNNAMED` for a value that names none: any key may open it.
    """
    uses: dict[str, Mapping[str, int]] = {}
    for location in PLACES:
        counted = await (await conn.execute(location.counts().encode())).fetchall()
        uses[location.what] = dict(counted)
    return uses


async def used_by_key(conn: Connection) -> dict[str, int]:
    """Return how many values are wrapped with each wrapping key, by key id."""
    used: Counter[str] = Counter()
    for counts in (await key_uses(conn)).values():
        used.update(counts)
    return dict(used)


async def needed_by(conn: Connection, key_id: str) -> list[tuple[str, int]]:
    """Return which values may need the wrapping key of this id, as (description, number)."""
    needed: list[tuple[str, int]] = []
    for what, counts in (await key_uses(conn)).items():
        number = counts.get(key_id, 0) + counts.get(UNNAMED, 0)
        if number:
            needed.append((what, number))
    return needed


async def holds_data(conn: Connection) -> bool:
    """Return whether this database has data that only its own keys can open.

    False for a database without a schema.
    """
    for table in ("patient", *map(attrgetter("table"), PLACES)):
        (exists,) = await rows.fetch_column(conn, _EXISTS, [table])
        # a query of a table that does not exist would abort the transaction
        if exists and await _has_rows(conn, table):
            return True
    return False


async def _has_rows(conn: Connection, table: str) -> bool:
    cursor = await conn.execute(f"select from {table} limit 1".encode())
    return await cursor.fetchone() is not None


async def _rewrap(conn: Connection, values: KeyLocation, keys: KeyRing, n: int) -> int:
    active, width = keys.active.id, len(values.row)
    stale = await (
        await conn.execute(values.stale().encode(), {"active": active, "n": n})
    ).fetchall()
    parameters = [f"row{number}" for number in range(width)]
    fresh: list[dict[str, object]] = []
    for row in stale:
        belongs_to = values.belongs_to(*row[width + 1 :])
        plain = crypto.unwrap_value(keys, row[width], belongs_to)
        again = crypto.wrap_value(keys, plain, belongs_to)
        key = dict(zip(parameters, row[:width], strict=True))
        fresh.append({"active": active, "fresh": again, **key})
    async with conn.cursor() as cursor:
        await cursor.executemany(values.write().encode(), fresh)
    return len(stale)
