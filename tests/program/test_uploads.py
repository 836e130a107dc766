"""`kadens uploads` over a log in memory: pieces go to the log once, and each gets its outcome."""

import asyncio
import gzip
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from ingest.memory import MemoryBodies, MemoryLog
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import (
    Ended,
    Upload,
    UploadRefusal,
    UploadResult,
    UploadState,
    new_id,
)
from kadens.uploads import taking
from kadens.uploads.journal import PIECE_KNOWN, PIECE_STORED, PIECE_WAITING, Journal
from kadens.uploads.process import UploadLoop
from kadens.uploads.taking import Taking
from model.calendar import DAY_MS
from model.facts import Reject, RejectKind
from storage.reads.import_outcomes import FileOutcome
from tests.parsers.fit.pieces import plain, records, session
from tests.rows import values_of

_NOW = 1_700_000_000_000
_RUN = plain(records(range(1200)), session(start=0, written=1200, elapsed=1200, sport=1))
_RIDE = plain(records(range(9000, 9900)), session(start=9000, written=9900, elapsed=900, sport=2))
_TORN = plain(records(range(60)))
_WHY = "no such sport"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def packed(*contents: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"folder/Anna-{number}.fit", content)
    return out.getvalue()


@dataclass
class World:
    """What a worker would have made of the bodies, and the process under test."""

    shelf: Shelf
    log: MemoryLog = field(default_factory=MemoryLog)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    kept: set[str] = field(default_factory=set)
    refuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    consents: bool = True
    reads: bool = True
    now_ms: int = _NOW

    async def outcomes(
        self, patient: str, digests: Sequence[str], since_ms: int
    ) -> Mapping[str, FileOutcome]:
        assert (patient, since_ms) == ("patient-7", _NOW)
        await asyncio.sleep(0)
        if self.reads:
            read = {event.envelope.sha256 for event in self.log.events}
            self.kept |= read - self.refuses.keys()
        rows = {}
        for digest in set(digests) & (self.kept | self.refuses.keys()):
            kind, why = self.refuses.get(digest, ("", ""))
            rejects = (("@0", why),) if why else ()
            rows[digest] = FileOutcome(kept=digest in self.kept, kind=kind, rejects=rejects)
        return rows

    async def consented(self, patient: str, at_ms: int) -> bool:
        await asyncio.sleep(0)
        assert (patient, at_ms) == ("patient-7", _NOW)
        return self.consents

    def taking(self) -> Taking:
        return Taking(
            shelf=self.shelf,
            publisher=self.log,
            bodies=self.bodies,
            outcomes=self.outcomes,
            consented=self.consented,
            now=lambda: self.now_ms,
        )

    def put(self, content: bytes, filename: str = "", sha256: str = "") -> str:
        upload = Upload(
            id=new_id("patient-7", len(content), _NOW),
            patient="patient-7",
            length=len(content),
            filename=filename,
            sha256=sha256,
            mark="",
            created_ms=_NOW - 1,
        )
        self.shelf.create(upload)
        part = self.shelf.open(upload)
        part.write(content)
        part.commit(Ended(received_ms=_NOW, link="ab" * 32))
        part.close()
        return upload.id

    def take(self, name: str) -> UploadResult:
        async def both() -> None:
            async with asyncio.timeout(30):
                await self.taking().bring(name)
                await self.taking().settle(name)

        asyncio.run(both())
        return self.shelf.result(name)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("LOOK_S", "LONGEST_LOOK_S", "_AGAIN_S"):
        monkeypatch.setattr(taking, name, 0.001)
    return World(shelf=Shelf(tmp_path / "uploads"))


def test_a_small_file_is_one_body_on_the_log(world: World) -> None:
    name = world.put(_RUN, filename="run.fit")
    assert world.take(name) == UploadResult(
        state=UploadState.DONE, sha256=sha(_RUN), pieces=1, stored=1
    )
    (event,) = world.log.events
    envelope = event.envelope
    assert (event.topic, event.value) == ("kadens.raw", _RUN)
    assert (envelope.connector, envelope.patient, envelope.link) == (
        "files",
        "patient-7",
        "ab" * 32,
    )
    assert (envelope.received_ms, envelope.sha256) == (_NOW, sha(_RUN))
    assert (envelope.format, envelope.filename) == ("fit", "run.fit")
    assert not (world.shelf.path(name) / "data").exists()


def test_each_file_of_a_zip_is_stored_known_or_refused(world: World) -> None:
    world.kept.add(sha(_RIDE))
    world.refuses[sha(_TORN)] = ("damaged", _WHY)
    name = world.put(packed(_RUN, _RIDE, b"some notes", _TORN, _RUN))
    result = world.take(name)
    assert (result.state, result.pieces) == (UploadState.DONE, 3)
    assert (result.stored, result.known, result.refused, result.waiting) == (1, 1, 1, 0)
    assert set(values_of(result.refusals, "kind", "count")) == {("unknown", 1), ("damaged", 1)}
    assert UploadRefusal(kind="damaged", why=_WHY) in result.refusals
    assert values_of(world.log.events, "value") == [_RUN, _TORN]


def test_the_second_time_all_is_known_and_nothing_is_appended(world: World) -> None:
    world.take(world.put(gzip.compress(_RUN)))
    again = world.take(world.put(gzip.compress(_RUN, 1)))
    assert (again.stored, again.known) == (0, 1)
    assert len(world.log.events) == 1


@pytest.mark.parametrize(
    ("content", "stated", "kind"),
    [
        (b"a letter to the clinic", "", "unknown"),
        (_RUN, "0" * 64, "checksum"),
        (_RUN, "", "consent"),
        (packed(b"PK\3\4 no zip"), "", "damaged"),
        (b"PK\3\4" + bytes(100), "", "damaged"),
        (gzip.compress(bytes(10**8), 9), "", "unknown"),
    ],
)
def test_a_file_without_a_piece_is_refused_with_one_reason(
    world: World, content: bytes, stated: str, kind: str
) -> None:
    world.consents = kind != "consent"
    name = world.put(content, sha256=stated)
    result = world.take(name)
    assert (result.state, result.pieces) == (UploadState.REFUSED, 0)
    assert values_of(result.refusals, "kind") == [kind]
    assert world.log.events == []
    assert not (world.shelf.path(name) / "data").exists()


def test_nothing_is_received_while_the_log_is_away(world: World) -> None:
    world.log.up = False
    name = world.put(_RUN)

    async def wait() -> None:
        task = asyncio.create_task(world.taking().bring(name))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert world.shelf.result(name).state is UploadState.HELD
        world.log.up = True
        async with asyncio.timeout(30):
            await task

    asyncio.run(wait())
    assert world.shelf.result(name).state is UploadState.RECEIVED
    assert len(world.log.events) == 1


def test_a_killed_process_goes_on_where_it_was(world: World) -> None:
    name = world.put(packed(_RUN, _RIDE))
    # the process was killed in the middle of the line of its second piece
    journal = Journal(world.shelf.path(name))
    journal.note(sha(_RUN), PIECE_WAITING)
    world.kept.add(sha(_RUN))
    with (world.shelf.path(name) / "journal").open("ab") as file:
        file.write(b'\n["torn')
    result = world.take(name)
    assert (result.stored, result.known, result.pieces) == (2, 0, 2)
    assert values_of(world.log.events, "value") == [_RIDE]


def test_what_was_refused_is_told_after_a_restart_too(world: World) -> None:
    world.reads = False
    world.refuses[sha(_TORN)] = ("damaged", _WHY)
    name = world.put(packed(_TORN, b"some notes", _RUN))

    async def stopped() -> None:
        await world.taking().bring(name)
        settling = asyncio.create_task(world.taking().settle(name))
        for _ in range(20):
            await asyncio.sleep(0.001)
        settling.cancel()
        await asyncio.wait([settling])

    asyncio.run(stopped())
    assert world.shelf.result(name).state is UploadState.RECEIVED
    assert (world.shelf.result(name).refused, world.shelf.result(name).waiting) == (1, 1)
    world.reads = True
    result = world.take(name)
    assert (result.state, result.sha256 != "") == (UploadState.DONE, True)
    assert (result.stored, result.refused) == (1, 1)
    assert sorted(values_of(result.refusals, "kind", "count")) == [("damaged", 1), ("unknown", 1)]


def test_what_nobody_reads_within_a_day_stays_unread(world: World) -> None:
    world.reads = False
    world.now_ms = _NOW + DAY_MS
    result = world.take(world.put(_RUN))
    assert (result.state, result.stored, result.waiting) == (UploadState.DONE, 0, 1)


def test_a_huge_file_holds_nobody_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "WINDOW", 2)
    world.reads = False
    files = [plain(records(range(at, at + 60))) for at in range(0, 600, 60)]
    name = world.put(packed(*files))

    async def wait() -> None:
        task = asyncio.create_task(world.taking().bring(name))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert len(world.log.events) == 2
        world.reads = True
        async with asyncio.timeout(30):
            await task

    asyncio.run(wait())
    assert len(world.log.events) == 10


def test_a_file_that_ends_the_process_three_times_is_given_up(world: World) -> None:
    name = world.put(_RUN)
    for before in range(3):
        assert Journal(world.shelf.path(name)).begin_try() == before
    result = world.take(name)
    assert (result.state, result.refusals[0].kind) == (UploadState.REFUSED, "reader_fault")


def test_a_process_that_gets_further_each_time_is_never_given_up(world: World) -> None:
    name = world.put(packed(_RUN, _RIDE))
    for number in range(5):
        journal = Journal(world.shelf.path(name))
        assert journal.begin_try() == 0
        journal.note(sha(bytes(number)), PIECE_KNOWN)
    assert world.take(name).stored == 2


def test_a_journal_counts_by_word_and_reason(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("a", PIECE_WAITING)
    journal.note("a", PIECE_STORED, "field", _WHY)
    journal.note("b", PIECE_WAITING)
    journal.refuse(Reject(where="", why="else", kind=RejectKind.TOO_MUCH, count=3))
    assert journal.waiting() == ["b"]
    assert journal.result(UploadState.RECEIVED) == UploadResult(
        state=UploadState.RECEIVED,
        pieces=2,
        stored=1,
        waiting=1,
        refusals=(
            UploadRefusal(kind="too_much", why="else", count=3),
            UploadRefusal(kind="field", why=_WHY, count=1),
        ),
    )


def test_the_loop_takes_short_uploads_first_and_stops(world: World) -> None:
    long = world.put(packed(_RUN, _RIDE))
    world.put(_TORN)

    async def running() -> None:
        stop = asyncio.Event()
        loop = UploadLoop(taking=world.taking())
        async with asyncio.timeout(30):
            await loop._look()
            await asyncio.gather(*loop.running.values())
            stop.set()
            await loop.run(stop)

    asyncio.run(running())
    assert values_of(world.log.events, "value")[0] == _TORN
    assert world.shelf.result(long).stored == 2
