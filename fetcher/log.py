"""Appends an answer to the log, like a body at the vendor door, sealed for its patient.

Its envelope has the fetch that it answers, so that the worker knows whose it is. What a message
holds opens with the patient's data key alone. A large answer lies in the body store in clear, until
a worker has read it.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass, replace

from ingest.ports import NotAcceptedError, Publisher
from ingest.sealing import sealed_for_patient
from model.envelope import INLINE, Envelope
from model.topics import RAW, RAW_LARGE
from storage.bodies.body_store import BodyStorage
from storage.bodies.sealed import new_name
from storage.fetching.queue import TakenFetch

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
        self, taken: TakenFetch, body: bytes, content_type: str, now_ms: int
    ) -> None:
        """Append an answer that was received at `now_ms` (epoch ms); raises `LogAwayError`."""
        envelope = Envelope(
            connector=taken.connector,
            received_ms=now_ms,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            content_type=content_type[:_LONGEST_TYPE],
            format=taken.fetch.format,
            requested=taken.fetch,
            zone=taken.zone,
        )
        began = time.monotonic()
        try:
            if len(body) > INLINE:
                async with asyncio.timeout(_STORE_S):
                    address = await self.bodies.put(new_name(), body)
                envelope, value = replace(envelope, address=address), b""
            else:
                # the digest is that of the answer itself, by which a repetition is recognised
                envelope, value = _sealed(envelope, body, taken)
            topic = RAW_LARGE if envelope.address else RAW
            key = envelope.sha256.encode()
            await self.publisher.append(topic.name, key, value, envelope.headers())
        except (NotAcceptedError, OSError, TimeoutError) as error:
            raise LogAwayError from error
        if envelope.address and time.monotonic() - began > _NAMED_WITHIN_S:
            raise LogAwayError


def _sealed(envelope: Envelope, body: bytes, taken: TakenFetch) -> tuple[Envelope, bytes]:
    """Return the envelope of an answer that is sealed for its patient, and what is sealed."""
    named, value = sealed_for_patient(
        replace(envelope, patient=taken.patient), body, taken.public_key
    )
    assert isinstance(value, bytes)  # noqa: S101 - it is no file, so none comes back
    return named, value
