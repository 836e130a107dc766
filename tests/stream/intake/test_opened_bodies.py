"""Bodies and answers that were sealed: opened by the worker, or settled where they do not open."""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kadens.embedded.postgres import Postgres
from model.envelope import Envelope, sealed_owner
from model.privacy.sealed_box import BOX_FORM, box_public, box_sealed
from model.received import Fetch
from model.topics import FACTS, RAW
from storage.erase import erase
from storage.people import accounts, care_team, consents, data_keys, patients
from storage.pg.pool import Connection, open_pool
from stream.log.messages import Message, Outgoing, Run
from stream.normalise import normalise_runs
from tests.databases.reuse import database_copied
from tests.rooms import ROOT
from tests.storage.tellers import T0
from tests.stream.kept_worker import KEPT_KEY, KeptProducer, kept_parts

_PATIENTS = ("erased", "keyless", "spoiled", "moved", "unknown-form", "well")
_COUNTED = """
select (select count(*) from body), (select count(*) from dead_letter),
  (select count(*) from dead_letter where address is not null or sealed is not null)"""
_LETTERS = """
select d.class, p.pseudonym from dead_letter d left join patient p on p.id = d.patient order by 2"""


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


def _report(patient: str) -> bytes:
    answer = {"id": patient, "instrument": "pain", "phase": "after", "value": 2}
    requested = {"scale": "nrs-0-10", "answered_at": "2026-09-21T11:00:00+02:00"}
    return json.dumps(
        {"type": "report.created", "patient": "app", "report": {**answer, **requested}}
    ).encode()


def _message(patient: str, offset: int, key: bytes) -> Message:
    body = _report(patient)
    envelope = Envelope(
        connector="reports",
        received_ms=T0,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        patient=patient,
        sealed=BOX_FORM,
    )
    once = hashlib.sha256(patient.encode()).digest()
    value = box_sealed(box_public(key), once, body, sealed_owner(envelope))
    if patient == "spoiled":
        value = value[:-1] + bytes([value[-1] ^ 1])
    if patient == "moved":
        envelope = replace(envelope, sha256="0" * 64)
    if patient == "unknown-form":
        envelope = replace(envelope, sealed="of a newer door")
    headers = tuple(envelope.headers())
    return Message(topic=RAW.name, partition=0, offset=offset, value=value, headers=headers)


async def _added(
    conn: Connection, names: Sequence[str], connector: str = "reports"
) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    await care_team.add_unit(conn, f"unit-{connector}")
    for name in names:
        await patients.add_patient(
            conn,
            wrapping_key=KEPT_KEY,
            unit=f"unit-{connector}",
            zone="Europe/Stockholm",
            now_ms=0,
            pseudonym=name,
        )
        await consents.give_consent(conn, name, connector, from_ms=0, now_ms=0)
        keys[name] = await data_keys.data_key(conn, KEPT_KEY, name)
    return keys


async def lived(
    dsn: str, folder: Path
) -> tuple[list[Outgoing], tuple[Any, ...], list[tuple[Any, ...]]]:
    """Work on a sealed body of each patient in a single batch; return what comes out."""
    kept = KeptProducer()
    async with await open_pool(dsn, max_size=2) as pool:
        async with pool.connection() as conn:
            keys = await _added(conn, _PATIENTS)
            messages = tuple(
                _message(name, offset, keys[name]) for offset, name in enumerate(_PATIENTS)
            )
            await erase(conn, "erased", T0)
            await conn.execute(
                "delete from identity.data_key where patient = "
                "(select id from patient where pseudonym = 'keyless')"
            )
        parts = kept_parts(pool, kept, folder, "c", least=100)
        await normalise_runs([Run(topic=RAW.name, partition=0, messages=messages)], parts)
        async with pool.connection() as conn:
            (counted,) = await (await conn.execute(_COUNTED)).fetchall()
            return kept.sent, counted, await (await conn.execute(_LETTERS)).fetchall()


@pytest.mark.promise(14)
def test_each_body_opens_or_is_settled_without_its_neighbours(dsn: str, tmp_path: Path) -> None:
    sent, (bodies, letters, with_body), rows = asyncio.run(lived(dsn, tmp_path))
    facts = [item for item in sent if item.topic == FACTS.name]
    assert [item.key for item in facts] == [b"well"]
    assert (bodies, letters, with_body) == (1, 3, 0)
    # who was erased, or whose key is gone, leaves nothing: not even a letter
    assert rows == [("sealed", "moved"), ("sealed", "spoiled"), ("sealed", "unknown-form")]


_REQUESTED = ("linked", "gone", "not-linked")
_EXERCISE = ROOT / "tests" / "data" / "polar" / "exercise_answer" / "body.json"
_LEFT = """
select
  (select count(*) from body b join patient p on p.id = b.patient where p.pseudonym = 'linked'),
  (select count(*) from body where connector = 'polar'),
  (select string_agg(account, ' ') from quarantine)"""


def _answer(patient: str, offset: int, key: bytes) -> Message:
    """Return an answer about an account of a patient, as the fetcher appends it."""
    # received on the day of the exercise
    body = _EXERCISE.read_bytes().replace(b"2026-11-20", b"2026-09-20")
    wanted = Fetch(account=f"account-{patient}", resource="exercise_details", key="e", path="/e")
    envelope = Envelope(
        connector="polar",
        received_ms=T0,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        format="polar",
        patient=patient,
        sealed=BOX_FORM,
        requested=wanted,
        zone="Europe/Stockholm",
    )
    once = hashlib.sha256(patient.encode()).digest()
    value = box_sealed(box_public(key), once, body, sealed_owner(envelope))
    headers = tuple(envelope.headers())
    return Message(topic=RAW.name, partition=1, offset=offset, value=value, headers=headers)


async def _answered(dsn: str, folder: Path) -> tuple[list[Outgoing], tuple[Any, ...]]:
    """Work on an answer about each patient; return what comes out, and what is left."""
    kept = KeptProducer()
    async with await open_pool(dsn, max_size=2) as pool:
        async with pool.connection() as conn:
            keys = await _added(conn, _REQUESTED, "polar")
            for name in ("linked", "gone"):
                await accounts.link_account(conn, name, "polar", f"account-{name}", 0)
            messages = tuple(
                _answer(name, number, keys[name]) for number, name in enumerate(_REQUESTED)
            )
            await erase(conn, "gone", T0)
        parts = kept_parts(pool, kept, folder, "c", least=100)
        await normalise_runs([Run(topic=RAW.name, partition=1, messages=messages)], parts)
        async with pool.connection() as conn:
            (left,) = await (await conn.execute(_LEFT)).fetchall()
            return kept.sent, left


@pytest.mark.promise(14)
def test_a_sealed_answer_is_its_accounts_and_of_who_was_erased_nothing_opens(
    dsn: str, tmp_path: Path
) -> None:
    sent, left = asyncio.run(_answered(dsn, tmp_path))
    assert {item.key for item in sent} == {b"linked"}
    # an account that nobody has any more waits, whoever it was asked for
    assert left == (1, 1, "account-not-linked")
