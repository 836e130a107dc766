"""Pieces on their way: known ones are not sent, few are in hand, and each outcome is noted."""

import os
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from kadens.importing import flow as flow_module
from kadens.importing.flow import IN_HAND, LOOKED_UP, ImportFlow, StoppedError
from kadens.importing.tally import NOT_READ_YET, NOT_SENT, FileTally, ImportSummary
from model.facts import Reject, RejectKind
from parsers.packing.walk import Piece
from storage.reads.import_outcomes import FileOutcome

_STORED = FileOutcome(kept=True)
_REFUSED = FileOutcome(rejects=(("body", "not a run"),))
_PARTLY = FileOutcome(kept=True, rejects=(("@7", "cut off"),))


class _Installation:
    """A door, and a worker that reads the oldest piece at each look, or nothing."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads, self.sent, self.most_in_hand = reads, list[bytes](), 0
        self.outcomes: dict[str, FileOutcome] = {}
        self.becomes: dict[bytes, FileOutcome] = {}
        self.unread: list[bytes] = []
        self.answer = ""

    def send(self, piece: Piece) -> str:
        if self.answer:
            return self.answer
        self.sent.append(piece.content)
        self.unread.append(piece.content)
        self.most_in_hand = max(self.most_in_hand, len(self.unread))
        return ""

    def look(self, digests: Collection[str]) -> Mapping[str, FileOutcome]:
        if self.reads and self.unread:
            body = self.unread.pop(0)
            self.outcomes[sha256(body).hexdigest()] = self.becomes.get(body, _STORED)
        return {digest: self.outcomes[digest] for digest in digests if digest in self.outcomes}

    def flow(self) -> ImportFlow:
        return ImportFlow(send=self.send, look=self.look)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(flow_module, "STALLED_S", 0.01)


def _piece(number: int) -> Piece:
    return Piece(where=f"#{number}", format="tcx", filename="", content=str(number).encode())


def _import(at: _Installation, numbers: Collection[int]) -> FileTally:
    tally, flow = FileTally(path=Path("x")), at.flow()
    for number in numbers:
        flow.take(_piece(number), tally)
    flow.flush()
    flow.finish(1.0)
    return tally


def test_many_pieces_flow_with_few_in_hand_and_a_second_time_none_is_sent() -> None:
    at = _Installation()
    many = range(3 * LOOKED_UP)
    first = _import(at, many)
    assert (first.new, first.known, at.most_in_hand) == (len(many), 0, IN_HAND)
    again = _import(at, many)
    assert (again.new, again.known, len(at.sent)) == (0, len(many), len(many))


@pytest.mark.parametrize("apart", [1, LOOKED_UP, 3 * LOOKED_UP])
def test_a_piece_that_comes_twice_is_new_once(apart: int) -> None:
    at = _Installation()
    tally = _import(at, [*range(apart), *range(apart)])
    assert (tally.new, tally.known, len(at.sent)) == (apart, apart, apart)


def test_each_outcome_is_noted_with_its_reason() -> None:
    at = _Installation()
    at.becomes = {b"1": _REFUSED, b"2": _PARTLY}
    tally = _import(at, range(3))
    assert (tally.new, tally.refused, tally.in_part) == (2, {"not a run": 1}, {"cut off": 1})
    assert tally.words() == "of 3 pieces 2 stored (1 of these in part), 1 refused"


def test_what_nobody_reads_stops_the_import_and_a_last_piece_waits() -> None:
    at = _Installation(reads=False)
    assert _import(at, [1]).words() == NOT_READ_YET
    with pytest.raises(StoppedError, match="worker"):
        _import(at, range(2, IN_HAND + 3))
    assert len(at.sent) == 1 + IN_HAND


def test_what_the_door_refuses_is_refused() -> None:
    at = _Installation()
    at.answer = "the vendor door answered 413"
    tally = _import(at, [1])
    assert tally.refused == {"the vendor door answered 413": 1}


def test_a_small_file_that_holds_nothing_is_not_sent() -> None:
    at, tally = _Installation(), FileTally(path=Path("x"), named=True)
    flow = at.flow()
    flow.take(Piece(where="", format="tcx", filename="", content=b"<TrainingCenter"), tally)
    flow.flush()
    assert at.sent == []
    assert not tally.accepted
    assert tally.words() == "refused: no TCX file"


def _tally(**counts: int) -> FileTally:
    return FileTally(path=Path("x"), **counts)  # type: ignore[arg-type]


def test_words_of_a_file() -> None:
    assert _tally(new=1).words() == "stored"
    assert _tally(known=1).words() == "known already"
    assert (
        _tally(new=1200, known=2, waiting=1).words()
        == f"of 1,203 pieces 1,200 stored, 2 known already, 1 {NOT_READ_YET}"
    )
    unknown = Reject(where="@0", why="a picture", kind=RejectKind.UNKNOWN)
    for named, word in ((True, "refused"), (False, "left out")):
        tally = FileTally(path=Path("x"), named=named)
        tally.leave(unknown)
        assert (tally.words(), tally.accepted) == (f"{word}: a picture", not named)


def test_the_summary_counts_each_reason() -> None:
    good, bad = _tally(new=3), _tally(known=1)
    bad.refuse("cut off")
    summary = ImportSummary(files=[good, bad], stopped="interrupted")
    assert summary.lines() == [
        "1 of 2 files without a refusal",
        "pieces: 3 stored, 1 known already, 0 not read yet",
        "Refused: cut off (x).",
        "stopped: interrupted; the same command goes on from here",
    ]
    assert not summary.done
    plain = summary.plain()
    assert (plain["new"], plain["known"], plain["refused"]) == (3, 1, {"cut off": 1})


def test_an_empty_file_that_was_named_is_refused_in_the_totals_too() -> None:
    files = [FileTally(path=Path(name), named=True) for name in ("a.zip", "b.zip")]
    for file in files:
        file.leave(Reject(where="@0", why="the file is empty", kind=RejectKind.UNKNOWN))
    beside = FileTally(path=Path("c.png"), new=1)
    beside.leave(Reject(where="@0", why="a picture", kind=RejectKind.UNKNOWN))
    summary = ImportSummary(files=[*files, beside])
    assert files[0].words() == "refused: the file is empty"
    assert files[0].reason_lines() == ["Refused: the file is empty."]
    assert summary.lines() == [
        "1 of 3 files without a refusal",
        "Refused 2 times: the file is empty (a.zip and 1 more).",
        "Left out: a picture (c.png).",
    ]
    plain = summary.plain()
    assert (plain["refused"], plain["left_out"]) == ({"the file is empty": 2}, {"a picture": 1})


def test_what_was_not_sent_is_not_refused() -> None:
    at, tallies = _Installation(), [FileTally(path=Path("x"), named=True) for _ in range(3)]
    flow = at.flow()
    flow.take(_piece(0), tallies[0])
    flow.flush()
    sent = flow.send

    def away(piece: Piece) -> str:
        if piece.content == b"1":
            raise StoppedError("the door is away")
        return sent(piece)

    flow.send = away
    for number in (1, 2):
        flow.take(_piece(number), tallies[number])
    with pytest.raises(StoppedError):
        flow.flush()
    flow.take(_piece(3), tallies[2])
    flow.finish(1.0)
    assert [tally.words() for tally in tallies] == ["stored", NOT_SENT, NOT_SENT]
    assert [tally.unsent for tally in tallies] == [0, 1, 2]
    summary = ImportSummary(files=tallies, stopped="the door is away", not_begun=1200)
    assert summary.lines()[:2] == [
        "1 of 3 files without a refusal",
        "files that were not begun: 1,200",
    ]


def test_a_name_of_any_bytes_is_one_line_and_json() -> None:
    tally = FileTally(path=Path(os.fsdecode(b"\xff-m\xe4t\n.fit")), new=1)
    plain = ImportSummary(files=[tally]).plain()
    assert orjson.loads(orjson.dumps(plain))["files"][0]["path"] == tally.shown
    assert tally.shown == "\ufffd-m\ufffdt\ufffd.fit"


def test_a_table_in_local_time_is_sent_where_its_zone_is_named() -> None:
    table = b"Date/Time,Step Count (count)\r\n2026-10-05 18:00:00,100\r\n2026-10-05 18:01:00,9\r\n"
    piece = Piece(where="", format="health_auto_export", filename="", content=table)
    for headers, sent in (({}, []), ({"time-zone": "Europe/Stockholm"}, [table])):
        at, tally = _Installation(), FileTally(path=Path("x"))
        flow = ImportFlow(send=at.send, look=at.look, headers=headers)
        flow.take(piece, tally)
        flow.flush()
        assert at.sent == sent
        assert bool(tally.refused) is not bool(sent)
