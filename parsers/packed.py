"""Files in a gzip or zip to facts: each is read by the reader that its own bytes show. Pure.

Account exports are such files, and may hold one another (a zip of `.fit.gz`). This is the packed
file that is a body, within bounds of its own; larger ones are unpacked before they are sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

from model.errors import BodyError
from model.facts import Fact, Reject, RejectKind
from model.received import Context, Part
from parsers.fields import grouped
from parsers.formats import is_packed, read_items
from parsers.packing.bounds import IN_A_BODY
from parsers.packing.walk import Piece, pieces_of


@dataclass(slots=True, kw_only=True)
class _Unpacked:
    """What was read so far."""

    facts: list[Fact] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    complete: bool = True

    def refuse(self, reject: Reject) -> None:
        self.rejects.append(reject)
        self.complete &= reject.kind is not RejectKind.DAMAGED


def read_packed(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a packed file; BodyError when it would inflate beyond all bounds.

    The account is empty: the envelope knows it. A damaged member gives what lies before the damage,
    and a reject; members of unknown formats give a reject.
    """
    if not is_packed(payload):
        raise BodyError("@0", "neither a gzip nor a zip", RejectKind.UNKNOWN)
    unpacked = _Unpacked()
    pieces = 0
    for item in pieces_of(BytesIO(payload), context.filename, IN_A_BODY):
        if isinstance(item, Reject):
            unpacked.refuse(item)
        else:
            pieces += 1
            _read(item, context, unpacked)
    if not pieces and unpacked.rejects and unpacked.rejects[0].where == "body":
        first = unpacked.rejects[0]
        raise BodyError(first.where, first.why, first.kind)
    yield Part(
        account="",
        facts=tuple(unpacked.facts),
        rejects=grouped(unpacked.rejects),
        complete=unpacked.complete,
    )


def _read(piece: Piece, context: Context, unpacked: _Unpacked) -> None:
    """Read one piece as the file that it is."""
    for item in read_items(piece.format, piece.content, replace(context, filename=piece.filename)):
        if isinstance(item, Part):
            unpacked.facts += item.facts
            unpacked.complete &= item.complete
            unpacked.rejects += (placed_in(piece, reject) for reject in item.rejects)
        elif isinstance(item, Reject):
            unpacked.refuse(placed_in(piece, item))


def placed_in(piece: Piece, reject: Reject) -> Reject:
    """Return a reject of a piece with its place in the file that the piece is of."""
    return replace(reject, where=f"{piece.where}{reject.where}")
