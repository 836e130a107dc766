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
from storage.pg import rows
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, open_pool
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
# When an alert became one of the worklist, and so reached somebody: it was raised, promoted by the
# budget of a later day, or got worse than tier C. The last time counts.
_ON_WORKLIST = """
left join lateral (select max(k.at) as at from (
    select m.at, m.kind, m.tier, lag(m.tier, 1, 'C') over (order by m.id) as before
    from alert_move m where m.alert = a.id) k
  where k.tier in ('A', 'B') and (k.before = 'C' or (k.kind, k.tier) = ('worsen', 'B'))) w
  on a.tier in ('A', 'B')
cross join lateral (select coalesce(w.at, a.raised_at) as at) shown"""
_OPEN = f"""
select a.id::text as id from alert a {_ON_WORKLIST}
where a.state in ('open', 'acknowledged', 'in_progress') and a.tier in ('A', 'B')
  and shown.at <= to_timestamp(%(before)s / 1000.0)
order by shown.at, a.id"""  # noqa: S608 - a constant of this file
_ALERTS = f"""
select p.pseudonym as patient, a.family, a.rule, a.tier, shown.at as raised_ms, a.state,
  a.resolution, array(select array[
    (extract(epoch from f.at) * 1000)::bigint, (extract(epoch from f.added_at) * 1000)::bigint]
    from alert_finding f where f.alert = a.id and f.current and f.tier in ('A', 'B')
      and f.added_at > shown.at order by f.added_at, f.rule, f.key) as added
from alert a join patient p on p.id = a.patient {_ON_WORKLIST}
order by shown.at, p.pseudonym, a.family"""  # noqa: S608 - as above
_SESSIONS = """
select p.pseudonym as patient, s.start_at as start_ms, s.end_at as end_ms, s.very_light_ms,
  s.light_ms, s.moderate_ms, s.vigorous_ms, s.near_max_ms, s.unknown_ms
from session s join patient p on p.id = s.patient where s.counts order by 1, 2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlert:
    """An alert that was raised, with its tier in the end.

    `raised_ms` (epoch ms) is when it became an alert of that worklist tier: for one that waited in
    the digest for room in the budget, when it was promoted. `added` is the evidence of tier A or B
    that was added since, each with its own instant and the one when it was added.
    """

    patient: str
    family: str
    rule: str
    tier: str
    raised_ms: int
    state: str
    resolution: str
    added: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedSession:
    """A session that was found, [start, end) in epoch ms, and its time in each zone."""

    patient: str
    start_ms: int
    end_ms: int
    zones_ms: dict[str, int]


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
        waiting = await rows.fetch(conn, _OPEN, {"before": now_ms - _SEEN_AFTER_MS}, _id)
        for alert in waiting:
            order = AlertCommand(
                alert=alert, action="resolve", actor=_CLINICIAN, reason="contacted"
            )
            await carry_out(conn, order, now_ms)


def _id(row: rows.Row) -> str:
    return str(row["id"])


async def read_played(conn: Connection) -> PlayedCohort:
    """Return what became of the patients of a database."""
    alerts = await rows.fetch(conn, _ALERTS, {}, _alert)
    sessions = await rows.fetch(conn, _SESSIONS, {}, _session)
    return PlayedCohort(alerts=tuple(alerts), sessions=tuple(sessions))


def _alert(row: rows.Row) -> RaisedAlert:
    added = tuple((at_ms, added_ms) for at_ms, added_ms in row["added"])
    return RaisedAlert(**{**row, "added": added})


def _session(row: rows.Row) -> DerivedSession:
    zones = {name.removesuffix("_ms"): row[name] for name in row if name.endswith("_ms")}
    span = (zones.pop("start"), zones.pop("end"))
    return DerivedSession(patient=row["patient"], start_ms=span[0], end_ms=span[1], zones_ms=zones)
