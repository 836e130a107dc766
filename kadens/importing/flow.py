"""Pieces of files on their way to the vendor door: a few at a time, each followed to its outcome.

What is stored is asked of the database, so there is no state here that a crash could lose. Pieces
that are known are not sent. New ones are sent only while few of those before are without an
outcome: however much is imported, the door and the worker have little of it in hand at any time.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from kadens.importing.tally import FileTally
from kadens.importing.trying import unread_piece
from model.facts import Reject
from parsers.packing.walk import Piece
from storage.reads.import_outcomes import FileOutcome

_MIB = 1024 * 1024
LOOKED_UP, LOOKED_UP_BYTES = 64, _MIB  # pieces that are looked up at once
IN_HAND, IN_HAND_BYTES = 8, 8 * _MIB  # sent, without an outcome yet
LOOK_AGAIN_S = 0.1
STALLED_S = 120.0  # without any outcome, nobody reads
STALLED = "nothing that was sent is read; a worker must run, and the patient must consent"

SendPiece: TypeAlias = Callable[[Piece], str]  # to the door; "" or why the door refused it
LookUp: TypeAlias = Callable[[Collection[str]], Mapping[str, FileOutcome]]  # outcomes by SHA-256


class StoppedError(Exception):
    """The import cannot go on now; the text says why."""


@dataclass(slots=True, kw_only=True)
class _Sent:
    """Who waits for the outcome of a piece: a file twice where it holds the piece twice."""

    size: int
    files: list[FileTally]


@dataclass(slots=True, kw_only=True)
class ImportFlow:
    """Takes pieces, and notes the outcome of each in the tally of its file."""

    send: SendPiece
    look: LookUp
    headers: Mapping[str, str] = field(default_factory=dict)  # that a reader sees
    _waiting: dict[str, tuple[Piece, list[FileTally]]] = field(default_factory=dict, init=False)
    _sent: dict[str, _Sent] = field(default_factory=dict, init=False)
    _bytes: int = field(default=0, init=False)

    def take(self, piece: Piece, file: FileTally) -> None:
        """Take a piece; it is sent when enough have come together. Raises StoppedError."""
        digest = sha256(piece.content).hexdigest()
        # equal pieces, such as a file that is in an export twice, are sent once and count for each
        if digest in self._sent:
            self._sent[digest].files.append(file)
            return
        if digest in self._waiting:
            self._waiting[digest][1].append(file)
            return
        self._waiting[digest] = (piece, [file])
        self._bytes += len(piece.content)
        if len(self._waiting) >= LOOKED_UP or self._bytes >= LOOKED_UP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send the pieces that were taken and are not known. Raises StoppedError.

        Those that are not sent because it ends early are counted as unsent.
        """
        waiting, self._waiting, self._bytes = self._waiting, {}, 0
        try:
            outcomes = self.look(waiting.keys()) if waiting else {}
            # what is known needs no door
            for digest in sorted(waiting, key=lambda some: some not in outcomes):
                self._flushed(digest, *waiting[digest], outcomes.get(digest))
                del waiting[digest]
        finally:
            _leave_unsent(waiting)

    def _flushed(
        self, digest: str, piece: Piece, files: list[FileTally], outcome: FileOutcome | None
    ) -> None:
        if outcome is not None:
            _settle(files, outcome, is_new=False)
            return
        reject = unread_piece(piece, self.headers) or self._posted(digest, piece, files)
        if reject:
            for file in files:
                file.leave(reject)

    def finish(self, wait_s: float) -> None:
        """Wait so long for the outcomes that are still missing; those that stay away wait.

        Pieces that were not flushed are left behind.
        """
        _leave_unsent(self._waiting)
        self._waiting.clear()
        until_s = time.monotonic() + wait_s
        while self._sent:
            self._note_outcomes()
            if not self._sent or time.monotonic() >= until_s:
                break
            time.sleep(LOOK_AGAIN_S)
        for sent in self._sent.values():
            for file in sent.files:
                file.waiting += 1
        self._sent.clear()

    def _posted(self, digest: str, piece: Piece, files: list[FileTally]) -> Reject | None:
        self._make_room(len(piece.content))
        why = self.send(piece)
        if why:
            return Reject(where=piece.where, why=why)
        self._sent[digest] = _Sent(size=len(piece.content), files=files)
        return None

    def _make_room(self, size: int) -> None:
        """Wait until a piece of `size` bytes may be sent; StoppedError when nobody reads."""
        since_s = time.monotonic()
        while self._sent and (
            len(self._sent) >= IN_HAND
            or size + sum(sent.size for sent in self._sent.values()) > IN_HAND_BYTES
        ):
            if self._note_outcomes():
                since_s = time.monotonic()
                continue
            if time.monotonic() - since_s > STALLED_S:
                raise StoppedError(STALLED)
            time.sleep(LOOK_AGAIN_S)

    def _note_outcomes(self) -> bool:
        """Note the outcomes that are there; return whether there was one."""
        outcomes = self.look(self._sent.keys())
        for digest, outcome in outcomes.items():
            _settle(self._sent.pop(digest).files, outcome, is_new=True)
        return bool(outcomes)


def _leave_unsent(pieces: Mapping[str, tuple[Piece, list[FileTally]]]) -> None:
    for _, files in pieces.values():
        for file in files:
            file.unsent += 1


def _settle(files: list[FileTally], outcome: FileOutcome, *, is_new: bool) -> None:
    """Note an outcome; of equal pieces the first alone is new."""
    for number, file in enumerate(files):
        if outcome.refusal:
            file.refuse(outcome.refusal)
            continue
        if is_new and number == 0:
            file.new += 1
        else:
            file.known += 1
        if outcome.rejects:
            file.in_part[outcome.rejects[0][1]] += 1
