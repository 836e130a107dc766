"""An answer with the bytes of an earlier one: the vendor has again what it had before.

What is pushed may be delivered twice, and the first receipt of it counts. A vendor is asked anew
for each answer, so that its last receipt does.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from kadens.embedded.postgres import Postgres
from model.calendar import HOUR_MS
from model.codec import decode_attributed
from model.envelope import Envelope
from model.facts import AttributedFact, Workout
from model.received import Fetch
from model.topics import RAW
from storage.bodies.kept_bodies import kept_of
from storage.pg.pool import open_pool
from stream.log.messages import Message, Run
from stream.normalise import normalise_runs
from tests.databases.reuse import database_copied
from tests.rooms import ROOT
from tests.storage.tellers import T0
from tests.stream.kept_worker import KeptProducer, kept_parts, link_new_patient

_EXERCISE = ROOT / "tests" / "data" / "polar" / "exercise_answer" / "body.json"
_WORDS = ("NORDIC_WALKING", "RUNNING", "NORDIC_WALKING")  # what the patient set, an hour apart


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


def _message(number: int, patient: str, *, pushed: bool) -> Message:
    body = _EXERCISE.read_bytes().replace(b"2026-11-20", b"2026-09-20")
    body = body.replace(b"NORDIC_WALKING", _WORDS[number].encode())
    wanted = Fetch(account=f"of-{patient}", resource="exercise_details", key="e", path="/e")
    envelope = Envelope(
        connector="polar",
        received_ms=T0 + number * HOUR_MS,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        format="polar",
        patient=patient if pushed else "",
        requested=None if pushed else wanted,
        zone="Europe/Stockholm",
    )
    headers = tuple(envelope.headers())
    return Message(topic=RAW.name, partition=1, offset=number, value=body, headers=headers)


async def _worked_on(
    dsn: str, folder: Path, patient: str, runs: Sequence[Sequence[int]], *, pushed: bool
) -> tuple[list[AttributedFact], list[int]]:
    """Work on bodies, a batch at a time; return what was sent on, and the receipts that are kept.

    Receipts are in hours after the first.
    """
    kept = KeptProducer()
    async with await open_pool(dsn, max_size=2) as pool:
        async with pool.connection() as conn:
            await link_new_patient(conn, patient, "polar", f"of-{patient}")
        for number, run in enumerate(runs):
            # the ledger knows a position once: each run comes from a log of its own
            parts = kept_parts(pool, kept, folder, f"{patient}-{number}", least=100)
            messages = tuple(_message(offset, patient, pushed=pushed) for offset in sorted(run))
            await normalise_runs([Run(topic=RAW.name, partition=1, messages=messages)], parts)
        async with pool.connection() as conn:
            receipts = [body.envelope.received_ms for body in await kept_of(conn, patient)]
    facts = [decode_attributed(item.value) for item in kept.sent]
    return facts, [(at - T0) // HOUR_MS for at in receipts]


def _last(facts: Sequence[AttributedFact]) -> tuple[str, int]:
    """Return the type of the workout that was stated last, and when, in hours."""
    stated = [(item.stated_ms, item.fact) for item in facts if isinstance(item.fact, Workout)]
    at, workout = max(stated, key=lambda pair: pair[0])
    assert isinstance(workout, Workout)
    return workout.vendor_type, (at - T0) // HOUR_MS


@pytest.mark.parametrize("order", [*permutations([[0], [1], [2]]), ([0, 1, 2],)], ids=str)
def test_what_a_vendor_has_again_is_what_holds(
    dsn: str, tmp_path: Path, order: Sequence[Sequence[int]]
) -> None:
    patient = "a" + "-".join("".join(map(str, run)) for run in order)
    facts, receipts = asyncio.run(_worked_on(dsn, tmp_path, patient, order, pushed=False))
    assert _last(facts) == ("NORDIC_WALKING", 2)
    # a replay reads both as they count
    assert receipts == [1, 2]


@pytest.mark.parametrize("order", list(permutations([[0], [1], [2]])), ids=str)
def test_what_is_delivered_again_is_no_later_statement(
    dsn: str, tmp_path: Path, order: Sequence[Sequence[int]]
) -> None:
    patient = "p" + "-".join("".join(map(str, run)) for run in order)
    facts, receipts = asyncio.run(_worked_on(dsn, tmp_path, patient, order, pushed=True))
    # in some orders it was sent on late, and once more as it counts
    counted = [item for item in facts if item.stated_ms < T0 + 2 * HOUR_MS]
    assert _last(counted) == ("RUNNING", 1)
    assert receipts == [0, 1]
