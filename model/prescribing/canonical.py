"""The hash of a prescription: SHA-256 over its canonical JSON (RFC 8785). Pure.

Members that have their default value are left out, so that a field which is added later changes no
hash of what was written before. The hash itself is left out too.
"""

import hashlib
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date
from typing import Any

import rfc8785

from model.prescription import Prescription

_HASH = "sha256"


def canonical_prescription(prescription: Prescription) -> bytes:
    """Return the bytes that are hashed: canonical JSON of all members that say something.

    Raises ValueError for a number that JSON does not have.
    """
    members = _given(prescription)
    # not a part of what is written, but made from it
    members.pop(_HASH, None)
    return rfc8785.dumps(members)


def prescription_hash(prescription: Prescription) -> str:
    """Return the SHA-256 of a version of a prescription, in hexadecimal."""
    return hashlib.sha256(canonical_prescription(prescription)).hexdigest()


def with_hash(prescription: Prescription) -> Prescription:
    """Return a version with its hash, as it is stored."""
    return replace(prescription, sha256=prescription_hash(prescription))


def _given(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    if is_dataclass(value):
        members: dict[str, Any] = {}
        for field in fields(value):
            item = getattr(value, field.name)
            if not _is_default(field, item):
                members[field.name] = _given(item)
        return members
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(map(_given, value))
    return value


def _is_default(field: Field[Any], value: object) -> bool:
    return field.default is not MISSING and value == field.default
