"""A deletion with the bytes of an earlier one: what came between the two is deleted as well.

A vendor that deletes an interval twice may say it twice in the same words. Hours apart that is no
second delivery of the first.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from kadens.embedded.postgres import Postgres
from model.calendar import HOUR_MS, MINUTE_MS
from model.codec import decode_attributed
from model.envelope import Envelope
from model.facts import AttributedFact, Deletion
from model.topics import RAW
from storage.bodies.kept_bodies import kept_of, open_kept
from storage.people import data_keys
from storage.pg.pool import open_pool
from stream.log.messages import Message, Run
from stream.normalise import normalise_runs
from stream.reading import attributed_facts, parse_body
from tests.databases.reuse import database_copied
from tests.rooms import ROOT
from tests.storage.tellers import T0
from tests.stream.kept_worker import KEPT_KEY, KeptProducer, kept_parts, link_new_patient

_DATA = ROOT / "tests" / "data"
_CASES = {
    "oura": ("oura/workout_deleted_at_no_time", "ring-user-7"),
    "google_health": ("google_health/deleted_by_interval", "h-7001"),
    "terra": ("terra/activity_deleted", "7d1a7c2e-3d0b-4f8e-9a55-0c0f6a1f5b01"),
}
# The second is the first one delivered again, the third another deletion in the same words.
_BEGAN = T0 // HOUR_MS * HOUR_MS + 10 * MINUTE_MS
_RECEIVED = (_BEGAN, _BEGAN + 20 * MINUTE_MS, _BEGAN + 5 * HOUR_MS)
_MADE = (_BEGAN - MINUTE_MS, _BEGAN - MINUTE_MS, _BEGAN + 5 * HOUR_MS - MINUTE_MS)


@pytest.fixture
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


def _message(number: int, connector: str) -> Message:
    body = (_DATA / _CASES[connector][0] / "body.json").read_bytes()
    if connector == "terra":
        body = body.replace(b"2026-11-20", b"2026-09-20")
    passed = (("x-terra-ordering-timestamp", str(_MADE[number])),) if connector == "terra" else ()
    envelope = Envelope(
        connector=connector,
        received_ms=_RECEIVED[number],
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        passed_headers=passed,
    )
    headers = tuple(envelope.headers())
    return Message(topic=RAW.name, partition=1, offset=number, value=body, headers=headers)


def _deletions(facts: Sequence[AttributedFact]) -> set[tuple[str, int]]:
    """Return the deletions with the hour in which each was stated, after the first."""
    return {
        (item.fact.head.record, (item.stated_ms - _BEGAN) // HOUR_MS)
        for item in facts
        if isinstance(item.fact, Deletion)
    }


async def _worked_on(
    dsn: str, folder: Path, patient: str, connector: str, order: Sequence[int]
) -> tuple[list[AttributedFact], list[AttributedFact]]:
    """Work on each deletion in a batch of its own; return the facts, and those of a replay."""
    kept = KeptProducer()
    async with await open_pool(dsn, max_size=2) as pool:
        async with pool.connection() as conn:
            await link_new_patient(conn, patient, connector, _CASES[connector][1])
        for number in order:
            # the ledger knows a position once: each run comes from a log of its own
            parts = kept_parts(pool, kept, folder, f"{patient}-{number}", least=100)
            messages = (_message(number, connector),)
            await normalise_runs([Run(topic=RAW.name, partition=1, messages=messages)], parts)
        again: list[AttributedFact] = []
        async with pool.connection() as conn:
            key = await data_keys.data_key(conn, KEPT_KEY, patient)
            for body in await kept_of(conn, patient):
                content = await open_kept(conn, parts.bodies, key, patient, body)
                parsed = await parse_body(body.envelope, content or b"", body.format)
                again += attributed_facts(
                    body.envelope, parsed, patient, "Europe/Stockholm", connector
                )
    return [decode_attributed(item.value) for item in kept.sent], again


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
@pytest.mark.parametrize("connector", _CASES)
def test_a_deletion_in_the_words_of_an_earlier_one_is_a_deletion(
    dsn: str, tmp_path: Path, connector: str, order: Sequence[int]
) -> None:
    patient = f"{connector}-{''.join(map(str, order))}"
    facts, again = asyncio.run(_worked_on(dsn, tmp_path, patient, connector, order))
    stated = _deletions(facts)
    assert {hours for _, hours in stated} == {0, 5}
    # what is kept gives the same, and was kept once for each deletion
    assert _deletions(again) == stated
    assert len(again) == 2 * len({record for record, _ in stated})
