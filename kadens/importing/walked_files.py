"""Reads a file of any size without a server, packed or not, piece by piece.

Needs no server. A file that is packed on the way is unpacked into temporary files, which are gone
when they are closed.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from model.errors import BodyError
from model.facts import Reject, RejectKind
from model.received import Context, Part, ReaderItem
from parsers.fields import grouped
from parsers.formats import SNIFFED, read_items, sniff
from parsers.packed import placed_in
from parsers.packing.bounds import ON_A_DESK, UNPACK_STEP
from parsers.packing.walk import Walked, pieces_of

NOTHING_KEPT = "read to its end, and nothing in it is followed"
_MANY = 1_000  # so many rejects are put together to one for each cause


def desk_pieces(file: BinaryIO, filename: str) -> Walked:
    """Yield the pieces of a file that can seek; what is beyond all bounds is the last reject."""
    try:
        yield from pieces_of(file, filename, ON_A_DESK, _new_file)
    except BodyError as error:
        yield error.reject


def items_in(file: BinaryIO, context: Context) -> Iterator[ReaderItem]:
    """Yield what a file holds, as one file; the rejects of pieces come last, grouped by cause.

    A file of which there is nothing to tell says just that.
    """
    tells = False
    for item in _items_in(file, context):
        tells = tells or not isinstance(item, Part) or bool(item.facts or item.rejects)
        yield item
    if not tells:
        reject = Reject(where="body", why=NOTHING_KEPT, kind=RejectKind.UNKNOWN)
        yield Part(account="", facts=(), rejects=(reject,))


def _items_in(file: BinaryIO, context: Context) -> Iterator[ReaderItem]:
    refused: list[Reject] = []
    complete, most = True, _MANY
    for piece in desk_pieces(file, context.filename):
        if isinstance(piece, Reject):
            if _refuses_all(piece):
                yield piece
                continue
            refused.append(piece)
            complete &= piece.kind is not RejectKind.DAMAGED
        elif not piece.where:
            yield from read_items(piece.format, piece.content, context)
        else:
            known = replace(context, filename=piece.filename)
            for item in read_items(piece.format, piece.content, known):
                if isinstance(item, Part):
                    refused += [placed_in(piece, reject) for reject in item.rejects]
                    yield replace(item, rejects=())
                elif isinstance(item, Reject):
                    refused.append(placed_in(piece, item))
                    complete &= item.kind is not RejectKind.DAMAGED
                else:
                    yield item
        if len(refused) > most:
            refused = list(grouped(refused))
            # where the causes themselves are many, each piece would put all of them together anew
            most = max(_MANY, 2 * len(refused))
    if refused:
        yield Part(account="", facts=(), rejects=grouped(refused), complete=complete)


def _refuses_all(reject: Reject) -> bool:
    """Return whether a reject is of the file itself, so that nothing of it can be read."""
    return reject.where in {"@0", "body"} and reject.kind is not RejectKind.DAMAGED


def format_in(file: BinaryIO, filename: str) -> str | None:
    """Return the name of a file's format, None for an unknown one; the file is at its begin."""
    head = file.read(SNIFFED)
    file.seek(0)
    return sniff(head, filename)


def digest_of(file: BinaryIO) -> str:
    """Return the SHA-256 (hex) of a file; the file is at its begin again."""
    digest = hashlib.sha256()
    for step in iter(lambda: file.read(UNPACK_STEP), b""):
        digest.update(step)
    file.seek(0)
    return digest.hexdigest()


def _new_file() -> BinaryIO:
    return cast("BinaryIO", tempfile.NamedTemporaryFile(prefix="kadens-"))
