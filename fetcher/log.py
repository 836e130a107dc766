"""Appends an answer to the log as it came, like a body at the vendor door.

Its envelope has the fetch that it answers, so that the worker knows whose it is.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass, replace

from ingest.ports import NotAcceptedError, Publisher
from model.envelope import INLINE, Envelope
from model.received import Fetch
from model.topics import RAW, RAW_LARGE
from storage.bodies.body_store import BodyStorage
from storage.bodies.sealed import new_name

_STORE_S = 60.0
_NAMED_WITHIN_S = 300.0  # a stored body that no message names for longer counts as an orphan
_LONGEST_TYPE = 200


class LogAwayError(Exception):
    """The log or the body store did not take an answer; the fetch is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLog:
    """The log and the store of large bodies."""

    publisher: Publisher
    bodies: BodyStorage

    async def append_answer(
        self,
        connector: str,
        fetch: Fetch,
        body: bytes,
        content_type: str,
        now_ms: int,
        zone: str = "",
    ) -> None:
        """Append an answer that was received at `now_ms` (epoch ms); raises `LogAwayError`.

        `zone` is the IANA zone of the patient, by which its reader places local times.
        """
        envelope = Envelope(
            connector=connector,
            received_ms=now_ms,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            content_type=content_type[:_LONGEST_TYPE],
            format=fetch.format,
            requested=fetch,
            zone=zone,
        )
        began = time.monotonic()
        try:
            if len(body) > INLINE:
                async with asyncio.timeout(_STORE_S):
                    address = await self.bodies.put(new_name(), body)
                envelope, body = replace(envelope, address=address), b""
            topic = RAW_LARGE if envelope.address else RAW
            key = envelope.sha256.encode()
            await self.publisher.append(topic.name, key, body, envelope.headers())
        except (NotAcceptedError, OSError, TimeoutError) as error:
            raise LogAwayError from error
        if envelope.address and time.monotonic() - began > _NAMED_WITHIN_S:
            raise LogAwayError
