"""The worker behind a log in memory: an appended body is stored and derived at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np

from kadens.scoring.inline_worker import LogInMemory
from model.calendar import MINUTE_MS, rfc3339
from model.codec import dumps, encode_attributed, loads
from model.envelope import Envelope
from model.facts import AttributedFact
from model.keyring import KeyRing
from model.topics import DERIVED, FACTS, RAW
from simulate.open_wearables_writer import heart_rate_body, workout_body
from storage import audit
from storage.bodies.body_store import open_bodies
from storage.digest import QUERIES, table_digests
from storage.people import consents
from storage.pg.pool import Connection, open_pool
from stream import rollup_refresh
from stream.collaborators import Collaborators
from stream.deriving.derive_batch import derive_runs
from stream.judge_patient import judge_due
from stream.log.ledger import Ledger
from stream.log.messages import Message, Outgoing, Run
from stream.metrics import make_metrics
from stream.normalise import normalise_runs
from stream.readers.inline import InlineReader
from stream.replay.context import ReplayContext
from tests.rows import cells_of, values_of
from tests.storage.tellers import T0

KEY = KeyRing.single(bytes(32))
ZONE = "Europe/Stockholm"
INLINE_NOW = T0 + 6 * 60 * MINUTE_MS  # behind everything that the bodies measure
OPERATOR = audit.Actor(subject="test", role="operator")
FORGOTTEN = (
    "fact, record, sample, watermark, body, session, day, week, source_selection, due, "
    "rollup_hour, rollup_day, rollup_stale"
)
_VENDORS = ("open_wearables", "reports", "files")


@dataclass(slots=True, kw_only=True)
class Inline:
    """A worker without a broker; `hold` keeps facts back until `deliver`."""

    parts: Collaborators
    log: LogInMemory
    hold: bool = False
    offsets: dict[str, int] = field(default_factory=dict)
    now_ms: int = INLINE_NOW
    received: int = 0

    @property
    def means(self) -> ReplayContext:
        return ReplayContext(
            pool=self.parts.pool,
            bodies=self.parts.bodies,
            wrapping=lambda: KEY,
            now=self.parts.now,
            actor=OPERATOR,
        )

    async def receive(
        self,
        connector: str,
        body: bytes,
        received_ms: int | None = None,
        patient: str = "p1",
        link: str = "",
        filename: str = "",
        format_name: str = "",
    ) -> None:
        envelope = Envelope(
            connector=connector,
            received_ms=INLINE_NOW + self.received if received_ms is None else received_ms,
            sha256=sha256(body).hexdigest(),
            size=len(body),
            patient=patient,
            link=link,
            filename=filename,
            format=format_name,
        )
        self.received += 1  # each body comes a millisecond after the one before
        message = Outgoing(topic=RAW.name, key=b"", value=body, headers=tuple(envelope.headers()))
        await normalise_runs([self._run(RAW.name, [message])], self.parts)
        if not self.hold:
            await self.deliver()

    async def tell(self, *attributed_fact: AttributedFact) -> None:
        """Deliver facts that no parser here makes yet."""
        messages = [
            Outgoing(topic=FACTS.name, key=b"", value=encode_attributed(item))
            for item in attributed_fact
        ]
        await derive_runs([self._run(FACTS.name, messages)], self.parts)

    async def changes(self) -> list[tuple[str, str]]:
        """Return (what, reason) of each change sent to `kadens.derived` since the last call.

        `what` is a change of a session, a day or a week.
        """
        sent = list(map(loads, values_of(self.log.take(DERIVED.name), "value")))
        return cells_of(chain.from_iterable(cells_of(sent, "changes")), "what", "reason")

    async def deliver(self) -> None:
        facts = self.log.take(FACTS.name)
        if facts:
            await derive_runs([self._run(FACTS.name, facts)], self.parts)

    async def judge(self) -> None:
        while await judge_due(self.parts):
            pass

    async def digest(self) -> dict[str, str]:
        async with self.parts.pool.connection() as conn:
            await rollup_refresh.refresh_all(conn)
            return await table_digests(conn, tuple(QUERIES))

    async def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        async with self.parts.pool.connection() as conn:
            return await (await conn.execute(query.encode(), values)).fetchall()

    async def forget(self) -> None:
        """Make the database a new one, with the same patients."""
        async with self.parts.pool.connection() as conn:
            await conn.execute(f"truncate {FORGOTTEN}".encode())

    def _run(self, topic: str, messages: Sequence[Outgoing]) -> Run:
        first = self.offsets.get(topic, 0)
        self.offsets[topic] = first + len(messages)
        numbered = [
            Message(
                topic=topic,
                partition=0,
                offset=first + n,
                value=item.value,
                key=item.key,
                headers=item.headers,
            )
            for n, item in enumerate(messages)
        ]
        return Run(topic=topic, partition=0, messages=tuple(numbered))


@asynccontextmanager
async def open_inline(dsn: str, conn: Connection, folder: Path) -> AsyncIterator[Inline]:
    """Give a worker on a database where p1, p2 and p3 consent to every source."""
    for patient in ("p1", "p2", "p3"):
        for vendor in _VENDORS:
            await consents.give_consent(conn, patient, vendor, from_ms=0, now_ms=0)
    await conn.commit()
    log = LogInMemory()
    async with await open_pool(dsn, max_size=4) as pool:
        parts = Collaborators(
            pool=pool,
            producer=log,
            ledger=Ledger(cluster="memory"),
            bodies=open_bodies(str(folder)),
            reader=InlineReader(),
            wrapping=lambda: KEY,
            now=lambda: inline.now_ms,
            metrics=make_metrics(),
        )
        inline = Inline(parts=parts, log=log)
        yield inline


def heart_series(start: int = T0, minutes: int = 40, bpm: float = 120) -> bytes:
    """Return a payload of one sample a minute."""
    t = start + np.arange(minutes, dtype=np.int64) * MINUTE_MS
    return heart_rate_body("account", ZONE, t, np.full(minutes, float(bpm)))


def walk_body(record: str = "w1", start: int = T0, minutes: int = 30) -> bytes:
    return workout_body(
        "account", ZONE, record, "walking", (start, start + minutes * MINUTE_MS), {}
    )


def pain_answer(
    kind: str = "created",
    key: str = "q1",
    value: int = 9,
    at: int = T0 + 40 * MINUTE_MS,
    **more: object,
) -> bytes:
    result = {
        "id": key,
        "answered_at": rfc3339(at),
        "instrument": "pain",
        "phase": "after",
        "value": value,
    }
    return dumps(
        {
            "type": f"report.{kind}",
            "patient": "account",
            "report": {**result, "scale": "nrs-0-10", **more},
        }
    )
