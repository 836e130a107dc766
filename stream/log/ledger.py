"""The offset ledger: the database's own record of which messages are finished.

A worker compares it with the log. It skips messages that are delivered again, and a hole stops it.
A partition's entry is kept under the topic *and* the cluster's id, so that a new log is never
mistaken for the old log.

No worker may continue past a hole. It sets the group's committed offset back to the ledger's and
ends, so the next start fetches what is missing. That also covers a hole that no later message
shows, as after the database was restored from a backup. If the log no longer holds the messages
(retention, or a topic that was created anew), every start fails with `LogMismatchError` until a
person accepts the loss.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from storage.facts import offsets
from storage.pg.pool import Connection
from stream.log.look import LogBounds
from stream.log.messages import Message, Partition, Run


class HoleError(RuntimeError):
    """The broker skipped messages: offsets [expected, first) of a partition were never finished."""

    def __init__(self, topic: str, partition: int, expected: int, first: int) -> None:
        super().__init__(
            f"{topic}[{partition}]: offsets {expected} to {first - 1} were never delivered"
        )
        self.topic, self.partition, self.expected = topic, partition, expected


class LogMismatchError(RuntimeError):
    """The log lacks messages that this database needs, or ends before the last finished offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The offset ledger of one log; `cluster` is the id of the log's cluster."""

    cluster: str

    def name(self, topic: str) -> str:
        """Return the name under which a topic's entries are kept."""
        return f"{topic}@{self.cluster}"

    async def claim(self, conn: Connection, runs: Sequence[Run]) -> list[Message]:
        """Advance the ledger past runs in the caller's transaction; return their new messages.

        All runs are of the same topic, with at most one run of each partition. Raises `HoleError`.
        """
        topic = runs[0].topic
        claims = {run.partition: (run.first, run.next) for run in runs}
        advances = await offsets.advance(conn, self.name(topic), claims)
        messages: list[Message] = []
        for run in runs:
            messages += _new_messages(run, advances[run.partition])
        return messages

    async def finished(self, conn: Connection, topics: Collection[str]) -> dict[Partition, int]:
        """Return the offset after the last finished message of every partition with an entry."""
        finished: dict[Partition, int] = {}
        for topic in sorted(topics):
            entries = await offsets.finished(conn, self.name(topic))
            for number, offset in entries.items():
                finished[topic, number] = offset
        return finished

    async def open(
        self, conn: Connection, bounds: Mapping[Partition, LogBounds], *, accept: bool
    ) -> list[Partition]:
        """Compare the ledger with the log at a worker's start, in the caller's transaction.

        A partition without an entry gets an entry at the log's start. If log and ledger disagree,
        it raises `LogMismatchError`. With `accept` it goes on from the log's start instead, and
        returns the partitions concerned.
        """
        finished = await self.finished(conn, {topic for topic, _ in bounds})
        mismatches: list[Partition] = []
        for partition, there in bounds.items():
            topic, number = partition
            if partition not in finished:
                await offsets.advance(conn, self.name(topic), {number: (0, there.start)})
            elif not there.start <= finished[partition] <= there.end:
                mismatches.append(partition)
        if mismatches and not accept:
            first = mismatches[0]
            raise LogMismatchError(_describe(first, finished[first], bounds[first]))
        # a person accepted the loss: the worker goes on with what the log still holds
        for topic, number in mismatches:
            await offsets.skip_to(conn, self.name(topic), number, bounds[topic, number].start)
        return mismatches


def passed_over(
    committed: Mapping[Partition, int], finished: Mapping[Partition, int]
) -> HoleError | None:
    """Return the hole of the first partition whose commit is past the ledger, None without any.

    The broker would never deliver the messages in between again. `committed` must have been read
    before `finished`.
    """
    for partition, offset in sorted(committed.items()):
        expected = finished.get(partition, offset)
        if offset > expected:
            return HoleError(*partition, expected, offset)
    return None


def _new_messages(run: Run, advance: offsets.Advance) -> Sequence[Message]:
    match advance:
        case offsets.Hole(expected=expected, first=first):
            raise HoleError(run.topic, run.partition, expected, first)
        # delivered again after a crash or a rebalance: a part of the run may be new
        case offsets.Replay(start=start):
            return run.since(start)
    return run.messages


def _describe(partition: Partition, finished: int, there: LogBounds) -> str:
    topic, number = partition
    return (
        f"{topic}[{number}]: this database has finished up to offset {finished}, the log holds "
        f"{there.start} to {there.end}. Either the log is another one, or it has lost messages. "
        "Accepting that is a person's decision."
    )
