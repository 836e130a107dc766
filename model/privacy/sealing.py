"""Seals a body for its patient: in its message, or as it is written into the body store. Pure.

It must never see a patient's data key: the public key is enough to seal, and opens nothing.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from model.envelope import INLINE, Envelope, sealed_owner
from model.privacy.sealed_box import BOX_FORM, box_sealed
from model.privacy.sealed_stream import STREAM_FORM, StreamSealer, sealing_file


def sealed_content(
    envelope: Envelope, content: bytes | BinaryIO, public: bytes, once: Callable[[], bytes]
) -> tuple[Envelope, bytes | BinaryIO]:
    """Return the envelope that says how a body is sealed for its patient, and the sealed body.

    `public` is the patient's public key; `once` returns 32 random bytes. The body is bytes for the
    message itself, or a file for the body store, which is sealed as it is read.
    """
    belongs_to = sealed_owner(envelope)
    if isinstance(content, bytes) and len(content) <= INLINE:
        return replace(envelope, sealed=BOX_FORM), box_sealed(public, once(), content, belongs_to)
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    # a key of its own for each reading: the store may begin again
    begin = partial(_sealer, public, once, belongs_to)
    return replace(envelope, sealed=STREAM_FORM), sealing_file(file, begin)


def _sealer(public: bytes, once: Callable[[], bytes], belongs_to: str) -> StreamSealer:
    return StreamSealer(public, once(), belongs_to)
