"""The database's account of what was finished, held against the log: replays are skipped, holes stop the worker.

A partition's account is kept under the topic *and* the cluster's id, so that a new log is never taken for the old
one. Binding: nothing continues over a hole. While running, the group's committed offset is set back to where the
account stands and the process ends, so that the next start fetches what is missing; so it is where no later message
shows the hole, as in a database that was restored from a copy. What the log no longer holds
(retention, a topic made anew) stops every start with `LogMismatchError` until a person accepts the loss.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from storage.facts import offsets
from storage.pg.pool import Connection
from stream.log.look import Bounds
from stream.log.messages import Message, Partition, Run


class HoleError(RuntimeError):
    """The broker jumped: offsets [expected, first) of a partition were never finished."""

    def __init__(self, topic: str, partition: int, expected: int, first: int) -> None:
        super().__init__(
            f"{topic}[{partition}]: offsets {expected} to {first - 1} were never delivered"
        )
        self.topic, self.partition, self.expected = topic, partition, expected


class LogMismatchError(RuntimeError):
    """The log does not hold what this database still waits for, or less than it has already finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The account of one log."""

    cluster: str

    def name(self, topic: str) -> str:
        """Return the name a topic's account is kept under."""
        return f"{topic}@{self.cluster}"

    async def claim(self, conn: Connection, runs: Sequence[Run]) -> list[Message]:
        """Advance the account past runs in the caller's transaction, and return the messages in them that are new.

        The runs are of one topic, and no two of one partition. Raises `HoleError`.
        """
        topic = runs[0].topic
        claims = {run.partition: (run.first, run.next) for run in runs}
        matches = await offsets.advance(conn, self.name(topic), claims)
        return [message for run in runs for message in _new(run, matches[run.partition])]

    async def finished(self, conn: Connection, topics: Collection[str]) -> dict[Partition, int]:
        """Return the offset after the last finished one of every partition that has an account."""
        return {
            (topic, part): following
            for topic in sorted(topics)
            for part, following in (await offsets.finished(conn, self.name(topic))).items()
        }

    async def open(
        self, conn: Connection, bounds: Mapping[Partition, Bounds], *, accept: bool
    ) -> list[Partition]:
        """Hold the account against the log at the start of a worker, in the caller's transaction.

        A partition without an account gets one from the log's start. Where log and account do not meet, raises
        `LogMismatchError`, or with `accept` goes on from the log's start and returns the partitions concerned.
        """
        done = await self.finished(conn, {topic for topic, _ in bounds})
        for (topic, part), there in bounds.items():
            if (topic, part) not in done:
                await offsets.advance(conn, self.name(topic), {part: (0, there.start)})
        apart = [
            position
            for position, there in bounds.items()
            if position in done and not _meets(done[position], there)
        ]
        if apart and not accept:
            raise LogMismatchError(_tell(apart[0], done[apart[0]], bounds[apart[0]]))
        for topic, part in apart:
            await offsets.skip_to(conn, self.name(topic), part, bounds[topic, part].start)
        return apart


def passed_over(
    committed: Mapping[Partition, int], account: Mapping[Partition, int]
) -> HoleError | None:
    """Return the first partition whose group has committed more than the account has finished, None for none.

    The broker would never deliver what lies between again. `committed` must be older than `account`.
    """
    holes = [
        (position, at)
        for position, at in sorted(committed.items())
        if at > account.get(position, at)
    ]
    return HoleError(*holes[0][0], account[holes[0][0]], holes[0][1]) if holes else None


def _new(run: Run, advance: offsets.Advance) -> Sequence[Message]:
    match advance:
        case offsets.Hole(expected=expected, first=first):
            raise HoleError(run.topic, run.partition, expected, first)
        case offsets.Replay(start=start):
            return run.since(start)
    return run.messages


def _meets(done: int, there: Bounds) -> bool:
    return there.start <= done <= there.end


def _tell(value: Partition, done: int, there: Bounds) -> str:
    topic, part = value
    return (
        f"{topic}[{part}]: this database has finished up to offset {done}, the log holds {there.start} to {there.end}."
        " Either the log is another one, or it has lost messages. Accepting that is a person's decision."
    )
