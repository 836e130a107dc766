"""Which connections a server holds, in which stage each is, and which have to go. Pure: `now` is an argument.

It must never close anything itself, and never choose a connection whose request is being answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from .limits import Limits, Progress, begin, is_slow

BEYOND = 512  # connections above a bound that are let in until the next look, which sheds others


class Stage(Enum):
    """What a connection waits for: a head, the next request, a body, our answer, or its end."""

    HEAD = "head"
    IDLE = "idle"
    BODY = "body"
    ANSWER = "answer"
    DRAIN = "drain"


# who has to go first when there are too many: the oldest of the first stage that has any
SHED = (Stage.HEAD, Stage.DRAIN, Stage.IDLE, Stage.BODY)
# whose time is up: stage -> why
OVERDUE: dict[Stage, str] = {Stage.HEAD: "slow_head", Stage.DRAIN: "drained", Stage.BODY: "slow"}


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
        """Return whether there are now too many: in all, or from the peer of this connection."""
        of_peer = self._peers.get(connection.peer, 0)
        return self._count > self._limits.connections or (connection.is_bounded and of_peer > self._limits.per_peer)

    def in_stage(self, stage: Stage) -> tuple[Connection, ...]:
        """Return the connections of a stage, the oldest first."""
        return tuple(self._stages[stage])

    def excess(self) -> list[Connection]:
        """Return the connections to close so that the bounds hold; fewer where the rest are being answered."""
        over = {peer: n - self._limits.per_peer for peer, n in self._peers.items() if n > self._limits.per_peer}
        going: list[Connection] = []
        for connection in self._by_age() if over else ():
            if connection.is_bounded and over.get(connection.peer, 0) > 0:
                over[connection.peer] -= 1
                going.append(connection)
        too_many = self._count - len(going) - self._limits.connections
        if too_many > 0:
            chosen = set(going)
            rest = [connection for connection in self._by_age() if connection not in chosen]
            going += rest[:too_many]
        return going

    def overdue(self, now: float) -> list[tuple[Connection, str]]:
        """Return the connections whose time is up, each with the word for why."""
        return [(one, why) for stage, why in OVERDUE.items() for one in self._late(stage, now)]

    def _late(self, stage: Stage, now: float) -> Iterator[Connection]:
        if stage is Stage.BODY:
            yield from (one for one in self._stages[stage] if self._is_slow(one, now))
            return
        longest = self._limits.head_s if stage is Stage.HEAD else self._limits.drain_s
        for connection in self._stages[stage]:
            if now - connection.since <= longest:
                return  # all behind it entered the stage later
            yield connection

    def _is_slow(self, one: Connection, now: float) -> bool:
        if one.progress is None:
            return False
        return is_slow(self._limits.patience, one.progress, one.body, now, waits_for_us=one.is_paused)

    def _by_age(self) -> Iterator[Connection]:
        for stage in SHED:
            yield from self._stages[stage]
