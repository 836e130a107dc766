"""The state of a connection, by what is known of it."""

from dataclasses import dataclass

import pytest

from model.connection_state import SILENT_SOURCE_MS, Connected, ConnectionState, connected

_NOW = 100 * SILENT_SOURCE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    link_expires_ms: int | None = None
    link_used_ms: int | None = None
    connection: str = ""
    connected_ms: int | None = None
    broken_ms: int | None = None
    withdrawn_ms: int | None = None
    received_ms: int | None = None


_OPEN = _NOW + 1
_SINCE = _NOW - SILENT_SOURCE_MS
_TABLE = [
    (Known(link_expires_ms=_OPEN), ConnectionState.INVITED, None),
    (Known(link_expires_ms=_NOW), ConnectionState.EXPIRED, _NOW),
    (Known(connection="connected", connected_ms=_SINCE), ConnectionState.CONNECTED, _SINCE),
    (Known(connection="connected", connected_ms=_SINCE - 1), ConnectionState.SILENT, _SINCE - 1),
    (
        Known(connection="connected", connected_ms=7, received_ms=_SINCE - 5),
        ConnectionState.SILENT,
        _SINCE - 5,
    ),
    (Known(connection="connected", connected_ms=7, received_ms=_NOW), ConnectionState.CONNECTED, 7),
    (
        Known(connection="needs_reconnecting", connected_ms=7, broken_ms=8, link_expires_ms=_OPEN),
        ConnectionState.RECONNECT,
        8,
    ),
    (Known(withdrawn_ms=9, link_expires_ms=3, link_used_ms=4), ConnectionState.REVOKED, 9),
    (Known(withdrawn_ms=9, link_expires_ms=_OPEN), ConnectionState.INVITED, None),
    (Known(link_expires_ms=3, link_used_ms=2), ConnectionState.UNLINKED, None),
]


@pytest.mark.parametrize(("row", "state", "since"), _TABLE)
def test_the_state_follows_from_what_is_known(
    row: Known, state: ConnectionState, since: int | None
) -> None:
    assert connected(row, _NOW) == Connected(state=state, since_ms=since)
