"""Plays a cohort into a fresh embedded system, with the clock of the cohort.

The clock moves in steps. In each, what has arrived by then is worked on, everyone who is due is
judged, and a clinician deals with the alerts of the day before.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clinic.alert_commands import carry_out
from kadens.embedded.postgres import temporary_postgres
from kadens.scoring.arrived import arrived_envelope
from kadens.scoring.cohort_files import CohortDelivery, CohortFiles, CohortPatient
from kadens.scoring.inline_worker import InlineWorker, LogInMemory
from model.calendar import DAY_MS, HOUR_MS
from model.envelope import Envelope
from model.keyring import KeyRing
from storage import audit
from storage.alerts.commands import AlertCommand
from storage.bodies.body_store import open_bodies
from storage.people import accounts, care_team, consents, patients
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, open_pool
from storage.reads.raised_alerts import (
    DerivedSession,
    RaisedAlert,
    counted_sessions,
    raised_alerts,
    shown_until,
)
from stream.collaborators import Collaborators
from stream.deriving import patient_inputs
from stream.log.ledger import Ledger
from stream.metrics import make_metrics
from stream.readers.inline import InlineReader

STEP_MS = 6 * HOUR_MS
_SEEN_AFTER_MS = DAY_MS  # how long an alert waits until the clinician has dealt with it
_BATCH = 500  # bodies worked on in one transaction
_UNIT = "cohort"
# A score that is cut off is begun anew, so nothing has to survive. The tables stay small.
_IN_A_HURRY = {
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "checkpoint_timeout": "1h",
}
_KEY = KeyRing.single(bytes(32))
_CLINICIAN = audit.Actor(subject="clinician", role="clinician", care_unit=_UNIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCohort:
    """What became of a cohort."""

    alerts: tuple[RaisedAlert, ...]
    sessions: tuple[DerivedSession, ...]


@dataclass(slots=True)
class _Clock:
    now_ms: int

    def __call__(self) -> int:
        return self.now_ms


PlayProgress = Callable[[int, int], None]  # the instant that is reached, and the bodies so far


async def play_inline(cohort: CohortFiles, progress: PlayProgress) -> PlayedCohort:
    """Play a cohort from its beginning to its end, and return what became of it.

    The database and all files of it are gone afterwards.
    """
    clock = _Clock(cohort.head.begins_ms)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(temporary_postgres(settings=_IN_A_HURRY))
        folder = stack.enter_context(TemporaryDirectory(prefix="kadens-score-"))
        dsn = server.create_database("score")
        await migrate(dsn)
        pool = await stack.enter_async_context(await open_pool(dsn, max_size=4))
        log = LogInMemory()
        parts = Collaborators(
            pool=pool,
            producer=log,
            ledger=Ledger(cluster="memory"),
            bodies=open_bodies(str(Path(folder))),
            reader=InlineReader(),
            wrapping=lambda: _KEY,
            now=clock,
            metrics=make_metrics(),
        )
        # everyone before the first step: a body of an unknown account would wait in quarantine
        await _enrol(parts, cohort.patients, clock.now_ms)
        await _play(InlineWorker(parts=parts, log=log), cohort, clock, progress)
        async with pool.connection() as conn:
            return await read_played(conn)


async def _enrol(parts: Collaborators, people: Iterable[CohortPatient], now_ms: int) -> None:
    async with parts.pool.connection() as conn:
        await care_team.add_unit(conn, _UNIT)
        for person in people:
            await patients.add_patient(
                conn,
                wrapping_key=_KEY,
                unit=_UNIT,
                zone=person.zone,
                now_ms=now_ms,
                pseudonym=person.patient,
            )
            for account in person.accounts:
                await accounts.link_account(
                    conn, person.patient, account.connector, account.account, now_ms
                )
            for profile in person.profiles:
                await patient_inputs.change_profile(conn, person.patient, profile, now_ms)


async def _play(
    worker: InlineWorker, cohort: CohortFiles, clock: _Clock, progress: PlayProgress
) -> None:
    # by the instant alone: the changes of one instant keep the order of their person
    changes = sorted(_changes(cohort.patients), key=lambda change: change[0])
    deliveries, done, changed = cohort.deliveries, 0, 0
    while clock.now_ms < cohort.head.ends_ms:
        clock.now_ms = min(clock.now_ms + STEP_MS, cohort.head.ends_ms)
        # before the bodies of the step, because a body without a consent would be dropped
        while changed < len(changes) and changes[changed][0] <= clock.now_ms:
            async with worker.parts.pool.connection() as conn:
                await changes[changed][1](conn)
            changed += 1
        arrived: list[CohortDelivery] = []
        while done < len(deliveries) and deliveries[done].received_ms <= clock.now_ms:
            arrived.append(deliveries[done])
            done += 1
        for first in range(0, len(arrived), _BATCH):
            await worker.receive(_received(arrived[first : first + _BATCH], cohort))
        # after all bodies, or a patient would be judged by half of what had arrived
        await worker.judge()
        # without it an alert would stay open for ever, and take in all later ones of its family
        await _deal_with_alerts(worker, clock.now_ms)
        progress(clock.now_ms, done)


ClinicChange = tuple[int, Callable[[Connection], Awaitable[None]]]


def _changes(people: Iterable[CohortPatient]) -> Iterator[ClinicChange]:
    """Yield what a clinic records of each person, with the instant at which it does."""
    for person in people:
        for consent in person.consents:
            yield consent.from_ms, _giving(person.patient, consent.source, consent.from_ms)
            if consent.to_ms is not None:
                yield consent.to_ms, _withdrawing(person.patient, consent.source, consent.to_ms)
        # by version, which is the order of those that were written at one instant
        for row in sorted(person.prescriptions, key=lambda row: row.version):
            yield row.recorded or 0, _prescribing(person.patient, row)


def _giving(patient: str, source: str, at_ms: int) -> Callable[[Connection], Awaitable[None]]:
    async def give(conn: Connection) -> None:
        await consents.give_consent(conn, patient, source, from_ms=at_ms, now_ms=at_ms)

    return give


def _withdrawing(patient: str, source: str, at_ms: int) -> Callable[[Connection], Awaitable[None]]:
    async def withdraw(conn: Connection) -> None:
        await consents.withdraw_consent(conn, patient, source, from_ms=at_ms)

    return withdraw


def _prescribing(patient: str, row: Any) -> Callable[[Connection], Awaitable[None]]:  # noqa: ANN401
    async def write(conn: Connection) -> None:
        await patient_inputs.prescribe(conn, patient, row.prescription, row.recorded or 0)

    return write


def _received(
    deliveries: Iterable[CohortDelivery], cohort: CohortFiles
) -> Iterator[tuple[Envelope, bytes]]:
    for delivery in deliveries:
        body = cohort.content(delivery)
        yield arrived_envelope(delivery, body), body


async def _deal_with_alerts(worker: InlineWorker, now_ms: int) -> None:
    """Resolve the alerts of the day before, as a clinician does who has contacted the patient."""
    async with worker.parts.pool.connection() as conn:
        for alert in await shown_until(conn, now_ms - _SEEN_AFTER_MS):
            order = AlertCommand(
                alert=alert, action="resolve", actor=_CLINICIAN, reason="contacted"
            )
            await carry_out(conn, order, now_ms)


async def read_played(conn: Connection) -> PlayedCohort:
    """Return what became of the patients of a database."""
    alerts = await raised_alerts(conn)
    return PlayedCohort(alerts=tuple(alerts), sessions=tuple(await counted_sessions(conn)))
