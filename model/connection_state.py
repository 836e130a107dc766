"""What state a patient's connection to a vendor is in, for people. Pure.

Silence is no failure: a watch that is not worn sends nothing. It is stated with its beginning.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from model.calendar import DAY_MS

SILENT_SOURCE_MS = 7 * DAY_MS


class ConnectionState(StrEnum):
    """The state of a connection."""

    INVITED = "invited"  # a link was sent, and waits for the patient
    EXPIRED = "expired"  # the link was not used within its 30 days
    CONNECTED = "connected"
    RECONNECT = "needs reconnecting"  # the vendor does not take our tokens any more
    REVOKED = "revoked by the patient"  # at the vendor, on the page of the link, or at the clinic
    SILENT = "silent"  # connected, and nothing was received for a week
    UNLINKED = "unlinked"  # by hand


class Connecting(Protocol):
    """What the state of a connection follows from; instants are epoch ms, None without one."""

    @property
    def link_expires_ms(self) -> int | None:
        """When the latest link ends."""

    @property
    def link_used_ms(self) -> int | None:
        """When the latest link was used."""

    @property
    def connection(self) -> str:
        """The state of the account that broke first, empty without an account."""

    @property
    def connected_ms(self) -> int | None:
        """Since when there is an account."""

    @property
    def broken_ms(self) -> int | None:
        """Since when an account needs connecting again."""

    @property
    def withdrawn_ms(self) -> int | None:
        """When the patient withdrew last."""

    @property
    def received_ms(self) -> int | None:
        """When something was received last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A state, and since when where that is known (epoch ms)."""

    state: ConnectionState
    since_ms: int | None = None


def connected(row: Connecting, now_ms: int) -> Connected:
    """Return the state of a connection at an instant."""
    if row.connection == "needs_reconnecting":
        return Connected(state=ConnectionState.RECONNECT, since_ms=row.broken_ms)
    if row.connection:
        latest_ms = max(row.received_ms or 0, row.connected_ms or 0)
        if now_ms - latest_ms > SILENT_SOURCE_MS:
            return Connected(state=ConnectionState.SILENT, since_ms=latest_ms)
        return Connected(state=ConnectionState.CONNECTED, since_ms=row.connected_ms)
    return _without_account(row, now_ms)


def _without_account(row: Connecting, now_ms: int) -> Connected:
    is_unused = row.link_expires_ms is not None and row.link_used_ms is None
    if is_unused and (row.link_expires_ms or 0) > now_ms:
        return Connected(state=ConnectionState.INVITED)
    if row.withdrawn_ms is not None:
        return Connected(state=ConnectionState.REVOKED, since_ms=row.withdrawn_ms)
    if is_unused:
        return Connected(state=ConnectionState.EXPIRED, since_ms=row.link_expires_ms)
    return Connected(state=ConnectionState.UNLINKED)
