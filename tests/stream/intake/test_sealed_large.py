"""Large bodies lie sealed in the body store: the worker opens them, or settles what never opens."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.sealing import sealed_for_patient
from kadens.embedded.postgres import Postgres
from model.envelope import INLINE, Envelope
from model.privacy.sealed_box import box_public
from model.privacy.sealed_stream import FRAME, STREAM_FORM
from model.topics import FACTS_LARGE, RAW_LARGE
from storage.bodies.body_store import Directory
from storage.erase import erase
from storage.people import care_team, consents, data_keys, patients
from storage.pg.pool import Connection, Pool, open_pool
from stream.collaborators import Collaborators
from stream.log.messages import Message, Run
from stream.normalise import normalise_runs
from tests.databases.reuse import database_copied
from tests.storage.tellers import T0
from tests.stream.kept_worker import KEPT_KEY, KeptProducer, kept_parts

_MARKER = b"a form that Karin filled in "
_SETTLED = """
select (select count(*) from body), (select count(*) from dead_letter),
  (select count(*) from dead_letter where address is not null or sealed is not null)"""
_LETTERS = """
select d.class, p.pseudonym from dead_letter d left join patient p on p.id = d.patient order by 2"""
_FRAME = FRAME + 16


@pytest.fixture
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


@dataclass(slots=True, kw_only=True)
class _World:
    """A worker, its database and body store, and the messages that a door has left for it."""

    pool: Pool
    parts: Collaborators
    kept: KeptProducer
    folder: Path
    messages: list[Message] = field(default_factory=list)

    async def receive(self, conn: Connection, patient: str) -> Envelope:
        """Take a large body of a new patient in, as a door does."""
        await patients.add_patient(
            conn,
            wrapping_key=KEPT_KEY,
            unit="unit",
            zone="Europe/Stockholm",
            now_ms=0,
            pseudonym=patient,
        )
        await consents.give_consent(conn, patient, "reports", from_ms=0, now_ms=0)
        public = box_public(await data_keys.data_key(conn, KEPT_KEY, patient))
        body = _report(patient)
        envelope = Envelope(
            connector="reports",
            received_ms=T0,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            patient=patient,
        )
        envelope, file = sealed_for_patient(envelope, body, public)
        address = await self.parts.bodies.put(hashlib.sha256(patient.encode()).hexdigest(), file)
        envelope = replace(envelope, address=address)
        self.append(envelope)
        return envelope

    def append(self, envelope: Envelope) -> None:
        message = Message(
            topic=RAW_LARGE.name,
            partition=0,
            offset=len(self.messages),
            value=b"",
            headers=tuple(envelope.headers()),
        )
        self.messages.append(message)

    async def work(self) -> None:
        """Let the worker read all messages in one batch."""
        run = Run(topic=RAW_LARGE.name, partition=0, messages=tuple(self.messages))
        await normalise_runs([run], self.parts)

    async def settled(self) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """Return the numbers of bodies, letters and letters with a body, and the letters."""
        async with self.pool.connection() as conn:
            (counted,) = await (await conn.execute(_SETTLED)).fetchall()
            return counted, await (await conn.execute(_LETTERS)).fetchall()

    def files(self) -> list[Path]:
        return [path for path in (self.folder / "incoming").rglob("*") if path.is_file()]


def _report(patient: str) -> bytes:
    answer = {"id": patient, "instrument": "pain", "phase": "after", "value": 2}
    scale = {"scale": "nrs-0-10", "answered_at": "2026-09-21T11:00:00+02:00"}
    filling = (_MARKER * (INLINE // len(_MARKER) + 1)).decode()
    report = {"type": "report.created", "patient": "app", "report": {**answer, **scale}}
    return json.dumps({**report, "filling": filling}).encode()


async def _opened_world(folder: Path, pool: Pool) -> _World:
    kept = KeptProducer()
    parts = kept_parts(pool, kept, folder, "c", least=100)
    async with pool.connection() as conn:
        await care_team.add_unit(conn, "unit")
    return _World(pool=pool, parts=parts, kept=kept, folder=folder)


def _keys_of_facts(world: _World) -> list[bytes]:
    return [item.key for item in world.kept.sent if item.topic == FACTS_LARGE.name]


def _spoil(path: Path, patient: str) -> None:
    sealed = path.read_bytes()
    spoiled = {
        "cut": sealed[: 56 + 3 * _FRAME],
        "begun": sealed[:30],
        "empty": b"",
        "changed": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "in-clear": _report(patient),
    }
    path.write_bytes(spoiled[patient])


async def _many(dsn: str, folder: Path) -> tuple[_World, Any]:
    async with await open_pool(dsn, max_size=2) as pool:
        world = await _opened_world(folder, pool)
        async with pool.connection() as conn:
            for patient in ("cut", "begun", "empty", "changed", "in-clear"):
                envelope = await world.receive(conn, patient)
                _spoil(folder / envelope.address, patient)
            well, other = [await world.receive(conn, patient) for patient in ("well", "other")]
            # the file of another patient's body, and a file that is gone
            world.append(replace(well, address=other.address))
            gone = await world.receive(conn, "gone")
            (folder / gone.address).unlink()
            foreign = await world.receive(conn, "foreign")
            world.messages.pop()
            world.append(replace(foreign, address="elsewhere"))
            await world.receive(conn, "erased")
            await erase(conn, "erased", T0)
        await world.work()
        return world, await world.settled()


@pytest.mark.promise(14)
def test_what_does_not_open_is_settled_beside_what_does(dsn: str, tmp_path: Path) -> None:
    world, (counted, letters) = asyncio.run(_many(dsn, tmp_path))
    assert sorted(_keys_of_facts(world)) == [b"other", b"well"]
    assert counted == (2, 8, 0)
    # of who was erased there is nothing: not even a letter
    assert letters == [
        ("sealed", "begun"),
        ("sealed", "changed"),
        ("sealed", "cut"),
        ("sealed", "empty"),
        ("envelope", "foreign"),
        ("envelope", "gone"),
        ("sealed", "in-clear"),
        ("sealed", "well"),
    ]
    # the file of the message with an address that no store makes is an orphan, which the sweep ends
    assert len(world.files()) == 1


async def _at_rest(dsn: str, folder: Path) -> list[bytes]:
    async with await open_pool(dsn, max_size=2) as pool:
        world = await _opened_world(folder, pool)
        async with pool.connection() as conn:
            await world.receive(conn, "well")
        waiting = [path.read_bytes() for path in world.files()]
        await world.work()
        assert world.files() == []
        return waiting


@pytest.mark.promise(14)
def test_while_no_worker_runs_no_file_has_a_value_in_clear(dsn: str, tmp_path: Path) -> None:
    (waiting,) = asyncio.run(_at_rest(dsn, tmp_path))
    assert (len(waiting) > INLINE, _MARKER in waiting) == (True, False)


class _CutOff(Directory):
    """A store whose process ends while a body is opened."""

    async def open(self, address: str) -> None:
        raise ConnectionError(address)


async def _interrupted(dsn: str, folder: Path) -> tuple[_World, Any, list[Path]]:
    async with await open_pool(dsn, max_size=2) as pool:
        world = await _opened_world(folder, pool)
        async with pool.connection() as conn:
            await world.receive(conn, "well")
        parts, world.parts = world.parts, replace(world.parts, bodies=_CutOff(folder))
        with pytest.raises(ConnectionError):
            await world.work()
        left = world.files()
        world.parts = parts
        await world.work()
        # the log gives the same message again, whose file is gone by then
        await world.work()
        return world, await world.settled(), left


def test_after_a_restart_the_body_is_read_and_its_replay_changes_nothing(
    dsn: str, tmp_path: Path
) -> None:
    world, (counted, letters), left = asyncio.run(_interrupted(dsn, tmp_path))
    assert len(left) == 1
    assert _keys_of_facts(world) == [b"well"]
    assert (counted, letters) == ((1, 0, 0), [])
    assert Envelope.read(world.messages[0].headers).sealed == STREAM_FORM
