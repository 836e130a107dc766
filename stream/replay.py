"""Reads the kept bodies of a patient again with today's parsers and derives anew, while the workers go on.

The end is what a fresh database would hold of the same bodies. Bodies that speak of the same things change in one
transaction under the patient's lock, and the judge waits until the whole patient is done: nobody is told of what
lies between. Killed at any instant and run again, it ends the same. A body is read again when a consent covered it
at the time of its receipt, as when it was read first: a later withdrawal ends what comes in, not what was lawful.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import uuid4

from ..model.calendar import DAY_MS
from ..model.derived import ALGORITHM, Change
from ..model.errors import BodyError
from ..model.facts import Told
from ..parsers.table import version
from ..storage import audit, compare, derived, due, outbox, people, standing
from ..storage.bodies import BodyStore, KeptBody, kept_of, unseal
from ..storage.crypto import SealError
from ..storage.pool import Connection, Pool
from ..storage.spans import Span, merge
from ..storage.surrogates import PatientRow
from ..storage.writer import write_facts
from .compute.derive import derive
from .derive_batch import CHANNEL, event
from .reading import CONNECTORS, parse_body, told_by
from .replay_plan import Cluster, Reading, clusters, measured, reading

TOGETHER = 4 * 1024 * 1024  # bytes of bodies told anew in one transaction
PIECE_MS = 28 * DAY_MS  # derived in one go: years of samples need not fit in memory
FIRST_MS, LAST_MS = 0, 2**62

Turn: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]  # one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a replay works with. `now` gives epoch ms; `seen` hears after each body how many of how many are read."""

    pool: Pool
    bodies: BodyStore
    wrapping_key: bytes
    now: Callable[[], int]
    actor: audit.Actor
    seen: Callable[[int, int], None] = lambda _done, _all: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to replay: connectors (empty: all), and [from, to) in epoch ms.

    That is of receipt, or of measurement with `derive_only`. Bodies that today's version of their parser has read
    already are left out unless `again`.
    """

    sources: frozenset[str] = frozenset()
    from_ms: int = FIRST_MS
    to_ms: int = LAST_MS
    again: bool = False
    derive_only: bool = False

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left out."""
        return not self.sources and (self.from_ms, self.to_ms) == (FIRST_MS, LAST_MS)


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What a replay did with one patient: bodies by what became of them, and what changed in derived rows.

    `unreadable` cannot be opened or read today, `no_consent` were not covered at their receipt, `left` belong to
    ones that cannot be read: all these stand as they were.
    """

    patient: str
    read: int = 0
    told_anew: int = 0
    unreadable: int = 0
    no_consent: int = 0
    left: int = 0
    changes: list[Change] = field(default_factory=list)
    differences: tuple[compare.Difference, ...] = ()


async def replay(means: Means, patient: str, scope: Scope) -> Replayed:
    """Replay one patient, committing as it goes; raises `people.UnknownNameError`."""
    said = Replayed(patient=patient)
    async with means.pool.connection() as guard, due.alone(guard, await people.patient_id(guard, patient)):
        await _replay(means.pool.connection, means, scope, said)
    return said


async def rehearse(means: Means, patient: str, scope: Scope) -> Replayed:
    """Replay one patient in one transaction that is rolled back, and return how the derived rows would differ.

    Raises `people.UnknownNameError`. The patient is locked meanwhile: what workers have for them waits.
    """
    said = Replayed(patient=patient)
    async with means.pool.connection() as conn:
        number = await people.patient_id(conn, patient)
        before = await compare.rows(conn, number)
        await _replay(lambda: nullcontext(conn), means, scope, said)
        said.differences = compare.differences(before, await compare.rows(conn, number))
        await conn.rollback()
    async with means.pool.connection() as conn:
        await _write_down(conn, means, "replay.rehearse", said, "", [])
    return said


async def _replay(turn: Turn, means: Means, scope: Scope, said: Replayed) -> None:
    spoken: set[str] = set()
    for connector in sorted(scope.sources or CONNECTORS):
        if not scope.derive_only:
            spoken |= await _Reread(turn, means, scope, said, connector).run()
    async with turn() as conn:
        spans = await _spans(conn, scope, said.patient, spoken)
    for piece in _pieces(spans):
        async with turn() as conn:
            changes = await _derive(conn, means, said, piece)
            if changes:
                await due.mark(conn, said.patient, means.now(), "replay")
                await _write_down(conn, means, "replay.derive", said, ALGORITHM, changes)


class _Reread:
    """The bodies of one patient from one connector on their way: what was read of them is kept between transactions."""

    def __init__(self, turn: Turn, means: Means, scope: Scope, said: Replayed, connector: str) -> None:
        self.turn, self.means, self.scope, self.said = turn, means, scope, said
        self.connector, self.parser = connector, version(connector)
        self.kept: dict[str, KeptBody] = {}
        self.readings: dict[str, Reading] = {}
        self.chosen: frozenset[str] = frozenset()
        self.done: set[frozenset[str]] = set()

    async def run(self) -> set[str]:
        """Read, compare and tell anew until nothing differs; return the bodies (hex) within the scope."""
        async with self.turn() as conn:
            there = await self._kept(conn)
        inside = {sha for sha, one in there.items() if self._inside(one)}
        self.chosen = frozenset(sha for sha in inside if self.scope.again or there[sha].parser < self.parser)
        if not self.chosen:
            return inside
        while await self._step():
            pass
        self.said.read += len(self.chosen & self.readings.keys())
        return inside

    async def _step(self) -> bool:
        """Read what was kept since, or tell one portion anew; False when all is as today's parser reads it."""
        async with self.turn() as conn:
            await self._read(conn, await self._kept(conn))
        async with self.turn() as conn:
            row = await standing.lock(conn, self.said.patient)
            if (await self._kept(conn)).keys() != self.kept.keys():
                return True
            return await self._tell(conn, row)

    async def _tell(self, conn: Connection, row: PatientRow) -> bool:
        found = clusters(self.readings, await standing.standing(conn, row.id, self.connector))
        stale = [one for one in found if one.stale and one.bodies & self.chosen and one.bodies not in self.done]
        portion = self._portion([one for one in stale if one.whole])
        changes = await self._tell_anew(conn, row, portion) if portion else []
        right = {sha for one in found if one.whole and not one.stale for sha in one.bodies}
        told = {sha for one in portion for sha in one.bodies}
        await standing.read_by(conn, row.id, right | told, self.parser)
        moved = all(one.whole for one in found) and await standing.set_watermarks(
            conn, row.id, self.connector, measured(self.readings.values())
        )
        if portion or moved:
            await due.mark(conn, self.said.patient, self.means.now(), "replay")
            await _write_down(conn, self.means, "replay.read", self.said, self.connector, changes, bodies=len(told))
        self.done |= {one.bodies for one in portion}
        self.said.told_anew += len(told)
        if not portion:
            self.said.left += len({sha for one in stale for sha in one.bodies & self.readings.keys()})
        return bool(portion)

    async def _tell_anew(self, conn: Connection, row: PatientRow, portion: Sequence[Cluster]) -> list[Change]:
        """Take back what stands of these bodies, tell what they say today, and derive what that touches."""
        told = [one async for one in self._facts(conn, row.zone, {sha for one in portion for sha in one.bodies})]
        stood = [record for one in portion for record in one.stood]
        touched = await standing.take_back(conn, row.id, stood, {at for one in portion for at in one.stretches})
        written = await write_facts(conn, told)
        spans = [*touched.get(row.id, []), *written.touched.get(self.said.patient, ())]
        changes: list[Change] = []
        for piece in _pieces(merge(spans)):
            changes += await _derive(conn, self.means, self.said, piece)
        return changes

    def _portion(self, stale: Sequence[Cluster]) -> list[Cluster]:
        """Return the first clusters whose bodies fit together into one transaction, at least one."""
        portion: list[Cluster] = []
        size = 0
        for one in stale:
            size += sum(self.kept[sha].envelope.size for sha in one.bodies)
            if portion and size > TOGETHER:
                break
            portion.append(one)
        return portion

    async def _read(self, conn: Connection, there: dict[str, KeptBody]) -> None:
        """Read the bodies that were not read yet; who cannot be read, or must not be, stays without a reading."""
        zone = await people.zone_of(conn, self.said.patient)
        fresh = {sha: one for sha, one in there.items() if sha not in self.kept}
        allowed = await self._allowed(conn, fresh)
        key = await people.data_key(conn, self.means.wrapping_key, self.said.patient)
        for sha, one in fresh.items():
            self.kept[sha] = one
            if sha in allowed and one.parser <= self.parser:
                told = await self._open(one, key, zone)
                if told is None:
                    self.said.unreadable += sha in self.chosen
                else:
                    self.readings[sha] = reading(told)
            self.means.seen(len(self.kept), len(there))

    async def _allowed(self, conn: Connection, fresh: dict[str, KeptBody]) -> set[str]:
        asked = [(self.said.patient, self.connector, one.envelope.received_ms) for one in fresh.values()]
        covered = await people.consents(conn, asked) if asked else set()
        allowed = {sha for n, sha in enumerate(fresh) if n in covered}
        self.said.no_consent += len((fresh.keys() - allowed) & self.chosen)
        return allowed

    async def _facts(self, conn: Connection, zone: str, bodies: Collection[str]) -> AsyncIterator[Told]:
        key = await people.data_key(conn, self.means.wrapping_key, self.said.patient)
        for sha in sorted(bodies):
            for one in await self._open(self.kept[sha], key, zone) or []:
                yield one

    async def _open(self, one: KeptBody, key: bytes, zone: str) -> list[Told] | None:
        try:
            body = await unseal(self.means.bodies, key, self.said.patient, one.address, one.envelope.sha256)
            return (
                None
                if body is None
                else told_by(one.envelope, await parse_body(one.envelope, body), self.said.patient, zone)
            )
        except (BodyError, SealError):
            return None

    async def _kept(self, conn: Connection) -> dict[str, KeptBody]:
        kept = await kept_of(conn, self.said.patient)
        return {one.envelope.sha256: one for one in kept if one.envelope.connector == self.connector}

    def _inside(self, one: KeptBody) -> bool:
        return self.scope.from_ms <= one.envelope.received_ms < self.scope.to_ms


async def _spans(conn: Connection, scope: Scope, patient: str, spoken: Collection[str]) -> list[Span]:
    """Return what to derive anew: the whole patient, a span of it, or where the bodies of the scope lie."""
    extent = await derived.extent(conn, patient)
    if extent is None:
        return []
    if scope.derive_only:
        low, high = max(extent.start_ms, scope.from_ms), min(extent.end_ms, scope.to_ms)
        return [Span(start_ms=low, end_ms=high)] if low <= high else []
    if scope.whole:
        return [extent]
    return list(await standing.told_spans(conn, await people.patient_id(conn, patient), spoken))


def _pieces(spans: Sequence[Span]) -> list[Span]:
    return [
        Span(start_ms=start, end_ms=min(start + PIECE_MS, span.end_ms))
        for span in spans
        for start in range(span.start_ms, span.end_ms + 1, PIECE_MS)
    ]


async def _derive(conn: Connection, means: Means, said: Replayed, span: Span) -> list[Change]:
    """Derive the dates of a span anew and send on what changed, in the caller's transaction."""
    window = await derived.load_window(conn, said.patient, [span])
    changes = await derived.replace(conn, said.patient, window, derive(window))
    if changes:
        key = f"replay/{uuid4()}"
        await outbox.put(conn, CHANNEL, key, said.patient, event(said.patient, changes), means.now())
        await outbox.notify(conn, [said.patient])
    said.changes += changes
    return list(changes)


async def _write_down(
    conn: Connection, means: Means, action: str, said: Replayed, what: str, changes: Sequence[Change], bodies: int = 0
) -> None:
    counts = {kind: sum(one.what == kind for one in changes) for kind in sorted({one.what for one in changes})}
    entry = audit.Entry(
        at_ms=means.now(),
        actor=means.actor,
        action=action,
        patient=said.patient,
        object=what,
        detail={"bodies": bodies, **counts},
    )
    await audit.write(conn, entry)
