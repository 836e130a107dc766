"""Seals a body at the door for its patient, wherever its patient is known by then.

It must never see a patient's data key: the public key is enough to seal, and opens nothing.
"""

import secrets
from functools import partial
from typing import BinaryIO

from model.envelope import Envelope
from model.privacy.sealed_box import PUBLIC_BYTES
from model.privacy.sealing import sealed_content

_once = partial(secrets.token_bytes, PUBLIC_BYTES)


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
    return sealed_content(envelope, content, public, _once)
