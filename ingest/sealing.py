"""Seals a body for its patient before it is appended, wherever its patient is known by then.

It must never see a patient's data key: the public key is enough to seal, and opens nothing.
"""

import secrets
from dataclasses import replace
from typing import BinaryIO

from model.envelope import INLINE, Envelope, sealed_owner
from model.privacy.sealed_box import BOX_FORM, PUBLIC_BYTES, box_sealed


def sealed_for_patient(
    envelope: Envelope, content: bytes | BinaryIO, public: bytes
) -> tuple[Envelope, bytes | BinaryIO]:
    """Seal a body that the message itself holds for its patient, where a key is known.

    `public` is the patient's public key, empty where none is known. Returns the envelope that says
    so, and what the message holds then.
    """
    if not public or not isinstance(content, bytes) or len(content) > INLINE:
        return envelope, content
    once = secrets.token_bytes(PUBLIC_BYTES)
    value = box_sealed(public, once, content, sealed_owner(envelope))
    return replace(envelope, sealed=BOX_FORM), value
