"""The vendor door as values: its collaborators and limits, a request, and its outcome.

Values only: everything is injected, and nothing here reads a request or a setting.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.clock_watch import ClockWatch
from ingest.connector import Connector, VendorAnswer
from ingest.key_sets import NoKeySets
from ingest.ports import BodyStore, Clock, KeySets, Publisher, Revocations
from ingest.spool import Spools
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import UploadLimits
from model.keyring import Keys
from web.rates import Buckets


def unlimited() -> Buckets:
    """Return buckets that let everything through."""
    return Buckets(rate=0, burst=0)


SIGNED_WINDOW_MS = 300_000  # how far a signed time may be from the door's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often bodies may come.

    `tokens` has a bucket for each patient of a link token, and `connectors` for each connector's
    name. `now` is a steady clock in seconds.
    """

    tokens: Buckets = field(default_factory=unlimited)
    connectors: Buckets = field(default_factory=unlimited)
    now: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What decides whether a link token is valid: the current link keys and the revoked tokens."""

    keys: Keys
    revoked: Revocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Everything that the vendor door needs, injected.

    `secrets` are the keys by connector name; a connector that needs a key and has none is off.
    `max_body` is in bytes. `window_ms` is how far a signed time may be from `clock`. `store_s` is
    how long the body store may take, in seconds. `watch` compares `clock` with the log's clock; it
    is None where `clock` is not the clock of this machine. `key_sets` are the public keys of
    vendors that publish them. `shelf` holds uploads in parts; without
    it there are none, and no page. `clinic` is the name that the page shows.
    """

    connectors: tuple[Connector, ...]
    secrets: Mapping[str, Sequence[str]]
    links: Links
    publisher: Publisher
    bodies: BodyStore
    clock: Clock
    max_body: int = 100 * 1024 * 1024
    window_ms: int = SIGNED_WINDOW_MS
    store_s: float = 30.0
    spools: Spools = field(default_factory=Spools)
    rates: Rates = field(default_factory=Rates)
    watch: ClockWatch | None = None
    key_sets: KeySets = field(default_factory=NoKeySets)
    shelf: Shelf | None = None
    upload_limits: UploadLimits = field(default_factory=UploadLimits)
    clinic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request as the door sees it; header names are in lower case.

    `segment` is the part of the path behind the connector's name, "" where there is none.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    stream: AsyncIterator[bytes]
    segment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The outcome of a request: SHA-256 (hex) and size of the appended payload, and the answer.

    A handshake appends nothing and has no SHA-256. `answer` is None where the vendor expects no
    answer of its own; then `shown` comes with the receipt. `by_compact`: only the compact JSON of
    the payload was signed.
    """

    sha256: str = ""
    size: int = 0
    answer: VendorAnswer | None = None
    shown: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    by_compact: bool = False
