"""Facts and payloads of a patient who was erased meanwhile.

Nothing is stored, there is no dead letter, and the worker goes on.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from kadens.embedded.postgres import Postgres
from model.codec import encode_attributed
from model.envelope import Envelope
from model.topics import FACTS, RAW
from storage.erase import erase
from storage.people import care_team, consents, patients
from storage.pg.pool import open_pool
from stream.deriving.derive_batch import derive_runs
from stream.log.messages import Message, Outgoing, Run
from stream.normalise import normalise_runs
from tests.databases.reuse import database_copied
from tests.storage.tellers import T0, attributed_fact, run
from tests.stream.kept_worker import KEPT_KEY, KeptProducer, kept_parts

_REPORT = (
    b'{"type": "report.created", "patient": "app", "report": {"id": "r", "instrument": '
    b'"pain", "phase": "after", '
)
_REPORT += b'"value": 2, "scale": "nrs-0-10", "answered_at": "2026-09-21T11:00:00+02:00"}}'


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


async def played(
    dsn: str, folder: Path, *, keyless: bool
) -> tuple[list[Outgoing], list[tuple[Any, ...]]]:
    """Erase a patient who consented, or only their key, then receive a payload and facts.

    Returns what comes out.
    """
    kept = KeptProducer()
    patient = f"patient-{keyless}"
    async with await open_pool(dsn, max_size=2) as pool:
        async with pool.connection() as conn:
            await care_team.add_unit(conn, "unit")
            await patients.add_patient(
                conn,
                wrapping_key=KEPT_KEY,
                unit="unit",
                zone="Europe/Stockholm",
                now_ms=0,
                pseudonym=patient,
            )
            await consents.give_consent(conn, patient, "reports", from_ms=0, now_ms=0)
            if keyless:
                await conn.execute("delete from identity.data_key")
            else:
                await erase(conn, patient, T0)
        parts = kept_parts(pool, kept, folder, patient)
        await normalise_runs([_raw(patient)], parts)
        if not keyless:
            await derive_runs([_facts(patient)], parts)
        async with pool.connection() as conn:
            counts = await conn.execute(
                "select (select count(*) from fact), (select count(*) from sample), "
                "(select count(*) from body)"
            )
            return kept.sent, await counts.fetchall()


def _raw(patient: str) -> Run:
    sha256 = hashlib.sha256(_REPORT).hexdigest()
    envelope = Envelope(
        connector="reports", received_ms=T0, sha256=sha256, size=len(_REPORT), patient=patient
    )
    message = Message(
        topic=RAW.name, partition=0, offset=0, value=_REPORT, headers=tuple(envelope.headers())
    )
    return Run(topic=RAW.name, partition=0, messages=(message,))


def _facts(patient: str) -> Run:
    messages: list[Message] = []
    for fact in chain.from_iterable(run(f"r{n}") for n in range(60)):
        value = encode_attributed(attributed_fact(fact, patient))
        offset = len(messages)
        messages.append(Message(topic=FACTS.name, partition=0, offset=offset, value=value))
    return Run(topic=FACTS.name, partition=0, messages=tuple(messages))


@pytest.mark.promise(14)
@pytest.mark.parametrize("keyless", [False, True])
def test_what_comes_after_is_dropped(
    dsn: str,
    tmp_path: Path,
    keyless: bool,  # noqa: FBT001
) -> None:
    sent, counts = asyncio.run(played(dsn, tmp_path, keyless=keyless))
    assert sent == []
    assert counts == [(0, 0, 0)]
