"""What was done with the pieces of an upload, in a file beside it, so that a restart goes on.

A line is written after its piece is on the log. A lost line costs nothing but appending a piece
again, which readers of the log recognise by its digest. No name of a file gets in here.
"""

from collections import Counter
from pathlib import Path

import orjson

from ingest.uploads.upload import UploadRefusal, UploadResult, UploadState
from kadens.importing.trying import NO_LOSS
from model.facts import Reject

_JOURNAL, _TRIES, _UNREAD = "journal", "tries", "unread"
PIECE_KNOWN, PIECE_WAITING, PIECE_STORED, PIECE_REFUSED = "known", "waiting", "stored", "refused"
PIECE_LEFT_OUT = "left_out"
_MOST_REASONS = 50  # different reasons that are shown


class Journal:
    """The pieces of an upload by digest, each with what became of it, and what was refused.

    `unread` counts what the walk through the file could not read, by kind and reason.
    """

    def __init__(self, folder: Path) -> None:
        """Read what an earlier process noted in this folder."""
        self._folder = folder
        self.pieces: dict[str, str] = {}
        self.unread: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self.sha256 = ""
        path = folder / _JOURNAL
        for line in path.read_bytes().splitlines() if path.exists() else ():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            digest, word, kind, why = orjson.loads(line)
        except ValueError:  # the process was killed while it wrote the line
            return
        self.pieces[digest] = word
        if why:
            self._refused[kind, why] += 1

    def note(self, digest: str, word: str, kind: str = "", why: str = "") -> None:
        """Note what became of a piece, and why something in it was refused."""
        line = orjson.dumps([digest, word, kind, why])
        self._take(line)
        with (self._folder / _JOURNAL).open("ab") as file:
            # the break in front ends a line that a killed process has left unfinished
            file.write(b"\n" + line)

    def refuse(self, reject: Reject) -> None:
        """Count what the walk could not read."""
        key = (str(reject.kind), reject.why)
        if key in self.unread or len(self.unread) < _MOST_REASONS:
            self.unread[key] += reject.count

    def end_walk(self) -> None:
        """Keep what the walk could not read, since the file itself will be gone."""
        rows = [[kind, why, count] for (kind, why), count in self.unread.items()]
        (self._folder / _UNREAD).write_bytes(orjson.dumps([self.sha256, rows]))

    def take_walk(self) -> None:
        """Read what `end_walk` kept."""
        self.sha256, rows = orjson.loads((self._folder / _UNREAD).read_bytes())
        for kind, why, count in rows:
            self.unread[kind, why] = count

    def waiting(self) -> list[str]:
        """Return the digests of the pieces that nobody has read yet."""
        return [digest for digest, word in self.pieces.items() if word == PIECE_WAITING]

    def result(self, state: UploadState) -> UploadResult:
        """Return the counts so far, as the sender gets them."""
        words = Counter(self.pieces.values())
        refusals: list[UploadRefusal] = []
        left_out: list[UploadRefusal] = []
        for (kind, why), count in (self.unread + self._refused).most_common(_MOST_REASONS):
            reasons = left_out if kind in NO_LOSS else refusals
            reasons.append(UploadRefusal(kind=kind, why=why, count=count))
        return UploadResult(
            state=state,
            sha256=self.sha256,
            pieces=len(self.pieces) - words[PIECE_LEFT_OUT],
            stored=words[PIECE_STORED],
            known=words[PIECE_KNOWN],
            refused=words[PIECE_REFUSED],
            waiting=words[PIECE_WAITING],
            refusals=tuple(refusals),
            left_out=tuple(left_out),
        )

    def begin_try(self) -> int:
        """Return how often a process has died of this upload without a piece more, and count on.

        `end_try` takes it back, so only a process that ends in the middle leaves a trace.
        """
        path = self._folder / _TRIES
        before, pieces = orjson.loads(path.read_bytes()) if path.exists() else (0, 0)
        dead = before if pieces == len(self.pieces) else 0
        path.write_bytes(orjson.dumps([dead + 1, len(self.pieces)]))
        return dead

    def end_try(self) -> None:
        """Note that this process has survived the upload."""
        (self._folder / _TRIES).unlink(missing_ok=True)
