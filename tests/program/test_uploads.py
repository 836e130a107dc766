"""`kadens uploads` over a log in memory: pieces go to the log once, and each gets its outcome."""

import asyncio
import gzip
from io import BytesIO
from pathlib import Path

import pytest

from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import (
    UploadRefusal,
    UploadResult,
    UploadState,
)
from kadens.uploads import taking
from kadens.uploads.journal import PIECE_KNOWN, PIECE_STORED, PIECE_WAITING, Journal
from kadens.uploads.process import UploadLoop
from model.calendar import DAY_MS
from model.envelope import INLINE, sealed_owner
from model.facts import Reject, RejectKind
from model.privacy.sealed_box import BOX_FORM, box_opened, box_private, box_public
from model.privacy.sealed_stream import STREAM_FORM, opened_stream
from tests.ingest.uploading import RIDE_FIT, RUN_FIT, UPLOADED_MS, UploadWorld, sha_of, zipped_fits
from tests.parsers.fit.pieces import plain, records
from tests.rows import values_of

_TORN = plain(records(range(60)))
_WHY = "no such sport"
_CLINICAL = Path("tests/data/apple_health/clinical_document/body.xml").read_bytes()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UploadWorld:
    for name in ("LOOK_S", "LONGEST_LOOK_S", "_AGAIN_S"):
        monkeypatch.setattr(taking, name, 0.001)
    return UploadWorld(shelf=Shelf(tmp_path / "uploads"))


def test_a_small_file_is_one_body_on_the_log(world: UploadWorld) -> None:
    name = world.put(RUN_FIT, filename="run.fit")
    assert world.take(name) == UploadResult(
        state=UploadState.DONE, sha256=sha_of(RUN_FIT), pieces=1, stored=1
    )
    (event,) = world.log.events
    envelope = event.envelope
    assert (event.topic, event.value) == ("kadens.raw", RUN_FIT)
    assert (envelope.connector, envelope.patient, envelope.link) == (
        "files",
        "patient-7",
        "ab" * 32,
    )
    assert (envelope.received_ms, envelope.sha256) == (UPLOADED_MS, sha_of(RUN_FIT))
    assert (envelope.format, envelope.filename) == ("fit", "run.fit")
    assert envelope.passed_headers == ()
    assert not (world.shelf.path(name) / "data").exists()


def test_each_piece_of_a_file_is_sealed_for_its_patient(world: UploadWorld) -> None:
    large = RUN_FIT + bytes(INLINE)
    public = box_public(b"k" * 32)
    world.take(world.put(zipped_fits(RUN_FIT, large), public=public.hex()))
    small, stored = (event.envelope for event in world.log.events)
    assert (small.sealed, stored.sealed) == (BOX_FORM, STREAM_FORM)
    assert b".FIT" not in world.log.events[0].value
    (sealed,) = world.bodies.bodies.values()
    assert b".FIT" not in sealed
    private = box_private(b"k" * 32)
    assert box_opened(private, world.log.events[0].value, sealed_owner(small)) == RUN_FIT
    opened = b"".join(opened_stream(private, BytesIO(sealed).read, sealed_owner(stored)))
    assert opened == large


def test_each_piece_of_a_file_has_the_time_zone_of_its_sender(world: UploadWorld) -> None:
    world.take(world.put(zipped_fits(RUN_FIT, RIDE_FIT), time_zone="Europe/Stockholm"))
    zones = [dict(event.envelope.passed_headers)["time-zone"] for event in world.log.events]
    assert zones == ["Europe/Stockholm", "Europe/Stockholm"]


def test_each_file_of_a_zip_is_stored_known_or_refused(world: UploadWorld) -> None:
    world.kept.add(sha_of(RIDE_FIT))
    world.refuses[sha_of(_TORN)] = ("damaged", _WHY)
    name = world.put(zipped_fits(RUN_FIT, RIDE_FIT, b"some notes", _TORN, RUN_FIT))
    result = world.take(name)
    assert (result.state, result.pieces) == (UploadState.DONE, 3)
    assert (result.stored, result.known, result.refused, result.waiting) == (1, 1, 1, 0)
    assert result.refusals == (UploadRefusal(kind="damaged", why=_WHY),)
    assert values_of(result.left_out, "kind", "count") == [("unknown", 1)]
    assert values_of(world.log.events, "value") == [RUN_FIT, _TORN]


def test_what_an_import_leaves_out_is_left_out_here_too(world: UploadWorld) -> None:
    name = world.put(zipped_fits(_CLINICAL, RUN_FIT))
    result = world.take(name)
    assert (result.pieces, result.stored, result.refused, result.refusals) == (1, 1, 0, ())
    (left_out,) = result.left_out
    assert left_out.kind == "unknown"
    assert left_out.why.startswith("the clinical document of an export, which is not read")
    assert values_of(world.log.events, "value") == [RUN_FIT]


def test_a_piece_that_a_reader_finds_empty_is_left_out_and_not_refused(world: UploadWorld) -> None:
    world.refuses[sha_of(RIDE_FIT)] = ("unknown", "no activity")
    result = world.take(world.put(zipped_fits(RUN_FIT, RIDE_FIT)))
    assert (result.pieces, result.stored, result.refused, result.refusals) == (1, 1, 0, ())
    assert result.left_out == (UploadRefusal(kind="unknown", why="no activity"),)


def test_a_fault_of_a_reader_leaves_nothing_out(
    world: UploadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("parsers.fit_facts.fit_file.read_fit")
    assert world.take(world.put(RUN_FIT)).stored == 1


def test_the_second_time_all_is_known_and_nothing_is_appended(world: UploadWorld) -> None:
    world.take(world.put(gzip.compress(RUN_FIT)))
    again = world.take(world.put(gzip.compress(RUN_FIT, 1)))
    assert (again.stored, again.known) == (0, 1)
    assert len(world.log.events) == 1


@pytest.mark.parametrize(
    ("content", "stated", "kind"),
    [
        (b"a letter to the clinic", "", "unknown"),
        (RUN_FIT, "0" * 64, "checksum"),
        (RUN_FIT, "", "consent"),
        (zipped_fits(b"PK\3\4 no zip"), "", "damaged"),
        (b"PK\3\4" + bytes(100), "", "damaged"),
        (gzip.compress(bytes(10**8), 9), "", "unknown"),
    ],
)
def test_a_file_without_a_piece_is_refused_with_one_reason(
    world: UploadWorld, content: bytes, stated: str, kind: str
) -> None:
    world.consents = kind != "consent"
    name = world.put(content, sha256=stated)
    result = world.take(name)
    assert (result.state, result.pieces) == (UploadState.REFUSED, 0)
    assert values_of(result.refusals, "kind") == [kind]
    assert world.log.events == []
    assert not (world.shelf.path(name) / "data").exists()


def test_nothing_is_received_while_the_log_is_away(world: UploadWorld) -> None:
    world.log.up = False
    name = world.put(RUN_FIT)

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


def test_a_killed_process_goes_on_where_it_was(world: UploadWorld) -> None:
    name = world.put(zipped_fits(RUN_FIT, RIDE_FIT))
    # the process was killed in the middle of the line of its second piece
    journal = Journal(world.shelf.path(name))
    journal.note(sha_of(RUN_FIT), PIECE_WAITING)
    world.kept.add(sha_of(RUN_FIT))
    with (world.shelf.path(name) / "journal").open("ab") as file:
        file.write(b'\n["torn')
    result = world.take(name)
    assert (result.stored, result.known, result.pieces) == (2, 0, 2)
    assert values_of(world.log.events, "value") == [RIDE_FIT]


def test_what_was_refused_is_told_after_a_restart_too(world: UploadWorld) -> None:
    world.reads = False
    world.refuses[sha_of(_TORN)] = ("damaged", _WHY)
    name = world.put(zipped_fits(_TORN, b"some notes", RUN_FIT))

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
    assert values_of(result.refusals, "kind", "count") == [("damaged", 1)]
    assert values_of(result.left_out, "kind", "count") == [("unknown", 1)]


def test_what_nobody_reads_within_a_day_stays_unread(world: UploadWorld) -> None:
    world.reads = False
    world.now_ms = UPLOADED_MS + DAY_MS
    result = world.take(world.put(RUN_FIT))
    assert (result.state, result.stored, result.waiting) == (UploadState.DONE, 0, 1)


def test_a_huge_file_holds_nobody_up(world: UploadWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "WINDOW", 2)
    world.reads = False
    files = [plain(records(range(at, at + 60))) for at in range(0, 600, 60)]
    name = world.put(zipped_fits(*files))

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


def test_a_file_that_ends_the_process_three_times_is_given_up(world: UploadWorld) -> None:
    name = world.put(RUN_FIT)
    for before in range(3):
        assert Journal(world.shelf.path(name)).begin_try() == before
    result = world.take(name)
    assert (result.state, result.refusals[0].kind) == (UploadState.REFUSED, "reader_fault")


def test_a_process_that_gets_further_each_time_is_never_given_up(world: UploadWorld) -> None:
    name = world.put(zipped_fits(RUN_FIT, RIDE_FIT))
    for number in range(5):
        journal = Journal(world.shelf.path(name))
        assert journal.begin_try() == 0
        journal.note(sha_of(bytes(number)), PIECE_KNOWN)
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


def test_the_loop_takes_short_uploads_first_and_stops(world: UploadWorld) -> None:
    long, short = world.put(zipped_fits(RUN_FIT, RIDE_FIT)), world.put(_TORN)

    async def running() -> None:
        stop = asyncio.Event()
        loop = UploadLoop(taking=world.taking())
        async with asyncio.timeout(30):
            assert loop._complete() == [short, long]
            await loop._look()
            await asyncio.gather(*loop.running.values())
            stop.set()
            await loop.run(stop)

    asyncio.run(running())
    assert world.shelf.result(long).stored == 2
