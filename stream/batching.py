"""Decides which waiting messages form the next batch of a topic. Pure: no clock, no loop, no Faust.

`stream.agents.BatchScheduler` calls it whenever messages come in, a batch finishes or a batch is
held up. A partition must never be in two batches at once: the order within it would be lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.log.messages import MOST_RUN_BYTES, Partition

MANY_WAITING = 40  # from so many on, further batches in flight are worth their cost


class Queued(Protocol):
    """A message that waits."""

    @property
    def size(self) -> int:
        """Return the size of its value in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """The limits of a topic's batches.

    `max_in_flight` is the number of batches in work at the same time. Keep this low: messages that
    queue up form larger batches. A batch costs the database about the same whatever its size, and a
    patient who is in it several times is derived once.
    `max_messages` and `max_bytes` (of values) bound one batch. A batch of a single partition may
    have more bytes: the handler gets it in parts.
    `rest` is how long a batch stays in flight after its work, as a multiple of the time that the
    work took: what comes in meanwhile forms a larger batch, and a quick batch delays nothing.
    """

    max_in_flight: int = 1
    max_messages: int = 300
    max_bytes: int = MOST_RUN_BYTES
    rest: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What is in flight: batches, how many of them are held up, and the partitions they hold."""

    batches: int = 0
    held_up: int = 0
    partitions: frozenset[Partition] = frozenset()


def next_batch(
    waiting: Mapping[Partition, Sequence[Queued]], busy: Busy, limits: BatchLimits
) -> dict[Partition, int]:
    """Return how many of the first messages of which partitions form the next batch.

    `waiting` is ordered: the partition that has waited longest comes first. The result is empty
    when no batch may start now, or when every waiting partition is already in flight.
    """
    allowed = batches_allowed(waiting, busy, limits)
    free = [partition for partition in waiting if partition not in busy.partitions]
    if busy.batches >= allowed or not free:
        return {}
    # each batch in flight gets an equal share of the partitions, rounded up
    share = -(-(len(free) + len(busy.partitions)) // allowed)
    return _fill(waiting, free[:share], limits)


def batches_allowed(
    waiting: Mapping[Partition, Sequence[Queued]], busy: Busy, limits: BatchLimits
) -> int:
    """Return how many batches may be in flight now.

    While many messages wait, these are all that the limits allow. Otherwise there is a single batch
    beside those that are held up: each batch has a cost of its own, so little work is not split.
    """
    if sum(map(len, waiting.values())) >= MANY_WAITING:
        return limits.max_in_flight
    return min(limits.max_in_flight, busy.held_up + 1)


def _fill(
    waiting: Mapping[Partition, Sequence[Queued]],
    partitions: Sequence[Partition],
    limits: BatchLimits,
) -> dict[Partition, int]:
    """Take partitions in order as long as they fit; the first is always taken."""
    counts: dict[Partition, int] = {}
    messages = size = 0
    for partition in partitions:
        queue = waiting[partition][: limits.max_messages]
        messages += len(queue)
        size += sum(message.size for message in queue)
        # a partition that does not fit stays where it is, and is the first of a later batch
        if counts and (messages > limits.max_messages or size > limits.max_bytes):
            break
        counts[partition] = len(queue)
    return counts
