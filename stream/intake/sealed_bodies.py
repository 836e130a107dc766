"""Opens what the doors and the fetcher sealed for its patient, before it is read.

A body whose patient was erased stays closed for ever, because the key is gone: it is settled as one
without a consent. A body that does not open with the key of its patient becomes a dead letter of
the class `sealed`, without a body. Nothing here may end the worker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from model.envelope import SEALED, Envelope, sealed_owner
from model.privacy.sealed_box import BOX_FORM, BoxError, box_opened, box_private
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
    return [_opened(message, keys) for message in messages]


def _patient_of(message: Message) -> str:
    """Return the patient for whom a message is sealed, "" for one that is not."""
    envelope = _envelope(message)
    return envelope.patient if envelope is not None and envelope.sealed else ""


def _envelope(message: Message) -> Envelope | None:
    # most messages are not sealed, and need no envelope here
    if not any(name == SEALED and form for name, form in message.headers):
        return None
    try:
        return Envelope.read(message.headers)
    except (KeyError, ValueError):
        return None


def _opened(message: Message, keys: Mapping[str, bytes]) -> Message:
    envelope = _envelope(message)
    key = keys.get(envelope.patient) if envelope is not None else None
    if envelope is None or key is None or envelope.sealed != BOX_FORM:
        return message
    try:
        body = box_opened(box_private(key), message.value, sealed_owner(envelope))
    except BoxError:
        return message
    # whose an answer is depends on its account at its receipt, as for one that nobody sealed
    patient = "" if envelope.requested is not None else envelope.patient
    headers = tuple(replace(envelope, sealed="", patient=patient).headers())
    return replace(message, value=body, headers=headers)
