"""A database with an outbox, a clock, and a receiver that is played as a test wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.delivery.channel import Channel, DeliveryOutcome, deliver_next
from model.messages.outgoing import AttemptResult, OutboxMessage
from storage.alerts import outbox
from storage.alerts.outbox import Waiting
from storage.pg.pool import Connection, Pool

EHR = "ehr"
DOWN, OK = AttemptResult(why="status 500"), AttemptResult()


class SenderKilledError(Exception):
    """The process ends here: nothing after it happens."""


@dataclass(slots=True, kw_only=True)
class PlayedReceiver:
    """It notes what it got. It answers as `answers` says in turn, then as `usual` says.

    With an exception as answer the sender is killed after the message arrived.
    """

    answers: list[AttemptResult | Exception] = field(default_factory=list)
    usual: AttemptResult = OK
    got: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def send(self, row: Waiting, _now_ms: int) -> AttemptResult:
        """Play the function that sends."""
        self.got.append(row.key)
        answer = self.answers.pop(0) if self.answers else self.usual
        if isinstance(answer, Exception):
            raise answer
        if not answer.why:
            self.taken.append(row.key)
        return answer


@dataclass(slots=True, kw_only=True)
class DeliveryWorld:
    """The parts of a delivery, and what a test does to them."""

    pool: Pool
    conn: Connection
    receiver: PlayedReceiver = field(default_factory=PlayedReceiver)
    now_ms: int = 1_795_000_000_000
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        """Open the channel."""
        self.restart()

    def restart(self) -> None:
        """Begin as a new process, which remembers nothing."""
        self.channel = Channel(name=EHR, send=self.receiver.send)

    async def put(self, *keys: str, channel: str = EHR, recipient: str = EHR) -> None:
        """Put messages in the outbox; the first part of a key names the patient, "" for none."""
        messages: list[OutboxMessage] = []
        for key in keys:
            name = key.partition("/")[0]
            messages.append(
                OutboxMessage(
                    channel=channel,
                    key=key,
                    recipient=recipient,
                    body={"type": "t", "key": key},
                    patient=int(name) if name else None,
                )
            )
        await outbox.put_all(self.conn, messages, self.now_ms)
        await self.conn.commit()

    async def deliver(self) -> DeliveryOutcome:
        """Send the next message."""
        return await deliver_next(self.pool, self.channel, lambda: self.now_ms)

    async def deliver_all(self) -> list[str]:
        """Send until nothing may be sent now, and return what became of each."""
        outcomes: list[str] = []
        while (outcome := await self.deliver()) is not DeliveryOutcome.NOTHING:
            outcomes.append(outcome.value)
        return outcomes

    async def pass_time(self, ms: int, step_ms: int) -> None:
        """Let time pass in steps, and deliver after each."""
        for _ in range(0, ms, step_ms):
            self.now_ms += step_ms
            await self.deliver_all()

    async def waiting(self) -> list[str]:
        """Return the keys that are not sent, dead ones among them."""
        rows = await self.conn.execute("select key from outbox where sent_at is null order by id")
        return [key for (key,) in await rows.fetchall()]


def in_order(keys: Sequence[str]) -> bool:
    """Return whether the keys of each patient (PATIENT/NUMBER) first came in their order."""
    latest: dict[str, int] = {}
    for key in dict.fromkeys(keys):
        patient, _, number = key.partition("/")
        if int(number) < latest.get(patient, -1):
            return False
        latest[patient] = int(number)
    return True
