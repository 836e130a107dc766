"""The loop of a channel: it takes a message from the outbox, sends it, and notes what came of it.

Each message is delivered at least once, under the same key with every attempt, and in order for a
patient and a recipient. The row is locked while it is sent: a process that is killed leaves it as
it was.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from alerts.delivery.attempts import GIVE_UP_MS, ReceiverPause, next_try_ms
from model.messages.outgoing import MUTED, AttemptResult
from storage.alerts import outbox
from storage.alerts.outbox import Waiting
from storage.people.consents import may_contact
from storage.pg.pool import Connection, Pool

_TAKE = 1  # a transaction a message: after a crash no more than one is sent twice

# It sends a message; the second argument is the present time in epoch ms. It raises nothing for
# what a receiver answers or does not answer.
Send: TypeAlias = Callable[[Waiting, int], Awaitable[AttemptResult]]


class DeliveryOutcome(StrEnum):
    """What became of a message; the words are outcomes in the metrics."""

    NOTHING = "nothing"  # no message may be sent now
    SENT = "sent"
    FAILED = "failed"  # it is tried again
    DEAD = "dead"  # it was given up
    MUTED = "muted"  # it is for a patient who does not consent to the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way on which messages leave. Its `name` is that of the rows in the outbox."""

    name: str
    send: Send
    give_up_ms: int = GIVE_UP_MS
    pause: ReceiverPause = field(default_factory=ReceiverPause)


async def deliver_next(pool: Pool, channel: Channel, now: Callable[[], int]) -> DeliveryOutcome:
    """Send the message that is due the longest, and store what came of it.

    `now` returns epoch ms.
    """
    began_ms = now()
    if began_ms < channel.pause.until_ms:
        return DeliveryOutcome.NOTHING
    async with pool.connection() as conn:
        for row in await outbox.take_messages(conn, channel.name, began_ms, _TAKE):
            if await _is_muted(conn, row, channel.name, began_ms):
                await outbox.mute(conn, row.id, MUTED, now())
                return DeliveryOutcome.MUTED
            attempt = await channel.send(row, began_ms)
            channel.pause.note(attempt, now())
            if not attempt.why:
                await outbox.sent(conn, [row.id], now())
                return DeliveryOutcome.SENT
            again_ms = next_try_ms(row, attempt, now(), channel.give_up_ms)
            if again_ms is None:
                await outbox.give_up(conn, row.id, attempt.why, now())
                return DeliveryOutcome.DEAD
            await outbox.failed(conn, row.id, attempt.why, again_ms, began_ms)
            return DeliveryOutcome.FAILED
    return DeliveryOutcome.NOTHING


async def _is_muted(conn: Connection, row: Waiting, channel: str, at_ms: int) -> bool:
    """Return whether a message is for a patient who does not consent to the channel.

    Nothing leaves but through here, so whoever writes a message to a patient cannot forget to ask.
    """
    return bool(row.addressee) and not await may_contact(conn, row.addressee, channel, at_ms)
