"""Kept bodies of one patient from one connector, read again: what stands is compared, and told anew where it differs.

The end is what a fresh database would hold of the same bodies. Bodies that belong together change in one transaction
under the patient's lock; one that cannot be read stands as it was, with those that belong to it.
"""

from collections.abc import AsyncIterator, Collection, Sequence

from model.derived import DerivedChange
from model.errors import BodyError
from model.facts import AttributedFact
from model.spans import merge
from parsers.formats import version_of
from storage.alerts import due
from storage.audit_actions import Action
from storage.bodies.kept_bodies import KeptBody, kept_of, open_kept
from storage.facts import current_records
from storage.facts.ids import PatientRow
from storage.facts.writer import write_facts
from storage.people import people
from storage.pg.crypto import SealError
from storage.pg.pool import Connection
from stream.reading import parse_body, told_by
from stream.replay.parts import (
    ReplayContext,
    Replayed,
    Scope,
    Transaction,
    derive_span,
    pieces,
    write_down,
)
from stream.replay.plan import Cluster, Reading, clusters, measured, reading

TOGETHER = 4 * 1024 * 1024  # bytes of bodies told anew in one transaction


class Reread:
    """The bodies of one patient from one connector on their way: what was read of them is kept between transactions."""

    def __init__(
        self, turn: Transaction, means: ReplayContext, scope: Scope, said: Replayed, connector: str
    ) -> None:
        self.turn, self.means, self.scope, self.said = turn, means, scope, said
        self.connector = connector
        self.kept: dict[str, KeptBody] = {}
        self.readings: dict[str, Reading] = {}
        self.chosen: frozenset[str] = frozenset()
        self.done: set[frozenset[str]] = set()

    async def run(self) -> set[str]:
        """Read, compare and tell anew until nothing differs; return the bodies (hex) within the scope."""
        async with self.turn() as conn:
            there = await self._kept(conn)
        inside = {sha for sha, item in there.items() if self._inside(item)}
        self.chosen = frozenset(
            sha
            for sha in inside
            if self.scope.again or there[sha].parser < version_of(there[sha].format)
        )
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
            row = await current_records.lock(conn, self.said.patient)
            if (await self._kept(conn)).keys() != self.kept.keys():
                return True
            return await self._tell(conn, row)

    async def _tell(self, conn: Connection, row: PatientRow) -> bool:
        matches = clusters(
            self.readings, await current_records.standing(conn, row.id, self.connector)
        )
        stale = [
            item
            for item in matches
            if item.stale and item.bodies & self.chosen and item.bodies not in self.done
        ]
        portion = self._portion([item for item in stale if item.whole])
        changes = await self._tell_anew(conn, row, portion) if portion else []
        right = {sha for item in matches if item.whole and not item.stale for sha in item.bodies}
        reported = {sha for item in portion for sha in item.bodies}
        for version, bodies in self._by_version(right | reported).items():
            await current_records.read_by(conn, row.id, bodies, version)
        moved = all(item.whole for item in matches) and await current_records.set_watermarks(
            conn, row.id, self.connector, measured(self.readings.values())
        )
        if portion or moved:
            await due.mark(conn, self.said.patient, self.means.now(), "replay")
            await write_down(
                conn,
                self.means,
                Action.REPLAY_READ,
                self.said,
                self.connector,
                changes,
                bodies=len(reported),
            )
        self.done |= {item.bodies for item in portion}
        self.said.told_anew += len(reported)
        if not portion:
            self.said.left += len(
                {sha for item in stale for sha in item.bodies & self.readings.keys()}
            )
        return bool(portion)

    async def _tell_anew(
        self, conn: Connection, row: PatientRow, portion: Sequence[Cluster]
    ) -> list[DerivedChange]:
        """Take back what stands of these bodies, tell what they say today, and derive what that touches."""
        reported = [
            fact
            async for fact in self._facts(
                conn, row.zone, {sha for item in portion for sha in item.bodies}
            )
        ]
        stood = [record for item in portion for record in item.stood]
        touched = await current_records.take_back(
            conn, row.id, stood, {at for item in portion for at in item.stretches}
        )
        written = await write_facts(conn, reported)
        spans = [*touched.get(row.id, []), *written.touched.get(self.said.patient, ())]
        changes: list[DerivedChange] = []
        for piece in pieces(merge(spans)):
            changes += await derive_span(conn, self.means, self.said, piece)
        return changes

    def _by_version(self, bodies: Collection[str]) -> dict[int, set[str]]:
        """Return the bodies by today's version of the format of each."""
        groups: dict[int, set[str]] = {}
        for sha in bodies:
            groups.setdefault(version_of(self.kept[sha].format), set()).add(sha)
        return groups

    def _portion(self, stale: Sequence[Cluster]) -> list[Cluster]:
        """Return the first clusters whose bodies fit together into one transaction, at least one."""
        portion: list[Cluster] = []
        size = 0
        for item in stale:
            size += sum(self.kept[sha].envelope.size for sha in item.bodies)
            if portion and size > TOGETHER:
                break
            portion.append(item)
        return portion

    async def _read(self, conn: Connection, there: dict[str, KeptBody]) -> None:
        """Read the bodies that were not read yet; who cannot be read, or must not be, stays without a reading."""
        zone = await people.zone_of(conn, self.said.patient)
        fresh = {sha: entry for sha, entry in there.items() if sha not in self.kept}
        allowed = await self._allowed(conn, fresh)
        key = await people.data_key(conn, self.means.wrapping_key, self.said.patient)
        for sha, item in fresh.items():
            self.kept[sha] = item
            if sha in allowed and item.parser <= version_of(item.format):
                reported = await self._open(conn, item, key, zone)
                if reported is None:
                    self.said.unreadable += sha in self.chosen
                else:
                    self.readings[sha] = reading(reported)
            self.means.seen(len(self.kept), len(there))

    async def _allowed(self, conn: Connection, fresh: dict[str, KeptBody]) -> set[str]:
        requested = [
            (self.said.patient, self.connector, item.envelope.received_ms)
            for item in fresh.values()
        ]
        covered = await people.consents(conn, requested) if requested else set()
        allowed = {sha for n, sha in enumerate(fresh) if n in covered}
        self.said.no_consent += len((fresh.keys() - allowed) & self.chosen)
        return allowed

    async def _facts(
        self, conn: Connection, zone: str, bodies: Collection[str]
    ) -> AsyncIterator[AttributedFact]:
        key = await people.data_key(conn, self.means.wrapping_key, self.said.patient)
        for sha in sorted(bodies):
            for item in await self._open(conn, self.kept[sha], key, zone) or []:
                yield item

    async def _open(
        self, conn: Connection, kept_body: KeptBody, key: bytes, zone: str
    ) -> list[AttributedFact] | None:
        try:
            body = await open_kept(conn, self.means.bodies, key, self.said.patient, kept_body)
            return (
                None
                if body is None
                else told_by(
                    kept_body.envelope,
                    await parse_body(kept_body.envelope, body),
                    self.said.patient,
                    zone,
                    kept_body.format,
                )
            )
        except (BodyError, SealError):
            return None

    async def _kept(self, conn: Connection) -> dict[str, KeptBody]:
        kept = await kept_of(conn, self.said.patient)
        return {
            item.envelope.sha256: item for item in kept if item.envelope.connector == self.connector
        }

    def _inside(self, kept_body: KeptBody) -> bool:
        return self.scope.from_ms <= kept_body.envelope.received_ms < self.scope.to_ms
