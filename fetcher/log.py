"""Appends an answer to the log, like a body at the vendor door, sealed for its patient.

Its envelope has the fetch that it answers, so that the worker knows whose it is. It opens with the
patient's data key alone, in its message as in the body store.
"""

import hashlib
from dataclasses import dataclass, replace

from ingest.ports import NotAcceptedError, Publisher
from ingest.receiving.appending import append_body
from ingest.sealing import sealed_for_patient
from model.envelope import Envelope
from storage.bodies.body_store import BodyStorage
from storage.fetching.queue import TakenFetch

_STORE_S = 60.0
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
        # the digest is that of the answer itself, by which a repetition is recognised
        named, content = sealed_for_patient(
            replace(envelope, patient=taken.patient), body, taken.public_key
        )
        try:
            await append_body(self.publisher, self.bodies, named, content, _STORE_S)
        except (NotAcceptedError, OSError, TimeoutError) as error:
            raise LogAwayError from error
