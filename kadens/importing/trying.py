"""Whether anything can be read in a piece of a file, before it is sent. It sends nothing. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from model.facts import Reject, RejectKind
from model.received import Context, Part
from parsers.formats import FILES_CONNECTOR, read_items
from parsers.packing.walk import Piece

# What of a file is no loss: an export holds pictures, settings and notes, too.
NO_LOSS = frozenset({RejectKind.UNKNOWN})


def unread_piece(piece: Piece, headers: Mapping[str, str]) -> Reject | None:
    """Return why nothing in a piece can be read, None where something can.

    Such a piece would only make a dead letter. A part of a huge file is not tried: its cutter
    knows the format, and it would be read twice.
    """
    if "#" in piece.where:
        return None
    last = Reject(where=piece.where, why="it holds no recording", kind=RejectKind.UNKNOWN)
    context = Context(connector=FILES_CONNECTOR, filename=piece.filename, headers=headers)
    for item in read_items(piece.format, piece.content, context):
        if isinstance(item, Part) and item.facts:
            return None
        rejects = item.rejects if isinstance(item, Part) else (item,)
        for reject in rejects:
            last = reject if isinstance(reject, Reject) else last
    return replace(last, count=1)
