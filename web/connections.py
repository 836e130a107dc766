"""The table of a server's connections, and the choice of which of them are to be closed.

Pure: `now` is an argument, in seconds of a steady clock. The table never closes anything itself,
and it never chooses a connection whose request is being answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from web.limits import BodyProgress, ServerLimits, begin_body, is_slow

BEYOND = 512  # connections above a bound that are let in until the guard sheds older ones
# Incomplete heads lie in memory: with more of them than this, each may be an eighth as long.
MANY_HEADS = 256


class Stage(Enum):
    """What a connection waits for.

    HEAD: the rest of a head. IDLE: the next request. BODY: the rest of a body. ANSWER: our answer.
    DRAIN: the rest of a body after an early answer. OVER: its end, after a refusal.
    """

    HEAD = "head"
    IDLE = "idle"
    BODY = "body"
    ANSWER = "answer"
    DRAIN = "drain"
    OVER = "over"


# The order in which connections are closed when there are too many, the oldest of a stage first.
# ANSWER is not in it: a request that is being answered is never cut off.
SHED = (Stage.OVER, Stage.HEAD, Stage.DRAIN, Stage.IDLE, Stage.BODY)
# The reason with which a connection is refused that has been in a stage for too long.
OVERDUE: dict[Stage, str] = {
    Stage.HEAD: "slow_head",
    Stage.DRAIN: "drained",
    Stage.OVER: "drained",
    Stage.BODY: "slow",
}


@dataclass(slots=True, eq=False, kw_only=True)
class ClientConnection:
    """The state of a connection.

    `fed` counts all bytes since the last head, and `body` those of the body. `since` is when the
    stage began. `is_paused` is True while the body waits because the server does not read.
    `is_bounded` is False for trusted proxies, to which the bound per peer does not apply.
    """

    peer: str
    is_bounded: bool
    since: float
    stage: Stage = Stage.HEAD
    fed: int = 0
    body: int = 0
    is_paused: bool = False
    progress: BodyProgress | None = None


class ConnectionTable:
    """All connections of a server, by stage, in the order in which they entered the stage."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._times = {
            Stage.HEAD: limits.head_s,
            Stage.DRAIN: limits.drain_s,
            Stage.OVER: limits.linger_s,
        }
        self._stages: dict[Stage, dict[ClientConnection, None]] = {stage: {} for stage in Stage}
        self._peers: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def opened(self, peer: str, now: float, *, is_bounded: bool = True) -> ClientConnection | None:
        """Register a new connection; None where there are so many that it is refused at once."""
        of_peer = self._peers.get(peer, 0)
        # Above a bound, the new connection is let in and older ones are shed soon after: otherwise
        # a client that holds all connections could keep everybody else out.
        if self._count >= self._limits.connections + BEYOND:
            return None
        if is_bounded and of_peer >= self._limits.per_peer + BEYOND:
            return None
        connection = ClientConnection(peer=peer, is_bounded=is_bounded, since=now)
        self._stages[Stage.HEAD][connection] = None
        self._peers[peer] = of_peer + 1
        self._count += 1
        return connection

    def moved(self, connection: ClientConnection, stage: Stage, now: float) -> None:
        """Move a connection to another stage; the time of a body begins here."""
        del self._stages[connection.stage][connection]
        self._stages[stage][connection] = None
        connection.stage, connection.since = stage, now
        connection.progress = (
            begin_body(self._limits.patience, now) if stage is Stage.BODY else None
        )

    def closed(self, connection: ClientConnection) -> None:
        """Forget a connection."""
        del self._stages[connection.stage][connection]
        self._count -= 1
        self._peers[connection.peer] -= 1
        if not self._peers[connection.peer]:
            del self._peers[connection.peer]

    def is_crowded(self, connection: ClientConnection) -> bool:
        """Return whether there are too many connections in all, of its peer, or sending bodies."""
        of_peer = self._peers.get(connection.peer, 0)
        return (
            self._count > self._limits.connections
            or (connection.is_bounded and of_peer > self._limits.per_peer)
            or (
                connection.stage is Stage.BODY
                and len(self._stages[Stage.BODY]) > self._limits.bodies
            )
        )

    def longest_head(self) -> int:
        """Return how many bytes of an incomplete head may be kept."""
        many = len(self._stages[Stage.HEAD]) > MANY_HEADS
        return self._limits.head_bytes // 8 if many else self._limits.head_bytes

    def in_stage(self, stage: Stage) -> tuple[ClientConnection, ...]:
        """Return the connections of a stage, in the order in which they entered it."""
        return tuple(self._stages[stage])

    def excess(self) -> list[ClientConnection]:
        """Return the connections to close so that the bounds hold.

        They may be too few for that where the other connections are being answered.
        """
        # The three bounds build on each other: a connection that goes for the bound on bodies also
        # counts for its peer's bound, and both count for the bound on all.
        bodies = self.in_stage(Stage.BODY)
        going = dict.fromkeys(bodies[: max(len(bodies) - self._limits.bodies, 0)])
        over = {
            peer: n - self._limits.per_peer
            for peer, n in self._peers.items()
            if n > self._limits.per_peer
        }
        for connection in going:
            if connection.peer in over:
                over[connection.peer] -= 1
        for connection in self._by_age() if over else ():
            if (
                connection.is_bounded
                and over.get(connection.peer, 0) > 0
                and connection not in going
            ):
                over[connection.peer] -= 1
                going[connection] = None
        too_many = self._count - len(going) - self._limits.connections
        rest = (
            [connection for connection in self._by_age() if connection not in going]
            if too_many > 0
            else []
        )
        return [*going, *rest[: max(too_many, 0)]]

    def overdue(self, now: float) -> list[tuple[ClientConnection, str]]:
        """Return the connections whose time is up, each with the reason of its refusal."""
        late: list[tuple[ClientConnection, str]] = []
        # a list and no generator: the caller ends these connections, which changes the table
        for stage, why in OVERDUE.items():
            late += [(connection, why) for connection in self._late(stage, now)]
        return late

    def _late(self, stage: Stage, now: float) -> Iterator[ClientConnection]:
        if stage is Stage.BODY:
            yield from (item for item in self._stages[stage] if self._is_slow(item, now))
            return
        longest = self._times[stage]
        for connection in self._stages[stage]:
            if now - connection.since <= longest:
                return  # all behind it entered the stage later
            yield connection

    def _is_slow(self, conn: ClientConnection, now: float) -> bool:
        if conn.progress is None:
            return False
        return is_slow(
            self._limits.patience, conn.progress, conn.body, now, waits_for_us=conn.is_paused
        )

    def _by_age(self) -> Iterator[ClientConnection]:
        for stage in SHED:
            yield from self._stages[stage]
