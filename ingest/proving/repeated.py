"""Proofs by a secret that a vendor only repeats, in a header or in the path. Pure.

Each fails closed. Whoever learns the secret can send, so a payload is no proof of who measured.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.proving.evidence import JOINT, SEGMENT, Evidence, matches_any
from ingest.proving.verify import Check, Verdict

_MARKED_BY = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """Headers hold values that only the vendor knows; a key is these values joined by `:`."""

    headers: tuple[str, ...]
    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False
    secret_parameters = ()

    def __post_init__(self) -> None:
        if not self.headers or any(name != name.lower() for name in self.headers):
            raise ValueError("a shared secret needs headers, named in lower case")

    @property
    def secret_headers(self) -> tuple[str, ...]:
        """The names of the headers."""
        return self.headers

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "secret in " + " and ".join(f"`{name}`" for name in self.headers)

    def check_key(self, text: str) -> None:
        """Raise ValueError for a key that lacks a header's value."""
        # at least as many joints: the last value may hold `:` itself
        if text.count(JOINT) < len(self.headers) - 1 or not all(text.split(JOINT)):
            raise ValueError(f"a value of each of {', '.join(self.headers)} is wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the headers' values with every key."""
        values = [evidence.headers.get(name, "") for name in self.headers]
        if not all(values):
            return Verdict.MISSING
        return matches_any(JOINT.join(values), evidence.secrets)


@dataclass(frozen=True, slots=True)
class EchoedAuthorization:
    """The vendor sends the `Authorization` value that was set when the hook was registered."""

    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False
    secret_headers = ("authorization",)
    secret_parameters = ()

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "the Authorization value that the vendor was given"

    def check_key(self, text: str) -> None:
        """Raise ValueError for a value without a scheme, such as `Bearer …`."""
        scheme, _, credentials = text.partition(" ")
        if not scheme or not credentials.strip():
            raise ValueError("a whole Authorization value is wanted, such as `Bearer …`")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the header with every key."""
        value = evidence.headers.get("authorization", "")
        return matches_any(value, evidence.secrets) if value else Verdict.MISSING


@dataclass(frozen=True, slots=True)
class SecretPath:
    """The vendor signs nothing; the registered address ends in a long random segment.

    A key is that segment, followed by `:` and the value of `header` where `header` is set. Both are
    compared. Whoever learns the address can send, so a payload is no proof of who measured.

    With `mark` a key may end in `:` and a value that no request has to have: it travels with every
    body under that name, in place of a query parameter, for a reader that compares it with a field.
    """

    header: str = ""
    mark: str = ""
    needs_key = True
    reads_path = True
    signs_body = False
    decodes_body = False
    secret_parameters = ()

    @property
    def secret_headers(self) -> tuple[str, ...]:
        """The name of the header, if there is one."""
        return (self.header,) if self.header else ()

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "secret in the path" + (f", and `{self.header}`" if self.header else "")

    def check_key(self, text: str) -> None:
        """Raise ValueError for a segment that could be guessed, or a header without a value."""
        segment, joint, value = text.partition(JOINT)
        if not SEGMENT.fullmatch(segment):
            raise ValueError("a random segment of 22 to 128 letters, digits, - and _ is wanted")
        if self.mark:
            if bool(joint) is not bool(_MARKED_BY.fullmatch(value)):
                raise ValueError(f"the segment, or SEGMENT:VALUE of {self.mark}, is wanted")
            return
        if bool(joint and value) is not bool(self.header):
            wanted = f"SEGMENT:VALUE of {self.header}" if self.header else "only the segment"
            raise ValueError(f"{wanted} is wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the segment, and the header's value where `header` is set, with every key."""
        values = [evidence.segment]
        if self.header:
            values.append(evidence.headers.get(self.header, ""))
        if not all(values):
            return Verdict.MISSING
        keys = list(map(_segment, evidence.secrets)) if self.mark else evidence.secrets
        return matches_any(JOINT.join(values), keys)

    def marked(self, segment: str, secrets: Sequence[str]) -> str:
        """Return the value that the key with this segment ends in, "" without one."""
        for secret in secrets:
            own, _, value = secret.partition(JOINT)
            if self.mark and hmac.compare_digest(own.encode(), segment.encode()):
                return value
        return ""


def _segment(key: str) -> str:
    return key.partition(JOINT)[0]
