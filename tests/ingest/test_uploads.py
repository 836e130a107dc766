"""Uploads in parts at the vendor door: tus 1.0 as clients speak it, and as attackers do.

Each test has a door over a folder of its own.
"""

import asyncio
import base64
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from ingest.door import Door
from ingest.http import vendor_app
from ingest.links import digest
from ingest.memory import MemoryLog, MemoryRevocations
from ingest.uploads import intake
from ingest.uploads.shelf import BusyUploadError, Shelf
from ingest.uploads.upload import (
    Ended,
    Upload,
    UploadLimits,
    UploadRefusal,
    UploadResult,
    UploadState,
    new_id,
)
from model.calendar import DAY_MS
from tests.ingest.conftest import NOW, link_token
from tests.rooms import ROOT
from tests.rows import cells_of, values_of

_AT = "/v1/files/uploads"
_FILE = bytes(range(256)) * 40
_Headers = dict[str, str]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "uploads")


@pytest.fixture
def uploading(door: Door, shelf: Shelf) -> Door:
    return replace(door, shelf=shelf)


class TusClient:
    """A client of the door with a patient's link token."""

    def __init__(self, door: Door, token: str = "") -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=vendor_app(door)), base_url="http://door"
        )
        bearer = token or link_token()
        self.headers = {"authorization": f"Bearer {bearer}", "tus-resumable": "1.0.0"}

    def send(
        self,
        method: str,
        path: str = _AT,
        headers: _Headers | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
    ) -> httpx2.Response:
        async def sent() -> httpx2.Response:
            given = {**self.headers, **(headers or {})}
            kept = {name: value for name, value in given.items() if value}
            return await self._client.request(method, path, headers=kept, content=body)

        return asyncio.run(sent())

    def begin(self, length: int = len(_FILE), **pairs: str) -> str:
        answer = self.send("POST", headers={"upload-length": str(length), **metadata(**pairs)})
        assert (answer.status_code, answer.headers["tus-resumable"]) == (201, "1.0.0")
        return str(answer.headers["location"])

    def part(self, path: str, offset: int, body: bytes | AsyncIterator[bytes]) -> httpx2.Response:
        headers = {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
        return self.send("PATCH", path, headers, body)

    def offset(self, path: str) -> int:
        answer = self.send("HEAD", path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        return int(answer.headers["upload-offset"])

    def shown(self, path: str) -> dict[str, Any]:
        content: dict[str, Any] = self.send("GET", path).json()
        return content


def metadata(**pairs: str) -> _Headers:
    texts = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items()]
    return {"upload-metadata": ",".join(texts)} if texts else {}


def reason(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["reason"]


def test_a_file_in_three_parts_is_complete_and_safe(uploading: Door, shelf: Shelf) -> None:
    sender = TusClient(uploading)
    path = sender.begin(filename="C:\\Users\\me/export.zip", mark="1700")
    assert sender.offset(path) == 0
    for begin, end in ((0, 1000), (1000, 1001), (1001, len(_FILE))):
        answer = sender.part(path, begin, _FILE[begin:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        assert answer.headers["upload-expires"] == "Wed, 15 Nov 2023 22:13:20 GMT"
    assert sender.shown(path) == {
        "id": path.removeprefix(f"{_AT}/"),
        "filename": "export.zip",
        "mark": "1700",
        "length": len(_FILE),
        "offset": len(_FILE),
        "expires": "2023-11-15T22:13:20Z",
        "state": "held",
        "sha256": "",
        "pieces": 0,
        "stored": 0,
        "known": 0,
        "refused": 0,
        "waiting": 0,
        "refusals": [],
        "left_out": [],
    }
    (upload,) = shelf.of("patient-7")
    assert (shelf.path(upload.id) / "data").read_bytes() == _FILE
    assert shelf.ended(upload.id) == Ended(received_ms=NOW, link=digest(link_token()).hex())


def test_nothing_is_on_the_log_before_the_whole_file_is(uploading: Door, log: MemoryLog) -> None:
    sender = TusClient(uploading)
    sender.part(sender.begin(), 0, _FILE)
    assert log.events == []


def test_options_tell_what_the_door_offers(uploading: Door) -> None:
    answer = TusClient(uploading).send(
        "OPTIONS", headers={"authorization": "", "tus-resumable": ""}
    )
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,termination"
    assert answer.headers["tus-max-size"] == str(16 * 1024**3)


def test_head_answers_length_and_metadata(uploading: Door) -> None:
    sender = TusClient(uploading)
    answer = sender.send("HEAD", sender.begin(filename="löp.fit"))
    assert answer.headers["upload-length"] == str(len(_FILE))
    assert answer.headers["upload-metadata"] == metadata(filename="löp.fit")["upload-metadata"]


def test_the_time_zone_of_an_upload_is_kept(uploading: Door, shelf: Shelf) -> None:
    sender, zone = TusClient(uploading), {"time-zone": "Europe/Stockholm"}
    answer = sender.send("HEAD", sender.begin(len(_FILE), **zone))
    assert answer.headers["upload-metadata"] == metadata(**zone)["upload-metadata"]
    assert values_of(shelf.of("patient-7"), "time_zone") == ["Europe/Stockholm"]


_BEGUN: list[tuple[str, _Headers, int, str]] = [
    ("no token", {"authorization": ""}, 401, "link"),
    ("no version", {"tus-resumable": ""}, 412, "tus_version"),
    ("another version", {"tus-resumable": "0.2.2"}, 412, "tus_version"),
    ("no length", {"upload-length": ""}, 400, "upload_length"),
    ("a deferred length", {"upload-length": "", "upload-defer-length": "1"}, 400, "upload_length"),
    ("a negative length", {"upload-length": "-1"}, 400, "upload_length"),
    ("a length of words", {"upload-length": "many"}, 400, "upload_length"),
    ("a length beyond all", {"upload-length": "9" * 15}, 413, "too_large"),
    ("an empty file", {"upload-length": "0"}, 400, "empty"),
    ("metadata that is no base64", {"upload-metadata": "filename eA=!"}, 400, "upload_metadata"),
    ("a key twice", {"upload-metadata": "a eA==,a eA=="}, 400, "upload_metadata"),
    ("too much metadata", {"upload-metadata": f"a {'eHh4' * 2000}"}, 400, "upload_metadata"),
    ("no text", {"upload-metadata": "filename /w=="}, 400, "upload_metadata"),
    ("a digest that is none", metadata(sha256="abc"), 400, "upload_metadata"),
    ("no time zone", metadata(**{"time-zone": "Mars/Base"}), 400, "upload_metadata"),
    ("a clock of a machine", metadata(**{"time-zone": "localtime"}), 400, "upload_metadata"),
    ("a folder of zones", metadata(**{"time-zone": "Europe"}), 400, "upload_metadata"),
    ("a way to a file", metadata(**{"time-zone": "../../etc/passwd"}), 400, "upload_metadata"),
]


@pytest.mark.parametrize(("what", "headers", "status", "why"), _BEGUN, ids=cells_of(_BEGUN, 0))
def test_no_upload_begins(
    uploading: Door, shelf: Shelf, what: str, headers: _Headers, status: int, why: str
) -> None:
    answer = TusClient(uploading).send("POST", headers={"upload-length": "5", **headers})
    assert reason(answer) == (status, why), what
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert list(shelf.names()) == []


def test_offsets_that_lie_change_nothing(uploading: Door) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    sender.part(path, 0, _FILE[:500])
    for offset in (0, 499, 501, len(_FILE), 10**14):
        assert reason(sender.part(path, offset, b"x")) == (409, "upload_offset_differs")
    for text in ("-1", "1e3", "", "9" * 40):
        kind = {"content-type": "application/offset+octet-stream", "upload-offset": text}
        assert reason(sender.send("PATCH", path, kind, b"x")) == (400, "upload_offset")
    assert sender.offset(path) == 500
    assert sender.part(path, 500, _FILE[500:]).status_code == 204


def test_more_than_the_length_is_refused(uploading: Door, shelf: Shelf) -> None:
    sender = TusClient(uploading)
    path = sender.begin(10)
    assert reason(sender.part(path, 0, b"x" * 11)) == (413, "too_large")
    assert sender.offset(path) == 0

    async def chunks() -> AsyncIterator[bytes]:
        yield b"abcde"
        yield b"fghijklmnop"

    # without a length in front it shows only at the end: what fits is kept
    assert reason(sender.part(path, 0, chunks())) == (413, "too_large")
    assert sender.offset(path) == 10
    assert (shelf.path(path.rpartition("/")[2]) / "data").read_bytes() == b"abcdefghij"
    assert reason(sender.part(path, 10, b"x")) == (413, "too_large")
    assert sender.part(path, 10, b"").status_code == 204


def test_a_part_needs_its_type(uploading: Door) -> None:
    sender = TusClient(uploading)
    answer = sender.send("PATCH", sender.begin(), {"upload-offset": "0"}, b"x")
    assert reason(answer) == (415, "upload_type")


def test_an_upload_is_its_own_patients_only(uploading: Door, revoked: MemoryRevocations) -> None:
    owner, other = TusClient(uploading), TusClient(uploading, link_token("patient-8"))
    path = owner.begin()
    owner.part(path, 0, _FILE[:10])
    for answer in (
        other.part(path, 10, b"x"),
        other.send("GET", path),
        other.send("DELETE", path),
        other.part(f"{_AT}/{'0' * 16}-5-5-{'0' * 32}", 0, b"x"),
        other.send("GET", f"{_AT}/.new-{path.rpartition('/')[2]}"),
    ):
        assert reason(answer) == (404, "unknown_upload")
    assert other.send("HEAD", path).status_code == 404
    assert other.send("GET").json() == {"uploads": []}
    assert [row["offset"] for row in owner.send("GET").json()["uploads"]] == [10]
    expired = TusClient(uploading, link_token(expires_ms=NOW))
    assert reason(expired.part(path, 10, b"x")) == (401, "link")
    revoked.digests.add(digest(link_token()))
    assert reason(owner.part(path, 10, b"x")) == (401, "link")


def test_another_token_of_the_patient_goes_on(uploading: Door, shelf: Shelf) -> None:
    path = TusClient(uploading).begin()
    later = link_token(issue=2)
    assert TusClient(uploading, later).part(path, 0, _FILE).status_code == 204
    ended = shelf.ended(path.rpartition("/")[2])
    assert ended is not None
    assert ended.link == digest(later).hex()


def test_two_parts_at_once_are_refused(uploading: Door, shelf: Shelf) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    part = shelf.open(shelf.of("patient-7")[0])
    answer = sender.part(path, 0, _FILE)
    assert reason(answer) == (423, "upload_locked")
    assert answer.headers["retry-after"] == "2"
    assert reason(sender.send("DELETE", path)) == (423, "upload_locked")
    assert sender.offset(path) == 0
    part.close()
    assert sender.part(path, 0, _FILE).status_code == 204


def test_what_came_before_the_connection_broke_is_kept(uploading: Door) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    app, chunks = vendor_app(uploading), iter((_FILE[:700], _FILE[700:1500]))
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def answer(message: Any) -> None:  # noqa: ANN401 - of ASGI
        await asyncio.sleep(0)
        statuses.append(message.get("status", 0))

    given = {
        **sender.headers,
        "upload-offset": "0",
        "content-type": "application/offset+octet-stream",
        "content-length": str(len(_FILE)),
    }
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(app(scope, receive, answer))
    assert statuses[0] == 400
    assert sender.offset(path) == 1500
    assert sender.part(path, 1500, _FILE[1500:]).status_code == 204


def test_a_client_that_can_only_post(uploading: Door) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    over = {
        "x-http-method-override": "PATCH",
        "upload-offset": "0",
        "content-type": "application/offset+octet-stream",
    }
    assert sender.send("POST", path, over, _FILE[:3]).status_code == 204
    assert sender.offset(path) == 3
    assert reason(sender.send("POST", path)) == (405, "method_not_allowed")
    assert sender.send("POST", path, {"x-http-method-override": "DELETE"}).status_code == 204
    assert reason(sender.send("GET", path)) == (404, "unknown_upload")


def test_ten_thousand_uploads_begun_leave_a_hundred(uploading: Door, shelf: Shelf) -> None:
    app = vendor_app(uploading)

    async def flood() -> dict[int, int]:
        counts: dict[int, int] = {}
        transport = httpx2.ASGITransport(app=app)
        headers = {**TusClient(uploading).headers, "upload-length": "1"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            for _ in range(150):
                status = (await client.post(_AT, headers=headers)).status_code
                counts[status] = counts.get(status, 0) + 1
        return counts

    assert asyncio.run(flood()) == {201: 100, 429: 50}
    assert shelf.taken() == (100, 100)
    other = TusClient(uploading, link_token("patient-8"))
    assert other.send("POST", headers={"upload-length": "1"}).status_code == 201


class Room(NamedTuple):
    limits: UploadLimits
    own: int
    others: int
    status: int
    why: str


_ROOMS = [
    Room(UploadLimits(disk=40), 10, 0, 429, "upload_share"),
    Room(UploadLimits(disk=40), 0, 31, 507, "upload_room"),
    Room(UploadLimits(uploads=1), 0, 1, 507, "upload_room"),
    Room(UploadLimits(of_patient=1), 1, 0, 429, "upload_share"),
]


@pytest.mark.parametrize("room", _ROOMS)
def test_room_is_taken_by_what_is_announced(uploading: Door, shelf: Shelf, room: Room) -> None:
    for patient, length in (("patient-7", room.own), ("patient-8", room.others)):
        if length:
            shelf.create(_upload(patient, length))
    sender = TusClient(replace(uploading, upload_limits=room.limits))
    assert reason(sender.send("POST", headers={"upload-length": "10"})) == (room.status, room.why)


def test_a_full_disk_takes_no_upload_and_loses_no_byte(
    uploading: Door, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    sender.part(path, 0, _FILE[:100])
    with monkeypatch.context() as full:
        full.setattr(intake, "SPARE", shelf.free() * 2)
        assert reason(sender.send("POST", headers={"upload-length": "1"})) == (507, "upload_room")

        def refuse(*_args: object) -> None:
            raise OSError(28, "No space left on device")

        full.setattr("ingest.uploads.shelf.UploadPart.write", refuse)
        assert reason(sender.part(path, 100, b"x")) == (507, "upload_room")
    assert sender.offset(path) == 100
    assert sender.part(path, 100, _FILE[100:]).status_code == 204


def _upload(patient: str = "patient-7", length: int = 5, created_ms: int = NOW) -> Upload:
    return Upload(
        id=new_id(patient, length, created_ms),
        patient=patient,
        length=length,
        filename="",
        sha256="",
        mark="",
        created_ms=created_ms,
    )


def _ended(shelf: Shelf, upload: Upload) -> None:
    part = shelf.open(upload)
    part.write(b"x" * upload.length)
    part.commit(Ended(received_ms=NOW, link=""))
    part.close()


def test_what_is_incomplete_expires_and_what_is_complete_waits(shelf: Shelf) -> None:
    begun, complete, done = _upload(), _upload(), _upload()
    for upload in (begun, complete, done):
        shelf.create(upload)
    for upload in (complete, done):
        _ended(shelf, upload)
    shelf.put_result(done.id, UploadResult(state=UploadState.DONE))
    shelf.drop_data(done.id)

    def left(after_ms: int) -> set[str]:
        shelf.sweep(NOW + after_ms)
        return {name for name, _ in shelf.names()}

    assert left(DAY_MS - 1000) == {begun.id, complete.id, done.id}
    assert left(DAY_MS) == {complete.id, done.id}
    assert left(2 * DAY_MS) == {complete.id}
    assert left(90 * DAY_MS) == {complete.id}


def test_a_result_is_read_as_it_was_noted(uploading: Door, shelf: Shelf) -> None:
    upload = _upload()
    shelf.create(upload)
    _ended(shelf, upload)
    refusal = UploadRefusal(kind="damaged", why="a packed file that is damaged", count=2)
    result = UploadResult(
        state=UploadState.DONE, sha256="ab", pieces=4, stored=1, known=1, refused=2,
        refusals=(refusal,),
    )  # fmt: skip
    shelf.put_result(upload.id, result)
    assert shelf.result(upload.id) == result
    shown = TusClient(uploading).shown(f"{_AT}/{upload.id}")
    assert (shown["state"], shown["stored"], shown["refused"]) == ("done", 1, 2)
    assert shown["refusals"] == [{"kind": "damaged", "why": refusal.why, "count": 2}]


def test_an_upload_on_its_way_to_the_log_cannot_be_ended(uploading: Door, shelf: Shelf) -> None:
    sender = TusClient(uploading)
    path = sender.begin()
    sender.part(path, 0, _FILE)
    assert reason(sender.send("DELETE", path)) == (423, "upload_locked")
    name = path.rpartition("/")[2]
    shelf.put_result(name, UploadResult(state=UploadState.DONE))
    shelf.drop_data(name)
    assert sender.send("DELETE", path).status_code == 204
    assert list(shelf.names()) == []


# writes parts for ever and prints each offset once it is told
_WRITER = """
import sys
from pathlib import Path
from ingest.uploads.shelf import Shelf
shelf = Shelf(Path(sys.argv[1]))
(upload,) = shelf.of("patient-7")
part = shelf.open(upload)
while True:
    for _ in range(3):
        part.write(bytes([part.offset % 251]) * 1000)
    part.commit()
    print(part.durable, flush=True)
"""


def test_a_killed_door_loses_no_byte_that_it_acknowledged(shelf: Shelf, tmp_path: Path) -> None:
    upload = _upload(length=10**9)
    shelf.create(upload)
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path / "uploads")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)][-1]
        with pytest.raises(BusyUploadError):
            shelf.open(upload)
        writer.kill()
    # the lock of a killed process is free, and what it had not told is cut off
    part = shelf.open(upload)
    assert part.offset >= acknowledged >= 60_000
    assert part.offset % 3000 == 0
    part.close()
    content = (shelf.path(upload.id) / "data").read_bytes()
    assert len(content) == part.offset
    for begin in range(0, acknowledged, 1000):
        assert content[begin : begin + 1000] == bytes([begin % 251]) * 1000
