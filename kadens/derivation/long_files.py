"""Reads the files of a manifest that are too long for one body, piece by piece, as they are sent.

The door takes such a file only in pieces, into which `kadens import` cuts it. Each piece is read as
the body that it would be, received when the file was.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from kadens.importing.walked_files import desk_pieces
from model.envelope import Envelope
from model.facts import Reject, RejectKind
from parsers.formats import FILES_CONNECTOR
from parsers.packed import placed_in
from parsers.packing.walk import Piece
from stream.reading import Read, read_here


def is_too_long(arrived: Read) -> bool:
    """Return whether nothing of a file was read because it is too much for one body."""
    is_file = arrived.envelope.connector == FILES_CONNECTOR and arrived.parsed is None
    return is_file and any(reject.kind is RejectKind.TOO_MUCH for reject in arrived.rejects)


def reads_of_pieces(envelope: Envelope, content: bytes) -> Iterator[Read | Reject]:
    """Yield what the pieces of a file hold, and a reject for what is none."""
    for piece in desk_pieces(BytesIO(content), envelope.filename):
        yield piece if isinstance(piece, Reject) else _read_of(piece, envelope)


def _read_of(piece: Piece, envelope: Envelope) -> Read:
    of_piece = replace(
        envelope,
        sha256=hashlib.sha256(piece.content).hexdigest(),
        size=len(piece.content),
        filename=piece.filename,
    )
    read = read_here(of_piece, piece.content)
    return replace(read, rejects=tuple(placed_in(piece, reject) for reject in read.rejects))
