"""Builds the process that brings complete uploads to the log."""

# ruff: noqa: PLC0415 - a process loads only what it builds
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kadens.clock import clock
from kadens.settings import Settings
from kadens.wiring.needs import needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kadens.uploads.taking import Taking
    from storage.pg.pool import Pool
    from storage.reads.import_outcomes import FileOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Questions:
    """What the process asks of the database."""

    pool: "Pool"

    async def outcomes(
        self, patient: str, digests: "Sequence[str]", since_ms: int
    ) -> "Mapping[str, FileOutcome]":
        from storage.reads.import_outcomes import file_outcomes

        async with self.pool.connection() as conn:
            return await file_outcomes(conn, patient, digests, since_ms)

    async def has_consent(self, patient: str, at_ms: int) -> bool:
        from parsers.formats import FILES_CONNECTOR
        from storage.people.consents import consented

        async with self.pool.connection() as conn:
            return await consented(conn, patient, FILES_CONNECTOR, at_ms)


def run_uploads(settings: Settings) -> None:
    """Bring complete uploads to the log until a signal comes."""
    # a missing setting is said before anything is opened
    for name in ("uploads", "database", "kafka", "bodies"):
        needed(settings, name)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    from kadens.uploads.process import UploadLoop, run_until_signal
    from storage.pg.pool import WORKER_LIMITS, open_pool
    from storage.pg.roles import WORKER

    pool = await open_pool(settings.database, max_size=2, limits=WORKER_LIMITS, role=WORKER)
    taking = _taking(settings, _Questions(pool=pool))
    async with pool:
        await run_until_signal(UploadLoop(taking=taking))


def _taking(settings: Settings, questions: _Questions) -> "Taking":
    from ingest.publisher import KafkaPublisher
    from ingest.uploads.shelf import Shelf
    from kadens.uploads.taking import Taking
    from model.topics import RAW
    from storage.bodies.body_store import open_bodies

    return Taking(
        shelf=Shelf(Path(settings.uploads)),
        publisher=KafkaPublisher(settings.kafka, max_message=RAW.max_message_bytes),
        bodies=open_bodies(settings.bodies),
        outcomes=questions.outcomes,
        consented=questions.has_consent,
        now=clock(settings.clock),
    )
