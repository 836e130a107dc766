"""What a reader is given with a payload, and what it may answer: the words between the vendor door and the parsers.

Values only. Nothing here knows a vendor or a format, and nothing here holds a secret.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from model.facts import Fact, Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Something that a vendor holds ready and that must be asked for.

    `account` is the vendor's own user id. (`connector`, `account`, `resource`, `key`) name it: told twice it is the
    same. `path` and `query` are all that a payload may say of the address: the host comes from the connector.
    `format` names the row of the formats table that reads the answer. `not_before_ms` is an epoch ms, 0 for now.
    """

    account: str
    resource: str
    key: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    format: str = ""
    not_before_ms: int = 0


class NoticeKind(StrEnum):
    """What a vendor tells about an account, and not about a recording."""

    REVOKED = "revoked"  # the patient withdrew at the vendor
    PERMISSIONS = "permissions"  # what may be read changed; `scopes` are those that are left
    PING = "ping"  # the vendor tries whether the address answers
    UNKNOWN = "unknown"  # an event type that is not read here


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A vendor's notice about an account (its own user id; empty when none is named)."""

    account: str
    kind: NoticeKind
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a payload holds of one account. A Garmin body has many.

    `account` is the vendor's own user id, empty when the envelope names the patient. `kept` is the slice of the
    payload that is sealed with that patient's own key; None means the payload as it came. `complete` is False when
    the payload was damaged and only its good prefix is here.
    """

    account: str
    facts: Sequence[Fact]
    rejects: tuple[Reject, ...] = ()
    kept: bytes | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a payload besides its bytes. `headers` and `query` hold only what the connector passes."""

    connector: str
    content_type: str = ""
    filename: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    received_ms: int = 0
    requested: Fetch | None = None


ReaderItem: TypeAlias = Part | Fetch | Notice | Reject
ReaderItems: TypeAlias = Iterable[ReaderItem]  # what `read(payload, context)` yields, lazily
