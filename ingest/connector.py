"""The type of a connector: a frozen value with all that the door needs to know of a vendor.

Its only behaviour is to refuse contradictions. A connector without a proof cannot be constructed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ingest.proving.proofs import LinkOnly, Proof
from ingest.proving.verify import FIELDS_LIMIT
from model.received import Context
from model.vendors.vendor_api import Api

MIB = 1024 * 1024
JSON = "application/json"
_REFUSALS = frozenset({401, 404})
_TOKEN_AT = frozenset({"path", "query", "bearer"})  # anything else is the name of a header


@dataclass(frozen=True, slots=True)
class AccountInBody:
    """The body names the vendor's own user id, or several of them.

    A payload of an account that is not linked yet waits in quarantine for a day. The sender gets
    the same answer for it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """The body names nobody; a patient's link token comes with it, so no payload waits.

    `at` is `path` (behind the connector's name), `query` (the parameter `token`), `bearer` (of the
    Authorization header) or the name of a header in lower case.
    """

    at: str

    @property
    def header(self) -> str:
        """The name of the header with the token, in lower case; "" where it is in no header."""
        return {"bearer": "authorization", "path": "", "query": ""}.get(self.at, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAnswer:
    """The answer that a vendor gets."""

    status: int
    body: bytes = b""
    media_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The parts of a request that a handshake may read; header names are in lower case.

    Nothing of the request is proved yet. `body` is empty for GET and HEAD, and for a body that is
    longer than any handshake's. `secrets` are the connector's keys, empty until it has any.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Names of the headers (in lower case) and query parameters that travel in the envelope.

    `segment` is the name under which the part of the path behind the connector's name travels,
    beside the query parameters; "" for a connector whose path has no such part.
    """

    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    segment: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that travel as query parameters."""
        return (*self.query, self.segment) if self.segment else self.query


Handshake: TypeAlias = Callable[[Probe], VendorAnswer | None]
FormatOf: TypeAlias = Callable[[Context], str]
_NOTHING = Passes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A way in: how a sender is recognised, proved and answered, and what format its payloads have.

    `name` is its path at the door, its row in the secrets file and the vendor that consent names.
    `format` is pure: it names the row of the formats table that reads a payload, or `sniff`.
    `handshake` is pure and comes before the proof: it may answer a request but can append nothing.
    `handshake_parameter` is the query parameter in which a handshake shows a key, "" for none.
    `answer` is what this vendor expects for "received"; None is 202 with the payload's SHA-256.
    `shown` are texts by language, each under its name, that come with that answer of 202: what the
    sender's app shows where its own question says so. The door reads no payload to choose.
    `answer_within_s` is how long the log may take before this vendor is told to come again; None
    for the door's own deadline. `max_body` is the longest body in bytes, with a proof that
    decodes the body at most `FIELDS_LIMIT`. `unproved` is the status that this vendor wants for a
    body that proves nothing, 401 or 404.
    """

    name: str
    title: str
    proof: Proof
    owner: AccountInBody | LinkToken
    format: FormatOf
    handshake: Handshake | None = None
    handshake_parameter: str = ""
    answer: VendorAnswer | None = None
    shown: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    passes: Passes = field(default=_NOTHING)
    api: Api | None = None
    answer_within_s: float | None = None
    max_body: int = 16 * MIB
    unproved: int = 401

    def __post_init__(self) -> None:
        for holds, why in _contradictions(self):
            if holds:
                raise ValueError(f"connector {self.name}: {why}")


def _contradictions(row: Connector) -> tuple[tuple[bool, str], ...]:
    linked = isinstance(row.owner, LinkToken)
    # Every row is a rule and its text: all of them hold before a door can use it.
    at = row.owner.at if isinstance(row.owner, LinkToken) else ""
    names = (*row.passes.headers, "" if at in _TOKEN_AT else at)
    # a row without a proof has the first reason, and no other
    takes_path = at == "path" or getattr(row.proof, "reads_path", False)
    is_decoded = getattr(row.proof, "decodes_body", False)
    return (
        (not isinstance(row.proof, Proof), "a proof is wanted"),
        (isinstance(row.proof, LinkOnly) and not linked, "a link as proof needs a link token"),
        (
            bool(row.handshake_parameter) and row.handshake is None,
            "a parameter of a handshake needs one",
        ),
        (linked and not at, "a link token is somewhere"),
        (at == "path" and row.proof.reads_path, "the path holds a token or a secret"),
        (any(name != name.lower() for name in names), "headers are named in lower case"),
        ("authorization" in row.passes.headers, "credentials never travel in the envelope"),
        (takes_path and bool(row.passes.segment), "credentials never travel in the envelope"),
        (row.answer is not None and not _is_success(row.answer), "the answer is a success"),
        (row.max_body <= 0, "a body has bytes"),
        (
            is_decoded and row.max_body > FIELDS_LIMIT,
            f"max_body is at most {FIELDS_LIMIT} bytes where the proof decodes the body",
        ),
        (row.unproved not in _REFUSALS, "a body without a proof is refused"),
        (row.api is not None and linked, "an api is asked for an account, and no body names one"),
    )


def _is_success(answer: VendorAnswer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004 - the class of successes


def always(name: str) -> FormatOf:
    """Return the function that names the format `name` for every payload."""
    return lambda _context: name
