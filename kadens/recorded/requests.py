"""Recorded requests at the vendor door: a request in a folder, with the answer it must get.

    FOLDER/door.json       connector, method, segment, headers, query, keys, link_key, now_ms, body
    FOLDER/body.*          the payload as it came; none when `body` is missing
    FOLDER/expected.json   status, media type and body of the answer, and the number of appended
                           messages

The keys are part of the case, so they are made up. Nothing leaves this process: the door runs over
a log and a body store in memory. Must never overwrite a case.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.vendors import CONNECTORS
from kadens.recorded.cases import EXPECTED, indented, new_folder
from model.codec import plain
from model.keyring import KeyRing

DOOR = "door.json"
_HOST = "http://door"
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request and the settings of the door that answers it.

    `keys` are the connector's keys, newest first; none means that the connector has no key yet.
    `link_key` is the key of the patients' link tokens, and `now_ms` the door's clock in epoch ms.
    """

    connector: str
    body: bytes = b""
    method: str = "POST"
    segment: str = ""  # of the path, behind the connector's name
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    link_key: str = ""
    now_ms: int = 0

    def answer(self) -> dict[str, Any]:
        """Return the answer's status, media type and text, and the number of messages appended."""
        log = MemoryLog()
        answer = asyncio.run(self._sent(_door(self, log)))
        if any(event.value != self.body for event in log.events):
            raise AssertionError("the door appended another body than it was sent")
        return {
            "status": int(answer.status_code),
            "media_type": answer.headers.get("content-type", ""),
            "body": answer.text,
            "appended": len(log.events),
        }

    async def _sent(self, door: Door) -> httpx2.Response:
        path = "/".join(filter(None, ("/v1/hooks", self.connector, self.segment)))
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(
            transport=transport, base_url=_HOST, timeout=_ANSWER_S
        ) as client:
            return await client.request(
                self.method, path, params=self.query, content=self.body, headers=self.headers
            )


def _door(request: RecordedRequest, log: MemoryLog) -> Door:
    link_keys = KeyRing.single(request.link_key.encode())
    return Door(
        connectors=CONNECTORS,
        # a connector that is not listed has no key
        secrets={request.connector: request.keys} if request.keys else {},
        links=Links(keys=lambda: link_keys, revoked=MemoryRevocations()),
        publisher=log,
        bodies=MemoryBodies(),
        clock=lambda: request.now_ms,
    )


def read_request(folder: Path) -> RecordedRequest:
    """Return the recorded request in a folder."""
    fields: dict[str, Any] = orjson.loads((folder / DOOR).read_bytes())
    name = fields.pop("body", None)
    body = (folder / name).read_bytes() if name else b""
    keys = tuple(fields.pop("keys", ()))
    return RecordedRequest(**fields, keys=keys, body=body)


def expected_answer(folder: Path) -> dict[str, Any]:
    """Return the answer that a recorded request must get."""
    expected: dict[str, Any] = orjson.loads((folder / EXPECTED).read_bytes())
    return expected


def write_request(folder: Path, request: RecordedRequest, suffix: str) -> dict[str, Any]:
    """Write a case and return the answer; raises FileExistsError for a folder that is not empty.

    `suffix` is the ending of the body's name: ".json". Raises ValueError when a key of the request
    is no key of its connector.
    """
    answer = request.answer()
    new_folder(folder)
    fields = {name: value for name, value in plain(request).items() if value and name != "body"}
    if request.body:
        fields["body"] = f"body{suffix}"
        (folder / fields["body"]).write_bytes(request.body)
    (folder / DOOR).write_bytes(indented(fields))
    (folder / EXPECTED).write_bytes(indented(answer))
    return answer
