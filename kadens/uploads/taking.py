"""Brings one complete upload to the log in pieces, and waits for what becomes of each.

The file is cut by the formats' own cutters, so a piece goes the way of any body. At most `WINDOW`
pieces wait for their reader, so that a huge file holds nobody up. Nothing is called received before
all of it is on the log.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, TypeAlias, cast

from ingest.ports import BodyStore, NotAcceptedError, Publisher
from ingest.receiving.appending import append_body
from ingest.sealing import sealed_for_patient
from ingest.uploads.headers import UPLOAD_ZONE
from ingest.uploads.shelf import DATA_FILE, Shelf
from ingest.uploads.upload import Ended, Upload, UploadRefusal, UploadResult, UploadState
from ingest.vendors.files import FILES
from kadens.importing.trying import NO_LOSS, unread_piece
from kadens.uploads.journal import (
    PIECE_KNOWN,
    PIECE_LEFT_OUT,
    PIECE_REFUSED,
    PIECE_STORED,
    PIECE_WAITING,
    Journal,
)
from model.calendar import DAY_MS
from model.envelope import Envelope
from model.errors import BodyError
from model.facts import Reject, RejectKind
from parsers.formats import LARGEST_PIECE
from parsers.packing.bounds import ON_A_DESK
from parsers.packing.walk import Piece, pieces_of
from runtime.log_lines import get_logger
from storage.reads.import_outcomes import FileOutcome

WINDOW = 32  # pieces on the log that nobody has read yet
MOST_TRIES = 3
STORE_S = 30.0
LOOK_S, LONGEST_LOOK_S = 0.25, 10.0
SHOWN_S = 1.0  # between two notes of the progress
_AGAIN_S = 2.0  # while the log does not answer
_STEP = 1024 * 1024
_log = get_logger(__name__)

Outcomes: TypeAlias = Callable[[str, Sequence[str], int], Awaitable[Mapping[str, FileOutcome]]]
Consented: TypeAlias = Callable[[str, int], Awaitable[bool]]
_Items: TypeAlias = Iterator[Piece | Reject]

_NO_CONSENT = UploadRefusal(kind="consent", why="there is no consent to files of this patient")
_CHECKSUM = UploadRefusal(kind="checksum", why="the file has another SHA-256 than was stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What is needed to bring uploads to the log.

    `outcomes` tells what became of the bodies of a patient by digest, refusals from an instant on;
    `consented` whether files of a patient may be stored that were received at an instant.
    """

    shelf: Shelf
    publisher: Publisher
    bodies: BodyStore
    outcomes: Outcomes
    consented: Consented
    now: Callable[[], int]

    async def bring(self, name: str) -> None:
        """Bring an upload to the log, unless all of it is there, or refuse it."""
        if self.shelf.result(name).state is not UploadState.HELD:
            return
        upload, ended = await asyncio.to_thread(self._known, name)
        journal = await asyncio.to_thread(Journal, self.shelf.path(name))
        refusal = await self._append_all(upload, ended, journal)
        if refusal is None:
            journal.end_walk()
            result = journal.result(UploadState.RECEIVED)
        else:
            result = UploadResult(
                state=UploadState.REFUSED, sha256=journal.sha256, refusals=(refusal,)
            )
        await self._note(name, result)
        self.shelf.drop_data(name)

    async def settle(self, name: str) -> None:
        """Wait until each piece of an upload is read, for a day at most; note the final counts."""
        if self.shelf.result(name).is_final:
            return
        upload, ended = await asyncio.to_thread(self._known, name)
        journal = await asyncio.to_thread(Journal, self.shelf.path(name))
        journal.take_walk()
        self.shelf.drop_data(name)  # a killed process may have left it
        pause_s = LOOK_S
        await self._look(upload, ended, journal)
        while journal.waiting() and self.now() < ended.received_ms + DAY_MS:
            await self._note(name, journal.result(UploadState.RECEIVED))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LONGEST_LOOK_S)
            await self._look(upload, ended, journal)
        await self._note(name, journal.result(UploadState.DONE))

    def _known(self, name: str) -> tuple[Upload, Ended]:
        ended = self.shelf.ended(name)
        assert ended is not None  # noqa: S101 - only complete uploads come here
        return self.shelf.upload(name), ended

    async def _note(self, name: str, result: UploadResult) -> None:
        await asyncio.to_thread(self.shelf.put_result, name, result)

    async def _append_all(
        self, upload: Upload, ended: Ended, journal: Journal
    ) -> UploadRefusal | None:
        """Append every piece; return why the file is refused as a unit, None where it is not."""
        # first: without consent not even what the file holds may be looked at
        if not await self.consented(upload.patient, ended.received_ms):
            return _NO_CONSENT
        path = self.shelf.path(upload.id) / DATA_FILE
        journal.sha256 = await asyncio.to_thread(_sha256, path)
        if upload.sha256 not in {"", journal.sha256}:
            return _CHECKSUM
        # counted before the file is read: a reader that ends the process comes back to this line
        if journal.begin_try() >= MOST_TRIES:
            why = "an error of ours: reading the file ended the process"
            return UploadRefusal(kind=RejectKind.READER_FAULT, why=why)
        try:
            with path.open("rb") as file:
                await self._append_pieces(_items(file, upload, path.parent), upload, ended, journal)
        finally:
            journal.end_try()
        if journal.pieces:
            return None
        # of a file without a piece, the first reason says all
        kind, why = next(iter(journal.unread), (RejectKind.UNKNOWN, "it holds nothing"))
        return UploadRefusal(kind=kind, why=why)

    async def _append_pieces(
        self, items: _Items, upload: Upload, ended: Ended, journal: Journal
    ) -> None:
        shown_s = time.monotonic()
        while (item := await asyncio.to_thread(_next, items)) is not None:
            if isinstance(item, Reject):
                journal.refuse(item)
                continue
            await self._append_piece(item, upload, ended, journal)
            await self._make_room(upload, ended, journal)
            if time.monotonic() - shown_s >= SHOWN_S:
                shown_s = time.monotonic()
                await self._note(upload.id, journal.result(UploadState.HELD))

    async def _append_piece(
        self, piece: Piece, upload: Upload, ended: Ended, journal: Journal
    ) -> None:
        digest = hashlib.sha256(piece.content).hexdigest()
        if digest in journal.pieces:  # an earlier process was here, or the file holds it twice
            return
        # what is stored already need not be read again: that makes a second export fast
        outcomes = await self.outcomes(upload.patient, [digest], ended.received_ms)
        if digest in outcomes and outcomes[digest].kept:
            journal.note(digest, PIECE_KNOWN)
            return
        left_out = await asyncio.to_thread(_left_out, piece, upload.time_zone)
        if left_out:
            journal.refuse(left_out)
            return
        envelope = Envelope(
            connector=FILES.name,
            received_ms=ended.received_ms,
            sha256=digest,
            size=len(piece.content),
            patient=upload.patient,
            link=ended.link,
            format=piece.format,
            filename=piece.filename,
            passed_headers=_passed(upload.time_zone),
        )
        # the log comes before the journal: killed in between, the piece is appended twice
        await self._append(envelope, piece.content, bytes.fromhex(ended.public))
        journal.note(digest, PIECE_WAITING)

    async def _append(self, envelope: Envelope, content: bytes, public: bytes) -> None:
        """Append a body, sealed for its patient; wait as long as the log does not take it."""
        while True:
            try:
                sealed, value = sealed_for_patient(envelope, content, public)
                await append_body(self.publisher, self.bodies, sealed, value, STORE_S)
            except (NotAcceptedError, OSError, TimeoutError) as error:
                _log.warning("the log took no piece of an upload", error=type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
            else:
                return

    async def _make_room(self, upload: Upload, ended: Ended, journal: Journal) -> None:
        """Wait while too many pieces wait for their reader."""
        while len(journal.waiting()) >= WINDOW:
            await self._look(upload, ended, journal)
            if len(journal.waiting()) >= WINDOW:
                await asyncio.sleep(LOOK_S)

    async def _look(self, upload: Upload, ended: Ended, journal: Journal) -> None:
        """Take in what became of the pieces that wait."""
        waiting = journal.waiting()
        outcomes = await self.outcomes(upload.patient, waiting, ended.received_ms)
        for digest, outcome in outcomes.items():
            _, why = outcome.rejects[0] if outcome.rejects else ("", "")
            lost = PIECE_LEFT_OUT if outcome.kind in NO_LOSS else PIECE_REFUSED
            word = lost if outcome.refusal else PIECE_STORED
            journal.note(digest, word, outcome.kind, outcome.refusal or why)


def _left_out(piece: Piece, time_zone: str) -> Reject | None:
    """Return why a piece is no loss, as `kadens import` says it, None where it must be sent."""
    if len(piece.content) > LARGEST_PIECE:
        return None
    try:
        reject = unread_piece(piece, dict(_passed(time_zone)))
    except Exception as error:  # noqa: BLE001 - the worker says what a reader's fault is
        _log.warning("a piece of an upload was not tried", error=type(error).__name__)
        return None
    return reject if reject and reject.kind in NO_LOSS else None


def _passed(time_zone: str) -> tuple[tuple[str, str], ...]:
    """Return the headers that the readers of an upload see."""
    return ((UPLOAD_ZONE, time_zone),) if time_zone else ()


def _items(file: BinaryIO, upload: Upload, folder: Path) -> _Items:
    """Yield the pieces and rejects of a file; the last reject says where it could not go on."""
    new_file = partial(TemporaryFile, dir=folder)
    make = cast("Callable[[], BinaryIO]", new_file)
    try:
        yield from pieces_of(file, upload.filename, ON_A_DESK, make)
    except BodyError as error:
        yield error.reject


def _next(items: _Items) -> Piece | Reject | None:
    return next(items, None)


def _sha256(path: Path) -> str:
    made = hashlib.sha256()
    with path.open("rb") as file:
        for step in iter(partial(file.read, _STEP), b""):
            made.update(step)
    return made.hexdigest()
