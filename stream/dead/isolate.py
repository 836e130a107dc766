"""Isolates a message that cannot be worked on, makes a dead letter of it, and continues.

There are two cases. In the first a handler raises an error that is no outage. Then halves of the
batch are tried until the message is alone. In the second the process ends. What is in work was
noted before (`storage.facts.in_work`), so after the restart those messages are worked on singly. A
message with which three processes ended while it was alone is set aside without another try. A
message must never be blamed for an outage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from aiokafka.errors import KafkaError

from model.facts import Reject, RejectKind
from runtime.log_lines import describe
from storage.facts import in_work
from storage.facts.in_work import Note
from storage.pg.outages import is_outage
from storage.pg.pool import autocommit
from stream.collaborators import Collaborators
from stream.faults import VALUE_FREE, WorkerError, report_fault
from stream.log.messages import Run, messages_of
from stream.readers.pool import ENDED

# A message is set aside after so many processes ended while it was alone in work. A process that is
# killed from outside looks the same: two such kills in a row must not blame an innocent message.
MOST_ENDS = 3
FORGET_S = 2.0  # a stopping worker has `STOP_WITHIN_S` for everything

Handle = Callable[[Sequence[Run]], Awaitable[None]]
SetAside = Callable[[Run, Reject], Awaitable[None]]


def blames_message(error: BaseException) -> bool:
    """Return whether a message may have caused an error: it is no outage and no deliberate end."""
    known = isinstance(error, (*VALUE_FREE, WorkerError, KafkaError, OSError))
    return isinstance(error, Exception) and not known and not is_outage(error)


def is_suspect(note: Note | None, run: Run) -> bool:
    """Return whether a run begins with a message that may have ended a process.

    `note` is what an earlier process noted of the run's partition. `alone_until` is the offset
    before which messages must be tried alone.
    """
    if note is None:
        return False
    if note.next <= note.finished:  # the noted messages are finished
        return max(run.first, note.finished) < note.alone_until
    return run.first < max(note.next, note.alone_until)


def next_note(note: Note, offset: int) -> Note:
    """Return the note of a message that is tried alone, from its partition's previous note."""
    # the previous note has exactly this message, unfinished: a process ended with it alone in work
    again = (note.first, note.next) == (offset, offset + 1) and note.finished < note.next
    return Note(
        first=offset,
        next=offset + 1,
        tries=note.tries + 1 if again else 1,
        alone_until=max(note.alone_until, note.next),
        finished=max(note.finished, offset),
    )


@dataclass(slots=True, kw_only=True)
class Isolated:
    """A handler of batches that a single message cannot stop.

    `set_aside` makes a dead letter of a run of one message. All handlers of a process share
    `exclusive`. So two suspect messages are never in work at once, and none is blamed for another.
    """

    parts: Collaborators
    handle: Handle
    set_aside: SetAside
    exclusive: asyncio.Lock
    # by partition: the offset after the last batch that this process finished
    _finished: dict[int, int] = field(default_factory=dict)

    async def __call__(self, batch: Sequence[Run]) -> None:
        """Work on a batch; raises what the handler raises for an outage."""
        # `_halve` deals with what a message causes: here arrive only outages and deliberate ends
        try:
            await self._work(batch)
        except BaseException:
            self._finished.clear()
            await self._forget(batch)
            raise

    async def _work(self, batch: Sequence[Run]) -> None:
        notes = await self._notes(batch)
        suspects = [run for run in batch if is_suspect(notes.get(run.partition), run)]
        clear = [run for run in batch if run not in suspects]
        # those above suspicion come first: if a suspect ends the process, they are done
        if clear:
            await self._together(clear)
        for run in suspects:
            await self._singly(run, notes[run.partition])

    async def _together(self, batch: Sequence[Run]) -> None:
        notes: dict[int, Note] = {}
        finished: dict[int, int] = {}
        for run in batch:
            notes[run.partition] = Note(first=run.first, next=run.next)
            finished[run.partition] = run.next
        # noted and committed before the work begins, or a process that ends would leave no trace
        await self._note(notes, batch)
        await self._halve(batch)
        self._finished |= finished

    async def _singly(self, run: Run, note: Note) -> None:
        """Work on the suspect messages of a run singly, and on the others together."""
        self._finished.pop(run.partition, None)
        until = max(note.next, note.alone_until)
        for single in singles(run):
            if single.first >= until:
                break
            async with self.exclusive:
                note = await self._single(single, note)
        if rest := run.since(until):
            await self._together([replace(run, messages=rest)])

    async def _single(self, single: Run, note: Note) -> Note:
        """Work on a suspect message, and return its note."""
        # a message before `finished` was settled by an earlier process, and the ledger skips it
        if single.first >= note.finished:
            note = next_note(note, single.first)
            await self._note({single.partition: note}, [single])
        await (self._ended(single) if note.tries > MOST_ENDS else self._halve([single]))
        return note

    async def _ended(self, single: Run) -> None:
        self._report(single, "ended the worker three times")
        await self.set_aside(single, ENDED)

    async def _halve(self, batch: Sequence[Run]) -> None:
        """Work on a batch.

        After an error that is no outage its halves are tried, and a single message is set aside.
        """
        try:
            await self.handle(batch)
        except Exception as error:
            if not blames_message(error):
                raise
            if len(messages_of(batch)) == 1:
                await self._fault(batch[0], error)
            else:
                for half in halves(batch):
                    await self._halve(half)

    async def _fault(self, run: Run, error: Exception) -> None:
        description = describe(error)
        self._report(run, description)
        why = f"an error of our own while working on it: {description.partition(' caused by ')[0]}"
        await self.set_aside(run, Reject(where="message", why=why, kind=RejectKind.READER_FAULT))

    def _report(self, run: Run, description: str) -> None:
        report_fault(
            self.parts.metrics,
            run.topic,
            description,
            partition=run.partition,
            offset=run.first,
        )

    async def _notes(self, batch: Sequence[Run]) -> Mapping[int, Note]:
        """Return the notes of an earlier process, for partitions that are new to this process."""
        # a batch that follows the last one of this process meets only notes of this process
        unknown = [run.partition for run in batch if self._finished.get(run.partition) != run.first]
        if not unknown:
            return {}
        async with autocommit(self.parts.pool) as conn:
            return await in_work.read_notes(conn, self._topic(batch), unknown)

    async def _note(self, notes: Mapping[int, Note], batch: Sequence[Run]) -> None:
        async with autocommit(self.parts.pool) as conn:
            await in_work.write_notes(conn, self._topic(batch), notes)

    async def _forget(self, batch: Sequence[Run]) -> None:
        """Remove the notes: an outage or a stop has ended the work, and no message is to blame."""
        # the database itself may be away; the note that stays then counts as a try
        with suppress(Exception):
            async with asyncio.timeout(FORGET_S), self.parts.pool.connection() as conn:
                await in_work.forget_notes(
                    conn, self._topic(batch), [run.partition for run in batch]
                )

    def _topic(self, batch: Sequence[Run]) -> str:
        return self.parts.ledger.name(batch[0].topic)


def singles(run: Run) -> list[Run]:
    """Return each message of a run as a run of its own."""
    parts: list[Run] = []
    for message in run.messages:
        part = replace(run, messages=(message,))
        parts.append(part)
    return parts


def halves(batch: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Divide a batch of at least two messages, between its runs or within its only run."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return list(batch[:middle]), list(batch[middle:])
    run, middle = batch[0], len(batch[0].messages) // 2
    first, second = run.messages[:middle], run.messages[middle:]
    return [replace(run, messages=first)], [replace(run, messages=second)]
