"""Kept bodies of one patient from one connector, read again: what stands is compared, and told anew where it differs.

The end is what a fresh database would hold of the same bodies. Bodies that belong together change in one transaction
under the patient's lock; one that cannot be read stands as it was, with those that belong to it.
"""

from collections.abc import AsyncIterator, Collection, Sequence

from ..model.derived import Change
from ..model.errors import BodyError
from ..model.facts import Told
from ..parsers.table import version
from ..storage import due, people, standing
from ..storage.audit_actions import Action
from ..storage.bodies import KeptBody, kept_of, open_kept
from ..storage.crypto import SealError
from ..storage.pool import Connection
from ..storage.spans import merge
from ..storage.surrogates import PatientRow
from ..storage.writer import write_facts
from .reading import parse_body, told_by
from .replay_parts import Means, Replayed, Scope, Turn, derive_span, pieces, write_down
from .replay_plan import Cluster, Reading, clusters, measured, reading

TOGETHER = 4 * 1024 * 1024  # bytes of bodies told anew in one transaction


class Reread:
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
            await write_down(conn, self.means, Action.REPLAY_READ, self.said, self.connector, changes, bodies=len(told))
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
        for piece in pieces(merge(spans)):
            changes += await derive_span(conn, self.means, self.said, piece)
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
                told = await self._open(conn, one, key, zone)
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
            for one in await self._open(conn, self.kept[sha], key, zone) or []:
                yield one

    async def _open(self, conn: Connection, one: KeptBody, key: bytes, zone: str) -> list[Told] | None:
        try:
            body = await open_kept(conn, self.means.bodies, key, self.said.patient, one)
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
