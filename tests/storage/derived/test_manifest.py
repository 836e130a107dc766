"""`kadens derive` and the worker give the same rows, states and findings of the same bodies."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

from alerts.registry import judge
from clinic.api.patient_queries import patient_day_states
from kadens.derivation.conclusions import rule_input
from kadens.derivation.derivation import Derivation, derive_manifest
from model.alert import RuleInput
from model.calendar import DAY_MS, monday, rfc3339
from model.codec import dumps, plain
from simulate.cohort import Person, demo_cohort
from simulate.deliveries import history
from storage.alerts.rule_inputs import load_all
from storage.derived import derived_tables
from storage.facts.ids import lock_patients
from storage.pg.pool import Connection
from storage.reads.clinic_queries import patient_brief
from stream.compute.day_states import day_states
from stream.deriving import patient_inputs
from tests.rows import keyed, values_of
from tests.storage.inline import Inline, open_inline

pytestmark = pytest.mark.anyio
JUDGED_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z, a Monday
WRITTEN_MS = JUDGED_MS - 22 * DAY_MS  # before the first week
_PEOPLE = demo_cohort(now_ms=JUDGED_MS, weeks=3)
CONSENTED = ("open_wearables", "reports", "files")


@pytest.fixture
async def worker(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path / "bodies") as inline:
        inline.now_ms = JUDGED_MS
        yield inline


def manifest_of(person: Person, folder: Path) -> Path:
    """Write the bodies of a person and their manifest; return its path."""
    bodies = []
    for number, delivery in enumerate(history(_PEOPLE)):
        if delivery.patient == person.pseudonym:
            name = f"{number}.body"
            (folder / name).write_bytes(delivery.make())
            received = rfc3339(delivery.due_ms)
            bodies.append({"path": name, "connector": delivery.connector, "received": received})
    # low, so that rule H1 has something to find
    meant = person.prescription.intensity
    ceiling = meant.high if meant.method == "bpm" else 105
    prescription = {**plain(person.prescription), "hr_ceiling": ceiling, "sha256": ""}
    manifest = {
        "zone": person.zone,
        "now": rfc3339(JUDGED_MS),
        "profiles": [plain(person.profile)],
        "prescriptions": [{**prescription, "recorded": rfc3339(WRITTEN_MS)}],
        "consents": [{"source": name, "from": rfc3339(0)} for name in CONSENTED],
        "bodies": bodies,
    }
    path = folder / "manifest.json"
    path.write_bytes(dumps(manifest))
    return path


async def feed(worker: Inline, conn: Connection, derivation: Derivation, folder: Path) -> None:
    """Give the worker what a manifest holds, for the patient p1."""
    manifest = derivation.manifest
    await patient_inputs.change_zone(conn, "p1", manifest.zone, JUDGED_MS)
    for profile in manifest.profiles:
        await patient_inputs.change_profile(conn, "p1", profile, JUDGED_MS)
    for prescription in manifest.prescriptions:
        await patient_inputs.prescribe(conn, "p1", prescription, WRITTEN_MS)
    await conn.commit()
    for body in manifest.bodies:
        await worker.receive(body.connector, (folder / body.path).read_bytes(), body.received_ms)


@pytest.mark.parametrize("person", _PEOPLE.people, ids=values_of(_PEOPLE.people, "role"))
async def test_the_worker_stores_what_the_command_derives(
    worker: Inline, conn: Connection, tmp_path: Path, person: Person
) -> None:
    path = manifest_of(person, tmp_path)
    derivation = derive_manifest(path, patient="p1")
    await feed(worker, conn, derivation, tmp_path)
    results = derivation.conclusions
    number = (await lock_patients(conn, ["p1"]))["p1"].id
    dates = list(product((number,), results.window.dates))
    mondays = sorted(set(product((number,), map(monday, results.window.dates))))
    assert results.derived.sessions
    stored_sessions = await derived_tables.stored_sessions(conn, dates, [])
    assert stored_sessions == of_patient(number, keyed(results.derived.sessions, "id"))
    assert await derived_tables.stored_days(conn, mondays) == of_patient(number, results.days)
    assert await derived_tables.stored_weeks(conn, mondays) == of_patient(number, results.weeks)
    stored = await derived_tables.stored_selections(conn, dates)
    selections = sorted(map(repr, results.derived.source_selections))
    assert sorted(map(repr, chain.from_iterable(stored.values()))) == selections
    who = await patient_brief(conn, "unit", "p1")
    assert who is not None
    known = await patient_day_states(conn, who, JUDGED_MS, results.dates)
    assert day_states(results.dates, known) == results.states
    loaded = await load_all(conn, ["p1"], JUDGED_MS)
    judgeable = loaded["p1"].judgeable
    given = rule_input(
        derivation.manifest, derivation.held, results.derived, results.days, results.weeks
    )
    for field in fields(RuleInput):
        # a manifest knows of no other patient, by whom a vendor's silence is told from a person's
        if field.compare and field.name != "silent_patients":
            assert getattr(given, field.name) == getattr(judgeable, field.name), field.name
    assert judge(judgeable) == results.findings


def of_patient(number: int, rows: Mapping[Any, object]) -> dict[tuple[int, Any], object]:
    return dict(zip(product((number,), rows), rows.values(), strict=True))
