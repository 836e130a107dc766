"""Which connections a server holds, in which stage each is, and which have to go. Pure: `now` is an argument.

It must never close anything itself, and never choose a connection whose request is being answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from web.limits import Limits, Progress, begin, is_slow

BEYOND = 512  # connections above a bound that are let in until the next look, which sheds others
MANY_HEADS = (
    256  # with so many half-open heads, each may only be an eighth as long: they lie in memory
)


class Stage(Enum):
    """What a connection waits for: a head, the next request, a body, our answer, the rest after it, or its end."""

    HEAD = "head"
    IDLE = "idle"
    BODY = "body"
    ANSWER = "answer"
    DRAIN = "drain"
    OVER = "over"


# who has to go first when there are too many: the oldest of the first stage that has any
SHED = (Stage.OVER, Stage.HEAD, Stage.DRAIN, Stage.IDLE, Stage.BODY)
# whose time is up: stage -> why
OVERDUE: dict[Stage, str] = {
    Stage.HEAD: "slow_head",
    Stage.DRAIN: "drained",
    Stage.OVER: "drained",
    Stage.BODY: "slow",
}


@dataclass(slots=True, eq=False, kw_only=True)
class Connection:
    """One connection: `fed` and `body` count bytes since the last head, in all and of its body.

    `is_paused` says that the body waits because we do not read; `since` is when the stage began.
    """

    peer: str
    is_bounded: bool
    since: float
    stage: Stage = Stage.HEAD
    fed: int = 0
    body: int = 0
    is_paused: bool = False
    progress: Progress | None = None


class Table:
    """All connections of a server, by stage and in the order in which they entered it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._times = {
            Stage.HEAD: limits.head_s,
            Stage.DRAIN: limits.drain_s,
            Stage.OVER: limits.linger_s,
        }
        self._stages: dict[Stage, dict[Connection, None]] = {stage: {} for stage in Stage}
        self._peers: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def opened(self, peer: str, now: float, *, is_bounded: bool = True) -> Connection | None:
        """Take a new connection in; None where there are so many that it has to be refused at once."""
        of_peer = self._peers.get(peer, 0)
        if self._count >= self._limits.connections + BEYOND:
            return None
        if is_bounded and of_peer >= self._limits.per_peer + BEYOND:
            return None
        connection = Connection(peer=peer, is_bounded=is_bounded, since=now)
        self._stages[Stage.HEAD][connection] = None
        self._peers[peer] = of_peer + 1
        self._count += 1
        return connection

    def moved(self, connection: Connection, stage: Stage, now: float) -> None:
        """Note that a connection entered another stage; a body's time begins here."""
        del self._stages[connection.stage][connection]
        self._stages[stage][connection] = None
        connection.stage, connection.since = stage, now
        connection.progress = begin(self._limits.patience, now) if stage is Stage.BODY else None

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        del self._stages[connection.stage][connection]
        self._count -= 1
        self._peers[connection.peer] -= 1
        if not self._peers[connection.peer]:
            del self._peers[connection.peer]

    def is_crowded(self, connection: Connection) -> bool:
        """Return whether there are now too many: in all, from the peer of this connection, or in its stage."""
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
        """Return how many bytes of a head that is not complete may lie here."""
        many = len(self._stages[Stage.HEAD]) > MANY_HEADS
        return self._limits.head_bytes // 8 if many else self._limits.head_bytes

    def in_stage(self, stage: Stage) -> tuple[Connection, ...]:
        """Return the connections of a stage, the oldest first."""
        return tuple(self._stages[stage])

    def excess(self) -> list[Connection]:
        """Return the connections to close so that the bounds hold; fewer where the rest are being answered."""
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

    def overdue(self, now: float) -> list[tuple[Connection, str]]:
        """Return the connections whose time is up, each with the word for why."""
        return [(item, why) for stage, why in OVERDUE.items() for item in self._late(stage, now)]

    def _late(self, stage: Stage, now: float) -> Iterator[Connection]:
        if stage is Stage.BODY:
            yield from (item for item in self._stages[stage] if self._is_slow(item, now))
            return
        longest = self._times[stage]
        for connection in self._stages[stage]:
            if now - connection.since <= longest:
                return  # all behind it entered the stage later
            yield connection

    def _is_slow(self, conn: Connection, now: float) -> bool:
        if conn.progress is None:
            return False
        return is_slow(
            self._limits.patience, conn.progress, conn.body, now, waits_for_us=conn.is_paused
        )

    def _by_age(self) -> Iterator[Connection]:
        for stage in SHED:
            yield from self._stages[stage]
