"""What became of an imported file is one state of the database, and that of its own patient."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from model.envelope import Envelope
from model.facts import RejectKind
from model.keyring import KeyRing
from model.versions.receipt import FILE_LATER
from storage.bodies import dead_letters
from storage.bodies.body_store import Directory
from storage.bodies.kept_bodies import Received, keep_all
from storage.people import patients
from storage.pg.pool import Connection, adapt
from storage.reads.import_outcomes import FileOutcome, file_outcomes

_BODY = b"a run"
_DIGEST = sha256(_BODY).hexdigest()
_PARTLY = FileOutcome(kept=True, kind="unknown", rejects=(("type", "an unknown type"),))


@pytest.fixture
async def worker(dsn: str, conn: Connection) -> AsyncIterator[Connection]:
    """Connect a second time, as the worker does."""
    await conn.commit()
    async with await AsyncConnection.connect(dsn, options="-c timezone=UTC") as connection:
        adapt(connection)
        yield connection


async def _stored_in_part(conn: Connection, patient: str, *, kept: bool = True) -> None:
    """Write what the worker writes of a file that it reads in part: both in one transaction."""
    envelope = Envelope(connector="files", received_ms=5, sha256=_DIGEST, size=len(_BODY))
    if kept:
        received = Received(patient=patient, envelope=envelope, body=_BODY, format="fit")
        await keep_all(conn, Directory(Path()), KeyRing.single(bytes(32)), [received])
    number = await patients.patient_id(conn, patient)
    origin = dead_letters.LetterOrigin(
        cluster="c", topic="t", partition=0, offset=number, key=b"", headers=b""
    )
    cause = dead_letters.Cause(
        kind=RejectKind.UNKNOWN, connector="files", received_ms=5, size=len(_BODY),
        sha256=_DIGEST, rejects=list(_PARTLY.rejects), rejected=1,
    )  # fmt: skip
    row = dead_letters.LetterRow(
        origin=origin, cause=cause, letter=number, patient=number, body_bytes=0
    )
    await dead_letters.add_letters(conn, [row], 5)


@pytest.mark.anyio
async def test_a_file_that_is_read_meanwhile_is_not_refused(
    dsn: str, conn: Connection, worker: Connection
) -> None:
    # whoever looks has to wait in the middle of it, while the worker writes
    await worker.execute("lock table dead_letter")
    looking = asyncio.create_task(file_outcomes(conn, "p1", [_DIGEST], 0))
    async with await AsyncConnection.connect(dsn, autocommit=True) as watching:
        waits = False
        async with asyncio.timeout(30):
            while not waits:
                answer = await watching.execute(
                    "select pg_blocking_pids(%s) <> '{}'", [conn.info.backend_pid]
                )
                ((waits,),) = await answer.fetchall()
    await _stored_in_part(worker, "p1")
    await worker.commit()
    assert await looking == {_DIGEST: _PARTLY}


@pytest.mark.anyio
async def test_the_same_file_of_somebody_else_is_theirs(conn: Connection) -> None:
    await _stored_in_part(conn, "p2")
    assert await file_outcomes(conn, "p1", [_DIGEST], 0) == {}
    assert await file_outcomes(conn, "p2", [_DIGEST], 0) == {_DIGEST: _PARTLY}
    assert await file_outcomes(conn, "p2", [_DIGEST], 6) == {_DIGEST: FileOutcome(kept=True)}
    await _stored_in_part(conn, "p3", kept=False)
    refused = FileOutcome(kind="unknown", rejects=_PARTLY.rejects)
    assert await file_outcomes(conn, "p3", [_DIGEST], 0) == {_DIGEST: refused}


def test_a_file_with_a_wrong_clock_is_refused_though_it_is_kept() -> None:
    later = FileOutcome(kept=True, kind="range", rejects=(("@3", "odd"), ("body", FILE_LATER)))
    assert (later.refusal, _PARTLY.refusal) == (FILE_LATER, "")
    assert FileOutcome(rejects=_PARTLY.rejects).refusal == "an unknown type"
