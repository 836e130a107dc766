"""A batch as a document, which is a piece of a large export, and the batch that a document holds.

The last piece of an export tells what of it could not be read.

    {"health_connect_rows":1,"kind":"steps","origins":[[...]],"columns":{"origin":[0],"t":[...]}}

Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from model.codec import dumps
from model.facts import Reject, RejectKind
from parsers.fields import JsonObject, Unreadable, list_of, object_of, text
from parsers.health_connect.batches import Batch
from parsers.health_connect.columns import StoredColumn, stored_column
from parsers.health_connect.exercise_types import LIBRARY, PLATFORM
from parsers.health_connect.names import EXERCISE_KIND, RECORD_KIND

PIECE_BEGIN = b'{"health_connect_rows":1,'
_LONGEST = 2_000_000  # bytes of a piece: a message of the log has at most 2 MiB
_SESSION_COLUMNS = (
    *("origin", "t", "until", "uuid", "client", "type"),
    *("exertion", "pauses", "laps", "changed"),
)


def written_batch(batch: Batch) -> Iterator[bytes]:
    """Yield a batch as a piece, or as several where it is too long; equal batches, equal bytes."""
    members = {
        "kind": batch.kind,
        "numbering": batch.numbering,
        "origins": batch.origins,
        "columns": dict(zip(batch.columns, map(_listed, batch.columns.values()), strict=True)),
    }
    # Behind the mark that a piece is recognised by, which sorting would move.
    piece = PIECE_BEGIN + dumps(members)[1:]
    count = len(batch.columns["t"])
    if len(piece) <= _LONGEST or count == 1:
        yield piece
        return
    for half in (slice(0, count // 2), slice(count // 2, count)):
        columns = {name: column[half] for name, column in batch.columns.items()}
        yield from written_batch(replace(batch, columns=columns))


def _listed(column: StoredColumn) -> object:
    # Only columns of numbers have a form of their own in JSON; bytes are equal either way.
    return column.tolist() if column.dtype == object else column


def written_unread(refused: Iterable[Reject]) -> bytes:
    """Return the last piece of an export, which tells what of it is in none of the others."""
    rows = [[reject.where, reject.why, reject.kind.value] for reject in refused]
    return PIECE_BEGIN + dumps({"unread": rows})[1:]


def rejects_of(piece: JsonObject) -> tuple[Reject, ...]:
    """Return what a last piece tells; Unreadable where it is no such piece."""
    refused = []
    for row in list_of(piece.get("unread"), "unread"):
        where, why, kind = _three(row)
        refused.append(Reject(where=where, why=why, kind=kind))
    return tuple(refused)


def _three(row: object) -> tuple[str, str, RejectKind]:
    words = [text(word, "unread") for word in list_of(row, "unread")]
    if len(words) != 3 or words[2] not in set(RejectKind):  # noqa: PLR2004 - where, why, kind
        raise Unreadable("unread", "not a path, a reason and its class")
    return words[0], words[1], RejectKind(words[2])


def batch_of(piece: JsonObject) -> Batch:
    """Return the batch of a piece; Unreadable where it is none."""
    kind = piece.get("kind")
    if not isinstance(kind, str) or (kind not in RECORD_KIND and kind != EXERCISE_KIND):
        raise Unreadable("kind", "not a kind of record that is read", RejectKind.UNKNOWN)
    numbering = piece.get("numbering")
    if kind == EXERCISE_KIND and numbering not in (PLATFORM, LIBRARY):
        raise Unreadable("numbering", "not a numbering of types", RejectKind.UNKNOWN)
    origins = [list_of(origin, "origins") for origin in list_of(piece.get("origins"), "origins")]
    columns = _columns(object_of(piece.get("columns"), "columns"), kind)
    return Batch(kind=kind, origins=origins, columns=columns, numbering=str(numbering or ""))


def _columns(columns: JsonObject, kind: str) -> dict[str, StoredColumn]:
    names = _SESSION_COLUMNS if kind == EXERCISE_KIND else ("origin", *RECORD_KIND[kind].fields)
    chosen = [list_of(columns.get(name), f"columns.{name}") for name in names]
    if len(set(map(len, chosen))) != 1 or not chosen[0]:
        raise Unreadable("columns", "empty, or of different lengths", RejectKind.DAMAGED)
    try:
        stored = list(map(stored_column, chosen))
    except OverflowError as error:
        raise Unreadable("columns", "a number beyond all that are read") from error
    return dict(zip(names, stored, strict=True))
