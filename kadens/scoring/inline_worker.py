"""A worker behind a log in memory: bodies are read, stored, derived and judged at once.

All of it is the worker's own code; only the broker is missing. Nothing here is durable but the
database.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from model.envelope import Envelope
from model.topics import FACTS, FACTS_LARGE, RAW
from stream.collaborators import Collaborators
from stream.deriving.derive_batch import derive_runs
from stream.judge_patient import judge_due
from stream.log.messages import Message, Outgoing, Run
from stream.normalise import normalise_runs


@dataclass(slots=True)
class LogInMemory:
    """Keeps what was appended until it is taken; a `messages.Producer`."""

    waiting: dict[str, list[Outgoing]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Append messages, and return their offsets."""
        offsets: list[int] = []
        for message in messages:
            self.waiting.setdefault(message.topic, []).append(message)
            offsets.append(self.counts[message.topic])
            self.counts[message.topic] += 1
        return offsets

    def take(self, topic: str) -> list[Outgoing]:
        """Return what was appended to a topic since the last time."""
        return self.waiting.pop(topic, [])


@dataclass(slots=True, kw_only=True)
class InlineWorker:
    """The parts of a worker, the log behind it, and how far each topic was worked on."""

    parts: Collaborators
    log: LogInMemory
    offsets: dict[str, int] = field(default_factory=dict)

    async def receive(self, bodies: Iterable[tuple[Envelope, bytes]]) -> None:
        """Work on bodies as if the door had appended them, and on the facts made of them."""
        messages = [
            Outgoing(topic=RAW.name, key=b"", value=body, headers=tuple(envelope.headers()))
            for envelope, body in bodies
        ]
        if not messages:
            return
        await normalise_runs([self._run(RAW.name, messages)], self.parts)
        for topic in (FACTS.name, FACTS_LARGE.name):
            facts = self.log.take(topic)
            if facts:
                await derive_runs([self._run(topic, facts)], self.parts)
        # what else was announced wakes a judge, which is called here anyway
        self.log.waiting.clear()

    async def judge(self) -> None:
        """Judge everyone who is due by the worker's clock."""
        while await judge_due(self.parts):
            pass

    def _run(self, topic: str, messages: Sequence[Outgoing]) -> Run:
        first = self.offsets.get(topic, 0)
        self.offsets[topic] = first + len(messages)
        numbered: list[Message] = []
        for position, item in enumerate(messages):
            numbered.append(
                Message(
                    topic=topic,
                    partition=0,
                    offset=first + position,
                    value=item.value,
                    key=item.key,
                    headers=item.headers,
                )
            )
        return Run(topic=topic, partition=0, messages=tuple(numbered))
