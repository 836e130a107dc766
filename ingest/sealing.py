"""Seals a body for its patient before it is appended, wherever its patient is known by then.

It must never see a patient's data key: the public key is enough to seal, and opens nothing.
"""

import io
import secrets
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from model.envelope import INLINE, Envelope, sealed_owner
from model.privacy.sealed_box import BOX_FORM, PUBLIC_BYTES, box_sealed
from model.privacy.sealed_stream import STREAM_FORM, StreamSealer, sealing_file


def sealed_for_patient(
    envelope: Envelope, content: bytes | BinaryIO, public: bytes
) -> tuple[Envelope, bytes | BinaryIO]:
    """Seal a body for its patient, where a key is known.

    `public` is the patient's public key, empty where none is known. Returns the envelope that says
    so, and the sealed body: bytes for the message itself, or a file for the body store, which is
    sealed as it is read.
    """
    if not public:
        return envelope, content
    belongs_to = sealed_owner(envelope)
    if isinstance(content, bytes) and len(content) <= INLINE:
        value = box_sealed(public, _once(), content, belongs_to)
        return replace(envelope, sealed=BOX_FORM), value
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    # a key of its own for each reading: the store may begin again
    begin = partial(_sealer, public, belongs_to)
    return replace(envelope, sealed=STREAM_FORM), sealing_file(file, begin)


def _sealer(public: bytes, belongs_to: str) -> StreamSealer:
    return StreamSealer(public, _once(), belongs_to)


def _once() -> bytes:
    return secrets.token_bytes(PUBLIC_BYTES)
