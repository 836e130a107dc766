"""Opens what the doors and the fetcher sealed for its patient, before it is read.

A body whose patient was erased stays closed for ever, because the key is gone: it is settled as one
without a consent. A body that does not open with the key of its patient becomes a dead letter of
the class `sealed`, without a body. Nothing here may end the worker.

A large body lies sealed in the body store, and is opened frame by frame as it is read from there.
So it is in memory once, and in clear on no disk but in its reader's file without a name.
"""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from model.envelope import SEALED, Envelope, sealed_owner, sealed_patient
from model.privacy.sealed_box import BOX_FORM, BoxError, box_opened, box_private
from model.privacy.sealed_stream import STREAM_FORM, FrameError, opened_stream
from storage.bodies.body_store import BodyStorage
from storage.people.data_keys import data_keys_of
from stream.collaborators import Collaborators
from stream.log.messages import Message


async def opened_messages(messages: Sequence[Message], parts: Collaborators) -> list[Message]:
    """Return the messages in their order, those that were sealed with their bodies as they came.

    What does not open is returned as it is, and its envelope still says that it is sealed.
    """
    patients = set(filter(None, map(_patient_of, messages)))
    if not patients:
        return list(messages)
    # a batch of messages that nobody sealed costs no query
    async with parts.pool.connection() as conn:
        keys = await data_keys_of(conn, parts.wrapping_key, patients)
    opened: list[Message] = []
    for message in messages:
        ready = await _opened(message, keys, parts.bodies)
        opened.append(ready)
    return opened


def _patient_of(message: Message) -> str:
    """Return the patient for whom a message is sealed, "" for one that is not."""
    envelope = _envelope(message)
    return sealed_patient(envelope) if envelope is not None and envelope.sealed else ""


def _envelope(message: Message) -> Envelope | None:
    # most messages are not sealed, and need no envelope here
    if not any(name == SEALED and form for name, form in message.headers):
        return None
    try:
        return Envelope.read(message.headers)
    except (KeyError, ValueError):
        return None


async def _opened(message: Message, keys: Mapping[str, bytes], bodies: BodyStorage) -> Message:
    envelope = _envelope(message)
    if envelope is None:
        return message
    key = keys.get(sealed_patient(envelope))
    try:
        body = None if key is None else await _body(message, envelope, box_private(key), bodies)
    except (BoxError, FrameError):
        body = None
    if body is None:
        # nobody can look into it for its account, so that its patient decides what becomes of it
        closed = replace(envelope, patient=sealed_patient(envelope))
        return replace(message, headers=tuple(closed.headers()))
    # whose an answer is depends on its account at its receipt, as for one that nobody sealed
    patient = "" if envelope.requested is not None else envelope.patient
    opened = replace(envelope, sealed="", sealed_for="", patient=patient)
    return replace(message, value=body, headers=tuple(opened.headers()))


async def _body(message: Message, envelope: Envelope, private: bytes, bodies: BodyStorage) -> bytes:
    """Return the body of a message, b"" for a stored one that is not there any more."""
    if envelope.sealed == BOX_FORM and not envelope.address:
        return box_opened(private, message.value, sealed_owner(envelope))
    if envelope.sealed != STREAM_FORM or not envelope.address:
        raise BoxError("sealed in a form that is not known here")
    try:
        file = await bodies.open(envelope.address)
    except ValueError:  # the store never issued this address
        return b""
    if file is None:
        return b""
    with file:
        return await asyncio.to_thread(_plain, file, private, sealed_owner(envelope))


def _plain(file: BinaryIO, private: bytes, belongs_to: str) -> bytes:
    plain = io.BytesIO()
    for frame in opened_stream(private, file.read, belongs_to):
        plain.write(frame)
    # no copy: what it holds is handed over
    return plain.getvalue()
