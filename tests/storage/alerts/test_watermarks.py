"""How far sources have delivered: the worker and `kadens derive` know the same of each device."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kadens.derivation.conclusions import rule_input
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.manifest import Manifest, RecordedPrescription
from model.calendar import DAY_MS
from model.facts import DeviceType, Fact, Method, Source
from model.prescription import Intensity, Prescription
from storage.alerts import rule_inputs
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from tests.rows import values_of
from tests.storage.tellers import T0, attributed_batch, block, head

pytestmark = pytest.mark.anyio
_NOW = T0 + DAY_MS
_PLAN: dict[str, Any] = {
    "id": "rx",
    "version": 1,
    "valid_from": date(2026, 8, 3),
    "valid_to": date(2026, 12, 27),
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": Intensity(method="bpm", low=100, high=120),
}
_HUB, _DAILY = "open_wearables", Method.BACKGROUND
_SOURCES = (
    Source(vendor=_HUB, app="a", device="Z 1", device_type=DeviceType.WATCH, method=_DAILY),
    # the same watch, by another app and without a method
    Source(vendor=_HUB, app="b", device="Z 1", device_type=DeviceType.WATCH),
    Source(vendor=_HUB, app="a", device="a 2", device_type=DeviceType.WATCH, method=_DAILY),
    Source(vendor=_HUB, app="ring", method=_DAILY),
    Source(vendor=_HUB, device="z", device_type=DeviceType.PHONE, method=_DAILY),
    Source(vendor=_HUB, device="x", device_type=DeviceType.WATCH, method=Method.WORKOUT),
    Source(vendor="files", device="y", device_type=DeviceType.STRAP, method=_DAILY),
    Source(vendor="files", device_type=DeviceType.SCALE),
)


async def test_each_device_that_is_worn_all_day_has_a_watermark_of_its_own(
    conn: Connection,
) -> None:
    facts: list[Fact] = []
    for number, source in enumerate(_SOURCES):
        facts.append(block(head(f"r{number}", T0, T0, source=source), [T0 + number], [70.0]))
    batch = [replace(item, received_ms=_NOW) for item in attributed_batch(facts)]
    await patient_inputs.prescribe(conn, "p1", Prescription(**_PLAN), T0 - 40 * DAY_MS)
    await write_facts(conn, batch)
    on = (await rule_inputs.load_all(conn, ["p1"], _NOW))["p1"].judgeable
    assert values_of(on.watermarks, "vendor", "device", "worn", "all_day", "time_ms") == [
        ("files", "", False, False, T0 + 7),
        ("files", "", True, False, T0 + 6),
        (_HUB, "", True, False, T0 + 5),
        (_HUB, "Z 1", True, True, T0 + 1),
        (_HUB, "a 2", True, True, T0 + 2),
        (_HUB, "ring", True, True, T0 + 3),
    ]
    held = hold_facts(batch, "p1", on.zone)
    written = RecordedPrescription(**_PLAN, recorded=T0 - 40 * DAY_MS)
    manifest = Manifest(zone=on.zone, now=_NOW, prescriptions=(written,))
    derived = rule_input(manifest, held, derive(held.window((), ())), {}, {})
    assert derived.watermarks == on.watermarks
