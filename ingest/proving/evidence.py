"""What a request shows before its body, and the comparison of what it repeats. Pure.

A comparison takes the same time whatever it compares, and must never say which secret matched.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.proving.verify import Verdict

SEGMENT = re.compile(r"[A-Za-z0-9_-]{22,128}")  # 22 such characters hold 128 random bits
JOINT = ":"  # between the values of a key whose values come in several parts of a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The parts of a request that come before its body; header names are in lower case.

    `segment` is the part of the path behind the connector's name, and `query` has the parameters.
    `patient` is the patient of a valid link token, "" without a token. `key_sets` are public key
    sets of the vendor, as it publishes them. `now_ms` is the door's clock in epoch ms, and
    `window_ms` is how far a signed time may be from it.
    """

    headers: Mapping[str, str]
    segment: str
    patient: str
    secrets: Sequence[str]
    now_ms: int
    window_ms: int
    key_sets: Sequence[str] = ()
    query: Mapping[str, str] = field(default_factory=dict)


def matches_any(value: str, secrets: Sequence[str]) -> Verdict:
    """Compare with every secret in constant time, so that the time does not show which matched."""
    equal = False
    for secret in secrets:
        # as bytes: `compare_digest` raises for text that is not ASCII
        equal |= hmac.compare_digest(value.encode(), secret.encode())
    return Verdict.OK if equal else Verdict.FORGED
