"""What a reader gets with a payload, and what it may return.

These are the types between the vendor door and the parsers. They depend on no vendor and no format,
and they hold no secret.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from model.facts import Fact, Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Data that a vendor has announced and that must be fetched from it.

    `account` is the vendor's own user id. Together the connector, `account`, `resource` and `key`
    identify the fetch, so announcing it twice changes nothing. A payload decides only about `path`
    and `query`; the host comes from the connector. `host` is what the vendor's own link names, ""
    without a link: such a fetch is asked for only where the connector pins that very host. The
    query of a link may hold a credential; any other query must not. `format`
    names the row of the formats table that reads the answer. `not_before_ms` is in epoch ms, 0 for
    now.
    """

    account: str
    resource: str
    key: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    format: str = ""
    not_before_ms: int = 0
    host: str = ""


class NoticeKind(StrEnum):
    """The kind of a vendor's notice about an account."""

    CONNECTED = "connected"  # the patient connected an account at the vendor or a hub
    BROKEN = "broken"  # the vendor's side can ask no longer: the patient must connect again
    REVOKED = "revoked"  # the patient withdrew at the vendor
    PERMISSIONS = "permissions"  # what may be read changed; `scopes` are those that are left
    PROGRESS = "progress"  # the vendor still works on what it will send
    PING = "ping"  # the vendor tries whether the address answers
    UNKNOWN = "unknown"  # an event type that is not read here


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A vendor's notice about an account.

    `account` is the vendor's own user id, empty when the notice names none.
    """

    account: str
    kind: NoticeKind
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of a payload that belongs to one account.

    A Garmin payload may hold many accounts. `account` is the vendor's own user id, empty when the
    envelope names the patient. `kept` is the slice of the payload that is sealed with the patient's
    own key; None means the payload as it came. `complete` is False when the payload was damaged and
    only its readable beginning is here.
    """

    account: str
    facts: Sequence[Fact]
    rejects: tuple[Reject, ...] = ()
    kept: bytes | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a payload besides its bytes.

    `filename` is the base name of a file, "" where it has none. It may name a person, so it is
    never kept, logged or told in a reject. A replay does not have it, so no fact may depend on it:
    where the name tells what the values are, each pattern of names is a format of its own.
    `headers` and `query` hold only what the connector lets through. `received_ms` is epoch ms.
    `requested` is the fetch that the payload answers, None for a payload that was pushed. `zone` is
    the IANA zone of its patient, "" where that is not known yet: what is pushed is read before its
    account becomes a patient. A reader that places local times by it keeps it in `Part.kept`,
    because a replay knows neither `requested` nor `zone`.
    """

    connector: str
    content_type: str = ""
    filename: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    received_ms: int = 0
    requested: Fetch | None = None
    zone: str = ""


ReaderItem: TypeAlias = Part | Fetch | Notice | Reject
ReaderItems: TypeAlias = Iterable[ReaderItem]  # what `read(payload, context)` yields, lazily
